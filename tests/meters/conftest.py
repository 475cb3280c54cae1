"""An import of small made-up files: text in, readings and what was said of them out."""

from dataclasses import dataclass

import polars as pl
import pytest

from energykit.meters import MeterImport, meter_parameters


@dataclass
class Imported:
    """What came out of one import."""

    readings: pl.DataFrame
    account: object

    @property
    def kwh(self):
        energy = pl.col("power_consumption") * pl.col("interval_s") / 3.6e6
        return self.readings.select(energy.sum()).item()

    @property
    def stamps(self):
        return self.readings["timestamp"].to_list()

    @property
    def power(self):
        return self.readings["power_consumption"].to_list()

    @property
    def left_out(self):
        return [(entry.reason, entry.rows, entry.first_line) for entry in self.account.skipped]

    @property
    def said(self):
        """What was said, without the word that no unit is stated: most of these files are in W."""
        entries = self.account.adjustments
        known = [entry for entry in entries if not entry.what.startswith("neither units nor")]
        return [(entry.what, entry.rows, entry.first_line) for entry in known]

    @property
    def remarks(self):
        return [entry.what for entry in self.account.adjustments]


@pytest.fixture
def imported(tmp_path):
    """Import one text, or several as one input, with parameters as a configuration has them."""

    def run(*texts, name="meter.csv", **parameters):
        paths = []
        for number, text in enumerate(texts):
            path = tmp_path / (name if len(texts) == 1 else f"{number}-{name}")
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
            paths.append(path)
        one_import = MeterImport(paths, meter_parameters(**parameters))
        return Imported(pl.concat(one_import.readings()), one_import.account)

    return run
