"""What a cell that is run again replaces, and what a fork lets go."""

from __future__ import annotations

import gc
import os

import pytest

from energykit import live


class Thing:
    def __init__(self):
        self.ended = 0

    def end(self):
        self.ended += 1


@pytest.fixture
def key():
    yield "key"
    live.forget("things", "key")


def test_the_later_one_replaces_the_earlier_one_and_ends_it(key):
    first, second = Thing(), Thing()
    live.take_over("things", key, first, Thing.end)
    live.take_over("things", key, second, Thing.end)
    assert (first.ended, second.ended) == (1, 0)
    assert live.current("things", key) is second
    assert live.every("things") == {key: second}


def test_the_same_one_goes_on(key):
    thing = Thing()
    for _ in range(2):
        live.take_over("things", key, thing, Thing.end)
    assert thing.ended == 0


def test_another_kind_or_key_is_left_alone(key):
    first, second, third = Thing(), Thing(), Thing()
    live.take_over("things", key, first, Thing.end)
    live.take_over("things", "other", second, Thing.end)
    live.take_over("others", key, third, Thing.end)
    assert first.ended == second.ended == third.ended == 0


@pytest.mark.parametrize("keeps", [False, True])
def test_a_thing_is_held_weakly_unless_it_is_kept(key, keeps):
    live.take_over("things", key, Thing(), Thing.end, keeps=keeps)
    gc.collect()
    assert (live.current("things", key) is not None) is keeps


def test_what_is_forgotten_is_not_ended(key):
    thing = Thing()
    live.take_over("things", key, thing, Thing.end)
    assert live.forget("things", key) is thing
    assert live.current("things", key) is None
    assert live.forget("things", key) is None
    assert thing.ended == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_fork_lets_go_and_the_parent_does_not(key):
    reader, writer = os.pipe()
    thing = Thing()
    live.release_in_forks(thing, lambda thing: os.write(writer, b"let go"))
    live.take_over("things", key, thing, Thing.end)
    child = os.fork()
    if child == 0:
        os.write(writer, b", empty" if live.current("things", key) is None else b", full")
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 100) == b"let go, empty"
    assert live.current("things", key) is thing
    os.close(reader)
    os.close(writer)


@pytest.mark.parametrize("before", [None, "7"])
def test_linear_algebra_has_one_thread_in_the_block_alone(monkeypatch, before):
    name = "OPENBLAS_NUM_THREADS"
    monkeypatch.delenv(name, raising=False)
    if before is not None:
        monkeypatch.setenv(name, before)
    with live.without_blas_threads():
        assert os.environ[name] == "1"
    assert os.environ.get(name) == before
