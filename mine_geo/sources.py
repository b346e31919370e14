"""Whom the data is owed to: the attributions that a map or an exported file must bear."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pandas as pd

OSM: Final = "© OpenStreetMap contributors (ODbL 1.0)"
GEONAMES: Final = "GeoNames (CC BY 4.0)"

_CALLS: Final = ((OSM, r"openstreetmap|\bosm\b"), (GEONAMES, "geonames"))
_TELLING: Final = ("border_name", "source", "licence", "license")


def sources(*frames: pd.DataFrame | None) -> list[str]:
    """Return the attributions due: columns `attribution`, else what names and sources say.

    Parameters
    ----------
    frames
        What is drawn or written: border, districts, places; None is passed over.

    Examples
    --------
    >>> import pandas as pd
    >>> border = pd.DataFrame({"border_name": ["OpenStreetMap land border"]})
    >>> sources(border, None, pd.DataFrame({"geonames_id": [1], "attribution": ["Office"]}))
    ['© OpenStreetMap contributors (ODbL 1.0)', 'Office', 'GeoNames (CC BY 4.0)']
    """
    found: list[str] = []
    for frame in frames:
        if frame is None:
            continue
        texts = []
        if "attribution" in frame.columns:
            texts = [str(told) for told in frame["attribution"].dropna().head(1)]
        texts += _credit(" ".join(str(column) for column in frame.columns))
        for column in _TELLING:
            if column in frame.columns:
                for value in frame[column].dropna().unique():
                    texts += _credit(str(value))
        found += [text for text in dict.fromkeys(texts) if text not in found]
    return found


def _credit(text: str) -> list[str]:
    """Return the attributions that a name or licence text calls for."""
    return [credit for credit, words in _CALLS if re.search(words, text, re.IGNORECASE)]
