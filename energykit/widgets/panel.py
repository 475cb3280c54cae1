"""What every widget is: controls, and under them their picture, as HTML without a front end."""

from __future__ import annotations

from abc import ABC, abstractmethod
from importlib import import_module
from typing import TYPE_CHECKING, Any

from energykit.errors import MissingPackageError
from energykit.widgets.access import access

if TYPE_CHECKING:
    from collections.abc import Callable

    from energykit.html import Html

__all__ = ["VIEW", "Panel", "button", "row", "toolkit"]

VIEW = "application/vnd.jupyter.widget-view+json"
"""Type of an output that shows a widget."""


def toolkit() -> Any:
    """Return ipywidgets.

    Raises
    ------
    energykit.errors.MissingPackageError
        It is not installed.
    """
    try:
        return import_module("ipywidgets")
    except ImportError:
        raise MissingPackageError(
            "ipywidgets", extra="notebooks", needed_for="energykit.widgets"
        ) from None


def button(
    text: str, does: Callable[[], object], *, tooltip: str, name: str, is_main: bool = False
) -> Any:
    """Return a button: a real one, so that Tab, Enter and Space work.

    What is pressed while it is disabled does nothing: the second press of a double click comes
    before the page knows.

    Parameters
    ----------
    text
        Its label.
    does
        Called when it is pressed.
    tooltip
        What it does, as a sentence.
    name
        Its CSS class, after ``ek-``.
    is_main
        Whether it stands out.
    """
    made = toolkit().Button(
        description=text,
        tooltip=tooltip,
        button_style="primary" if is_main else "",
        layout={"width": "max-content", "flex": "0 0 auto"},  # its whole label, however narrow
    )
    made.on_click(lambda pressed: None if pressed.disabled else does())
    made.add_class(f"ek-{name}")
    return made


def row(*controls: Any) -> Any:
    """Return controls beside each other; on a narrow page those without room go below."""
    return toolkit().HBox(controls, layout={"flex_flow": "row wrap", "max_width": "100%"})


class Panel(ABC):
    """Controls, and a picture that follows them.

    A notebook gets two outputs: the controls, and below them the picture as plain HTML, which is
    replaced when it changes. So whatever shows no widgets (nbconvert, papermill, GitHub, paper)
    shows the picture as it stood last.

    Parameters
    ----------
    controls
        Widgets of ipywidgets, from the top down.
    name
        CSS class of the controls, after ``ek-``.
    """

    def __init__(self, *controls: Any, name: str) -> None:
        self.controls = toolkit().VBox([*controls, *access()])
        self.controls.add_class("ek-panel")
        self.controls.add_class(f"ek-{name}")
        self._shown: list[Any] = []

    @abstractmethod
    def to_html(self) -> Html:
        """Return what the widget shows now; needs no front end."""

    def refresh(self) -> None:
        """Show the picture as it is now, wherever it is shown."""
        if self._shown:
            picture = self._picture()
            for handle in self._shown:
                handle.update(picture, raw=True)

    def _picture(self) -> dict[str, str]:
        return {"text/html": str(self.to_html()), "text/plain": repr(self)}

    def _ipython_display_(self) -> None:
        display = import_module("IPython.display").display
        view = self.controls._repr_mimebundle_()[VIEW]  # how ipywidgets shows itself
        display({VIEW: view, "text/plain": ""}, raw=True)
        handle = display(self._picture(), raw=True, display_id=True)
        if handle is not None:
            self._shown.append(handle)

    def _repr_html_(self) -> str:
        return str(self.to_html())

    def __repr__(self) -> str:
        """Return its name; the picture is HTML."""
        return f"<{type(self).__name__}: to_html() returns what it shows>"
