"""How a configuration looks: the chain drawn, the registry, the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from energykit import html

if TYPE_CHECKING:
    from energykit.config.record import PipelineConfig

__all__ = ["config_html", "config_text"]

_BOX = (
    "display:inline-block;border:1.5px solid currentColor;border-radius:0.4em;padding:0.25em 0.7em;margin:0.2em 0;"
    "font-weight:bold;"
)


def config_text(config: PipelineConfig) -> str:
    """Return the chain, and a line for each node."""
    lines = [f"{config.workflow_name} ({config.file}): {' → '.join(config.order)}"]
    for name in config.order:
        one = config.containers[name]
        address = ", ".join(config.service_registry[name])
        lines.append(f"  {name} at {address}: {one.input_file or 'no input'} → {one.output_file}, {one.timeout_s:g} s")
    return "\n".join([*lines, *map(str, config.warnings)])


def config_html(config: PipelineConfig) -> html.Html:
    """Return the chain drawn, a table of the nodes, and the warnings."""
    header = ("stage", "reads", "writes", "address", "deadline [s]")
    table = html.table(header, [_row(config, name) for name in config.order])
    waits = [_waits(config, name) for name in config.order if len(config.predecessors[name]) > 1]
    warnings = [html.element("div", html.badge("warning"), f" {one}") for one in config.warnings]
    asked = [_asked(config, name) for name in config.order if config.containers[name].parameters]
    return html.card(f"{config.workflow_name}  ({config.file})", _chain(config), *waits, table, *asked, *warnings)


def _chain(config: PipelineConfig) -> html.Html:
    """Draw the nodes in their order."""
    arrow = html.element("span", " ⟶ ", aria_label="then")
    boxes = [html.element("span", name, style=_BOX) for name in config.order]
    alt = f"The pipeline: {', then '.join(config.order)}."
    return html.element("div", html.join(boxes, arrow), role="img", aria_label=alt, style="margin:0.4em 0;")


def _row(config: PipelineConfig, name: str) -> tuple[object, ...]:
    one = config.containers[name]
    reads = html.element("code", one.input_file) if one.input_file else "nothing"
    address = html.element("code", ", ".join(config.service_registry[name]))
    return name, reads, html.element("code", one.output_file), address, one.timeout_s


def _waits(config: PipelineConfig, name: str) -> html.Html:
    """Say whom a node waits for, where it is not just the one before it."""
    return html.element("div", f"{name} waits for {' and '.join(config.predecessors[name])}")


def _asked(config: PipelineConfig, name: str) -> html.Html:
    import json  # noqa: PLC0415  # only to show

    text = json.dumps(dict(config.containers[name].parameters), indent=2, ensure_ascii=False)
    style = "color:inherit;background:transparent;margin:0.2em 0;"
    return html.details(f"parameters of {name}", html.element("pre", text, style=style))
