"""Files and folders: who writes them, whole or not at all, and what is in them. Knows nothing of encoders or tasks."""
