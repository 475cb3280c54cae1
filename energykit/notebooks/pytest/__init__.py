"""Notebooks as items of pytest."""
