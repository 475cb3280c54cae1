"""Every command and every benchmark is where people and programs look for them."""

import re

from tests.project.lists.place import ROOT, place, read


def test_the_readme_lists_every_command(capsys):
    from energykit.cli import main

    assert main(["--help"]) == 0
    listed = capsys.readouterr().out.partition("show the version and exit")[2]
    commands = re.findall(r"^    ([a-z]+)(?:  |$)", listed, re.MULTILINE)
    assert "run" in commands
    rows = set(re.findall(r"^\| `energykit ([a-z-]+)", read("README.md"), re.MULTILINE))
    for command in commands:
        assert command in rows, (
            f"{place('README.md', '| `energykit proto`')}: add the row\n"
            f"| `energykit {command} …` | … |"
        )


def test_every_benchmark_is_run():
    text, peers = read("benchmarks/run.py"), read("benchmarks/peers.py")
    for path in sorted((ROOT / "benchmarks").glob("*.py")):
        is_script = "__main__" in path.read_text(encoding="utf-8")
        if is_script and path.stem not in {"against", "faults", "peers", "run"}:
            which = peers if path.stem.startswith("peer_") else text
            assert re.search(rf"\b{path.stem}\b", which), (
                f"{place('benchmarks/run.py', 'import')}: run {path.stem} there"
            )


def test_the_help_names_every_rule_that_can_be_switched_off(capsys):
    from energykit.cli import main
    from energykit.notebooks.source.metadata import RULES

    assert main(["notebooks", "run", "--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    line = place("energykit/cli/notebooks/options.py", '"--allow"')
    named = text.partition("switch a rule off: ")[2].partition(";")[0].split(", ")
    assert set(named) == set(RULES), f"{line}: name {sorted(set(RULES) ^ set(named))} in the help"
