"""One rule of another project, timed; run by ``peers.py`` in that project's own environment.

    python benchmarks/peer_rules.py RULE READINGS FLAGS

READINGS is a NumPy archive of ``time`` [ns since 1970] and ``power`` [W]; the flags go to FLAGS.
Prints the seconds of CPU of the rule alone: neither imports nor reading count.
"""

from __future__ import annotations

import importlib
import sys
import time
import warnings

import numpy as np
import pandas as pd

EQUAL, WINDOW, DEVIATIONS = 6, 31, 3.0
"""Fewest equal readings of a run, readings of a window, standard deviations of an outlier."""


def main() -> None:
    """Time the rule and keep its flags."""
    rule, readings, flags = sys.argv[1:]
    given = np.load(readings)
    powers = pd.Series(given["power"], index=pd.to_datetime(given["time"]), name="power")
    importlib.import_module(rule.partition("_")[0])
    warnings.simplefilter("ignore")
    begin = time.process_time()
    found = RULES[rule](powers)
    print(time.process_time() - begin)
    np.save(flags, np.asarray(found, dtype=bool))


def pvanalytics_equal(powers: pd.Series) -> pd.Series:
    """Flag runs of equal powers."""
    from pvanalytics.quality import gaps

    return gaps.stale_values_diff(powers, window=EQUAL, mark="all")


def pvanalytics_hampel(powers: pd.Series) -> pd.Series:
    """Flag powers far from the median around them."""
    from pvanalytics.quality import outliers

    return outliers.hampel(powers, window=WINDOW, max_deviation=DEVIATIONS)


def saqc_equal(powers: pd.Series) -> pd.Series:
    """Flag runs of equal powers."""
    import saqc

    flagged = saqc.SaQC(powers.to_frame()).flagConstants("power", window=EQUAL, min_periods=EQUAL)
    return flagged.flags["power"] > 0


def saqc_hampel(powers: pd.Series) -> pd.Series:
    """Flag powers far from the median around them, by the modified z."""
    import saqc

    flagged = saqc.SaQC(powers.to_frame()).flagZScore(
        "power", method="modified", window=WINDOW, thresh=DEVIATIONS
    )
    return flagged.flags["power"] > 0


def pecos_equal(powers: pd.Series) -> pd.Series:
    """Flag times in which the power stays the same; it knows seconds, not readings."""
    import pecos

    minutes = 60 * (EQUAL - 1)
    result = pecos.monitoring.check_delta(powers.to_frame(), [1e-9, None], window=minutes)
    return ~result["mask"]["power"].astype(bool)


RULES = {
    rule.__name__: rule
    for rule in (pvanalytics_equal, pvanalytics_hampel, saqc_equal, saqc_hampel, pecos_equal)
}

if __name__ == "__main__":
    main()
