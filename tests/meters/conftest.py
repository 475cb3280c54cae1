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

    import json, os

    def spy(*texts, name="meter.csv", **parameters):
        try:
            r = run(*texts, name=name, **parameters)
        except Exception as exc:
            r, err = None, exc
        if len(texts) == 1:
            from energykit.looking import look

            path = tmp_path / name
            test = os.environ["PYTEST_CURRENT_TEST"].split("::")[-1]
            try:
                seen = look(path)

                def kwh(p):
                    given = {k: v for k, v in p.items() if k != "scenario"}
                    parts = pl.concat(MeterImport([path], meter_parameters(**given)).readings())
                    return (parts["power_consumption"] * parts["interval_s"]).sum() / 3.6e6

                own = None
                if seen.parameters:
                    try:
                        own = kwh(seen.parameters)
                    except Exception as exc:
                        own = repr(exc)
                OWNER = (
                    "units",
                    "time_zone",
                    "quantity",
                    "stamps",
                    "step_s",
                    "start",
                    "holds_until_next",
                    "registers",
                    "timestamp_format",
                )
                full = None
                if seen.parameters:
                    p = {**seen.parameters, **{k: v for k, v in parameters.items() if k in OWNER}}
                    try:
                        full = kwh(p)
                    except Exception as exc:
                        full = repr(exc)
                right = None if r is None else r.kwh
                import math

                ok = lambda a: (
                    isinstance(a, float)
                    and right is not None
                    and math.isclose(a, right, rel_tol=1e-9, abs_tol=1e-12)
                )
                status = (
                    "same"
                    if ok(own)
                    else "owner"
                    if ok(full)
                    else "refused"
                    if r is None
                    else "DIFF"
                )
                print(
                    "@@",
                    json.dumps(
                        [
                            status,
                            test,
                            right if r else repr(err)[:150],
                            own,
                            full,
                            {k: v for k, v in parameters.items()},
                            dict(seen.parameters),
                            list(seen.doubts),
                            str(path.read_bytes()[:300]),
                        ],
                        default=str,
                    ),
                    file=open("/tmp/m/spy.txt", "a"),
                )
            except Exception as exc:
                print(
                    "@@",
                    json.dumps(["LOOKERR", test, repr(exc), str(path.read_bytes()[:300])]),
                    file=open("/tmp/m/spy.txt", "a"),
                )
        if r is None:
            raise err
        return r

    return spy
