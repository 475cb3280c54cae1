"""What each reason of an analysis means, as a table beside it."""

from __future__ import annotations

import polars as pl

from services.energy_analyzer.detectors import UNDEFINED, Named, detection_rules, explanations

__all__ = ["reason_table"]


def reason_table(detectors: Named) -> pl.DataFrame:
    """Return the reasons that an analysis can give, with the sentence that explains each.

    Parameters
    ----------
    detectors
        As a request names them.

    Returns
    -------
    pl.DataFrame
        ``reason``, ``explanation`` String.

    Raises
    ------
    ParameterError
        A detector, a parameter or a value is not possible.
    """
    sentences = explanations()
    names = [UNDEFINED, *detection_rules(detectors)]
    return pl.DataFrame(
        {"reason": names, "explanation": [_meaning(sentences[name]) for name in names]}
    )


def _meaning(sentence: str) -> str:
    """Return what a detector does (``Flag readings that ...``) as what a flagged reading is."""
    text = sentence.removeprefix("Flag ")
    return text[:1].upper() + text[1:]
