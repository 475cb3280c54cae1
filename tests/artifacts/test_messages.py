"""Protobuf files: each byte as the official runtime writes it, and all it may write is read."""

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energykit._proto import energy_pb2
from energykit.artifacts import pb_reader, scan, write
from energykit.artifacts.columns import READINGS, REPORT
from energykit.artifacts.messages import columns_of, encoder_for
from energykit.artifacts.pb_walk import Walk
from energykit.errors import ArtifactError
from energykit.readings.carried import CARRIED

TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["", "a" * 127, "b" * 128, "ü" * 70, "c" * 300, "\0", "\n;,"]),
)
NAMES = st.text(
    st.characters(exclude_characters=";", exclude_categories=["Cs"]), min_size=1, max_size=150
)
FLOATS = st.floats(width=32)
REPORTS = st.lists(
    st.fixed_dictionaries(
        {
            "timestamp": TEXTS,
            "household_id": TEXTS,
            "power": FLOATS,
            "efficiency": FLOATS,
            "status": TEXTS,
            "anomaly_detected": st.booleans(),
            "reasons": st.lists(NAMES, max_size=3),
            **dict.fromkeys(CARRIED, st.floats(allow_nan=False)),
        }
    ),
    max_size=8,
)
QUANTITIES = [name for name in READINGS.schema if name not in CARRIED]
SIMPLE = st.lists(
    st.fixed_dictionaries(
        dict.fromkeys(QUANTITIES, TEXTS) | dict.fromkeys(CARRIED, st.floats(allow_nan=False))
    ),
    max_size=8,
)
WITHOUT = READINGS.among(QUANTITIES)
READING_TYPES = dict.fromkeys(QUANTITIES, pl.String) | dict.fromkeys(CARRIED, pl.Float64)


def report_frame(rows):
    flat = [{**row, "reasons": ";".join(row["reasons"])} for row in rows]
    return pl.DataFrame(
        flat, schema={**REPORT.schema, "power": pl.Float32, "efficiency": pl.Float32}
    )


def same(left, right):
    return left == right or (isinstance(left, float) and math.isnan(left) and math.isnan(right))


@given(REPORTS)
@settings(max_examples=300, deadline=None)
def test_a_report_is_serialised_as_the_official_runtime_does(rows):
    ours = encoder_for(list(REPORT.schema), where="").rows(report_frame(rows))
    messages = [energy_pb2.ProcessedEnergyReport(**row) for row in rows]
    assert ours == energy_pb2.ProcessedDataReport(processed=messages).SerializeToString()


@given(SIMPLE)
@settings(max_examples=200, deadline=None)
def test_readings_are_serialised_as_the_official_runtime_does(rows):
    ours = encoder_for(list(READINGS.schema), where="").rows(
        pl.DataFrame(rows, schema=READING_TYPES)
    )
    messages = [energy_pb2.RawEnergyData(**row) for row in rows]
    assert ours == energy_pb2.GenerateResponse(data=messages).SerializeToString()


@given(REPORTS)
@settings(max_examples=300, deadline=None)
def test_a_report_is_read_as_the_official_parser_does(rows):
    raw = [energy_pb2.ProcessedEnergyReport(**row).SerializeToString() for row in rows]
    found = columns_of(*joined(raw), REPORT).rows(named=True)
    for row, read in zip(rows, found, strict=True):
        expected = {**row, "reasons": ";".join(row["reasons"])}
        assert all(same(read[name], value) for name, value in expected.items())


@given(SIMPLE)
@settings(max_examples=200, deadline=None)
def test_readings_are_read_as_the_official_parser_does(rows):
    raw = [energy_pb2.RawEnergyData(**row).SerializeToString() for row in rows]
    assert columns_of(*joined(raw), READINGS).rows(named=True) == rows


@given(SIMPLE)
@settings(max_examples=50, deadline=None)
def test_readings_that_do_not_say_how_long_they_stand_are_as_before(rows):
    texts = [{name: row[name] for name in QUANTITIES} for row in rows]
    frame = pl.DataFrame(texts, schema=dict.fromkeys(QUANTITIES, pl.String))
    ours = encoder_for(QUANTITIES, where="").rows(frame)
    messages = [energy_pb2.RawEnergyData(**row) for row in texts]
    assert ours == energy_pb2.GenerateResponse(data=messages).SerializeToString()
    raw = [message.SerializeToString() for message in messages]
    assert columns_of(*joined(raw), WITHOUT).rows(named=True) == texts


@pytest.mark.parametrize("name", CARRIED)
def test_a_column_that_later_records_alone_say_is_refused(tmp_path, name):
    reading = {"timestamp": "2025-01-01T00:00:00Z", "household_id": "a", "power_consumption": "1"}
    messages = [
        energy_pb2.RawEnergyData(**reading),
        energy_pb2.RawEnergyData(**reading, **{name: 60}),
    ]
    path = tmp_path / "mixed.pb"
    path.write_bytes(energy_pb2.GenerateResponse(data=messages).SerializeToString())
    with pytest.raises(ArtifactError, match=f"records say {name}") as caught:
        scan(path).frame.collect()
    assert caught.value.where == str(path)
    assert "in every record" in caught.value.hint


@pytest.mark.parametrize("said", [(), ("interval_s",), ("power_export",), tuple(CARRIED)], ids=str)
@pytest.mark.parametrize("table", [READINGS, REPORT], ids=lambda table: table.name)
@pytest.mark.parametrize("suffix", [".csv", ".pb", ".parquet"])
def test_a_file_has_those_carried_columns_that_were_written(tmp_path, table, said, suffix):
    values = {"timestamp": "2025-01-01T00:00:00Z", "reasons": "gap;spike", "status": "gap"}
    values |= {"household_id": "a", "anomaly_detected": True, "power": 1.5, "efficiency": 0.5}
    values |= {"power_consumption": 1.5, "voltage": 230.0, "current": None}
    names = [name for name in table.schema if name not in CARRIED]
    rows = [{name: values[name] for name in names} | dict.fromkeys(said, 2.25) for _ in range(3)]
    rows[1] |= dict.fromkeys(said)
    frame = pl.DataFrame(rows, schema=table.among([*names, *said]).schema)
    path = tmp_path / f"a{suffix}"
    write(frame, path)
    assert scan(path).frame.collect().equals(frame)


def joined(raw):
    starts, ends, buffer = [], [], b""
    for message in raw:
        starts.append(len(buffer))
        buffer += message
        ends.append(len(buffer))
    return buffer, np.array(starts, dtype=np.int64), np.array(ends, dtype=np.int64)


@pytest.mark.parametrize("every", [2, 3, 500])
def test_rows_that_differ_in_their_fields_are_serialised_as_the_official_runtime_does(every):
    rows = [
        {
            "timestamp": f"2025-01-01T00:{n // 60 % 60:02d}:{n % 60:02d}",
            "household_id": "a" * (1 + n % 3 if every == 3 else 1),
            "power": 0.0 if n % every == 0 else 1.5 * n,
            "efficiency": 0.25,
            **{name: 60.0 + n * place for place, name in enumerate(CARRIED)},
            "status": "LOW" if n % every == 1 else "",
            "anomaly_detected": n % every == 1,
            "reasons": ["gap", "stuck"] if n % every == 1 else [],
        }
        for n in range(3000)
    ]
    messages = [energy_pb2.ProcessedEnergyReport(**row) for row in rows]
    official = energy_pb2.ProcessedDataReport(processed=messages).SerializeToString()
    assert encoder_for(list(REPORT.schema), where="").rows(report_frame(rows)) == official
    raw = [message.SerializeToString() for message in messages]
    found = columns_of(*joined(raw), REPORT)
    assert found.select(report_frame(rows).columns).equals(
        report_frame(rows).with_columns(pl.col("power", "efficiency").cast(pl.Float64))
    )


def test_one_long_repeated_text_is_left_to_the_official_runtime():
    rows = [{"timestamp": "t", "household_id": "a", "reasons": ["x"] * n} for n in (1, 9000)]
    messages = [energy_pb2.ProcessedEnergyReport(**row) for row in rows]
    table = REPORT.among(set(REPORT.schema) - set(CARRIED))
    found = columns_of(*joined([one.SerializeToString() for one in messages]), table)
    assert [len(text) for text in found["reasons"].to_list()] == [1, 17_999]
    frame = found.with_columns(pl.col("power", "efficiency").cast(pl.Float32))
    official = energy_pb2.ProcessedDataReport(processed=messages).SerializeToString()
    assert encoder_for(frame.columns, where="").rows(frame) == official


def test_unknown_fields_and_another_order_are_read(tmp_path):
    known = energy_pb2.ProcessedEnergyReport(
        timestamp="2025-01-01T00:00:00Z", household_id="a", power=1.5
    )
    record = b"\x30\x01" + known.SerializeToString() + b"\x92\x3f\x03new"
    content = (
        b"\x10\x05\x0a" + bytes([len(record)]) + record + b"\x9a\x3f\x04more" + b"\x98\x3f\x07"
    )
    (tmp_path / "a.pb").write_bytes(content)
    found = scan(tmp_path / "a.pb")
    row = found.frame.collect().rows(named=True)[0]
    assert (row["household_id"], row["power"], row["anomaly_detected"]) == ("a", 1.5, True)
    assert found.skipped_before == 5


def test_records_may_cross_the_end_of_a_block(tmp_path, legacy, monkeypatch):
    whole = scan(legacy / "analysis_output.pb").frame.collect()
    monkeypatch.setattr(pb_reader, "BLOCK_BYTES", 17)
    found = scan(legacy / "analysis_output.pb")
    assert found.frame.collect().equals(whole)
    assert found.rows_in == 10


def test_readings_in_pb_are_text_as_python_writes_numbers(tmp_path, legacy):
    write(scan(legacy / "energy_data.csv").frame, tmp_path / "a.pb")
    message = energy_pb2.GenerateResponse.FromString((tmp_path / "a.pb").read_bytes())
    assert message.data[3] == energy_pb2.RawEnergyData(
        timestamp="2025-01-01T00:00:03Z",
        household_id="HH-0",
        power_consumption="123.5",
        voltage="230.0",
        current="5.3999999999999995",
    )


def test_a_bad_reading_in_pb_is_counted_by_its_number(tmp_path):
    good = energy_pb2.RawEnergyData(
        timestamp="2025-01-01T00:00:00Z",
        household_id="a",
        power_consumption="1",
        voltage="2",
        current="3",
    )
    bad = energy_pb2.RawEnergyData(
        timestamp="2025-01-01T00:00:00Z", household_id="a", power_consumption="1", voltage="x"
    )
    (tmp_path / "a.pb").write_bytes(
        energy_pb2.GenerateResponse(data=[good, bad, good]).SerializeToString()
    )
    found = scan(tmp_path / "a.pb")
    assert found.frame.collect().height == 2
    assert [(s.reason, s.rows, s.first_line) for s in found.skipped] == [
        ("voltage is not a number", 1, 2)
    ]


@pytest.mark.parametrize("skipped_rows", [0, 3, lambda: 4])
def test_skipped_rows_stand_in_the_report(tmp_path, legacy, skipped_rows):
    write(scan(legacy / "analysis_output.pb").frame, tmp_path / "a.pb", skipped_rows=skipped_rows)
    message = energy_pb2.ProcessedDataReport.FromString((tmp_path / "a.pb").read_bytes())
    assert message.skipped_rows == (skipped_rows() if callable(skipped_rows) else skipped_rows)
    assert len(message.processed) == 10
    found = scan(tmp_path / "a.pb")
    found.frame.collect()
    assert found.skipped_before == message.skipped_rows


@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(1, 1500)), max_size=6), st.integers(0, 40)
)
@settings(max_examples=100, deadline=None)
def test_records_are_found_in_stretches_as_one_by_one(stretches, cut):
    sizes = [size for size, count in stretches for _ in range(count)]
    raw = energy_pb2.ProcessedDataReport(skipped_rows=7).SerializeToString()
    for size in sizes:
        raw += energy_pb2.ProcessedDataReport(
            processed=[{"status": "x" * size}]
        ).SerializeToString()
    expected, at = [], 2
    for size in sizes:
        body = energy_pb2.ProcessedEnergyReport(status="x" * size).ByteSize()
        start = at + (2 if body < 128 else 3)
        at = start + body
        expected.append((start, at))
    kept = raw[: max(0, len(raw) - cut)]
    walk = Walk(kept).go()
    whole = [pair for pair in expected if pair[1] <= len(kept)]
    assert list(zip(*(span.tolist() for span in walk.spans()), strict=True)) == whole
    assert walk.skipped_rows == (7 if len(kept) >= 2 else None)
