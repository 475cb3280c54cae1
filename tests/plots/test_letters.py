"""Letters of every figure: tall enough where it is drawn 800 pixels wide, and clear to see."""

from datetime import UTC, datetime

import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.text import Text

from energykit import plots
from energykit.executor import Progress
from energykit.plots import theme
from energykit.results import Attempt, RunResult, StageResult
from tests.plots.conftest import FIGURES, OTHER_TABLES
from tests.plots.test_theme import contrast

WIDTH_PX = 800
LEAST_PX = 11
"""Height of a line's letters; the smallest are 12 pixels in figures of the usual nine inches."""
NOW = datetime(2026, 1, 1, tzinfo=UTC)
NOT_FIGURES = {"RunPlots", "alt_text", "figure_html", "style"}


def stage(name: str, read: str, wrote: str) -> StageResult:
    attempt = Attempt(
        number=1,
        address="127.0.0.1:1",
        method="ExecuteStream",
        status="OK",
        message="",
        started=NOW,
        seconds=0.4,
        wait_s=0.0,
    )
    return StageResult(
        id=name,
        status="succeeded",
        address="127.0.0.1:1",
        started=NOW,
        seconds=0.4,
        input_file=read,
        output_file=wrote,
        input_sha256="a" * 64,
        output_sha256="b" * 64,
        attempts=(attempt,),
    )


def three_stages() -> RunResult:
    names = ("energy-generator", "energy-analyzer", "report-generator")
    files = ("/data/meter.csv", "/data/energy_data.csv", "/data/analysis.pb", "/data/report.csv")
    stages = tuple(
        stage(name, read, wrote)
        for name, read, wrote in zip(names, files[:-1], files[1:], strict=True)
    )
    return RunResult(run_id="r", workflow_name="w", stages=stages, started=NOW, seconds=1.6)


def events() -> list[Progress]:
    return [
        Progress(id=name, phase="reading", done=done, total=0, unit="rows", seconds=done / 100)
        for name in ("energy-generator", "energy-analyzer")
        for done in (50, 100)
    ]


SHARES = [index / 20 for index in range(21)]
OTHERS = {
    "attempts": lambda: plots.attempts(three_stages()),
    "digest_chain": lambda: plots.digest_chain(three_stages()),
    "message_sizes": lambda: plots.message_sizes(
        pd.DataFrame({"JSON": [60, 600], "protobuf": [20, 180]}, index=[1, 10])
    ),
    "precision_recall": lambda: plots.precision_recall(
        pd.DataFrame({"threshold": [9, 1], "precision": [0.8, 0.1], "recall": [0.9, 1.0]}), unit="W"
    ),
    "progress": lambda: plots.progress(events()),
    "run_timeline": lambda: plots.run_timeline(three_stages()),
    "scores": lambda: plots.scores(
        pd.DataFrame({"kind": ["spike"], "precision": [0.9], "recall": [0.7], "f1": [0.8]})
    ),
    "speed_up": lambda: plots.speed_up(
        pd.DataFrame({"here": [1.0, 8.0], "2 workers": [4.0, 5.0]}, index=[0.1, 0.8])
    ),
    "sweep_map": lambda: plots.sweep_map(
        pd.DataFrame({"a": range(21), "b": 1, "value": SHARES}), "a", "b", "value"
    ),
}
"""Figures that are not drawn of readings, each with what it draws."""


def test_every_figure_is_looked_at():
    looked_at = {figure.__name__ for figure in FIGURES} | OTHERS.keys()
    assert looked_at >= OTHER_TABLES
    assert looked_at == set(plots.__all__) - NOT_FIGURES


def written(ax) -> list[Text]:
    """Every text of a figure that shows something."""
    figure = ax.get_figure(root=True)
    figure.canvas.draw()
    drawn = figure.findobj(lambda artist: isinstance(artist, Text) and artist.get_visible())
    hidden = set() if ax.axison else {*ax.xaxis.findobj(Text), *ax.yaxis.findobj(Text)}
    return [text for text in drawn if text.get_text().strip() and text not in hidden]


def letters_px(ax) -> dict[str, float]:
    """Height of the letters of each text of a figure that is drawn 800 pixels wide."""
    points_a_pixel = ax.get_figure(root=True).get_figwidth() * 72 / WIDTH_PX
    return {text.get_text(): text.get_fontsize() / points_a_pixel for text in written(ax)}


def check_letters(ax) -> None:
    heights = letters_px(ax)
    assert len(heights) > 3
    assert min(heights.values()) >= LEAST_PX, min(heights.items(), key=lambda pair: pair[1])


def test_letters_of_a_figure_of_readings_can_be_read(report, figure):
    ready = report.assign(voltage=230.0, current=1.0)
    check_letters(figure(ready))


@pytest.mark.parametrize("name", OTHERS)
def test_letters_of_another_figure_can_be_read(name):
    check_letters(OTHERS[name]())


def background_of(text: Text, ax) -> str | tuple[float, ...]:
    """What is behind a text: the cell of a map that it is written on, or the figure."""
    mesh = next((one for one in ax.collections if hasattr(one, "get_coordinates")), None)
    if mesh is None or text not in ax.texts:
        return theme.background()
    x, y = (int(part) for part in text.get_position())
    return tuple(mesh.to_rgba(mesh.get_array())[y, x][:3])


def check_contrast(ax) -> None:
    for text in written(ax):
        behind = background_of(text, ax)
        assert contrast(to_rgb(text.get_color()), behind) >= 4.5, (text.get_text(), behind)


@pytest.mark.parametrize("page", ["both", "light", "dark"])
def test_letters_of_a_figure_of_readings_stand_out(report, figure, page):
    with plots.style(page):
        check_contrast(figure(report.assign(voltage=230.0, current=1.0)))


@pytest.mark.parametrize("page", ["both", "light", "dark"])
@pytest.mark.parametrize("name", OTHERS)
def test_letters_of_another_figure_stand_out(name, page):
    with plots.style(page):
        check_contrast(OTHERS[name]())


@pytest.mark.parametrize("grey", [level / 255 for level in range(256)])
def test_ink_on_a_cell_has_enough_contrast_on_any_grey(grey):
    assert contrast(to_rgb(theme.ink_on((grey, grey, grey))), (grey, grey, grey)) >= 4.5
