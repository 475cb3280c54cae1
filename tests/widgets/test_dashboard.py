"""The dashboard, driven button by button against real services."""

from energykit.checkup import survivors
from energykit.config import load_config
from energykit.widgets import dashboard
from energykit.widgets.dashboard_html import chain_html


def test_start_three_steps_report_stop(config, tmp_path):
    board = dashboard(config, tmp_path)
    assert (board.start.disabled, board.step.disabled, board.stop.disabled) == (False, True, True)
    try:
        board.start.click()
        assert board.start.disabled
        assert board.wait(30)
        assert (board.state.value, len(board.addresses)) == ("services are serving", 3)
        for done in (1, 2, 3):
            board.step.click()
            assert board.wait(30)
            assert (board.progress.value, len(board.result)) == (done, done)
        assert board.state.value == "the run has succeeded"
        shown = board.to_html()
        assert "energy_report.csv" in shown
        assert "Power over time" in shown
        assert "report-generator: succeeded" in "\n".join(board.log)
    finally:
        board.stop.click()
    assert board.wait(30)
    assert board.addresses == {}
    assert (board.start.disabled, board.stop.disabled) == (False, True)
    assert "■</span> stopped" in board.to_html()
    assert survivors().processes == ()


def test_run_all_then_step_begins_a_new_run(config, tmp_path):
    board = dashboard(config, tmp_path)
    try:
        board.start.click()
        assert board.wait(30)
        board.run.click()
        assert board.wait(60)
        first = board.result
        assert first.ok
        board.step.click()
        assert board.wait(30)
        assert board.result.run_id != first.run_id
        assert board.state.value == "ready for the next stage"
    finally:
        board.stop.click()
    assert board.wait(30)
    assert [stage.status for stage in board.result] == ["succeeded", "skipped", "skipped"]


def test_a_press_on_a_disabled_button_does_nothing(config, tmp_path):
    board = dashboard(config, tmp_path)
    try:
        board.step.click()
        assert board.state.value == "services are stopped"
        for pressed in (
            board.start,
            board.start,
            board.run,
            board.step,
        ):  # a double click, and some more
            pressed.click()
        assert board.wait(30)
        assert [line[10:] for line in board.log].count("starting the services") == 1
        assert board.result is None
        board.run.click()
        board.run.click()
        assert board.wait(60)
    finally:
        board.stop.click()
    assert board.wait(30)
    assert len(list((tmp_path / "runs").iterdir())) == 1


def test_the_cell_run_again_half_way_stops_what_the_first_board_started(config, tmp_path):
    first = dashboard(config, tmp_path)
    first.start.click()
    assert first.wait(30)
    first.step.click()
    assert first.wait(30)
    second = dashboard(config, tmp_path)
    assert (first.state.value, first.addresses) == ("services are stopped", {})
    try:
        second.start.click()
        assert second.wait(30)
        second.step.click()
        assert second.wait(30)
        assert second.state.value == "ready for the next stage", second.log
    finally:
        second.stop.click()
    assert second.wait(30)
    assert survivors().processes == ()


def test_stop_while_the_services_start_leaves_none(config, tmp_path):
    board = dashboard(config, tmp_path)
    board.start.click()
    board.stop.click()
    assert board.wait(30)
    assert board.addresses == {}
    assert survivors().processes == ()


def test_what_goes_wrong_is_shown_and_the_buttons_come_back(config, tmp_path):
    (tmp_path / "logs").write_text("a file where a folder is to be")
    board = dashboard(config, tmp_path)
    board.start.click()
    assert board.wait(30)
    assert "a file lies where" in board.to_html()
    assert not board.start.disabled


def test_the_buttons_have_classes_and_tooltips(config, tmp_path):
    board = dashboard(config, tmp_path)
    for name in ("start", "step", "run", "stop"):
        pressed = getattr(board, name)
        assert f"ek-{name}" in pressed._dom_classes
        assert pressed.tooltip


def test_branches_are_shown_side_by_side_and_several_stages_run():
    config = load_config("config/branches-pipeline.json")
    shown = chain_html(config, None, {"low-factor", "outlier"})
    assert "energy-generator (waiting), then low-factor (running) and outlier (running)." in shown
    assert shown.count("⟶") == 1
