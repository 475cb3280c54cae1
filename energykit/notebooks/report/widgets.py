"""Widgets of an executed notebook as they stood at its end, without a kernel."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Any

from energykit import html
from energykit.notebooks.report.sanitizer import sanitize_html

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["VIEW", "widget_html"]

VIEW = "application/vnd.jupyter.widget-view+json"
"""Type of an output that shows a widget."""
_DEEPEST = 20


def widget_html(
    model_id: str, states: dict[str, Any], outputs_html: Callable[[Any], html.Html], depth: int = 0
) -> html.Html:
    """Return a widget and those in it as they stood.

    Parameters
    ----------
    model_id
        The widget.
    states
        State of every widget of the notebook, by model id.
    outputs_html
        Turns the outputs of an output widget into HTML.
    depth
        How deep it stands in others.
    """
    model = states.get(model_id)
    if model is None or depth > _DEEPEST:
        return html.element("p", "a widget whose state was not kept")
    state, name = model.get("state", {}), model.get("model_name", "").removesuffix("Model")
    if "children" in state:
        ids = [str(child).removeprefix("IPY_MODEL_") for child in state["children"]]
        return html.element(
            "div",
            *(widget_html(one, states, outputs_html, depth + 1) for one in ids),
            class_="widget",
        )
    if "outputs" in state:
        return outputs_html(state["outputs"])
    return html.element("div", _leaf(name, state, model), class_="widget")


def _leaf(name: str, state: dict[str, Any], model: dict[str, Any]) -> html.Html:
    if name == "Image":
        pictures = [
            b64decode(one["data"])
            for one in model.get("buffers", [])
            if one.get("path") == ["value"]
        ]
        return html.figure(pictures[0], alt="picture of a widget") if pictures else html.Html("")
    label = html.escape(state.get("description", ""))
    value = state.get("value", state.get("index", ""))
    shown = (
        sanitize_html(str(value))
        if name in {"HTML", "HTMLMath", "Label"}
        else html.element("code", value)
    )
    has_value = value is not None and value != ""
    return html.join([label, shown] if has_value else [label or name], " ")
