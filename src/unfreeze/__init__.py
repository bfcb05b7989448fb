"""Frozen features or fine-tuning? See `unfreeze.compare`."""
