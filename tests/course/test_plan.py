"""A lesson's outputs are its own; what a learner does out of order ends in one sentence."""

import shutil
import subprocess
import sys

import pytest

import energykit as ek
from energykit.config import load_config
from energykit.course.folder import course_folder
from energykit.datasets import excerpt_path
from energykit.errors import ConfigError, RunLockedError, UsageError

PLAN = course_folder() / "config" / "household-pipeline.json"
ELSEWHERE = """
import sys
import energykit as ek
plan, lesson, root, *addresses = sys.argv[1:]
addresses = dict(one.split("=") for one in addresses)
print(ek.run(ek.lesson_plan(plan, lesson, data_root=root), data_root=root, addresses=addresses).ok)
"""


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    root = tmp_path_factory.mktemp("data")
    shutil.copytree(excerpt_path().parent, root / "household")
    with ek.local_services(PLAN, data_root=root) as started:
        yield started


def plan(services, lesson):
    return ek.lesson_plan(PLAN, lesson, data_root=services.data_root)


def run_elsewhere(services, lesson):
    """Run a lesson's plan in another process, as another notebook does."""
    addresses = [f"{name}={address}" for name, address in services.addresses.items()]
    return subprocess.run(
        [sys.executable, "-c", ELSEWHERE, PLAN, lesson, services.data_root, *addresses],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_step_left_open_in_one_lesson_does_not_end_the_next(services):
    with ek.steps(plan(services, "lesson-00"), services) as steps:
        next(steps)
        other = run_elsewhere(services, "lesson-01")
        assert other.stdout == "True\n", other.stderr
        assert RunLockedError.__name__ in run_elsewhere(services, "lesson-00").stderr


def test_only_outputs_move(services):
    ours, stored = plan(services, "lesson-01"), load_config(PLAN)
    for name, container in stored.containers.items():
        expected = container.output_file.replace("/data/out/", "/data/out/lesson-01/")
        assert ours.containers[name].output_file == expected
    first = stored.order[0]
    assert ours.containers[first].input_file == stored.containers[first].input_file
    with pytest.raises(ConfigError, match="there is no such file"):
        ek.lesson_plan("no-such-plan.json", "lesson-01")


def test_next_past_the_end_says_that_the_run_has_ended(services):
    steps = ek.steps(plan(services, "lesson-02"), services)
    assert len(list(steps)) == 3
    with pytest.raises(StopIteration, match=r"the run has ended: \.result is its record"):
        next(steps)


def test_an_interrupt_ends_a_run_in_one_sentence(services):
    def interrupt(_event):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match="the run was interrupted") as raised:
        ek.run(plan(services, "lesson-03"), services, on_event=interrupt)
    (sentence,) = raised.value._render_traceback_()
    assert "resume=True" in sentence
    assert ek.run(plan(services, "lesson-03"), services).ok


def test_stopped_services_are_said_to_be_stopped(tmp_path):
    shutil.copytree(excerpt_path().parent, tmp_path / "household")
    services = ek.local_services(PLAN, data_root=tmp_path).start()
    services.stop()
    with pytest.raises(UsageError, match="these services were stopped") as refused:
        ek.run(PLAN, services)
    assert "services.start()" in refused.value.hint
    services.start()
    assert ek.run(PLAN, services).ok
    services.stop()
