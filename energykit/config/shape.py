"""The shapes of a configuration: one table of keys drives both the parser and the JSON Schema."""

from __future__ import annotations

from energykit.config.kind import (
    ADDRESS_SCHEMA,
    COUNT,
    FACTOR,
    FILE,
    FILES,
    NODES,
    OBJECT,
    OPTIONAL_FILE,
    SECONDS,
    SHARE,
    TEXT,
    VARIABLE,
    ZONE,
    ConfigKey,
    address_problem,
    filled_object,
)

__all__ = [
    "CONTAINER",
    "ENTRY",
    "MODES",
    "PIPELINE",
    "RETRY",
    "TLS",
    "TOKEN",
    "address_problem",
]

MODES = ("sequential", "parallel")
"""Execution modes that have a meaning; any other is recorded only."""

RETRY = {
    "attempts": ConfigKey(COUNT, "Calls in all, the first one included."),
    "initial_backoff_s": ConfigKey(SECONDS, "Pause after the first attempt, in seconds."),
    "max_backoff_s": ConfigKey(SECONDS, "Longest pause, in seconds."),
    "multiplier": ConfigKey(FACTOR, "By how much each pause is longer than the one before."),
    "jitter": ConfigKey(
        SHARE, "By up to which share each pause is stretched or shortened; 0: not at all."
    ),
}
"""Keys of a container's ``retry``."""

CONTAINER = {
    "id": ConfigKey(TEXT, "The same as the key of this container.", is_required=True),
    "service": ConfigKey(
        TEXT,
        "Which entry of service_registry is called; the container's id where it is left out, so"
        " that one service can stand in a plan twice.",
    ),
    "input_file": ConfigKey(
        OPTIONAL_FILE,
        "What the service reads; /data means its data root. Only the first container may read"
        " nothing.",
    ),
    "input_files": ConfigKey(
        FILES, "Instead of input_file: all inputs of a stage that joins several, in order."
    ),
    "output_file": ConfigKey(
        FILE, "What the service writes; the suffix names the format.", is_required=True
    ),
    "next_node": ConfigKey(NODES, "Who follows; a list for branches. Empty: nobody."),
    "timeout_seconds": ConfigKey(SECONDS, "Deadline of the call, in seconds. Default: 60."),
    "parameters": ConfigKey(OBJECT, "What is asked of the service beyond the original contract."),
    "retry": ConfigKey(OBJECT, "How often a call is tried again when the service is unavailable."),
}
"""Keys of a container."""

TLS = {
    "ca": ConfigKey(FILE, "Certificate of the authority that is trusted. Default: the system's."),
    "certificate": ConfigKey(FILE, "Our own certificate, where the service asks for one."),
    "key": ConfigKey(FILE, "The private key of our certificate."),
    "server_name": ConfigKey(TEXT, "Name in the service's certificate, where it is not the host."),
}
"""Keys of an entry's ``tls``; paths are relative to the configuration's folder."""

TOKEN = {
    "env": ConfigKey(VARIABLE, "Environment variable that holds the token."),
    "file": ConfigKey(FILE, "File that holds the token, relative to the configuration's folder."),
}
"""Keys of an entry's ``token``: exactly one, because a secret does not belong in this file."""

_LIST: dict[str, object] = {"type": "array", "items": ADDRESS_SCHEMA, "minItems": 1}
ENTRY: dict[str, dict[str, object]] = {
    "address": {
        "anyOf": [ADDRESS_SCHEMA, _LIST],
        "description": "host:port, or a list of them that share the calls.",
    },
    "addresses": {**_LIST, "description": "The same, as a list."},
    "tls": {"type": "object", "description": "The connection is encrypted; {} for the defaults."},
    "token": {"type": "object", "description": "Where the bearer token is found."},
}
"""Keys of a registry entry in its object form, with their schemas."""

PIPELINE = {
    "$schema": ConfigKey(TEXT, "Path of this schema, for editors."),
    "workflow_name": ConfigKey(TEXT, "A name for people.", is_required=True),
    "start_node": ConfigKey(TEXT, "Id of the first container.", is_required=True),
    "execution_mode": ConfigKey(
        TEXT,
        "sequential (default): one stage after another; parallel: branches side by side. Any other"
        " mode is recorded, not used.",
    ),
    "time_zone": ConfigKey(
        ZONE,
        "Zone of the report's days, such as Europe/Berlin: the time_zone of every stage after the"
        " first that takes one and does not name its own. Default: the first stage's time_zone.",
    ),
    "service_registry": ConfigKey(
        filled_object({}, 'write an object: {"id": "host:port"}'),
        "Where each service listens, host:port by id; a list of addresses shares the calls.",
        is_required=True,
    ),
    "containers": ConfigKey(
        filled_object({}, 'write an object: {"id": { ... }}'),
        "The nodes of the pipeline, by id.",
        is_required=True,
    ),
}
"""Keys of a configuration."""
