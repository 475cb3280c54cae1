"""Notebooks as others write them: cells as plain JSON, without a library."""

import json
from pathlib import Path

PYTHON = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
RAISES = {"tags": ["raises-exception"]}

FLOOD = """
import sys
for number in range(6000):
    sys.stdout.write("."); sys.stdout.flush()
print("end")
"""
FLOOD_THEN_ERROR = """
import sys
from IPython import get_ipython
for number in range(6000):
    sys.stdout.write("."); sys.stdout.flush()
_ = get_ipython().run_cell("raise ValueError('shown at the end')")
"""
AGG_AS_IMAGE = """
import io
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
from IPython.display import Image
figure, axes = plt.subplots()
axes.plot([3, 1, 2])
file = io.BytesIO()
figure.canvas.print_png(file)
Image(data=file.getvalue())
"""
AGG_RETURNED = """
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
figure, axes = plt.subplots()
figure
"""
INTERACTIVE = "%matplotlib notebook\nimport matplotlib.pyplot as plt\nplt.plot([3, 1, 2])"
NBCLIENT = """
import nbformat
from nbclient import NotebookClient
inner = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(6 * 7)")])
await NotebookClient(inner, kernel_name="python3").async_execute()
assert inner.cells[0].outputs[0].text == "42\\n"
"""
VARIABLE = """
import os
os.environ["MPLCONFIGDIR"] = os.path.abspath("own settings")
import matplotlib
assert matplotlib.get_configdir() == os.path.abspath("own settings")
"""
WIDGET = """
import ipywidgets
shown = ipywidgets.Output()
with shown:
    raise RuntimeError("shown in a widget")
"""
TRACKER = """
import json, os
os.makedirs("runs/first", exist_ok=True)
json.dump({"loss": 0.5}, open("runs/first/run.json", "w"))
"""
SAMPLE_LOG = """
import os, time
os.makedirs("logs", exist_ok=True)
now = time.strftime("%Y-%m-%d %H:%M:%S")
with open("logs/sample.log", "w") as file:
    _ = file.write(f"2024-01-01 00:00:00,000 ERROR old\\n{now},000 ERROR of an application\\n")
"""
NOTEBOOKS = {
    "agg_returned": ([(AGG_RETURNED, {})], "failed", "which shows none: choose %matplotlib inline"),
    "agg_shown_as_image": ([(AGG_AS_IMAGE, {})], "passed", ""),
    "command_may_fail": ([("!grep absent /dev/null", RAISES), ("1", {})], "passed", ""),
    "command_should_fail": ([("!true", RAISES)], "failed", "was expected, and none came"),
    "debugger": ([("import debugpy\nassert debugpy.__version__", {})], "passed", ""),
    "flood": ([(FLOOD, {})], "passed", ""),
    "flood_then_error": ([(FLOOD_THEN_ERROR, {})], "failed", "ValueError: shown at the end"),
    "history": (
        [("assert get_ipython().history_manager.hist_file == ':memory:'", {})],
        "passed",
        "",
    ),
    "interactive": ([(INTERACTIVE, {})], "passed", ""),
    "nbclient_inside": ([(NBCLIENT, {})], "passed", ""),
    "own_runs": ([(TRACKER, {})], "passed", ""),
    "sample_log": ([(SAMPLE_LOG, {})], "passed", ""),
    "skipped_and_raises": (
        [("1 / 0", {"tags": ["skip-execution", "raises-exception"]})],
        "passed",
        "",
    ),
    "variable_before_import": ([(VARIABLE, {})], "passed", ""),
    "widget_error": ([(WIDGET, {})], "passed", ""),
    "nbmake_code": (
        [
            ("1", {"nbmake": {"mock": {"x": 2}, "post_cell_execute": ["y = x + 1"]}}),
            ("assert y == 3", {}),
        ],
        "passed",
        "",
    ),
    "nbmake_error": (
        [("1", {"nbmake": {"post_cell_execute": ["1 / 0"]}})],
        "failed",
        "ZeroDivision",
    ),
    "widget_error_expected": ([(WIDGET, RAISES)], "passed", ""),
    "allow_errors": (
        [("1 / 0", {}), ("print('on')", {})],
        "passed",
        "",
        {"execution": {"allow_errors": True}},
    ),
    "short_time": (
        [("import time\ntime.sleep(30)", {})],
        "timed-out",
        "took longer than 1 s",
        {"execution": {"timeout": 1}},
    ),
    "exit_allowed": (
        [("import sys\nsys.exit(0)", {}), ("1 / 0", {})],
        "passed",
        "",
        {"energykit": {"allow": ["exit"]}},
    ),
    "exit_with_code": (
        [("import sys\nsys.exit(3)", {"energykit": {"allow": ["exit"]}})],
        "failed",
        "the cell called sys.exit(3)",
    ),
    "command_allowed": ([("!exit 3", {"energykit": {"allow": ["command"]}})], "passed", ""),
    "magic_allowed": ([("%cd nosuch", {"energykit": {"allow": ["magic"]}})], "passed", ""),
    "magic_may_fail": ([("%load_ext json", RAISES)], "passed", ""),
    "figure_allowed": (
        [(AGG_RETURNED, {"energykit": {"allow": ["figures"]}})],
        "passed",
        "",
    ),
    "port_allowed": (
        [("import socket\nlistening = socket.create_server(('127.0.0.1', 0))", {})],
        "passed",
        "",
        {"energykit": {"allow": ["leaks"]}},
    ),
}
"""By name: cells and their metadata, status, a part of the reason, metadata of the notebook."""


def write(path: Path, *cells, metadata=None, **whole) -> Path:
    codes = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"cell-{number}",
            "metadata": own,
            "outputs": [],
            "source": source.strip(),
        }
        for number, (source, own) in enumerate(cells, 1)
    ]
    plain = {"cells": codes, "metadata": PYTHON | (metadata or {}), "nbformat": 4}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(plain | {"nbformat_minor": 5} | whole), encoding="utf-8")
    return path


def change(path: Path, alter) -> Path:
    plain = json.loads(path.read_text(encoding="utf-8"))
    alter(plain)
    path.write_text(json.dumps(plain), encoding="utf-8")
    return path


FLAKY = """
from pathlib import Path
seen = Path(SEEN)
first = not seen.exists()
seen.write_text("x")
assert not first, "the first time"
"""
