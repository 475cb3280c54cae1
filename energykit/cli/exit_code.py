"""Exit codes of a command that did not come to its end; those of errors are in `errors`."""

__all__ = ["BROKEN_PIPE", "INTERRUPTED"]

INTERRUPTED = 130
"""What a shell expects of a program that Ctrl-C ended: 128 + SIGINT."""
BROKEN_PIPE = 141
"""What a shell expects of a program whose reader went away: 128 + SIGPIPE."""
