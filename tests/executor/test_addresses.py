"""Where services are called: addresses given, several of one, wrong ones."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from energykit.errors import UsageError
from energykit.executor import run, steps


def test_addresses_given_override_services_and_configuration(listen, chain, tmp_path):
    first, second, third = listen(), listen(), listen()

    started = SimpleNamespace(
        addresses={"stage-1": second.address, "stage-2": second.address}, data_root=tmp_path
    )
    config = chain(first.address, first.address, first.address)
    assert run(config, started, addresses={"stage-2": third.address}).ok
    assert [len(one.answering.requests) for one in (first, second, third)] == [1, 1, 1]
    assert len(list((tmp_path / "runs").iterdir())) == 1


def test_several_addresses_are_called_in_turn(listen, chain, tmp_path):
    one, other = listen(), listen()
    both = [one.address, other.address]
    assert run(chain(*[both] * 6), data_root=tmp_path).ok
    assert min(len(one.answering.requests), len(other.answering.requests)) >= 2


def test_an_address_for_an_unknown_id_suggests_the_nearest(chain, port):
    with pytest.raises(UsageError, match="did you mean 'stage-1'"):
        steps(chain(port.address), addresses={"stage1": "127.0.0.1:1"})


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("foo", "the address of 'stage-1' is 'foo', not host:port"),
        ("127.0.0.1:99999", "the address of 'stage-1' has port 99999"),
        ([], "the address of 'stage-1' is an empty list"),
        (["127.0.0.1:1", ""], "the address of 'stage-1' is '', not host:port"),
        (7, "the address of 'stage-1' is 7, not text"),
        ({None}, "the address of 'stage-1' is None, not text"),
    ],
)
def test_an_address_that_is_none_is_refused(chain, port, address, said):
    with pytest.raises(UsageError, match=said) as caught:
        steps(chain(port.address), addresses={"stage-1": address})
    assert (caught.value.where, caught.value.exit_code) == ("addresses", 2)
    assert "write host:port" in caught.value.hint
