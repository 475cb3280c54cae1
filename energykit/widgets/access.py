"""What ipywidgets leaves out for those who hear a page or use its keys: names, state and focus."""

from __future__ import annotations

from functools import cache
from typing import Any

__all__ = ["access"]

_SCRIPT = """
function describe(panel) {
  for (const handle of panel.querySelectorAll('[role=slider]')) {
    const row = handle.closest('.widget-inline-hbox');
    const name = row?.querySelector('label')?.textContent;
    if (!name || handle.hasAttribute('aria-label')) continue;
    handle.setAttribute('aria-label', name);
    const value = row.querySelector('.widget-readout');
    value?.setAttribute('role', 'textbox');
    value?.setAttribute('aria-label', name + ', as a number');
  }
  for (const bar of panel.querySelectorAll('.widget-hprogress .progress')) {
    const name = bar.parentElement.querySelector('label')?.textContent ?? 'Progress';
    const inner = bar.querySelector('.progress-bar');
    bar.setAttribute('role', 'progressbar');
    bar.setAttribute('aria-label', name);
    bar.setAttribute('aria-valuenow', Math.round(parseFloat(inner?.style.width) || 0));
  }
  for (const choices of panel.querySelectorAll('.widget-radio-box')) {
    const name = choices.parentElement.querySelector('label')?.textContent ?? 'Choices';
    choices.setAttribute('role', 'radiogroup');
    choices.setAttribute('aria-label', name);
  }
  for (const state of panel.querySelectorAll('.ek-state')) state.setAttribute('role', 'status');
}

// A button that is disabled while it works loses the focus. It comes back afterwards, to that
// button or to the next sensible one, unless the user has gone elsewhere by then.
function keep_focus(panel, signal) {
  let pressed = null;
  let has_begun = false;
  panel.tabIndex = -1;
  panel.style.outline = 'none';
  const forget = event => {
    if (event.key === 'Tab' || !panel.contains(event.target)) pressed = null;
  };
  document.addEventListener('pointerdown', forget, {capture: true, signal});
  document.addEventListener('keydown', forget, {capture: true, signal});
  panel.addEventListener('click', event => {
    pressed = event.target.closest('button');
    has_begun = false;
  }, {signal});
  return () => {
    if (!pressed) return;
    const has_state = panel.querySelector('.ek-state') !== null;
    const is_busy = has_state ? panel.querySelector('.ek-busy') !== null : pressed.disabled;
    if (is_busy) {
      has_begun = true;
      if (pressed.disabled) panel.focus({preventScroll: true});
    } else if (has_begun) {
      const next = panel.querySelector('button.mod-primary:enabled')
        ?? panel.querySelector('button:enabled');
      (pressed.disabled ? next : pressed)?.focus({preventScroll: true});
      pressed = null;
    }
  };
}

function render({ el }) {
  el.style.display = 'none';
  const ended = new AbortController();
  const begin = () => {
    const panel = el.closest('.ek-panel');
    if (!panel) return false;
    const restore = keep_focus(panel, ended.signal);
    const follow = () => { describe(panel); restore(); };
    const observer = new MutationObserver(follow);
    ended.signal.addEventListener('abort', () => observer.disconnect());
    const filter = ['disabled', 'class', 'style'];
    observer.observe(panel, {
      attributes: true, attributeFilter: filter, childList: true, subtree: true,
    });
    follow();
    return true;
  };
  const wait = () => {
    if (!ended.signal.aborted && !begin()) requestAnimationFrame(wait);
  };
  wait();
  return () => ended.abort();
}

export default { render };
"""
"""Runs in the page; it only reads and describes what ipywidgets has drawn."""


@cache
def _model() -> Any:
    """Return the widget's class, or None where anywidget is not installed."""
    try:
        import anywidget  # optional
    except ImportError:
        return None
    return type("Access", (anywidget.AnyWidget,), {"_esm": _SCRIPT})


def access() -> tuple[Any, ...]:
    """Return an invisible widget that describes the controls beside it; none without anywidget.

    It names sliders and progress bars, makes the panel's state a live region, and gives the focus
    back after a button that was disabled while it worked.
    """
    model = _model()
    return () if model is None else (model(),)
