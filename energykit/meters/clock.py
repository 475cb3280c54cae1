"""A meter's stamps: how they are written, and which moments they mean."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import polars as pl

from energykit.errors import ParameterError
from energykit.meters.digits import DAY_US, SECOND_US, fixed_width_moments
from energykit.meters.zone import Zone, zone_hint, zone_of

__all__ = [
    "EPOCHS",
    "HALF",
    "HOUR_BEHIND",
    "MIDNIGHT_END",
    "Clock",
    "Stamps",
    "check_form",
    "check_zone",
    "epoch_hint",
    "is_compact",
]

EPOCHS = {"unix": 1_000_000, "unix_ms": 1_000, "unix_us": 1, "unix_ns": 0.001}
"""Microseconds of one unit of a Unix time, by name; ``%s`` is ``unix``."""
_EARLIEST_US, _LATEST_US = 31_536_000 * SECOND_US, 4_102_444_800 * SECOND_US
"""1971 … 2100: what lies outside was counted in another unit."""
_ISO_FORMS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d")
_ISO = re.compile(
    r"^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:[0-5]\d)?([.,]\d{1,9})?)?\s*"
    r"(?:([Zz]|UTC|GMT)|(?:UTC|GMT)?([+-])(\d\d):?([0-5]\d)?|(CES?T|EES?T|WES?T|AE[SD]T))?(?:\[[^\]]*\])?$"
)
_ISO_PARTS = ("date", "minute", "second", "fraction", "utc", "sign", "hours", "minutes", "letters")
_LETTERS = {"CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "WET": 0, "WEST": 1, "AEST": 10, "AEDT": 11}
"""Hours ahead of UTC of the names that mean one zone only."""
_ZONES = {**_LETTERS, "Z": 0, "UTC": 0, "GMT": 0}
_NAME_MARK = "%Z"
_COMPACT = re.compile(
    r"^(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-4])(?:[0-5]\d){1,2}$"
)
_M = r"(?:\.?\s?[Mm])?\.?"
HALF = f"[AaPp]{_M}"
"""The half of the day as it is written: ``AM``, ``pm``, ``a.m.``, ``p. m.``, ``A``."""
_HALF_OF_DAY = rf"(^|[\d\s])([AaPp]){_M}($|[^\p{{L}}.])"
_HOUR_OF_HALF = rf"(\d)\s*([AaPp]){_M}($|[^\p{{L}}.])"
_HOUR_ALONE = re.compile(r"\s+[^\W\d_]{0,3}%H\s?[^\W\d_]{0,3}$")
HOUR_BEHIND = r"^(.*\S)\s+\p{L}{0,3}(\d{1,4})\s?\p{L}{0,3}$"
"""A date and an hour alone, perhaps between letters: ``01``, ``HE01``, ``1h``, ``1 Uhr``."""
MIDNIGHT_END = r"(^|[T ])24([:.h])00((?:[:.]00)?)($|[^:.\d])"
"""24:00 at the place of the hour: the next day's 00:00."""
_SAMPLE, _SAMPLE_DAY = "2001-02-03T16:00:00", 11_356
"""A moment, and its day since 1970, with which formats are tried."""
_OFFSET_MARKS = ("%z", "%:z", "%#z", "%+")
_TIME_MARKS = ("%H", "%I", "%T", "%R", "%X", "%s", "%k", "%l", "%r", "%c", "%+")


@dataclass(frozen=True, kw_only=True)
class Stamps:
    """Stamps of a part of a file."""

    moment: pl.Series
    """Microseconds since 1970, wall clock or UTC, Int64; null where a text is not a stamp."""
    is_universal: pl.Series
    """Whether the moment is in UTC, Boolean."""


@dataclass(frozen=True, kw_only=True)
class Clock:
    """How stamps are written, and the zone of the clock they follow."""

    form: str | None = None
    """As ``strftime`` writes it, or a name of `EPOCHS`; None: ISO 8601."""
    zone: Zone | None = None
    """Zone of the clock; None: not known, or stated by each stamp."""

    @property
    def is_epoch(self) -> bool:
        """Whether stamps are Unix times."""
        return self.form in EPOCHS

    @property
    def has_hour_alone(self) -> bool:
        """Whether the time of day is an hour without minutes, which may be the hour's number."""
        return self.form is not None and _HOUR_ALONE.search(self.form) is not None

    @property
    def date_form(self) -> str:
        """How the date is written in front of an hour alone."""
        return _HOUR_ALONE.sub("", str(self.form))

    @property
    def expected(self) -> str:
        """What a stamp should look like, for messages."""
        if self.form is None:
            return "an ISO 8601 date and time"
        return f"a Unix time ({self.form})" if self.is_epoch else f"written as {self.form!r}"

    def read(self, texts: pl.Series) -> Stamps:
        """Read stamps, String; null where a text is not one.

        Raises
        ------
        ParameterError
            Unix times are counted in another unit.
        """
        if self.is_epoch:
            return _stamps(self._epoch(texts), is_universal=True)
        if self.form is not None:
            return self._formatted(texts, self.form)
        return _iso(texts)

    def _epoch(self, texts: pl.Series) -> pl.Series:
        """Return Unix times in microseconds."""
        scale = EPOCHS[str(self.form)]
        numbers = texts.cast(pl.Float64, strict=False)
        whole = texts.cast(pl.Int64, strict=False)
        fine = (whole // 1000 if scale < 1 else whole * int(scale)).to_frame("whole")
        moments = fine.select(
            pl.coalesce("whole", (numbers * scale).round().cast(pl.Int64, strict=False))
        ).to_series()
        outside = (moments < _EARLIEST_US) | (moments >= _LATEST_US)
        if outside.any():
            raise _other_unit(str(self.form), float(numbers.filter(outside)[0]))
        return moments

    def _formatted(self, texts: pl.Series, form: str) -> Stamps:
        fast = fixed_width_moments(texts, form)
        if fast is not None:
            return _stamps(pl.Series(fast), is_universal=False)
        if form.endswith(_NAME_MARK):
            return self._named(texts, form.removesuffix(_NAME_MARK).rstrip())
        is_universal = any(mark in form for mark in _OFFSET_MARKS)
        if not any(mark in form for mark in _TIME_MARKS):
            dates = texts.str.to_date(form, strict=False)
            return _stamps(dates.cast(pl.Datetime("us")).to_physical(), is_universal=False)
        is_end = texts.str.contains(MIDNIGHT_END).fill_null(value=False)
        plain = texts.str.replace(MIDNIGHT_END, "${1}00${2}00${3}${4}") if is_end.any() else texts
        if "%p" in form:
            plain, form = _with_half(plain, form)
        if self.has_hour_alone:  # polars takes an hour with minutes only
            plain = plain.str.replace(HOUR_BEHIND, "${1} ${2}:00")
            form = f"{self.date_form} %H:%M"
        elif form.endswith("%H"):
            plain, form = plain + ":00", form + ":%M"
        moments = plain.str.to_datetime(form, strict=False, time_unit="us").to_physical()
        return _stamps(moments + is_end.cast(pl.Int64) * DAY_US, is_universal=is_universal)

    def _named(self, texts: pl.Series, form: str) -> Stamps:
        """Read stamps with a zone's name behind them; names of several zones are the clock's."""
        parts = texts.str.extract_groups(r"^(.*\S)\s+([A-Za-z]{1,5})$")
        frame = parts.struct.rename_fields(["stamp", "zone"]).struct.unnest()
        names = frame["zone"].str.to_uppercase()
        hours = names.replace_strict(_ZONES, default=None, return_dtype=pl.Int64)
        moments = self._formatted(frame["stamp"], form).moment
        ahead_us = hours.fill_null(0) * 3600 * SECOND_US
        return Stamps(moment=moments - ahead_us, is_universal=hours.is_not_null())


def _with_half(texts: pl.Series, form: str) -> tuple[pl.Series, str]:
    """Return stamps of the 12-hour clock as polars takes them, and their format.

    That is with ``am`` and ``pm``, and an hour only with its minutes.
    """
    if "%I" not in form or "%M" in form:
        return texts.str.replace(_HALF_OF_DAY, "${1}${2}m${3}"), form
    with_minutes = re.sub(r"%I\s*%p", "%I:%M %p", form)
    return texts.str.replace(_HOUR_OF_HALF, "${1}:00 ${2}m${3}"), with_minutes


def _stamps(moments: pl.Series, *, is_universal: bool) -> Stamps:
    """Return moments that are all of one kind."""
    known = pl.Series([is_universal]).new_from_index(0, len(moments))
    return Stamps(moment=moments, is_universal=known)


def _iso(texts: pl.Series) -> Stamps:
    """Read ISO 8601: date, time of day, fraction and offset, each but the date optional."""
    is_marked = bool(len(texts)) and str(texts.first() or "").endswith("Z")
    plain = texts.str.strip_suffix("Z") if is_marked and texts.str.ends_with("Z").all() else texts
    for form in _ISO_FORMS:
        fast = fixed_width_moments(plain, form)
        if fast is not None and not (is_marked and plain is texts):
            return _stamps(pl.Series(fast), is_universal=is_marked)
    return _iso_by_parts(texts)


def _iso_by_parts(texts: pl.Series) -> Stamps:
    """Read ISO 8601 text by text."""
    groups = texts.str.strip_chars().str.extract_groups(_ISO.pattern)
    part = groups.struct.rename_fields(list(_ISO_PARTS)).struct.unnest()
    is_end = (part["minute"] == "24:00") & (part["second"].fill_null(":00") == ":00")
    minute = (
        pl.when(pl.lit(is_end)).then(pl.lit("00:00")).otherwise(part["minute"].fill_null("00:00"))
    )
    clock = pl.concat_str(
        pl.lit(part["date"]), pl.lit(" "), minute, pl.lit(part["second"].fill_null(":00"))
    )
    fraction = ("0" + part["fraction"].str.replace(",", ".", literal=True)).cast(
        pl.Float64, strict=False
    )
    ahead_s = _ahead_s(part)
    moment = (
        clock.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us").to_physical()
        + pl.lit(is_end.fill_null(value=False).cast(pl.Int64) * DAY_US)
        + pl.lit((fraction.fill_null(0.0) * SECOND_US).round().cast(pl.Int64))
        - pl.lit(ahead_s.fill_null(0) * SECOND_US)
    )
    return Stamps(
        moment=part.select(moment.alias("moment")).to_series(), is_universal=ahead_s.is_not_null()
    )


def _ahead_s(part: pl.DataFrame) -> pl.Series:
    """Return the offset that each stamp states [s], null where it states none."""
    seconds = (
        pl.col("hours").cast(pl.Int64) * 3600 + pl.col("minutes").fill_null("0").cast(pl.Int64) * 60
    )
    letters = pl.col("letters").replace_strict(_LETTERS, default=None, return_dtype=pl.Int64) * 3600
    stated = (
        pl.when(pl.col("utc").is_not_null())
        .then(0)
        .when(pl.col("sign") == "-")
        .then(-seconds)
        .when(pl.col("sign") == "+")
        .then(seconds)
        .otherwise(letters)
    )
    return part.select(stated.alias("ahead")).to_series()


def _other_unit(form: str, number: float) -> ParameterError:
    """Say which unit of Unix time a number would fit."""
    shown = np.format_float_positional(number, trim="-")
    return ParameterError(
        f"the stamp {shown} is outside 1971 … 2100 as {form!r}",
        where="parameters.timestamp_format",
        hint=epoch_hint(number) or "check which column holds the stamps",
    )


def is_compact(text: str) -> bool:
    """Whether a text is date and time in 12 or 14 digits, 202501150030, not a Unix time."""
    return _COMPACT.match(text) is not None


def epoch_hint(number: float) -> str:
    """Say which unit of Unix time a number fits, and the moment that it then is; empty: none."""
    fitting = (name for name, us in EPOCHS.items() if _EARLIEST_US <= number * us < _LATEST_US)
    name = next(fitting, None)
    if name is None:
        return ""
    moment = np.datetime64(int(number * EPOCHS[name]), "us")
    return f"timestamp_format {name!r} gives {moment}Z"


def check_zone(time_zone: str | None) -> Zone | None:
    """Return the zone of a clock: a name of the tz database or a fixed offset.

    Raises
    ------
    ParameterError
        It is not known; the nearest one is named.
    """
    zone = None if time_zone is None else zone_of(time_zone)
    if time_zone is not None and zone is None:
        raise ParameterError(
            f"the zone {time_zone!r} is not known",
            where="parameters.time_zone",
            hint=zone_hint(time_zone),
        )
    return zone


def check_form(timestamp_format: str | None) -> str | None:
    """Return how stamps are written, as `Clock` has it.

    Parameters
    ----------
    timestamp_format
        As ``strftime`` writes it; ``"%s"`` or ``"unix"``, ``"unix_ms"``, ``"unix_us"``,
        ``"unix_ns"``; None: ISO 8601.

    Raises
    ------
    ParameterError
        It is not understood.
    """
    form = "unix" if timestamp_format == "%s" else timestamp_format
    if form is not None and form not in EPOCHS and not _is_understood(form):
        raise ParameterError(
            f"the format {timestamp_format!r} is not understood",
            where="parameters.timestamp_format",
            hint=_format_hint(form),
        )
    return form


def _is_understood(form: str) -> bool:
    """Whether a format can be read and holds a date."""
    moment = pl.Series([_SAMPLE]).str.to_datetime("%Y-%m-%dT%H:%M:%S")
    has_offset = any(mark in form for mark in (*_OFFSET_MARKS, _NAME_MARK))
    moment = moment.dt.replace_time_zone("UTC") if has_offset else moment
    try:
        text = moment.dt.strftime(form)
        if "%" not in form or text.item() == form:
            return False
        stamps = Clock(form=form).read(text)
    except (pl.exceptions.PolarsError, KeyError):
        return False
    return stamps.moment.null_count() == 0 and int(stamps.moment[0]) // DAY_US == _SAMPLE_DAY


def _format_hint(form: str) -> str:
    """Say how a format is written that is not understood."""
    if form.strip().lower().replace("-", " ").startswith("iso"):
        return "ISO 8601 is what is read where timestamp_format is left out: leave it out"
    if form.strip().lower() in {"epoch", "timestamp", "unix time", "posix"}:
        return f"valid: {', '.join(map(repr, EPOCHS))}"
    if "%H" in form and "%p" in form:
        return f"AM and PM go with %I: {form.replace('%H', '%I')!r}"
    guess = _from_letters(form)
    if guess != form and _is_understood(guess):
        return f"did you mean {guess!r}? Formats are written as strftime has them"
    return (
        "valid: as strftime writes it, with year, month and day, such as '%d/%m/%Y %H:%M:%S',"
        f" or {', '.join(map(repr, EPOCHS))}"
    )


def _from_letters(form: str) -> str:
    """Return ``%d/%m/%Y`` of ``DD/MM/YYYY``."""
    date, hours, rest = re.match(r"([^hH]*)([hH]{0,2})(.*)", form, re.DOTALL).groups()  # type: ignore[union-attr]
    for letters, mark in (("YYYY", "%Y"), ("YY", "%y"), ("MM", "%m"), ("DD", "%d")):
        date = re.sub(letters, mark, date, count=1, flags=re.IGNORECASE)
    is_half = re.search(r"\b(?:a|tt|am/pm|aa)\b", rest, re.IGNORECASE)
    rest = re.sub(r"\b(?:a|tt|am/pm|aa)\b", "%p", rest, flags=re.IGNORECASE)
    rest = re.sub("ss", "%S", re.sub("mm", "%M", rest, flags=re.IGNORECASE), flags=re.IGNORECASE)
    return date + ("%I" if hours and is_half else "%H" if hours else "") + rest
