"""How local services look: as text and as HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from energykit import html

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["services_html", "services_text"]


def services_text(status: Mapping[str, str], addresses: Mapping[str, str]) -> str:
    """Return one line for each service: its status and, where it has one, its address."""
    lines = [
        f"{html.ICONS[state]} {name}: {state}"
        + (f" at {addresses[name]}" if name in addresses else "")
        for name, state in status.items()
    ]
    return "\n".join(lines) or "no services"


def services_html(
    status: Mapping[str, str], addresses: Mapping[str, str], logs: Mapping[str, Path]
) -> html.Html:
    """Return a table with a row for each service: its status, address and log."""
    rows = [
        (
            name,
            html.badge(state),
            html.element("code", addresses.get(name, "")),
            str(logs[name]),
        )
        for name, state in status.items()
    ]
    return html.card("Local services", html.table(("service", "status", "address", "log"), rows))
