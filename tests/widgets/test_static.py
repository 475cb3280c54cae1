"""Without a front end: executed HTML shows the last picture; without ipywidgets: the pip line."""

import re
import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

import energykit
from energykit.errors import MissingPackageError
from energykit.widgets import panel, power_triangle


@pytest.mark.slow
def test_executed_html_without_javascript_shows_the_last_picture():
    cells = [
        "import energykit as ek\nwidget = ek.widgets.power_triangle()\nwidget",
        "widget.power_factor.value = 0.5",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in cells])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    kinds = [set(output["data"]) for output in notebook.cells[0].outputs]
    assert kinds == [{panel.VIEW, "text/plain"}, {"text/html", "text/plain"}]
    page, _ = HTMLExporter().from_notebook_node(notebook)
    shown = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert "At a power factor of 0.50" in shown
    assert re.search(r'<img [^>]*alt="Power triangle\. At a power factor of 0\.50', shown)


def test_a_widget_without_a_kernel_is_its_html():
    widget = power_triangle()
    assert widget._repr_html_() == widget.to_html()
    assert "http" not in re.sub(r'src="data:[^"]*"', "", widget.to_html())


def test_a_missing_package_is_answered_with_the_pip_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(MissingPackageError, match=r'pip install "energykit-course\[notebooks\]"'):
        power_triangle()


def test_importing_the_widgets_imports_no_front_end():
    code = (
        "import sys, energykit; energykit.widgets; print(*{'ipywidgets', 'matplotlib', 'pandas'} &"
        " set(sys.modules))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert found.stdout.split() == []
    assert energykit.widgets.__name__ == "energykit.widgets"
