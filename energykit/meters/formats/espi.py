"""Green Button: ESPI XML, as energy suppliers of North America give it to their customers.

Source: NAESB REQ.21, Energy Services Provider Interface, and its schema espi.xsd: an Atom feed
whose entries hold ReadingType (unit, power of ten, direction), MeterReading and IntervalBlock; an
interval has a start (Unix s), a duration (s) and a value. Unit 72 is Wh, 38 is W; direction 1 is
delivered to the customer, 19 received from it. Qualities 8 and 9 are estimates, 12 is a forecast;
the others are of what was measured.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import polars as pl

from energykit.errors import ArtifactError
from energykit.meters.digits import SECOND_US
from energykit.meters.quantity import Quantity
from energykit.meters.rows import ROW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from energykit.meters.account import Account
    from energykit.meters.source import TextFile

__all__ = ["QUANTITY", "SIGNS", "TITLE", "begins", "rows", "whole_records"]

TITLE = "Green Button, ESPI XML"
QUANTITY = Quantity.ENERGY
SIGNS = (1,)
_WH, _W = "72", "38"
_REVERSE = "19"
_CUMULATIVE = {"1", "3"}
"""accumulationBehaviour bulk quantity and cumulative: a register, not an interval's energy."""
_HOUR_S = 3600
_ESTIMATED, _FORECAST = (8, 9), 12


@dataclass(frozen=True, kw_only=True)
class _Kind:
    """What the values of a ReadingType are."""

    unit: str = _WH
    power_of_ten: int = 0
    direction: str = "1"
    accumulation: str = "4"
    quality: int = 0

    @property
    def is_energy(self) -> bool:
        """Whether intervals of it are energy or mean power."""
        return self.unit in {_WH, _W} and self.accumulation not in _CUMULATIVE


def begins(head: bytes) -> bool:
    """Whether a file that begins so is ESPI XML."""
    return head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") and b"espi" in head


def whole_records(_sample: bytes, /) -> bytes | None:
    """Return None: what values are may be said at the end of a feed."""
    return None


def rows(file: TextFile, account: Account) -> Iterator[pl.DataFrame]:
    """Yield rows: energy of each interval [Wh], negative where it is received from the customer.

    Parameters
    ----------
    file
        The file.
    account
        Takes the intervals that cannot be used.

    Raises
    ------
    ArtifactError
        The file is not XML.
    """
    entries = list(_entries(file))
    kinds = {key: _kind(node) for key, node, _ in entries if _name(node) == "ReadingType"}
    meters = {
        key: next((kinds[link] for link in links if link in kinds), None)
        for key, node, links in entries
        if _name(node) == "MeterReading"
    }
    only = next(iter(kinds.values())) if len(kinds) == 1 else None
    blocks = ((key, node) for key, node, _ in entries if _name(node) == "IntervalBlock")
    for number, (key, node) in enumerate(blocks, 1):
        reading = max((m for m in meters if m and key.startswith(m)), key=len, default="")
        kind = meters.get(reading) or only or (_Kind() if not kinds else None)
        point = key.partition("UsagePoint/")[2].partition("/")[0] or "household"
        yield _block(node, kind, point, number, account)


def _entries(file: TextFile) -> Iterator[tuple[str, ET.Element, list[str]]]:
    """Yield the address of each entry, its content, and what it is related to."""
    stream = io.BytesIO(b"".join(file.blocks()))
    try:
        for _, element in ET.iterparse(stream):  # noqa: S314 - expat refuses entities that grow
            if _name(element) != "entry":
                continue
            links = [link for link in element if _name(link) == "link"]
            own = next((str(link.get("href")) for link in links if link.get("rel") == "self"), "")
            related = [str(link.get("href")) for link in links if link.get("rel") == "related"]
            for content in element:
                if _name(content) == "content":
                    for node in content:
                        yield own, node, related
    except ET.ParseError as exc:
        line, column = exc.position
        raise ArtifactError(
            f"is not whole XML: {exc}",
            where=f"{file.path}:{line}:{column + 1}",
            hint="fetch the file again: it is damaged or was not copied to its end",
        ) from exc


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _text(element: ET.Element, name: str, default: str) -> str:
    """Return the text of a child."""
    for child in element.iter():
        if _name(child) == name and child.text:
            return child.text.strip()
    return default


def _kind(node: ET.Element) -> _Kind:
    return _Kind(
        unit=_text(node, "uom", _WH),
        power_of_ten=int(_text(node, "powerOfTenMultiplier", "0")),
        direction=_text(node, "flowDirection", "1"),
        accumulation=_text(node, "accumulationBehaviour", "4"),
        quality=int(_text(node, "defaultQuality", "0")),
    )


def _block(
    node: ET.Element, kind: _Kind | None, point: str, number: int, account: Account
) -> pl.DataFrame:
    """Return the intervals of one block."""
    found = [element for element in node.iter() if _name(element) == "IntervalReading"]
    account.rows_in += len(found)
    table = pl.DataFrame(
        {
            name: pl.Series([_text(each, name, "") for each in found], dtype=pl.String)
            for name in ("start", "duration", "value", "quality")
        }
    ).cast(pl.Int64, strict=False)
    table = table.with_columns(pl.col("quality").fill_null(kind.quality if kind else 0))
    usable = table.drop_nulls().filter(pl.col("duration") > 0)
    if kind is None or not kind.is_energy:
        account.leave_out(
            "the block does not hold energy or power of intervals", len(found), number
        )
        usable = usable.clear()
    else:
        lost = len(found) - usable.height
        account.leave_out("an interval lacks start, duration or value", lost, number)
        usable = _measured(usable, number, account)
    return _rows(usable, kind or _Kind(), point, number)


def _measured(usable: pl.DataFrame, number: int, account: Account) -> pl.DataFrame:
    """Return the intervals that are not forecasts; say how many are estimates."""
    past = usable.filter(pl.col("quality") != _FORECAST)
    account.leave_out(
        "the interval is a forecast (quality 12)", usable.height - past.height, number
    )
    estimates = past.filter(pl.col("quality").is_in(_ESTIMATED)).height
    if estimates:
        account.adjust("intervals were estimated, not measured (quality 8, 9)", estimates, number)
    return past


def _rows(usable: pl.DataFrame, kind: _Kind, point: str, number: int) -> pl.DataFrame:
    power = kind.power_of_ten
    value = pl.col("value").cast(pl.Float64)
    value = value * 10.0**power if power >= 0 else value / 10.0**-power
    if kind.unit == _W:
        value = value * pl.col("duration") / _HOUR_S
    is_reverse = kind.direction == _REVERSE
    return usable.select(
        line=pl.lit(number, dtype=pl.Int64),
        household_id=pl.lit(point),
        register=pl.lit(int(is_reverse), dtype=pl.Int16),
        moment=pl.col("start") * SECOND_US,
        span=pl.col("duration") * SECOND_US,
        later=pl.lit(0, dtype=pl.Int64),
        voltage=pl.lit(None, dtype=pl.Float64),
        current=pl.lit(None, dtype=pl.Float64),
        value0=-value if is_reverse else value,
    ).cast(dict(ROW))  # type: ignore[arg-type]
