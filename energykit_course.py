"""The command ``energykit``: the command line, after a look at which ``energykit`` it is.

On the public index ``energykit`` is another project with the same import name. Where that one
stands before this kit, its modules are missing, and Python's own message would not say why.
"""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> int:
    """Hand the command line on to the kit, or say what is in its place."""
    try:
        from energykit.cli import main as command_line
    except ModuleNotFoundError as exc:
        if not (exc.name or "").startswith("energykit"):
            raise
        sys.stderr.write(_describe_stranger())
        return 2
    return command_line()


def _describe_stranger() -> str:
    import energykit

    return (
        f"{energykit.__file__}: this is another project that is also called energykit\n"
        "  → pip uninstall energykit, then install this one again: from a clone with "
        "pip install --no-deps -e ., from a wheel with "
        "pip install --force-reinstall --no-deps energykit-course\n"
    )


if __name__ == "__main__":
    sys.exit(main())
