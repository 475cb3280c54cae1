import numpy as np
import pandas as pd
import pytest

from energykit import plots
from energykit.errors import UsageError


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "kind": ["spike", "stuck", "gap"],
            "precision": [0.9, 0.3, np.nan],
            "recall": [0.7, 1.0, 0.0],
            "f1": [0.7875, 0.46, np.nan],
            "false_alarms_per_day": [0.1, 12.3, 0.0],
        }
    )


def test_precision_and_recall_are_bars_and_f1_is_a_marker(table, ax):
    plots.scores(table, ax=ax)
    widths = {
        container.get_label(): [bar.get_width() for bar in container] for container in ax.containers
    }
    assert widths == {"precision": [0.9, 0.3, 0.0], "recall": [0.7, 1.0, 0.0]}
    (f1,) = ax.get_lines()
    assert f1.get_xdata()[:2].tolist() == [0.7875, 0.46]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["spike", "stuck", "gap"]
    assert ax.get_xlabel() == "precision, recall, F1 [1]"


def test_false_alarms_and_undefined_scores_are_reported(table, ax):
    plots.scores(table, ax=ax)
    assert [text.get_text() for text in ax.texts] == [
        "0.1 false alarms a day",
        "12.3 false alarms a day",
        "0 false alarms a day\nprecision undefined: nothing flagged",
    ]
    assert (
        plots.alt_text(ax)
        == "Scores of 3 kinds of anomaly: spike precision 0.90, recall 0.70, 0.1 false alarms a"
        " day; stuck precision 0.30, recall 1.00, 12.3 false alarms a day; gap precision"
        " undefined, recall 0.00, 0 false alarms a day."
    )


def test_false_alarms_may_be_absent(table, ax):
    plots.scores(table.drop(columns="false_alarms_per_day").head(2), ax=ax)
    assert [text.get_text() for text in ax.texts] == ["", ""]


def test_a_missing_column_is_named(table, ax):
    with pytest.raises(UsageError, match=r"no column 'recall'(?s:.)*kind, precision, f1"):
        plots.scores(table.drop(columns="recall"), ax=ax)


def test_a_curve_goes_by_threshold_and_leaves_out_what_is_undefined(ax):
    frame = pd.DataFrame(
        {
            "threshold": [9000, 1000, 20000],
            "precision": [0.8, 0.1, np.nan],
            "recall": [0.9, 1.0, 0.0],
        }
    )
    plots.precision_recall(frame, unit="W", ax=ax)
    (line,) = ax.get_lines()
    assert line.get_xdata().tolist() == [1.0, 0.9]
    assert line.get_ydata().tolist() == [0.1, 0.8]
    assert [text.get_text() for text in ax.texts] == ["1,000 W", "9,000 W"]
    assert (
        plots.alt_text(ax)
        == "Precision against recall for 2 thresholds: at 1,000 W precision 0.10, recall 1.00, at"
        " 9,000 W precision 0.80, recall 0.90."
    )


def test_thresholds_that_lie_together_are_named_once(ax):
    frame = pd.DataFrame({"threshold": range(100), "precision": 1.0, "recall": 0.5})
    plots.precision_recall(frame, ax=ax)
    assert [text.get_text() for text in ax.texts] == ["0"]


def test_a_curve_of_nothing_defined_says_so(ax):
    frame = pd.DataFrame({"threshold": [1.0], "precision": [np.nan], "recall": [0.0]})
    plots.precision_recall(frame, ax=ax)
    assert plots.alt_text(ax) == "Precision against recall: no threshold has both."
