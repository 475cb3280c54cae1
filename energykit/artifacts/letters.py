"""Texts as a table of their bytes, and back: what array operations look at or put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.lib.stride_tricks import sliding_window_view

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["letters_of", "padded_letters", "texts_at", "within"]

_NONE = 0
"""Fills the places behind a text."""


def letters_of(texts: pl.Series, length: int) -> NDArray[np.uint8] | None:
    """Return texts of one length as bytes, one row each; None where one has another length.

    Parameters
    ----------
    texts
        String, without null.
    length
        Bytes of each, from 1.

    Returns
    -------
    np.ndarray or None
        uint8 of shape (texts, length).
    """
    letters = texts.cast(pl.Binary).bin.reinterpret(dtype=pl.Array(pl.UInt8, length))
    return None if letters.null_count() else letters.to_numpy()


def padded_letters(texts: pl.Series, sizes: NDArray[np.int64], width: int) -> NDArray[np.uint8]:
    """Return texts as bytes, one row each, with zeros behind those that are shorter.

    Parameters
    ----------
    texts
        String, without null.
    sizes
        Bytes of each.
    width
        Bytes of the longest.

    Returns
    -------
    np.ndarray
        uint8 of shape (texts, width).
    """
    is_full = bool((sizes == width).all())
    letters = letters_of(texts, width) if is_full and width else None
    if letters is not None:
        return letters
    joined = (texts.str.join("").item() or "").encode()
    letters = np.full((len(texts), width), _NONE, dtype=np.uint8)
    letters[within(sizes, width)] = np.frombuffer(joined, dtype=np.uint8)
    return letters


def within(sizes: NDArray[np.int64], width: int) -> NDArray[np.bool_]:
    """Return which bytes of a row belong to its text: Boolean of shape (sizes, width)."""
    return np.asarray(np.arange(width) < sizes[:, None])


def texts_at(
    content: NDArray[np.uint8], places: NDArray[np.int64], sizes: NDArray[np.int64]
) -> pl.Series | None:
    """Return texts that stand in a buffer; None where one is not UTF-8, or holds a zero byte.

    Parameters
    ----------
    content
        The buffer, uint8, at least as many bytes longer than its last text as the longest has.
    places, sizes
        Where each text begins, and its bytes.
    """
    rows, width = len(places), int(sizes.max(initial=0))
    if not width:
        return pl.Series([""], dtype=pl.String).new_from_index(0, rows)
    letters = sliding_window_view(content, width)[places]
    is_even = int(sizes.min()) == width
    if not is_even:
        letters *= within(sizes, width)
    if np.count_nonzero(letters) != int(sizes.sum()):
        return None
    if is_even and (letters[-1] == letters[0]).all() and (letters == letters[0]).all():
        letters = letters[:1]
    try:
        texts = pl.Series(letters).arr.to_list().cast(pl.Binary).cast(pl.String)
    except pl.exceptions.PolarsError:
        return None
    if len(texts) != rows:
        return texts.new_from_index(0, rows)
    return texts if is_even else texts.str.strip_chars_end("\0")
