"""Commands that run a module of this Python, without what others put into the working folder.

``python -m`` looks for modules in the working folder before all other places. In a folder such as
``/tmp`` every account of the machine could put one there, and it would run as this user.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from energykit.private_folder import is_trusted

__all__ = [
    "guard_spawned",
    "module_command",
    "module_server_command",
    "trusts_working_folder",
]

_WITHOUT_FOLDER = (
    "import sys; sys.path[:] = filter(None, sys.path); import runpy;"
    " runpy.run_module(sys.argv[1], run_name='__main__', alter_sys=True)"
)


def module_command(module: str, *arguments: str, from_here: bool = False) -> list[str]:
    """Return the command that runs a module with this Python.

    Parameters
    ----------
    module
        The module.
    arguments
        Its command line.
    from_here
        Whether the working folder is looked through first, as ``python -m`` does: it is so only
        where `trusts_working_folder`.
    """
    is_safe = not (from_here and trusts_working_folder())
    return [sys.executable, *(["-P"] if is_safe else []), "-m", module, *arguments]


def module_server_command(module: str) -> list[str]:
    """Return the command that runs a module whose forks import from their own working folder.

    Python's option ``-P`` would keep them from that.
    """
    return [sys.executable, "-c", _WITHOUT_FOLDER, module]


def guard_spawned() -> None:
    """Let Python processes that are spawned from now on import nothing from an untrusted folder.

    `multiprocessing` would have them look through the working folder for modules first.
    """
    if not trusts_working_folder():
        os.environ["PYTHONSAFEPATH"] = "1"


def trusts_working_folder() -> bool:
    """Whether modules of the working folder are this user's: no other account can put one there.

    The folder belongs to this user or to the system, and is not writable by everybody. Whoever
    shares it with a group trusts that group. True where the system has no owners (Windows).
    """
    if os.name != "posix":
        return True
    try:
        found = Path.cwd().stat()
    except OSError:  # it was removed
        return False
    return is_trusted(found.st_uid) and not found.st_mode & stat.S_IWOTH
