"""Processes: a fork server, a process for each notebook, and whatever a notebook leaves running."""
