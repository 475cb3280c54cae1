"""Every figure can be read on a white page and on a dark one, and leaves nothing behind."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb

from energykit import plots
from energykit.errors import MissingPackageError, UsageError
from energykit.plots import theme

WHITE, DARK = "#FFFFFF", "#111111"


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.1)."""
    lights = sorted(luminance(colour) for colour in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def luminance(colour: str) -> float:
    parts = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in to_rgb(colour)
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def test_text_stands_out_on_every_page_since_a_figure_brings_its_background():
    both = theme.THEMES["both"]
    assert both.background != "none"
    assert contrast(both.ink, both.background) >= 4.5
    greys = [f"#{level:02x}{level:02x}{level:02x}" for level in range(256)]
    assert max(min(contrast(grey, page) for page in (WHITE, DARK)) for grey in greys) < 4.5


COLOURS = {
    name: value
    for name, value in vars(theme).items()
    if isinstance(value, str) and value.startswith("#")
}


@pytest.mark.parametrize("name", COLOURS)
def test_data_stands_out_from_the_background_it_is_drawn_on(name):
    for drawn_on in (theme.THEMES["both"], theme.THEMES["light"]):
        assert contrast(COLOURS[name], drawn_on.background) >= 4.5
    assert contrast(COLOURS[name], theme.THEMES["dark"].background) >= 3.0


def test_looks_use_those_colours_and_no_other():
    assert {colour for colour, _ in (*theme.LINES, *theme.MARKERS)} <= set(COLOURS.values())
    assert len(COLOURS) == 4
    for path in Path(plots.__file__).parent.glob("*.py"):
        written = set(re.findall(r"#[0-9A-Fa-f]{6}", path.read_text(encoding="utf-8")))
        assert path.name == "theme.py" or not written, path.name


@pytest.mark.parametrize("name", ["light", "dark"])
def test_a_theme_of_one_page_has_high_contrast(name):
    chosen = theme.THEMES[name]
    assert contrast(chosen.ink, chosen.background) >= 12


@pytest.mark.parametrize("looks", [theme.LINES, theme.MARKERS])
def test_looks_differ_in_more_than_colour(looks):
    assert len({shape for _, shape in looks}) == len(looks)


def ready(house) -> pd.DataFrame:
    return house.assign(reasons="")


def test_all_text_has_the_ink_of_the_theme(house, figure):
    ax = figure(ready(house))
    ax.figure.canvas.draw()
    texts = [
        ax.title,
        ax._left_title,
        ax.xaxis.label,
        ax.yaxis.label,
        *ax.get_xticklabels(),
        *ax.get_yticklabels(),
    ]
    texts += ax.get_legend().get_texts() if ax.get_legend() else []
    colours = {mpl.colors.to_hex(text.get_color()) for text in texts if text.get_text()}
    assert colours == {theme.THEMES["both"].ink}
    assert ax.figure.get_facecolor() == (1.0, 1.0, 1.0, 1.0)


def test_every_axis_says_its_unit_and_the_figure_its_title(house, figure):
    ax = figure(ready(house))
    assert ax.get_title(loc="left")
    for label in (ax.get_xlabel(), ax.get_ylabel()):
        assert label
        assert "[" in label or any(word in label for word in ("time", "day", "week", "household"))


def test_a_sentence_with_numbers_describes_every_figure(house, figure, ax):
    sentence = plots.alt_text(figure(ready(house), ax=ax))
    assert sentence.endswith(".")
    assert any(character.isdigit() for character in sentence)
    assert "nan" not in sentence


def test_axes_that_are_given_are_drawn_on_and_pyplot_learns_of_no_figure(house, figure, ax):
    assert figure(ready(house), ax=ax) is ax
    assert plt.get_fignums() == []


def test_a_refused_frame_leaves_no_figure_open_and_no_setting_changed(house, figure):
    before = dict(mpl.rcParams)
    for frame, text in (
        (house.head(0), "has no rows"),
        (house[["voltage", "current"]], "no column 'timestamp'"),
    ):
        with pytest.raises(UsageError, match=text) as caught:
            figure(frame)
        assert caught.value.where == f"plots.{figure.__name__}"
        assert caught.value.hint
    with pytest.raises(UsageError, match="needs a pandas DataFrame, not list"):
        figure([1, 2])
    assert plt.get_fignums() == []
    assert dict(mpl.rcParams) == before


def test_the_ten_rows_of_the_original_can_be_drawn(legacy, figure, ax):
    figure(legacy.assign(voltage=230.0, current=5.0), ax=ax).figure.canvas.draw()


def test_readings_without_a_power_are_left_open(house, figure, ax):
    frame = ready(house).iloc[:3000].copy()
    frame.loc[100:200, "power_consumption"] = float("nan")
    frame.loc[300, "power_consumption"] = float("inf")
    figure(frame, ax=ax).figure.canvas.draw()
    assert not {"nan", "inf"} & set(plots.alt_text(ax).replace(",", " ").split())
    with pytest.raises(UsageError, match="no row has a power"):
        figure(frame.iloc[100:200], ax=ax)


def test_the_frame_is_left_as_it_was(house, figure):
    before = house.copy()
    figure(house)
    pd.testing.assert_frame_equal(house, before)


def test_a_theme_holds_inside_its_context_only(house):
    with plots.style("light") as chosen:
        ax = plots.load_duration(house)
        assert mpl.colors.to_hex(ax.figure.get_facecolor()) == chosen.background.lower()
        assert ax.xaxis.label.get_color() == chosen.ink
    assert plots.load_duration(house).xaxis.label.get_color() == theme.THEMES["both"].ink


def test_an_unknown_theme_suggests_the_nearest():
    with (
        pytest.raises(UsageError, match=r"unknown theme 'drak'(?s:.)*did you mean 'dark'\?"),
        plots.style("drak"),
    ):
        pass


def test_importing_plots_loads_neither_matplotlib_nor_pandas():
    code = "import sys, energykit.plots; print({'matplotlib', 'pandas'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "set()"


def test_without_matplotlib_the_pip_line_is_reported(house, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(
        MissingPackageError,
        match=r"needs the package 'matplotlib'(?s:.)*pip install \"energykit-course\[notebooks\]\"",
    ):
        plots.power(house)


def test_no_module_of_plots_imports_an_optional_package_at_the_top():
    for path in Path(plots.__file__).parent.glob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = (
                    [alias.name for alias in node.names]
                    if isinstance(node, ast.Import)
                    else [node.module]
                )
                assert not {name.partition(".")[0] for name in names} & {"matplotlib", "pandas"}, (
                    path.name
                )


@pytest.mark.parametrize(
    ("lengths", "columns"),
    [([4, 4, 4, 4, 4, 45], 4), ([8] * 4, 4), ([80, 80], 1), ([30, 30, 30], 2), ([5], 1)],
)
def test_a_legend_has_as_many_columns_as_fit(lengths, columns):
    assert theme._columns(lengths) == columns
