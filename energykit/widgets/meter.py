"""The meter's files of a folder: one is picked and looked at before it is imported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from energykit import html
from energykit.errors import EnergykitError, UsageError
from energykit.looking import look
from energykit.widgets.panel import Panel, toolkit

if TYPE_CHECKING:
    import os

    from energykit.looking import Look

__all__ = ["MeterLook", "meter_look"]


class MeterLook(Panel):
    """A picker of files over what a look at the picked one found; made by `meter_look`."""

    def __init__(self, folder: Path, names: list[str], first: str) -> None:
        self._folder = folder
        self._looks: dict[str, Look | EnergykitError] = {}
        self.file = toolkit().Dropdown(
            options=names,
            value=first,
            description="File",
            tooltip="The meter's file that is looked at",
        )
        super().__init__(self.file, name="meter-look")
        self.file.observe(lambda _: self.refresh(), names="value")

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters of the generator that import the picked file; empty where none are known."""
        seen = self._look_once()
        return {} if isinstance(seen, EnergykitError) else dict(seen.parameters)

    def _look_once(self) -> Look | EnergykitError:
        """Look at the picked file, once."""
        name = str(self.file.value)
        if name not in self._looks:
            try:
                self._looks[name] = look(self._folder / name)
            except EnergykitError as exc:
                self._looks[name] = exc
        return self._looks[name]

    def to_html(self) -> html.Html:
        """Return what the look found, or why the file cannot be read."""
        seen = self._look_once()
        if isinstance(seen, EnergykitError):
            return html.card(str(self.file.value), html.element("p", str(seen)))
        return seen.to_html()


def meter_look(place: str | os.PathLike[str]) -> MeterLook:
    """Return a widget that looks at the files of a folder, one at a time.

    Parameters
    ----------
    place
        A folder of files as meters gave them, hidden ones left out; or one of its files, which is
        picked first.

    Returns
    -------
    MeterLook
        Its ``parameters`` are those of the file that is picked.

    Raises
    ------
    UsageError
        There is no such folder, or it holds no file.
    MissingPackageError
        ipywidgets is not installed.
    """
    path = Path(place)
    folder = path.parent if path.is_file() else path
    files = folder.iterdir() if folder.is_dir() else ()
    names = sorted(file.name for file in files if file.is_file() and file.name[0] != ".")
    if not names:
        raise UsageError("holds no file to look at", where=str(path), hint="put the meter's there")
    return MeterLook(folder, names, path.name if path.is_file() else names[0])
