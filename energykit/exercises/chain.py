"""Configurations of the checks: stages that follow each other, at addresses of the run."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from energykit.config import parse_config

if TYPE_CHECKING:
    from collections.abc import Mapping

    from energykit.config import PipelineConfig

__all__ = ["chain"]

_ADDRESS = "127.0.0.1:50051"
"""A configuration needs one for each stage; a check calls the services that it has started."""


def chain(stages: Mapping[str, Mapping[str, Any]]) -> PipelineConfig:
    """Return a configuration whose stages follow each other in the order given.

    Parameters
    ----------
    stages
        By id: what a configuration says of a container, without its id and its next node.
    """
    following = dict(pairwise([*stages, ""]))
    plan = {
        "workflow_name": "check",
        "start_node": next(iter(stages)),
        "execution_mode": "sequential",
        "service_registry": dict.fromkeys(stages, _ADDRESS),
        "containers": {
            name: {"id": name, "input_file": "", "next_node": following[name], **stage}
            for name, stage in stages.items()
        },
    }
    return parse_config(json.dumps(plan), file="check.json")
