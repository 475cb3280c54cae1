"""Configurations of pipelines: text to typed records, with every fault at once and nothing else touched."""

from __future__ import annotations

from energykit.config.file import load_config
from energykit.config.parse import parse_config
from energykit.config.record import DEFAULT_TIMEOUT_S, Container, PipelineConfig, Retry
from energykit.config.schema import schema, schema_text

__all__ = [
    "DEFAULT_TIMEOUT_S",
    "Container",
    "PipelineConfig",
    "Retry",
    "load_config",
    "parse_config",
    "schema",
    "schema_text",
]
