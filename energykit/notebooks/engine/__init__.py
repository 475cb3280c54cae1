"""Executing one notebook, cell by cell."""
