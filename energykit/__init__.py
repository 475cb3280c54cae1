"""energykit: a teaching and experimentation kit around a gRPC energy-data pipeline.

Everything a notebook needs is an attribute of this package; a name is imported when it is first
used, so ``import energykit`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module

_HOMES = {
    "conformance": "energykit.contract",
    "diff": "energykit.experiments.difference",
    "doctor": "energykit.checkup",
    "errors": "energykit.errors",
    "events": "energykit.scoring",
    "exercises": "energykit.exercises",
    "gather": "energykit.experiments.gather",
    "lesson_plan": "energykit.course",
    "load_config": "energykit.config",
    "load_run": "energykit.results",
    "look": "energykit.looking",
    "local_cluster": "energykit.experiments.cluster",
    "local_services": "energykit.launcher",
    "on_partitions": "energykit.experiments.partitions",
    "plots": "energykit.plots",
    "predict": "energykit.widgets",
    "record": "energykit.notebooks.recording",
    "run": "energykit.executor",
    "runs": "energykit.experiments.runs",
    "score": "energykit.scoring",
    "serve": "energykit.serving",
    "stage": "energykit.serving",
    "steps": "energykit.executor",
    "sweep": "energykit.experiments",
    "survivors": "energykit.checkup",
    "widgets": "energykit.widgets",
    "wire": "energykit.wire",
}
"""Where each public name lives; a name that its home lacks is the home itself."""

__all__ = [
    "conformance",
    "diff",
    "doctor",
    "errors",
    "events",
    "exercises",
    "gather",
    "lesson_plan",
    "load_config",
    "load_run",
    "local_cluster",
    "local_services",
    "look",
    "on_partitions",
    "plots",
    "predict",
    "record",
    "run",
    "runs",
    "score",
    "serve",
    "stage",
    "steps",
    "survivors",
    "sweep",
    "widgets",
    "wire",
]
__version__ = "0.2.0"


def __getattr__(name: str) -> object:
    """Import a public name on first use (PEP 562)."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'energykit' has no attribute {name!r}")
    module = import_module(home)
    value: object = getattr(module, name, module)
    globals()[name] = value
    return value


def load_ipython_extension(shell: object) -> None:
    """Give a kernel the magics: what ``%load_ext energykit`` calls."""
    import_module("energykit.magics").register(shell)


def __dir__() -> list[str]:
    """Public names, also those not imported yet."""
    return sorted({*globals(), *__all__})
