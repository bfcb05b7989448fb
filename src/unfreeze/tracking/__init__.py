"""Comparisons logged to experiment trackers, from their folders and after the fact; no torch."""
