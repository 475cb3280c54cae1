"""Reading a configuration from its file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from energykit.config.location import VisibleRoot
from energykit.config.parse import parse_config
from energykit.config.stage_shape import shipped_stages
from energykit.errors import ConfigError, Fault, suggest_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from energykit.config.record import PipelineConfig
    from energykit.config.stage_shape import StageShape

__all__ = ["load_config"]

MAX_BYTES = 10_000_000
"""A larger file is not a configuration [byte]."""


def load_config(
    path: str | PathLike[str],
    *,
    data_root: str | PathLike[str] = "data",
    stages: Mapping[str, StageShape] | None = None,
) -> PipelineConfig:
    """Return the configuration in a file. Nothing else is touched, and nothing is called.

    Parameters
    ----------
    path
        A JSON file.
    data_root
        What ``/data`` stands for on this machine; only asked whether it has the inputs that no
        stage writes, and whether two paths in it are one file.
    stages
        What stages are known to take, by the name of their service; None: the kit's own.

    Raises
    ------
    energykit.errors.ConfigError
        With every fault of the file, each as ``file:line:column`` with what to do.
    """
    file, root = str(path), VisibleRoot(Path(data_root))
    text = _text(Path(path), file)
    known = shipped_stages() if stages is None else stages
    return parse_config(text, file=file, exists=root.has, identify=root.identify, stages=known)


def _text(path: Path, file: str) -> str:
    try:
        data = path.read_bytes() if path.is_dir() or path.stat().st_size <= MAX_BYTES else None
    except FileNotFoundError:
        raise _refusal(file, "there is no such file", suggest_file(path)) from None
    except IsADirectoryError:
        raise _refusal(file, "is a folder, not a file", "name a file inside it") from None
    except OSError as exc:
        raise _refusal(file, f"cannot be read: {exc.strerror}", "check its permissions") from None
    if data is None:
        raise _refusal(
            file, f"is larger than {MAX_BYTES // 1_000_000} MB", "this is not a configuration"
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        before = data[: exc.start].decode("utf-8", "replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise ConfigError(
            (Fault(file, line, column, "is not UTF-8 text", "save it as UTF-8"),)
        ) from None


def _refusal(file: str, what: str, hint: str) -> ConfigError:
    return ConfigError((Fault(file, 1, 1, what, hint),))
