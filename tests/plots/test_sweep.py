import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from energykit import plots
from energykit.errors import UsageError

TABLE = pd.DataFrame(
    {
        "a.threshold": [0.5, 0.5, 0.9, 0.9, 0.9],
        "seed": [0, 1, 0, 1, 1],
        "anomalies": [1.0, 2.0, 10.0, np.nan, np.nan],
    }
)


def test_a_value_is_drawn_for_each_pair_and_a_failed_point_stays_empty():
    ax = plots.sweep_map(TABLE, "a.threshold", "seed", "anomalies")
    (mesh,) = ax.collections
    assert mesh.get_array().tolist() == [[1.0, 10.0], [2.0, None]]
    assert [text.get_text() for text in ax.texts] == ["1", "10", "2"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0.5", "0.9"]
    assert (
        plots.alt_text(ax)
        == "anomalies for 2 values of a.threshold and 2 of seed: highest 10 at 0.9 and 0, lowest 1"
        " at 0.5 and 0."
    )
    plt.close(ax.figure)


def test_rows_of_one_pair_are_averaged():
    table = pd.concat([TABLE.head(1), TABLE.head(1).assign(anomalies=3.0)])
    ax = plots.sweep_map(table, "a.threshold", "seed", "anomalies")
    assert ax.collections[0].get_array().tolist() == [[2.0]]
    plt.close(ax.figure)


def test_an_unknown_column_suggests_the_nearest():
    with pytest.raises(UsageError) as caught:
        plots.sweep_map(TABLE, "a.threshold", "sed", "anomalies")
    assert caught.value.hint == "did you mean 'seed'?"
    with pytest.raises(UsageError, match="nothing to draw"):
        plots.sweep_map(TABLE.head(0), "a.threshold", "seed", "anomalies")


def test_a_gain_is_the_time_here_over_the_time_there():
    frame = pd.DataFrame({"here": [1.0, 8.0], "2 workers": [4.0, 5.0]}, index=[0.1, 0.8])
    ax = plots.speed_up(frame)
    line, none = ax.get_lines()
    assert line.get_ydata().tolist() == [0.25, 1.6]
    assert list(none.get_ydata()) == [1.0, 1.0]
    assert (
        plots.alt_text(ax)
        == "Speed-up from tasks of 0.1 s to tasks of 0.8 s: 2 workers 0.25 to 1.6 times."
    )
    plt.close(ax.figure)


def test_a_gain_needs_something_to_compare_with():
    with pytest.raises(UsageError, match="nothing to compare"):
        plots.speed_up(pd.DataFrame({"there": [1.0]}))
