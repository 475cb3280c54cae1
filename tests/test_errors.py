"""Every error of the kit: where it stands in the tree, and how it leaves a process."""

from __future__ import annotations

import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

import energykit as ek
from energykit import errors

KINDS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.EnergykitError)
]
OWN_ARGUMENTS = {
    errors.ConfigError: lambda: errors.ConfigError((errors.Fault("a.json", 1, 2, "no", "fix"),)),
    errors.MissingPackageError: lambda: errors.MissingPackageError(
        "dask", extra="notebooks", needed_for="a cluster"
    ),
    errors.RunLockedError: lambda: errors.RunLockedError(
        "is being written", where="data", hint="wait", run_id="r1", pid=7
    ),
}


def make(kind):
    usual = lambda: kind("what", where="here", hint="do this", code="DATA_LOSS")
    return OWN_ARGUMENTS.get(kind, usual)()


def fail(kind):
    raise make(kind)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_error_comes_back_whole_from_pickle(kind):
    error = make(kind)
    error.add_note("seen by a test")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert vars(copy) == vars(error)
    assert (str(copy), copy.args) == (str(error), error.args)


def test_an_error_leaves_a_process_pool_as_it_was_raised():
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        with pytest.raises(errors.RunLockedError, match="is being written") as caught:
            pool.submit(fail, errors.RunLockedError).result(60)
        with pytest.raises(errors.MissingPackageError, match="'dask'"):
            pool.submit(fail, errors.MissingPackageError).result(60)
    assert (caught.value.run_id, caught.value.pid) == ("r1", 7)


def test_every_public_error_is_exported_and_reachable():
    assert {kind.__name__ for kind in KINDS} <= set(errors.__all__)
    assert ek.errors is errors
