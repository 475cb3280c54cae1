import pytest
from IPython.core.interactiveshell import InteractiveShell

import energykit
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
