"""Which way energy flows, by the words of a name: from the grid, to it, consumed, produced."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import TYPE_CHECKING

from energykit.meters.quantity import unit_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "Flow",
    "are_directions",
    "flow_of",
    "grid_flows",
    "is_tariff",
    "register_signs",
    "without_totals",
    "words",
]


def words(*alternatives: str) -> re.Pattern[str]:
    """Return a pattern that finds one of some words of names, in several languages."""
    return re.compile("|".join(alternatives), re.IGNORECASE)


class Flow(Enum):
    """Where energy goes, or what it is called where the name does not say it."""

    FROM_GRID = auto()
    TO_GRID = auto()
    CONSUMED = auto()
    PRODUCED = auto()
    ANY = auto()

    @property
    def is_fed_in(self) -> bool:
        """Whether a meter at the grid counts it as fed in."""
        return self in {Flow.TO_GRID, Flow.PRODUCED}


_TO_GRID = words(
    "export", r"\bexp\b", "fe?ed", "einspeis", "teruglever", "retour", "inject", "inyec",
    "inje[cç]", "vertid", "exced", "surplus", r"(?<!\d)2[.:](?:8|29)",
    "returned", r"^as[\s_(]", "salid",
    r"\bout\b",
    r"(?:^|[\s_(])(?:[ap]-|-[ap])(?:$|[\s_(/:\[])", r"\bto[\s_]+(?:the[\s_]+)?grid", "immess",
    "immission", "oddan", "oddávk", "dodávk", "inmat", "innmat", "rückspeis", "rücklief",
    "visszat", "veriş", "received", r"\bsell", r"\bsold",
)  # fmt: skip
_FROM_GRID = words(
    "import", r"\bimp\b", "bezug", "afname", "soutir", "delivered", r"(?<!\d)1[.:](?:8|29)",
    r"\bin\b", r"\b[ap]\+", r"\+[ap]\b", r"\bfrom[\s_]+(?:the[\s_]+)?grid", "prelev", "preliev",
    "pobór", "pobran",
    "odběr", "odber", "uttag", "uttak", "çekiş", r"\bbuy", "bought", "purchas",
)  # fmt: skip
_PRODUCED = words(
    "genera[tdc]", "solar", r"(?<![a-z])pv", "produ[ckzç]", "erzeug", "tuotan", "wytw", "výrob",
    "üretim", "termel", r"\byield",
)  # fmt: skip
_CONSUMED = words(
    "consum", "verbruik", "verbrauch", "usage", "load", "forbruk", "forbrug", "förbruk", "kulutus",
    "zużyci", "spotřeb", "tüketim", "fogyaszt",
    r"\b(?:house|home)\b(?![\s_]*\d)", r"\buse\b",
)  # fmt: skip
_ANY = words(
    "power", "aggregate", "leistung", "puissance", "valeur", "wert", "value", "energ", r"\bkw\b",
    "kwh", r"\bwh?\b", r"^p\d?$", "last", "state", "effekt", "teho",
    "quantit", "volume", "menge", "määrä", "cantidad",
    "mean", "average", r"\bavg\b", "mittel", "electri[ck]", "électri", "elektri", "elettric",
)  # fmt: skip
_TARIFF = words(
    r"(?:^|[\s_])(?:t[12]|ht|nt|hp|hc|hch|hph)(?:$|[\s_(\[])", "laag", "hoog", r"(?:^|[\s_])dal",
    "normaal", r"\blow\b", r"\bhigh\b", "peak", r"\bday\b", r"\bnight\b", r"\btag\b", r"\bnacht\b",
    "creuse", "pleine", r"(?<!\d)[12][.:]8[.:][1-9]",
    r"electricity_?[12](?!\d)", "hochtarif", "niedertarif", r"\bpunta\b", r"\bllano\b",
    r"valle\b", r"(?:^|[\s_])f[123](?:$|[\s_(\[])", r"\bponta\b", r"\bcheias?\b", r"\bvazio\b",
    "shoulder", r"\bjour\b", r"\bnuit\b", r"\bnoche\b", r"\bnotte\b", r"\bnatt\b", "szczyt",
)  # fmt: skip
_TOTAL_OF_TARIFFS = re.compile(r"(?<!\d)([12][.:]8)[.:]0")


def is_tariff(text: str) -> bool:
    """Whether a name is that of one tariff of several."""
    return bool(_TARIFF.search(text))


def flow_of(text: str) -> Flow | None:
    """Return where a name says that energy goes; None where it does not speak of energy."""
    found = {
        Flow.TO_GRID: _TO_GRID,
        Flow.FROM_GRID: _FROM_GRID,
        Flow.PRODUCED: _PRODUCED,
        Flow.CONSUMED: _CONSUMED,
        Flow.ANY: _ANY,
    }
    return next((flow for flow, pattern in found.items() if pattern.search(text)), None)


def grid_flows(flows: Iterable[Flow]) -> set[Flow]:
    """Return which of several flows make what a meter at the grid counts: one in, one out.

    What was drawn is not added to what was consumed, nor what was fed in to what was produced.
    """
    known = set(flows)
    if known >= {Flow.CONSUMED, Flow.PRODUCED} and Flow.TO_GRID not in known:
        return {Flow.CONSUMED, Flow.PRODUCED}
    drawn = next((flow for flow in (Flow.FROM_GRID, Flow.CONSUMED) if flow in known), Flow.ANY)
    return {drawn, Flow.TO_GRID if Flow.TO_GRID in known else Flow.PRODUCED}


def register_signs(texts: Sequence[str]) -> dict[str, str]:
    """Return what rows with each text count, ``"import"`` or ``"export"``; not those in doubt.

    Parameters
    ----------
    texts
        The different texts of a column that says which register a row is of.
    """
    flows = {text: flow for text in without_totals(texts) if (flow := _register_flow(text))}
    used = grid_flows(flows.values())
    signs = {text: "export" if flow.is_fed_in else "import" for text, flow in flows.items()}
    return {text: sign for text, sign in signs.items() if flows[text] in used}


def are_directions(texts: Sequence[str]) -> bool:
    """Whether texts say no more than what is drawn and what is fed in, both of them."""
    flows = [flow_of(text) for text in texts]
    known = [flow for flow in flows if flow is not None and flow is not Flow.ANY]
    return len(known) == len(flows) and len({flow.is_fed_in for flow in known}) > 1


def _register_flow(text: str) -> Flow | None:
    """Return where rows of a register go; a tariff alone is drawn."""
    if unit_of("power_consumption", text) is not None:
        return None
    return flow_of(text) or (Flow.FROM_GRID if is_tariff(text) else None)


def without_totals(texts: Sequence[str]) -> list[str]:
    """Return registers without those that are the sum of others: 1.8.0 beside 1.8.1 and 1.8.2."""
    parts = {hit.group()[:3] for text in texts for hit in _TARIFF.finditer(text)}
    totals = {text: hit[1] for text in texts if (hit := _TOTAL_OF_TARIFFS.search(text))}
    return [text for text in texts if totals.get(text) not in parts]
