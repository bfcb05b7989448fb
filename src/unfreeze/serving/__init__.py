"""A bundle behind HTTP: what requests ask for, batches of those that wait, replies, and the server around them."""
