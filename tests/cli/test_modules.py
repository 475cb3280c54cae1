"""``--module``: a stage that no installed package registers can be run from the command line."""

import pytest


def test_a_service_that_is_not_registered_starts_by_its_module(energykit, chain, tmp_path):
    name = chain({"tariff": {"rows": 2}}, timeout_s=20)
    done = energykit("run", name, "--local", "--module", "tariff=services.dummy")
    assert done.returncode == 0, done.stderr
    assert "1 of 1 stages succeeded" in done.stdout


def test_without_it_the_hint_names_the_ways(energykit, chain):
    done = energykit("run", chain({"tariff": {}}, timeout_s=20), "--local")
    assert done.returncode == 2
    assert "no service is registered under the id 'tariff'" in done.stderr
    assert "added since the last install? repeat pip install -e ." in done.stderr
    assert "--module tariff=" in done.stderr


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--local", "--module", "tariff"], "'tariff' does not name a module"),
        (["--local", "--module", "tariff=my stage"], "'tariff=my stage' does not name a module"),
        (["--local", "--module", "tarif=services.dummy"], "did you mean 'tariff'?"),
        (["--module", "tariff=services.dummy"], "add --local, which starts the services"),
    ],
)
def test_a_wrong_option_is_refused(energykit, chain, options, text):
    done = energykit("run", chain({"tariff": {}}, timeout_s=20), *options)
    assert done.returncode == 2
    assert text in done.stderr
