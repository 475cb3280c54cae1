"""Kernels: how they start, and what watches from inside while a cell runs."""
