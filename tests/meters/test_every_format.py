"""What holds of each format with a structure of its own, tried with its example."""

import contextlib
from functools import partial

import polars as pl
import pytest

from energykit.errors import ArtifactError, EnergykitError
from energykit.looking import look
from energykit.meters import MeterImport, meter_parameters
from energykit.meters.formats import FORMATS, nem12, reader_of
from tests.meters.conftest import energy
from tests.meters.formats import EXAMPLES
from tests.project.lists.place import place

EACH = pytest.mark.parametrize("name", EXAMPLES)


def reader_place(name, text):
    return place(f"energykit/meters/formats/{name}.py", text)


def example_place(name):
    return place("tests/meters/formats.py", f'    "{name}": (')


def account_of(path, name, text):
    """Return the account of an import of a text in a format, whether it is refused or not."""
    path.write_text(text, encoding="utf-8", newline="")
    one_import = MeterImport([path], meter_parameters(layout=name))
    with contextlib.suppress(EnergykitError):  # any error but one of ours ends the test
        assert list(one_import.readings())
    return one_import.account


@EACH
@pytest.mark.parametrize("other", FORMATS)
def test_a_format_is_known_by_its_beginning_and_no_other_takes_it(name, other):
    head = EXAMPLES[name][0].encode()[:4096]
    fault = (
        "does not take its own example" if other == name else f"takes the example of {name}, too"
    )
    assert reader_of(other).begins(head) == (other == name), (
        f"{reader_place(other, 'def begins(')}: begins {fault}"
    )


@EACH
@pytest.mark.parametrize("is_stated", [False, True])
def test_an_example_gives_its_energy_in_utc(name, is_stated, imported):
    text, kwh = EXAMPLES[name]
    result = imported(text, **({"layout": name} if is_stated else {}))
    assert result.kwh == pytest.approx(kwh), (
        f"{reader_place(name, 'def rows(')}: the example gives {result.kwh:g} kWh, "
        f"{example_place(name)} says {kwh}"
    )
    stamps = result.readings["timestamp"]
    assert stamps.str.ends_with("Z").all(), (
        f"{reader_place(name, 'def rows(')}: {stamps[0]} is not in UTC"
    )


@EACH
def test_a_look_calls_a_format_by_its_title(name, tmp_path):
    path = tmp_path / "meter"
    path.write_text(EXAMPLES[name][0], encoding="utf-8", newline="")
    title, called = reader_of(name).TITLE, look(path).clues[0].value
    assert called == title, (
        f"{reader_place(name, 'TITLE')}: a look at the example says {called!r}, not {title!r}"
    )


@EACH
def test_a_file_of_a_format_that_was_cut_off_is_read_as_far_as_it_goes_or_refused(name, tmp_path):
    text, kwh = EXAMPLES[name]
    path = tmp_path / "meter"
    for end in range(1, len(text), 97):
        path.write_text(text[:end], encoding="utf-8", newline="")
        energy(path, {"layout": name})  # any error but one of ours ends the test
        whole = reader_of(name).whole_records(text[:end].encode())
        assert whole is None or text.encode().startswith(whole), (
            f"{reader_place(name, 'def whole_records(')}: gives what the sample does not begin with"
        )
    path.write_text(text, encoding="utf-8", newline="")
    assert energy(path, {"layout": name}) == pytest.approx(kwh)


@EACH
def test_a_format_counts_its_rows_those_that_are_left_out_included(name, tmp_path):
    lines = EXAMPLES[name][0].splitlines(keepends=True)
    halves = [line[: len(line) // 2] + "\n" for line in lines]
    for whole in range(len(lines), 0, -1):
        text = "".join([*lines[:whole], *halves[whole:]])
        account = account_of(tmp_path / "meter", name, text)
        least = max(account.rows_left_out, int(whole == len(lines)))
        assert account.rows_in >= least, (
            f"{reader_place(name, 'def rows(')}: count account.rows_in, rows that are left out "
            f"included: it is {account.rows_in}, not {least} or more, after\n{text}"
        )


def counts_nothing(rows, file, account):
    """Yield the rows of a reader, and forget how many they were."""
    yield from rows(file, account)
    account.rows_in = 0


def test_a_file_of_which_all_is_left_out_is_refused_though_its_reader_counts_nothing(
    tmp_path, monkeypatch
):
    path = tmp_path / "meter"
    path.write_text("100,NEM12,1\n200,N,E1,E1,E1,,M,KWH,30,\n300,yesterday,1\n", encoding="utf-8")
    monkeypatch.setattr(nem12, "rows", partial(counts_nothing, nem12.rows))
    one_import = MeterImport([path], meter_parameters())
    with pytest.raises(ArtifactError, match="all 48 rows are left out: the day is not a date"):
        pl.concat(one_import.readings())
    assert one_import.account.rows_in == 0
