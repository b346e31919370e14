"""Matplotlib's settings while a sheet is drawn."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import matplotlib as mpl

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def pinned() -> Iterator[None]:
    """Draw with Matplotlib's own settings, whatever the caller or the machine has set."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams["pdf.fonttype"] = 42  # text that can be searched and copied
        yield
