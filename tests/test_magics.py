from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

import energykit
from energykit.errors import EnergykitError, UsageError
from energykit.protoc import ProtoError


@pytest.fixture
def shell():
    shell = InteractiveShell.instance()
    energykit.load_ipython_extension(shell)
    yield shell
    InteractiveShell.clear_instance()


def test_proto_cell_imports_the_modules_and_may_be_run_again(shell, capsys):
    shell.run_cell_magic("proto", "lesson", 'syntax = "proto3"; message A { float x = 1; }')
    assert shell.user_ns["lesson_pb2"].A(x=1.0).SerializeToString() == b"\x0d\x00\x00\x80?"
    shell.run_cell_magic("proto", "lesson", 'syntax = "proto3"; message A { double x = 1; }')
    assert len(shell.user_ns["lesson_pb2"].A(x=1.0).SerializeToString()) == 9
    assert "lesson.proto: message A" in capsys.readouterr().out


def test_a_refused_cell_fails_and_keeps_the_last_good_modules(shell):
    shell.run_cell_magic("proto", "lesson", 'syntax = "proto3"; message A { float x = 1; }')
    with pytest.raises(ProtoError):
        shell.run_cell_magic("proto", "lesson", 'syntax = "proto3"; message A { flot x = 1; }')
    assert shell.user_ns["lesson_pb2"].A(x=2.0).x == 2.0


def test_the_refused_line_is_marked():
    from energykit.magics import refusal_html

    shown = refusal_html(ProtoError("no <such> type", where="a.proto:2:3"), "one\ntwo <b>")
    assert "<strong>→   2 two &lt;b&gt;</strong>" in shown
    assert "no &lt;such&gt; type" in shown


SYNTHETIC = str(Path(__file__).parents[1] / "config" / "synthetic-pipeline.json")


def test_the_line_magic_checks_starts_runs_and_stops(shell, tmp_path):
    root = str(tmp_path)
    assert shell.run_line_magic("energykit", f"check {SYNTHETIC}").start_node == "energy-generator"
    try:
        services = shell.run_line_magic("energykit", f"up {SYNTHETIC} {root}")
        assert set(services.status().values()) == {"serving"}
        assert "serving" in shell.run_line_magic("energykit", "status")
        result = shell.run_line_magic("energykit", f"run {SYNTHETIC}")
        assert [stage.address for stage in result] == list(services.addresses.values())
        assert result.ok
    finally:
        shown = shell.run_line_magic("energykit", "down")
    assert "No services run" in shown
    assert set(services.status().values()) == {"stopped"}


def test_the_line_magic_runs_with_services_of_its_own(shell, tmp_path):
    result = shell.run_line_magic("energykit", f"run {SYNTHETIC} {tmp_path}")
    assert result.ok
    assert energykit.survivors().processes == ()


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("rnu x", "%energykit: no word 'rnu'\n  → did you mean 'run'?"),
        (
            "",
            (
                "%energykit: a word is missing\n"
                "  → valid: 'check', 'doctor', 'down', 'run', 'status', 'up'"
            ),
        ),
        ("check", "%energykit: check takes 1 to 1 words, not 0\n  → %energykit check CONFIG"),
        (
            'check "p.json',
            '%energykit: a quote is not closed: check "p.json\n  → close it, or leave it out',
        ),
    ],
)
def test_a_wrong_line_says_what_would_be_right(shell, line, text):
    with pytest.raises(UsageError) as caught:
        shell.run_line_magic("energykit", line)
    assert str(caught.value) == text


def test_a_path_keeps_its_backslashes_and_its_blanks(shell):
    with pytest.raises(EnergykitError, match=r"my configs\\p\.json"):
        shell.run_line_magic("energykit", r'check "my configs\p.json"')


def test_the_doctor_is_called(shell):
    assert shell.run_line_magic("energykit", "doctor").checks
