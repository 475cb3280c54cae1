r"""DSMR P1 telegrams, as smart meters of the Netherlands, Belgium and Luxembourg send them.

Source: P1 Companion Standard, Dutch Smart Meter Requirements 5.0.2: a telegram begins with ``/``
and ends with ``!`` and a CRC16 over everything up to it; ``0-0:1.0.0`` is the time, with S in
summer and W in winter; ``1-0:1.8.x`` counts what was drawn, ``1-0:2.8.x`` what was fed in, in kWh;
``1-0:32.7.0`` is the voltage and ``1-0:31.7.0`` the current of phase 1; ``0-0:96.1.1`` the meter.
Dutch and Belgian meters have a register a tariff, 1 and 2; those of Luxembourg and Sweden the total
alone, ``1-0:1.8.0``; where both are there, the total is left out. A meter of Luxembourg is named by
``0-0:42.0.0`` (Luxmetering, E-Meter P1 specification; both as in dsmr-parser 1.11.2).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import polars as pl

from energykit.meters.digits import SECOND_US
from energykit.meters.quantity import Quantity
from energykit.meters.rows import ROW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from energykit.meters.account import Account
    from energykit.meters.source import TextFile

__all__ = ["QUANTITY", "SIGNS", "TITLE", "begins", "rows", "whole_records"]

TITLE = "DSMR P1 telegrams"
QUANTITY = Quantity.COUNTER
SIGNS = (1, -1)
_AHEAD_S = {"S": 7200, "W": 3600}
_TIME = re.compile(r"^0-0:1\.0\.0\((\d{12})([SW])\)", re.MULTILINE)
_DRAWN = re.compile(r"^1-0:1\.8\.(\d)\((\d+\.?\d*)\*kWh\)", re.MULTILINE)
_FED_IN = re.compile(r"^1-0:2\.8\.(\d)\((\d+\.?\d*)\*kWh\)", re.MULTILINE)
_METER = re.compile(r"^0-0:(?:96\.1\.1|42\.0\.0)\(([^)]*)\)", re.MULTILINE)
_VOLTAGE = re.compile(r"^1-0:32\.7\.0\((\d+\.?\d*)\*V\)", re.MULTILINE)
_CURRENT = re.compile(r"^1-0:31\.7\.0\((\d+\.?\d*)\*A\)", re.MULTILINE)
_END = re.compile(r"^!([0-9A-Fa-f]{4})?\s*$")
_POLYNOMIAL = 0xA001


def begins(head: bytes) -> bool:
    """Whether a file that begins so holds P1 telegrams."""
    return head.lstrip(b"\r\n").startswith(b"/") and b"1-0:1.8." in head


def whole_records(sample: bytes) -> bytes | None:
    """Return the telegrams that are not cut off; None where the first is."""
    return sample[: sample.rfind(b"\n/") + 1] or None


def rows(file: TextFile, account: Account) -> Iterator[pl.DataFrame]:
    """Yield rows: what the meter counted [Wh], drawn and fed in, summed over the tariffs.

    Parameters
    ----------
    file
        The file.
    account
        Takes the telegrams that cannot be used.
    """
    lines: list[str] = []
    number, first = 0, 1
    for block in file.blocks():
        found: list[dict[str, object]] = []
        for text in block.decode("utf-8", "replace").removesuffix("\n").split("\n"):
            number += 1
            if text.startswith("/"):
                lines, first = [], number
            lines.append(text)
            end = _END.match(text)
            if end:
                found += _telegram(lines, end.group(1), first, account)
                lines = []
        yield pl.DataFrame(found, schema={**ROW, "value0": pl.Float64(), "value1": pl.Float64()})


def _telegram(
    lines: list[str], checksum: str | None, first: int, account: Account
) -> list[dict[str, object]]:
    """Return the row of a telegram; none where it is damaged or has no time or no count."""
    account.rows_in += 1
    text = "\n".join(lines)
    if checksum and _crc16("\r\n".join(lines[:-1]) + "\r\n!") != int(checksum, 16):
        account.leave_out("the telegram's checksum does not fit", 1, first)
        return []
    moment = _moment(_TIME.search(text))
    drawn = _DRAWN.findall(text)
    if moment is None or not drawn:
        account.leave_out("the telegram has no time or no count of energy", 1, first)
        return []
    meter = _METER.search(text)
    row = {
        "line": first,
        "household_id": _plain(meter.group(1)) if meter else "household",
        "register": 0,
        "moment": moment,
        "later": 0,
        "voltage": _number(_VOLTAGE.search(text)),
        "current": _number(_CURRENT.search(text)),
        "value0": _watt_hours(drawn),
        "value1": _watt_hours(_FED_IN.findall(text)),
    }
    return [{**row, "span": None}]


def _watt_hours(counts: list[tuple[str, str]]) -> float:
    """Return the total [Wh] of registers: tariff, 0 for all of them, and count [kWh]."""
    tariffs = [count for tariff, count in counts if tariff != "0"]
    totals = [count for tariff, count in counts if tariff == "0"]
    return sum(round(float(count) * 1000) for count in tariffs or totals)


def _number(match: re.Match[str] | None) -> float | None:
    return float(match.group(1)) if match else None


def _plain(identity: str) -> str:
    """Return a meter's id, which telegrams write as hexadecimal digits of its letters."""
    try:
        text = bytes.fromhex(identity).decode("ascii")
    except ValueError:
        return identity or "household"
    return text if text.isprintable() and text.strip() else identity or "household"


def _moment(match: re.Match[str] | None) -> int | None:
    """Return a telegram's time in UTC [µs since 1970]; None where it has none."""
    if match is None:
        return None
    try:
        clock = datetime.strptime(match.group(1), "%y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return (round(clock.timestamp()) - _AHEAD_S[match.group(2)]) * SECOND_US


def _crc16(text: str) -> int:
    """Return CRC-16/ARC, as the standard has it."""
    value = 0
    for byte in text.encode("latin-1", "replace"):
        value = value >> 8 ^ _OF_BYTE[(value ^ byte) & 0xFF]
    return value


def _crc_of(byte: int) -> int:
    """Return the CRC-16 of one byte."""
    for _ in range(8):
        byte = byte >> 1 ^ _POLYNOMIAL if byte & 1 else byte >> 1
    return byte


_OF_BYTE = tuple(map(_crc_of, range(256)))
