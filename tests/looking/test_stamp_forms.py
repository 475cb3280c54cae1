"""Stamps as countries write them: a day of half-hours is read to 12 kWh, or they are shown."""

import pytest

from energykit.looking import look
from tests.looking.files import energy
from tests.looking.portals import rows, starts

DAY = starts("2025-02-27", 48, 30)
FORMS = [
    "%d-%b-%Y %H:%M",
    "%d-%b-%y %I:%M:%S %p",
    "%d %b %Y %H:%M",
    "%d/%b/%Y %H.%M.%S",
    "%d %B %Y %I:%M %p",
    "%b %d, %Y %I:%M %p",
    "%B %d, %Y %H:%M",
    "%Y.%m.%d. %H:%M:%S",
    "%Y. %m. %d. %H:%M",
    "%Y年%m月%d日 %H:%M",
    "%Y年%m月%d日 %H時%M分",
    "%d/%m/%Y %H:%M +0530",
    "%d.%m.%Y %H:%M:%S -03:00",
    "%Y-%m-%d %H:%M:%S EST",
    "%d.%m.%Y %H:%M CET",
    "%m/%d/%Y %I:%M %p PST",
]


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_found(file, form):
    seen = look(file(rows("when;kWh", DAY, lambda t: f"{t:{form}};0.25")))
    assert energy(seen.path, seen.parameters) == pytest.approx(12), seen
    (first,) = [clue.evidence for clue in seen.clues if clue.topic == "clock"]
    moved = {"+0530": "2025-02-26T18:30:00Z", "-03:00": "2025-02-27T03:00:00Z"}
    moved["CET"] = "2025-02-26T23:00:00Z"
    assert first.endswith(moved.get(form.rpartition(" ")[2], "2025-02-27T00:00:00"))


def test_halves_of_the_day_with_points_are_read(file):
    halves = ("a. m.", "p. m.")
    text = rows("d;kWh", DAY, lambda t: f"{t:%d/%m/%Y %I:%M} {halves[t.hour // 12]};0.25")
    seen = look(file(text))
    assert energy(seen.path, seen.parameters) == pytest.approx(12), seen
    assert seen.parameters["timestamp_format"] == "%d/%m/%Y %I:%M %p"


@pytest.mark.parametrize(
    "text", ["2025-02-27 kl 00", "27 févr. 2025 00h00", "Thu Feb 27 2025 0:00"]
)
def test_stamps_in_no_known_form_are_shown(file, text):
    seen = look(file("when;kWh\n" + f"{text};0.25\n" * 5))
    assert any(f"reads stamps such as {text!r}: give" in doubt for doubt in seen.doubts), seen
    assert seen.parameters["columns"] == {"timestamp": "when", "power_consumption": "kWh"}


MESSAGES = {
    "EDIFACT": "UNA:+.? 'UNB+UNOC:3+9900:500+9901:500+250116:0900+1'UNH+1+MSCONS:D:04B:UN:2.4a'"
    "QTY+220:0.25'DTM+163:202501150000:203'UNT+9+1'\n",
    "JSON": '[{"t":"2025-01-15T00:00:00Z","kWh":0.5},{"t":"2025-01-15T01:00:00Z","kWh":0.5}]\n',
    "a web page": "<!DOCTYPE html><html><body><table><tr><td>1</td></tr></table></body></html>\n",
    "in quotes as a whole": '"t;kWh"\n' + '"15.01.2025 00:00;0,5"\n' * 3,
    "IEC 62056-21": "P.01(2501150000)(00000000)(15)(2)(1.5)(kW)(2.5)(kW)\n" + "(0.5)(0.1)\n" * 96,
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_is_named_and_not_taken_for_a_table(file, name):
    seen = look(file(MESSAGES[name]))
    assert not seen.is_recognised
    assert any(f"it is {name}" in doubt or name in doubt for doubt in seen.doubts), seen


UNREAD = {
    "days of a spreadsheet": (
        "d,kWh\n" + "".join(f"{45672 + n / 48:.5f},0.5\n" for n in range(48)),
        "'d' may be days as a spreadsheet counts them (45672.00000)",
    ),
    "merged cells": (
        "d;at;kWh\n" + "".join(f"{t:%Y-%m-%d};{t:%H:%M};0.5\n" for t in DAY[:1])
        + "".join(f";{t:%H:%M};0.5\n" for t in DAY[1:]),
        "most rows have nothing in 'd': where cells are merged",
    ),
    "months": ("m;kWh\n01/2025;240\n02/2025;230\n", "'01/2025' is a month without a day"),
    "months by name": ("m;kWh\nMärz 2025;240\nApril 2025;230\n", "is a month without a day"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNREAD)
def test_what_may_be_stamps_is_said(file, name):
    text, doubt = UNREAD[name]
    assert any(doubt in each for each in look(file(text)).doubts)


NAMES = {"cp1251": "Активная энергия", "shift_jis": "使用電力量", "cp949": "전력 사용량"}


@pytest.mark.parametrize("encoding", NAMES)
def test_names_in_another_encoding_are_said(tmp_path, encoding):
    path = tmp_path / "meter.csv"
    text = rows(f"t,{NAMES[encoding]} (kWh)", DAY, lambda t: f"{t:%Y-%m-%d %H:%M},0.25")
    path.write_bytes(text.encode(encoding))
    seen = look(path)
    (doubt,) = [doubt for doubt in seen.doubts if "show another encoding: name it" in doubt]
    assert encoding in doubt
    assert energy(path, seen.parameters) == pytest.approx(12)


def test_names_with_accents_are_in_no_other_encoding(tmp_path):
    path = tmp_path / "meter.csv"
    text = rows("t,Größe Énergie façade (kWh)", DAY, lambda t: f"{t:%Y-%m-%d %H:%M},0.25")
    path.write_bytes(text.encode("cp1252"))
    assert not any("another encoding" in doubt for doubt in look(path).doubts)
