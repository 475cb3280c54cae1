"""Which kernel a notebook runs with: the one that is asked for, else the one that it names."""

from __future__ import annotations

import os
import re
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from energykit.errors import UsageError
from energykit.notebooks.source.notebook_file import kernel_name_of, language_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["OWN", "KernelChoice", "choose_kernel", "needs_fresh_kernel"]

OWN = "python3"
"""Name of the kernel of this interpreter."""
_SETS_VARIABLES = re.compile(
    r"environ\s*\[[^\]]+\]\s*=[^=]|environ\s*\|=|environ\.(?:update|setdefault|pop|clear)\b"
    r"|putenv|%(?:set_)?env\s+\w+[ =]|load_dotenv|del\s+os\.environ"
)
_SETTINGS_FILES = ("matplotlibrc", "usercustomize.py", "sitecustomize.py")


@dataclass(frozen=True, kw_only=True)
class KernelChoice:
    """A kernel, as it is installed."""

    name: str
    """Name of its kernelspec."""
    language: str
    """Its language, in small letters."""
    is_own: bool
    """Whether it is ipykernel with this interpreter and nothing else, so that it can be forked."""
    notes: tuple[str, ...] = ()
    """What is not as the notebook says, as sentences."""

    @property
    def is_python(self) -> bool:
        """Whether the watch can be put into it."""
        return self.language == "python"


def choose_kernel(
    metadata: Mapping[str, Any], override: str = "", language: str = ""
) -> KernelChoice:
    """Return the kernel for a notebook.

    A kernel that is named and not installed is replaced by this interpreter's where the notebook is
    in Python.

    Parameters
    ----------
    metadata
        Of the notebook.
    override
        The kernel that the caller asks for; empty: the notebook's.
    language
        The language that the caller gives; empty: the notebook's.

    Raises
    ------
    energykit.errors.UsageError
        The kernel that is asked for is not installed, or no kernel of the language is.
    """
    specs = _installed()
    written_in = (language or language_of(metadata)).lower()
    name = override or kernel_name_of(metadata)
    if name in specs:
        return _choice(name, specs[name])
    if override:
        raise UsageError(
            f"no kernel {override!r} is installed", where="--kernel", hint=_list(specs)
        )
    if written_in != OWN.rstrip("3"):
        fitting = [key for key, spec in specs.items() if spec.language.lower() == written_in]
        if not fitting:
            what = f"its language is {written_in!r}, and no kernel for it is installed"
            raise UsageError(what, hint=_list(specs))
        return _choice(
            fitting[0], specs[fitting[0]], f"no kernel {name!r}: runs with {fitting[0]!r}"
        )
    note = f"no kernel {name!r} is installed: runs with this Python's" if name else ""
    return _choice(OWN, specs[OWN], note)


def _list(specs: Mapping[str, Any]) -> str:
    return f"installed are {', '.join(sorted(specs))}; jupyter kernelspec list shows where"


def _installed() -> dict[str, Any]:
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel  # optional

    every = KernelSpecManager()
    specs: dict[str, Any] = {}
    for name in [OWN, *every.find_kernel_specs()]:
        try:
            specs.setdefault(name, every.get_kernel_spec(name))
        except (NoSuchKernel, ValueError, OSError):  # a broken one is as good as none
            continue
    return specs


def _choice(name: str, spec: Any, note: str = "") -> KernelChoice:
    words = list(spec.argv)
    is_own = (
        not spec.env
        and _is_this_python(words[0])
        and words[1:4] == ["-m", "ipykernel_launcher", "-f"]
        and words[4:] == ["{connection_file}"]
        and not (spec.metadata or {}).get("kernel_provisioner")
    )
    language = str(spec.language or "").lower()
    is_python = language == OWN.rstrip("3") or any("ipykernel" in word for word in words)
    return KernelChoice(
        name=name,
        language="python" if is_python else language,
        is_own=is_own,
        notes=(note,) if note else (),
    )


def _is_this_python(program: str) -> bool:
    major, minor = sys.version_info[:2]
    if program in {"python", f"python{major}", f"python{major}.{minor}"}:
        return True  # jupyter_client puts this interpreter in their place
    found = shutil.which(program)
    return found is not None and os.path.normcase(found) == os.path.normcase(sys.executable)


def needs_fresh_kernel(notebook: Any, home: Path, preloaded: tuple[str, ...]) -> str:
    """Return why a notebook cannot run in a forked kernel, in which packages are imported already.

    Parameters
    ----------
    notebook
        As nbformat has it.
    home
        Its working directory.
    preloaded
        Modules that a forked kernel has imported.

    Returns
    -------
    str
        A sentence; empty where it can.
    """
    sources = (cell["source"] for cell in notebook.cells if cell["cell_type"] == "code")
    if any(_SETS_VARIABLES.search(source) for source in sources):
        return "it sets environment variables, which packages may read when they are imported"
    tops = {name.partition(".")[0] for name in preloaded} - {"energykit"}
    beside = [name for name in tops if (home / f"{name}.py").is_file() or (home / name).is_dir()]
    settings = [name for name in _SETTINGS_FILES if (home / name).is_file()]
    found = beside + settings
    return f"{found[0]!r} lies beside it, and counts when packages are imported" if found else ""
