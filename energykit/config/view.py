"""How a configuration looks: the chain drawn, the registry, the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from energykit import html
from energykit.config.graph import ranks_of

if TYPE_CHECKING:
    from energykit.config.record import PipelineConfig

__all__ = ["config_html", "config_text"]

_BOX = (
    "display:inline-block;border:1.5px solid currentColor;border-radius:0.4em;"
    "padding:0.25em 0.7em;margin:0.2em 0;font-weight:bold;"
)


def config_text(config: PipelineConfig) -> str:
    """Return the chain, and a line for each node."""
    chain = " → ".join(map(", ".join, ranks_of(config.order, config.predecessors)))
    lines = [
        f"{config.workflow_name} ({config.file}): {chain}",
        *(f"  {one}" for one in _waits(config)),
    ]
    for name in config.order:
        one = config.containers[name]
        reads = " + ".join(one.inputs) or "no input"
        at = _address_text(config, name)
        lines.append(f"  {name} at {at}: {reads} → {one.output_file}, {one.timeout_s:g} s")
    return "\n".join([*lines, *map(str, config.warnings)])


def config_html(config: PipelineConfig) -> html.Html:
    """Return the chain drawn, a table of the nodes, and the warnings."""
    header = ("stage", "reads", "writes", "address", "deadline [s]")
    table = html.table(header, [_row(config, name) for name in config.order])
    waits = [html.element("div", one) for one in _waits(config)]
    warnings = [html.element("div", html.badge("warning"), f" {one}") for one in config.warnings]
    asked = [_asked(config, name) for name in config.order if config.containers[name].parameters]
    return html.card(
        f"{config.workflow_name}  ({config.file})", _chain(config), *waits, table, *asked, *warnings
    )


def _chain(config: PipelineConfig) -> html.Html:
    """Draw the nodes in their order, those beside each other that may run in either order."""
    arrow = html.element("span", " ⟶ ", aria_label="then")
    ranks = ranks_of(config.order, config.predecessors)
    boxes = [
        html.join([html.element("span", name, style=_BOX) for name in rank], " ") for rank in ranks
    ]
    alt = f"The pipeline: {', then '.join(map(' and '.join, ranks))}."
    return html.element(
        "div", html.join(boxes, arrow), role="img", aria_label=alt, style="margin:0.4em 0;"
    )


def _row(config: PipelineConfig, name: str) -> tuple[object, ...]:
    one = config.containers[name]
    files = [html.element("code", file) for file in one.inputs]
    reads = html.join(files, " + ") if files else "nothing"
    address = html.element("code", _address_text(config, name))
    return name, reads, html.element("code", one.output_file), address, one.timeout_s


def _address_text(config: PipelineConfig, name: str) -> str:
    """Return where a stage's service listens, with its name where the stage has another one."""
    service = config.containers[name].service
    text = ", ".join(config.addresses_of(name))
    text += f" ({service})" if service != name else ""
    credentials = config.credentials.get(service)
    return f"{text} over TLS" if credentials and credentials.tls else text


def _waits(config: PipelineConfig) -> list[str]:
    """Say whom each node waits for, where the drawing does not."""
    is_line = all(len(rank) == 1 for rank in ranks_of(config.order, config.predecessors))
    before = {
        name: [one for one in config.predecessors[name] if one in config.order]
        for name in config.order
    }
    return [
        f"{name} waits for {' and '.join(some)}"
        for name, some in before.items()
        if len(some) > is_line
    ]


def _asked(config: PipelineConfig, name: str) -> html.Html:
    import json  # only to show

    text = json.dumps(dict(config.containers[name].parameters), indent=2, ensure_ascii=False)
    style = "color:inherit;background:transparent;margin:0.2em 0;"
    return html.details(f"parameters of {name}", html.element("pre", text, style=style))
