"""Services of a worker: kept for the next point, its own, started again, not left behind."""

import json
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import psutil
import pytest

from energykit.config import parse_config
from energykit.experiments import sweep, warm
from energykit.experiments.warm import warm_services


@pytest.fixture
def short_idle(monkeypatch):
    monkeypatch.setattr(warm, "_IDLE_S", 0.2)


@pytest.fixture
def one_service(small_plan):
    plan = json.loads(small_plan)
    node = plan["containers"]["energy-generator"] | {"next_node": None}
    return parse_config(json.dumps(plan | {"containers": {"energy-generator": node}}))


def pids(config, root):
    with warm_services(config, str(root)) as services:
        return [child.pid for child in services.processes.values()]


def wait_until_gone(found):
    _gone, left = psutil.wait_procs(
        [psutil.Process(pid) for pid in found if psutil.pid_exists(pid)], timeout=20
    )
    assert left == []


def test_the_next_point_finds_the_services_of_the_last(one_service, tmp_path, monkeypatch):
    monkeypatch.setattr(warm, "_IDLE_S", 5.0)
    first = pids(one_service, tmp_path)
    assert pids(one_service, tmp_path) == first
    other = pids(one_service, tmp_path / "other")
    assert other != first
    wait_until_gone([*first, *other])


def test_services_whose_code_was_edited_are_started_anew(
    one_service, tmp_path, short_idle, monkeypatch
):
    first = pids(one_service, tmp_path)
    monkeypatch.setattr(warm, "service_version", lambda name: f"{name}, edited")
    second = pids(one_service, tmp_path)
    assert set(first).isdisjoint(second)
    wait_until_gone([*first, *second])


def test_another_thread_has_services_of_its_own(one_service, tmp_path, short_idle):
    found = []
    with warm_services(one_service, str(tmp_path)) as services:
        thread = threading.Thread(target=lambda: found.extend(pids(one_service, tmp_path)))
        thread.start()
        thread.join(60)
        mine = [child.pid for child in services.processes.values()]
    assert len(found) == len(mine) == 1
    assert found != mine
    wait_until_gone([*found, *mine])


def test_services_in_use_are_not_stopped_however_long_a_point_takes(
    one_service, tmp_path, short_idle
):
    pids(one_service, tmp_path)
    with warm_services(one_service, str(tmp_path)) as services:
        time.sleep(3 * warm._IDLE_S)
        found = [child.pid for child in services.processes.values()]
        assert services.status() == {"energy-generator": "serving"}
    wait_until_gone(found)


def test_a_service_that_was_killed_is_started_again(one_service, tmp_path, short_idle):
    with warm_services(one_service, str(tmp_path)) as services:
        (child,) = services.processes.values()
        process = psutil.Process(child.pid)
        process.kill()
        process.wait(20)
    again = pids(one_service, tmp_path)
    assert again != [process.pid]
    wait_until_gone(again)


def make_pool(kind):
    if kind == "joblib":
        loky = pytest.importorskip("joblib.externals.loky", reason="joblib is not installed")
        return loky.ProcessPoolExecutor(2)
    return ProcessPoolExecutor(2, mp_context=get_context("spawn"))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["processes", "joblib"])
def test_a_pool_gives_the_table_of_a_serial_run(config, tmp_path, kind):
    grid = {"energy-generator.seed": range(5)}
    with make_pool(kind) as pool:
        spread = sweep(config, grid, data_root=tmp_path / "pool", executor=pool)
    serial = sweep(config, grid, data_root=tmp_path / "serial")
    varying = ["seconds", "run_id", "folder"]
    assert spread["ok"].all(), spread["error"].tolist()
    assert spread.drop(columns=varying).equals(serial.drop(columns=varying))
