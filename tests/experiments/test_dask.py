"""Sweeps on a real Dask cluster of three processes; a worker is killed, and nothing is lost."""

import threading

import pytest

from energykit.experiments import sweep, sweep_notebook
from tests.experiments.dask_cluster import dask_cluster

distributed = pytest.importorskip("distributed", reason="Dask is not installed")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings(
        "ignore::ResourceWarning"
    ),  # Dask's client closes its sockets when it is collected
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def cluster(tmp_path):
    """A client, and the processes of two workers."""
    with dask_cluster(tmp_path) as found:
        yield found


GRID = {"energy-generator.seed": range(8)}
VARYING = ["seconds", "run_id", "folder"]


def test_the_table_is_that_of_a_serial_run_though_a_worker_is_killed(config, tmp_path, cluster):
    client, workers = cluster
    killed = threading.Event()

    def kill_one(_row):
        if not killed.is_set():
            killed.set()
            workers[0].kill()

    spread = sweep(
        config, GRID, data_root=tmp_path / "dask", executor=client.get_executor(), on_row=kill_one
    )
    serial = sweep(config, GRID, data_root=tmp_path / "serial")
    assert workers[0].wait(20) == -9
    assert spread["ok"].all(), spread["error"].tolist()
    assert spread.drop(columns=VARYING).equals(serial.drop(columns=VARYING))


def write_notebook(path, expression):
    nbformat = pytest.importorskip("nbformat", reason="comes with the notebook packages")
    v4 = nbformat.v4
    cells = [
        v4.new_code_cell("a = 0", metadata={"tags": ["parameters"]}),
        v4.new_code_cell(f"import energykit as ek\nek.record('value', {expression})"),
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(v4.new_notebook(cells=cells, metadata=kernel), path)


def test_a_notebook_that_was_edited_is_run_again(tmp_path, cluster):
    """Dask takes equal calls for one task: each point has a token of its own."""
    client, _ = cluster
    path, values, kept = tmp_path / "n.ipynb", [], []
    executor = client.get_executor()
    submit = executor.submit  # Dask forgets a task soon after its last future has gone
    executor.submit = lambda *task: kept.append(submit(*task)) or kept[-1]
    for expression in ("a + 1", "a + 10"):
        write_notebook(path, expression)
        table = sweep_notebook(path, {"a": [5]}, executor=executor, out=tmp_path / "out")
        assert table["ok"].all(), table["error"].tolist()
        values += table["value"].tolist()
    assert len(kept) == 2
    assert values == [6, 15]
