"""Which column of a source is which of ours: by its name, however it is written.

Case, spaces, underscores, hyphens and dots do not count. Where a name is a path, as
`Location/Province` or `hazard.status`, its last step counts if no other column ends so. A Shapefile
cuts names to ten characters; such a name fits if it fits one of ours only.

A number that a format or a platform gives its records says nothing of a hazard: saved again, the
same map has other ones. Such a column is never an id, unless a profile names it as it is written.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mine_geo.intake.received import Fields

_UNSEEN: Final = dict.fromkeys(
    map(ord, " \t\r\n_-.\u00a0\u00ad\u2010\u2011\u2012\u2013\u200b\ufeff")
)
_STEPS: Final = re.compile(r"[/.]")
_MADE: Final = re.compile(
    r"_+(?:id|uuid|index|parent_index|submission_+\w+|rowid)"
    r"|(?:[a-z]+_)?(?:fid|oid|object_?id)(?:_\w+)?|gid(?:_?\d+)?|row_?(?:id|num|number)|index"
    r"|placemark_id|feature_id|gml_id|(?:meta[-_])?instance_?id|key|unnamed: \d+"
    r"|__index_level_\d+__"
)
"""How programs call the number that they give a record: LIBKML and GeoJSON (as this package names
them), GDAL, PostGIS, Oracle, Esri, CKAN, Kobo, ODK, pandas."""
ID: Final = "hazard_id"
"""The column of ours that no number of a program fills."""
_CUT: Final = 10
"""Bytes of a column's name in a Shapefile (dBASE)."""


_UNIT: Final = re.compile(
    r"(?ix)^(?P<name>.*?[^\W_]) [\s_\-]* (?:[\s_\-] | (?P<open>[(\[])) \s*"
    r"(?:in[\s_])?(?P<unit>m2|m²|sq\.?[\s_]?m|square[\s_]met(?:re|er)s?|"
    r"ha|hectares?|km2|km²|sq\.?[\s_]?km) (?(open)\s*[)\]]) \s*$"
)
"""A unit of land at the end of a heading, in brackets or not."""
_DEPTH: Final = re.compile(
    r"(?ix)^(?P<name>.*?depth.*?) [\s_\-]* (?:[\s_\-] | (?P<open>[(\[])) \s*"
    r"(?:in[\s_])?(?P<unit>mm|cm|m|(?:milli|centi)?met(?:re|er)s?) (?(open)\s*[)\]]) \s*$"
)
"""A unit of length at the end of the heading of a depth."""
_UNITS: Final = {"h": 10_000.0, "k": 1_000_000.0}
"""m² of a unit, by its first letter but for square."""


@dataclass(frozen=True)
class Match:
    """Where a column of a source went."""

    source: str
    ours: str | None
    how: str
    """`by profile`, `same name`, `last step of its path`, `truncated name`, or `left over` with the
    reason."""


def is_made(name: str) -> bool:
    """Say whether a column is one that a format or a platform makes: its number of the record.

    Examples
    --------
    >>> [is_made(name) for name in ("_id", "OBJECTID_1", "ogc_fid", "survey/_index")]
    [True, True, True, True]
    >>> [is_made(name) for name in ("id", "MF_ID", "hazard_id", "Name")]
    [False, False, False, False]
    """
    return _MADE.fullmatch(_STEPS.split(name.strip().lower())[-1]) is not None


def fold(text: str) -> str:
    """Return a name or word as it is compared: without case, spaces, underscores, hyphens, dots.

    Examples
    --------
    >>> fold(" Non-Technical Survey") == fold("non_technical_survey")
    True
    """
    return unicodedata.normalize("NFC", text).casefold().translate(_UNSEEN)


def read_words(texts: pd.Series[Any], meanings: Mapping[str, str]) -> pd.Series[Any]:
    """Return texts with the words of a source in ours; what is not known stays as it is written.

    Parameters
    ----------
    texts
        As `read_texts` gives them.
    meanings
        Word of the source, in any case, with or without hyphens -> ours; "" means null.

    Examples
    --------
    >>> read_words(pd.Series(["confirmed  hazardous_area", "?"]), {
    ...     "Confirmed Hazardous Area": "CHA"}).tolist()
    ['CHA', '?']
    """
    if not meanings:
        return texts
    known = {fold(word): meaning or None for word, meaning in meanings.items()}
    places, different = pd.factorize(texts)
    found = [*(known.get(fold(text), text) for text in different.tolist()), None]
    return pd.Series([found[place] for place in places], index=texts.index, dtype="str")


def heading(name: str) -> tuple[str, float]:
    """Return a heading with its unit of land as m2 in its name, and the m² of that unit.

    That of a depth with cm in its name, and the cm of its unit.

    Examples
    --------
    >>> heading("Depth (m)"), heading("Max depth mm")
    (('Depth_cm', 100.0), ('Max depth_cm', 0.1))
    >>> [heading(name) for name in ("Area (ha)", "Area released (m2)", "size km2", "Alpha")]
    [('Area_m2', 10000.0), ('Area released_m2', 1.0), ('size_m2', 1000000.0), ('Alpha', 1.0)]
    """
    found = _UNIT.match(name.strip())
    if found is None:
        return _depth(name)
    unit = re.sub(r"(?i)^sq(?:uare)?\.?[\s_]?", "", found["unit"]).lower()
    return f"{found['name']}_m2", _UNITS.get(unit[0], 1.0)


def _depth(name: str) -> tuple[str, float]:
    found = _DEPTH.match(name.strip())
    if found is None:
        return name, 1.0
    unit = found["unit"].lower()
    factor = 0.1 if unit.startswith(("mm", "milli")) else 1.0 if unit[0] == "c" else 100.0
    return f"{found['name']}_cm", factor


def columns_named(columns: Iterable[Any], names: Iterable[str]) -> list[Any]:
    """Return the columns that bear one of the names, in the order of the names.

    Of two columns of one name, however it is written, the first.

    Examples
    --------
    >>> columns_named(["Point No", "LATITUDE"], ["latitude", "pointno"])
    ['LATITUDE', 'Point No']
    """
    there: dict[str, Any] = {}
    for column in columns:
        there.setdefault(fold(str(column)), column)
    return list(dict.fromkeys(there[fold(name)] for name in names if fold(name) in there))


def names_of(fields: Fields, ours: str) -> tuple[str, ...]:
    """Return the source's names for a column of ours, and ours; none where the profile says so.

    Examples
    --------
    >>> from mine_geo.intake.received import Fields
    >>> names_of(Fields(columns={"village": ("phum",), "commune": ()}), "village")
    ('phum', 'village')
    """
    names = fields.columns.get(ours)
    if names is not None and not names:
        return ()
    return tuple(dict.fromkeys((*(names or ()), ours)))


def match(sources: Sequence[str], fields: Fields, ours: Iterable[str]) -> list[Match]:
    """Say for each column of a source which of ours it is.

    Parameters
    ----------
    sources
        Names of columns, as the source has them.
    fields
        The profile's names for ours.
    ours
        Our columns, in order: each source column goes to one of them.

    Returns
    -------
    list of Match
        One for each source, in their order.

    Examples
    --------
    >>> from mine_geo.intake.received import Fields
    >>> fields = Fields(columns={"hazard_id": ("hazard_localid",)})
    >>> [m.how for m in match(["HAZARD_LOC", "Village", "x"], fields, ["hazard_id", "village"])]
    ['truncated name', 'same name', 'left over']
    """
    names = {column: names_of(fields, column) for column in ours}
    barred = _barred(sources, fields)
    taken = _by_name(sources, fields, names, barred)
    ends = _by_last_step(sources, names, taken, barred)
    cut = _cut_short(sources, names, {**taken, **ends})
    chosen = {ours: place for place, ours in {**taken, **ends, **cut.found}.items()}
    return [_said(place, sources, taken, ends, cut, names, chosen) for place in range(len(sources))]


@dataclass(frozen=True)
class _Cut:
    """Names that were cut short: what they can only be, and those that can be several."""

    found: Mapping[int, str]
    unclear: Mapping[int, tuple[str, ...]]


def _barred(sources: Sequence[str], fields: Fields) -> set[int]:
    """Return the places of columns that are no id: made by a program, and not named as written."""
    said = {name.strip().lower() for name in fields.columns.get(ID, ())}
    return {
        place
        for place, source in enumerate(sources)
        if is_made(source) and source.strip().lower() not in said
    }


def _by_name(
    sources: Sequence[str],
    fields: Fields,
    names: Mapping[str, tuple[str, ...]],
    barred: set[int],
) -> dict[int, str]:
    """Return place of the source -> ours; the name that a profile has first counts."""
    places: dict[str, int] = {}
    ids: dict[str, int] = {}
    for place, source in enumerate(sources):
        places.setdefault(fold(source), place)
        if place not in barred:
            ids.setdefault(fold(source), place)
    for place, source in enumerate(sources):
        places.setdefault(fold(heading(source)[0]), place)
    open_places = set(range(len(sources))) - barred
    written = {
        source.strip(): place for place, source in enumerate(sources) if place in open_places
    }
    taken: dict[int, str] = {}
    said = {ours: fields.columns.get(ours, ()) for ours in names}
    # Our own names count after all that the profile says, unless it says them.
    for known in (said, names):
        for ours in names:
            if ours == ID:
                fits = [
                    written.get(name.strip(), ids[fold(name)])
                    for name in known[ours]
                    if fold(name) in ids
                ]
            else:
                fits = [places[fold(name)] for name in known[ours] if fold(name) in places]
            free = [place for place in fits if place not in taken]
            if free and ours not in taken.values():
                taken[free[0]] = ours
    return taken


def _by_last_step(
    sources: Sequence[str],
    names: Mapping[str, tuple[str, ...]],
    taken: Mapping[int, str],
    barred: set[int],
) -> dict[int, str]:
    """Return place -> ours of the paths whose last step is a name of ours, and that of no other."""
    ends: dict[str, list[int]] = {}
    for place, source in enumerate(sources):
        steps = _STEPS.split(source.strip())
        if len(steps) > 1 and place not in taken:
            ends.setdefault(fold(steps[-1]), []).append(place)
    found: dict[int, str] = {}
    for ours in names:
        if ours not in taken.values():
            fits = [ends[fold(name)] for name in names[ours] if fold(name) in ends]
            open_ = [places for places in fits if ours != ID or places[0] not in barred]
            alone = [places[0] for places in open_ if len(places) == 1 and places[0] not in found]
            if alone:
                found[alone[0]] = ours
    return found


def _short(name: str) -> str:
    plain = name.strip().lower().replace(" ", "_").replace("-", "_")
    return plain.encode()[:_CUT].decode(errors="ignore")


def _cut_short(
    sources: Sequence[str], names: Mapping[str, tuple[str, ...]], taken: Mapping[int, str]
) -> _Cut:
    """Return place -> ours of the names of ten bytes that begin one longer name of ours."""
    left = [ours for ours in names if ours not in taken.values()]
    starts: dict[str, list[str]] = {}
    for ours in left:
        for name in names[ours]:
            if len(name.strip().encode()) > _CUT:
                starts.setdefault(_short(name), []).append(ours)
    found: dict[int, str] = {}
    unclear: dict[int, tuple[str, ...]] = {}
    for place, source in enumerate(sources):
        fits = tuple(dict.fromkeys(starts.get(_short(source), ())))
        if place in taken or len(source.strip().encode()) != _CUT or not fits:
            continue
        if len(fits) > 1:
            unclear[place] = fits
        elif fits[0] not in found.values():
            found[place] = fits[0]
    return _Cut(found, unclear)


def _said(
    place: int,
    sources: Sequence[str],
    taken: Mapping[int, str],
    ends: Mapping[int, str],
    cut: _Cut,
    names: Mapping[str, tuple[str, ...]],
    chosen: Mapping[str, int],
) -> Match:
    source = sources[place]
    if place in taken:
        same = fold(source) == fold(taken[place])
        return Match(source, taken[place], "same name" if same else "by profile")
    if place in ends:
        return Match(source, ends[place], "last step of its path")
    if place in cut.found:
        return Match(source, cut.found[place], "truncated name")
    if place in cut.unclear:
        return Match(source, None, f"left over: cut short, fits {' and '.join(cut.unclear[place])}")
    own = {fold(source), fold(heading(source)[0])}
    for ours, known in names.items():
        if ours in chosen and own & {fold(name) for name in known}:
            return Match(source, None, f"left over: {ours} is from {sources[chosen[ours]]}")
    return Match(source, None, "left over")
