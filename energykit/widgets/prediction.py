"""A prediction: one choice before a cell is run, held against what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from energykit import html
from energykit.course.predictions import Question, keep_choice, question_named
from energykit.errors import UsageError
from energykit.widgets.panel import Panel, toolkit

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Prediction", "predict"]


class Prediction(Panel):
    """A question with choices; made by `predict`.

    What is chosen is kept in ``predictions.json`` beside the notebook. The next cell that runs
    shows it against the right choice; where nothing was chosen, as in a headless run, nothing is
    shown.
    """

    def __init__(self, question: Question) -> None:
        self.question = question
        self.choices = toolkit().RadioButtons(
            options=list(question.choices),
            index=None,
            description="I predict:",
            tooltip=question.text,
            layout={"width": "max-content"},
        )
        super().__init__(self.choices, name="prediction")
        self.choices.observe(lambda _: self._choose(), names="index")
        self._is_own_cell = True

    @property
    def choice(self) -> int | None:
        """Place of the chosen answer, from 0; None before one is chosen."""
        index: int | None = self.choices.index
        return index

    def _choose(self) -> None:
        if self.choice is not None:
            keep_choice(self.question, self.choice)
        self.refresh()

    def to_html(self) -> html.Html:
        """Return the question, and what was chosen."""
        if self.choice is None:
            said = f"{self.question.text} Choose before you run the next cell."
            items = [html.element("li", text) for text in self.question.choices]
            return html.join([html.element("p", said), html.element("ul", *items)])
        chosen = self.question.choices[self.choice]
        return html.element("p", f"{self.question.text} You predict: {chosen}.", role="status")

    def outcome(self) -> html.Html | None:
        """Return the choice held against what came; None where nothing was chosen."""
        if self.choice is None:
            return None
        is_right = self.choice == self.question.right
        chosen, right = (self.question.choices[at] for at in (self.choice, self.question.right))
        said = f"You predicted: {chosen}. " + ("So it is." if is_right else f"It is: {right}.")
        return html.card(
            html.join([html.badge("right" if is_right else "not yet"), f" {said}"]), ""
        )

    def _ipython_display_(self) -> None:
        super()._ipython_display_()
        from IPython import get_ipython  # only in a kernel

        shell = get_ipython()
        if shell is not None:
            self._is_own_cell = True
            shell.events.register("post_run_cell", self._after_a_cell)

    def _after_a_cell(self, _result: Any) -> None:
        """Show the outcome below the first cell that runs after this one."""
        if self._is_own_cell:
            self._is_own_cell = False
            return
        from IPython import get_ipython  # only in a kernel
        from IPython.display import display

        get_ipython().events.unregister("post_run_cell", self._after_a_cell)
        self.choices.disabled = True
        outcome = self.outcome()
        if outcome is not None:
            display(outcome)  # type: ignore[no-untyped-call]


def predict(
    name: str, text: str = "", choices: Sequence[str] = (), *, right: int = 0
) -> Prediction:
    """Ask for a prediction; the cell that is run next shows what came of it.

    Parameters
    ----------
    name
        Of a question of the course, such as ``"00-twins"``; or of your own, with its `text`.
    text, choices, right
        A question of your own: what is asked, two to four choices, and the place of the right one,
        from 0.

    Raises
    ------
    energykit.errors.UsageError
        The course has no such question, or a question of your own lacks choices.
    energykit.errors.MissingPackageError
        ipywidgets is not installed.

    Examples
    --------
    >>> predict("mine", "Which is larger?", ["1 kW", "1 kVA"], right=1)
    <Prediction: to_html() returns what it shows>
    """
    if not text:
        return Prediction(question_named(name))
    if len(choices) < 2 or not 0 <= right < len(choices):  # a choice has two sides
        hint = 'ek.predict("mine", "Which is larger?", ["this", "that"], right=1)'
        raise UsageError("a question needs choices", where=f"predict({name!r})", hint=hint)
    return Prediction(Question(name=name, text=text, choices=tuple(choices), right=right))
