import matplotlib.pyplot as plt
import pandas as pd
import pytest

from energykit import plots
from energykit.errors import UsageError


def test_bytes_per_record_are_drawn_by_format():
    frame = pd.DataFrame({"JSON": [60, 600], "protobuf": [20, 180]}, index=[1, 10])
    ax = plots.message_sizes(frame)
    assert [line.get_ydata().tolist() for line in ax.get_lines()] == [[60.0, 60.0], [20.0, 18.0]]
    assert ax.get_ylabel() == "bytes per record [B]"
    assert (
        plots.alt_text(ax) == "Bytes per record in a message of 10 records: JSON 60, protobuf 18."
    )
    plt.close(ax.figure)


def test_an_empty_frame_is_refused():
    with pytest.raises(UsageError, match="there is nothing to draw"):
        plots.message_sizes(pd.DataFrame())
