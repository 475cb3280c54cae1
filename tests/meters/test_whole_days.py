"""Days that stay whole: readings and what is said of them do not depend on how they are read."""

import pytest

from energykit.meters import MeterImport, store, whole_days
from energykit.meters.order import ANOTHER_VALUE, USED_ONCE

HALF_HOURS, QUARTERS = 48, 96


def record(point, suffix, days, *, minutes=30, unit="KWH"):
    """Return a register and its days: date, values, and perhaps flag and 400 records."""
    lines = [f"200,{point},E1B1,{suffix},{suffix},N1,METER1,{unit},{minutes},20250201"]
    for date, values, *rest in days:
        flag, *events = rest or ["A"]
        lines += [f"300,{date},{','.join(values)},{flag},,,20250118,,", *events]
    return lines


def file_of(*records):
    return "\n".join(
        ["100,NEM12,202501170000,R,C", *(r for one in records for r in one), "900", ""]
    )


def day(date, count=HALF_HOURS, *, by=1, flag=("A",)):
    """Return a day whose values differ from interval to interval and from day to day."""
    number = int(date)
    values = [f"{(number * 7 + n * 13 + by * 31) % 1000 / 1000:.3f}" for n in range(count)]
    return (str(date), values, *flag)


JANUARY = [20250114, 20250115, 20250116, 20250117]
E1 = [day(date) for date in JANUARY]
B1 = [day(date, by=2) for date in JANUARY]
DAMAGED = ("20250118", ["0.5"] * 10 + ["x"] + ["0.5"] * 37)
PARTS = ["400,1,32,A,,", "400,33,40,S14,,", "400,41,48,N,,"]
BLANK = ("20250119", ["0.5"] * 32 + [""] * 16)

WHOLE = {
    "drawn and fed in": [file_of(record("A", "E1", E1), record("A", "B1", B1))],
    "fed in alone": [file_of(record("A", "B1", B1))],
    "two meters": [file_of(record("A", "E1", E1), record("B", "E1", B1), record("A", "B1", B1))],
    "newest first": [file_of(record("A", "E1", E1[::-1]), record("A", "B1", B1))],
    "a register that lacks days": [file_of(record("A", "E1", E1[1:3]), record("A", "B1", B1))],
    "days of other qualities": [
        file_of(record("A", "E1", [E1[0], day(20250115, flag=("V", *PARTS)), E1[2]])),
    ],
    "no value in either": [
        file_of(
            record("A", "E1", [day(20250115, flag=("N",)), E1[2]]),
            record("A", "B1", [day(20250115, flag=("V", *PARTS)), B1[2]]),
        )
    ],
    "damaged and blank": [file_of(record("A", "E1", [*E1, DAMAGED, BLANK]), record("A", "B1", B1))],
    "in watt-hours and in kilowatt-hours": [
        file_of(record("A", "E1", E1), record("A", "B1", B1, unit="Wh")),
    ],
    "meters of several steps": [
        file_of(
            record("A", "E1", E1),
            record("B", "E1", [day(date, QUARTERS) for date in JANUARY], minutes=15),
            record("C", "E1", B1),
        )
    ],
    "two files, registers the other way round": [
        file_of(record("A", "E1", E1[:2]), record("A", "B1", B1[:2])),
        file_of(record("A", "B1", B1[2:]), record("A", "E1", E1[2:])),
    ],
    "a day later filled": [
        file_of(record("A", "E1", [day(20250115, flag=("N",))])),
        file_of(record("A", "E1", [day(20250115, flag=("V", *PARTS))])),
    ],
}
LAID_OUT = {
    "files that overlap": [file_of(record("A", "E1", E1[:3])), file_of(record("A", "E1", E1[1:]))],
    "registers the other way round that overlap": [
        file_of(record("A", "E1", E1[:3]), record("A", "B1", B1[:3])),
        file_of(record("A", "B1", B1[1:]), record("A", "E1", E1[1:])),
    ],
    "another value": [
        file_of(record("A", "E1", E1), record("A", "E1", [day(20250115, by=5), *E1[2:]])),
    ],
    "the step changes": [
        file_of(
            record("A", "E1", [day(date, QUARTERS) for date in JANUARY[:2]], minutes=15),
            record("A", "E1", E1[2:]),
            record("A", "B1", B1),
        )
    ],
}


def import_of(imported, texts):
    result = imported(*texts)
    return result.readings.sort("household_id", "timestamp"), result.left_out, result.said


@pytest.mark.parametrize("name", [*WHOLE, *LAID_OUT])
def test_the_readings_do_not_depend_on_how_days_are_read(name, imported, monkeypatch):
    texts = (WHOLE | LAID_OUT)[name]
    whole = import_of(imported, texts)
    monkeypatch.setattr("energykit.meters.importing.registers_added", lambda *_: None)
    laid_out = import_of(imported, texts)
    assert whole[0].height > 0
    assert whole[0].equals(laid_out[0])
    assert whole[1:] == laid_out[1:]


@pytest.mark.parametrize("name", [*WHOLE, *LAID_OUT])
def test_days_stay_whole_where_each_is_there_once(name, imported, monkeypatch):
    decided, added = [], whole_days.registers_added

    def noted(*given):
        rows = added(*given)
        decided.append(rows is not None)
        return rows

    monkeypatch.setattr("energykit.meters.importing.registers_added", noted)
    imported(*(WHOLE | LAID_OUT)[name])
    assert decided[0] == (name in WHOLE)


@pytest.mark.parametrize("name", [*WHOLE, *LAID_OUT])
def test_the_readings_of_each_household_ascend(name, imported):
    readings = imported(*(WHOLE | LAID_OUT)[name]).readings
    for _, rows in readings.group_by("household_id", maintain_order=True):
        assert rows["timestamp"].is_sorted()
        assert rows["timestamp"].is_unique().all()


@pytest.mark.parametrize("piece", [60, 300, 1 << 18])
def test_pieces_on_disk_change_no_reading(piece, imported, monkeypatch):
    texts = WHOLE["meters of several steps"]
    whole = import_of(imported, texts)
    monkeypatch.setattr(whole_days, "PIECE_ROWS", piece)
    monkeypatch.setattr(store, "_MEMORY_BYTES", 1000)
    assert import_of(imported, texts)[0].equals(whole[0])


def test_registers_of_files_in_another_order_are_the_same_registers(imported):
    result = imported(*LAID_OUT["registers the other way round that overlap"])
    assert not result.left_out
    assert [rows for what, rows, _ in result.said if what.startswith(USED_ONCE)] == [4 * HALF_HOURS]
    assert not any(ANOTHER_VALUE in what for what in result.remarks)
    assert result.readings.height == 4 * HALF_HOURS


@pytest.mark.parametrize("minutes", ["", "0", "7", "x"])
def test_a_register_that_does_not_say_its_step_is_not_used(minutes, imported):
    broken = record("A", "E1", E1[:1])
    broken[0] = broken[0].replace(",30,", f",{minutes},")
    result = imported(file_of(broken, record("B", "E1", E1)))
    assert result.readings["household_id"].unique().to_list() == ["B"]
    assert any("how long their intervals are" in what for what in result.remarks)
    assert [rows for _, rows, _ in result.left_out] == [1]


@pytest.mark.parametrize("size", [1 << 10, 1 << 20])
def test_days_are_read_in_batches_of_any_size(size, imported, monkeypatch):
    from energykit.meters import day_record

    texts = WHOLE["no value in either"]
    whole = import_of(imported, texts)
    monkeypatch.setattr(day_record, "_BATCH_BYTES", size)
    assert import_of(imported, texts)[0].equals(whole[0])


def test_a_format_keeps_its_days_whole_to_the_store(tmp_path, monkeypatch):
    from energykit.meters import meter_parameters
    from energykit.meters.store import RowStore

    path, heights, add = tmp_path / "meter.csv", [], RowStore.add
    path.write_text(file_of(record("A", "E1", E1), record("A", "B1", B1)), encoding="utf-8")
    monkeypatch.setattr(
        RowStore, "add", lambda store, rows: (heights.append(rows.height), add(store, rows))
    )
    assert sum(part.height for part in MeterImport([path], meter_parameters()).readings()) == 192
    assert heights[0] == 2 * len(JANUARY)
