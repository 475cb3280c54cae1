"""Configurations of pipelines: text to typed records, every fault at once, nothing touched."""

from __future__ import annotations

from energykit.config.credentials import Credentials, SecretReference, TlsFiles
from energykit.config.file import load_config
from energykit.config.parse import parse_config
from energykit.config.plain import config_as_json
from energykit.config.record import DEFAULT_TIMEOUT_S, Container, PipelineConfig, Retry
from energykit.config.schema import schema, schema_text
from energykit.config.stage_shape import StageShape, shipped_stages
from energykit.config.view import config_html, config_text
from energykit.html import set_appearance

__all__ = [
    "DEFAULT_TIMEOUT_S",
    "Container",
    "Credentials",
    "PipelineConfig",
    "Retry",
    "SecretReference",
    "StageShape",
    "TlsFiles",
    "config_as_json",
    "load_config",
    "parse_config",
    "schema",
    "schema_text",
    "shipped_stages",
]

set_appearance(PipelineConfig, text=config_text, html=config_html)
