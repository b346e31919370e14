"""A profile proposed from a file: what is understood of it stands, what is not is asked for.

The text is TOML that reads the file as it was read before. Whatever needs a person's word, a
column that was not found, a word that means nothing to us, stands behind a `#` beside what the file
has: taken away, the line counts. Nothing is guessed in their place.
"""

from __future__ import annotations

import difflib
import json
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import pyogrio

from mine_geo.errors import FileError, visible
from mine_geo.geo.cells import read_texts
from mine_geo.geo.vector import list_layers
from mine_geo.intake.columns import fold
from mine_geo.intake.layers import receive_admin
from mine_geo.intake.profiles import BASE, BORDER_WORDS, OURS, WORDS, load
from mine_geo.intake.reading import read
from mine_geo.intake.received import Received

if TYPE_CHECKING:
    import os
    from collections.abc import Hashable, Mapping

    import pandas as pd

    from mine_geo.intake.layers import Layer

Sort = Literal["hazards", "reports", "border", "admin"]

_OF_HAZARDS: Final = {
    "kind",
    "area_type",
    "surveyed_on",
    "difficulty",
    "reported_size_m2",
    "operator",
}
"""What is said of hazards, and never of districts."""
_TABLES: Final = {".csv", ".tsv", ".txt", ".xls", ".xlsx", ".ods", ".xml"}
ALIKE: Final = 0.75
"""Names that share so much of their letters are shown beside each other; they decide nothing."""
MOST_WORDS: Final = 40
_LONGEST: Final = 60


def sort_of(
    path: str | os.PathLike[str],
    *,
    crs: str | None = None,
    profile: str | os.PathLike[str] | None = None,
) -> Literal["border", "admin", "hazards"]:
    """Say what a file looks like: a border, districts, or hazards.

    Lines are a border. Polygons of which each is of another district, and of which nothing is said
    that is said of hazards, are districts. Anything else is hazards, which say themselves what is
    wrong with them.

    Parameters
    ----------
    path
        The file.
    crs, profile
        As for `read`.

    Raises
    ------
    FileError, CRSError
        If it cannot be read at all.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> [sort_of(sample.path(name)) for name in ("border", "districts", "minefields")]
    ['border', 'admin', 'hazards']
    """
    if Path(path).suffix.lower() not in _TABLES:
        try:
            layers = list_layers(path)
        except FileError:  # of a server's own JSON, say: its reader tells
            layers = []
        kinds = {pyogrio.read_info(path, layer=name)["geometry_type"] for name in layers}
        if kinds and all("Line" in str(kind) or "Curve" in str(kind) for kind in kinds):
            return "border"
    said = set(read(path, what="hazards", crs=crs, profile=profile).columns["ours"].dropna())
    if said & _OF_HAZARDS or Path(path).suffix.lower() in _TABLES:
        return "hazards"
    units = receive_admin(path).table
    return "hazards" if units is None else "admin"


def propose(received: Received | Layer, name: str, of: Sort, *, crs: str | None = None) -> str:
    """Return a profile for a file, as TOML to be edited.

    Parameters
    ----------
    received
        The file, as from `read`, `receive_border` or `receive_admin`.
    name
        What the profile is called.
    of
        What the file holds.
    crs
        The reference system that the file was read with, where it says none itself.

    Returns
    -------
    str
        TOML. As it stands it reads the file as it was read; lines behind `#` are questions.

    Examples
    --------
    >>> import geopandas as gpd, shapely, tempfile, pathlib
    >>> from mine_geo.intake.reading import read
    >>> path = pathlib.Path(tempfile.mkdtemp(), "fields.gpkg")
    >>> gpd.GeoDataFrame({"MF_ID": ["AP-1"], "Provnce": ["Pailin"], "Kind": ["Red zone"]},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326).to_file(path)
    >>> text = propose(read(path), "office", "hazards")
    >>> [line for line in text.splitlines() if line.endswith(("AP-1", "record"))]
    ['hazard_id = ["MF_ID"]  # AP-1', '# "Red zone" = ""  # 1 record']
    """
    columns = received.columns
    left = columns[columns["ours"].isna()]
    speaking: dict[str, list[str]] = {}
    if isinstance(received, Received):
        source, base, unread = received.source.path, received.source.profile, _unread(received)
        if of in {"hazards", "reports"}:
            speaking, further = _by_words(received, left, of)
            unread = further | unread
    else:
        source, base, unread = received.path, BASE, _not_understood(received)
    file = visible(Path(source).name)
    lines = [
        f"# How {file} is read, as it was understood. A line behind # is a question: what stands",
        "# in it is taken from the file, and counts once its # is taken away.",
        f"#   mine-geo check {of if of != 'reports' else 'hazards'} FILE --profile THIS --explain",
        f"name = {_quoted(name)}",
        f"title = {_quoted(file)}",
        f"extends = {_quoted(base)}",
        "",
    ]
    if crs is not None:
        lines += [
            "[options]",
            f"crs = {_quoted(crs)}  # of its coordinates: the file says none",
            "",
        ]
    if of in {"hazards", "reports"}:
        lines += [
            f"[{of}]",
            '# dates = ["%d/%m/%Y"]  # 31/12/2022; only 2022-12-31 is understood unasked',
            *_kept(left),
            "",
        ]
    lines += [f"[{of}.columns]", *_columns(of, columns, speaking), ""]
    for ours, found in unread.items():
        valid = (BORDER_WORDS if of == "border" else WORDS).get(ours)
        if valid is None:
            continue
        lines.append(f"[{of}.values.{ours}]  # theirs = ours: {' '.join(valid)}")
        for word, count in list(found.items())[:MOST_WORDS]:
            records = f"{count:,} record{'' if count == 1 else 's'}"
            lines.append(f'# {_quoted(word)} = ""  # {records}')
        if len(found) > MOST_WORDS:
            lines.append(f"# and {len(found) - MOST_WORDS:,} words more")
        lines.append("")
    return "\n".join(lines)


def _columns(of: str, columns: pd.DataFrame, speaking: Mapping[str, list[str]]) -> list[str]:
    """Return a line for each column of ours: what it is from, or a question.

    What the words of a column say goes before what its name is like: a column called Statut that
    holds SHA and CHA is no status.
    """
    known = getattr(load(BASE), of).columns
    found = {row.ours: row for row in columns.itertuples() if isinstance(row.ours, str)}
    left = {str(row.source): row for row in columns.itertuples() if not isinstance(row.ours, str)}
    spoken = {source for sources in speaking.values() for source in sources}
    folded = {_plain(source): source for source in left if source not in spoken}
    lines = []
    for ours in OURS[of]:
        if ours in found:
            row = found[ours]
            lines.append(f"{ours} = [{_quoted(str(row.source))}]{_example(row)}")
            continue
        if ours in speaking:
            listed = ", ".join(map(_quoted, speaking[ours]))
            said = _example(left[speaking[ours][0]], "by its words; ")
            lines.append(f"# {ours} = [{listed}]{said}")
            continue
        names = [_plain(name) for name in (*known.get(ours, ()), ours)]
        alike = [
            source
            for short, source in folded.items()
            if short and difflib.get_close_matches(short, names, n=1, cutoff=ALIKE)
        ]
        said = _example(left[alike[0]], "alike; ") if alike else "  # not found"
        listed = ", ".join(map(_quoted, alike)) or '"COLUMN"'
        lines.append(f"# {ours} = [{listed}]{said}")
    return lines


def _plain(name: str) -> str:
    """Return a name as it is compared for likeness: Opérateur is like operator."""
    apart = unicodedata.normalize("NFKD", fold(name))
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def _kept(left: pd.DataFrame) -> list[str]:
    """Return what is left over: a question each, whether it is one of ours, or kept."""
    if left.empty:
        return []
    lines = ["# Left over, and kept under their own names. Name one for a column of ours below, or"]
    lines += ["# say here that it is known and none of ours; personal: of persons, in no output."]
    lines += [f"#   {_quoted(str(row.source))}{_example(row)}" for row in left.itertuples()]
    listed = ", ".join(_quoted(str(name)) for name in left["source"])
    return [*lines, f"# kept = [{listed}]", "# personal = []"]


def _example(row: Any, before: str = "") -> str:
    example = getattr(row, "example", None)
    said = "" if example is None or example != example else visible(str(example), _LONGEST)  # noqa: PLR0124
    return f"  # {before}{said}" if before or said else ""


def _not_understood(layer: Layer) -> dict[str, dict[str, int]]:
    """Return the words of border lines that mean nothing to us, with their lines."""
    ours = dict(zip(layer.columns["source"], layer.columns["ours"], strict=True))
    found: dict[str, dict[str, int]] = {}
    for row in layer.words.itertuples():
        column = ours.get(row.source)
        if isinstance(column, str) and not isinstance(row.meaning, str):
            found.setdefault(column, {})[str(row.word)] = int(str(row.lines))
    return found


def _unread(received: Received) -> dict[str, dict[str, int]]:
    """Return the words of coded columns that are none of ours, with how often each stands."""
    found: dict[str, dict[str, int]] = {}
    for column, valid in WORDS.items():
        if column not in received.table or column in {"in_workbench", "residual", "also"}:
            continue
        texts = read_texts(received.table[column]).dropna()
        counts: Mapping[Hashable, Any] = texts[~texts.isin(valid)].value_counts().to_dict()
        if counts:
            often = sorted(counts.items(), key=_often)
            found[column] = {str(word): int(count) for word, count in often}
    return found


def _by_words(
    received: Received, left: pd.DataFrame, of: str
) -> tuple[dict[str, list[str]], dict[str, dict[str, int]]]:
    """Return the columns left over that speak in the words of a column of ours not found.

    They do where at least half of what they say are words that a profile knows for it; where the
    words are known for several columns of ours, the first is asked for. With the words among them
    that are not known, and how often each stands.
    """
    fields = getattr(load(BASE), of)
    taken = set(received.columns["ours"].dropna())
    sources: dict[str, list[str]] = {}
    further: dict[str, dict[str, int]] = {}
    for source in map(str, left["source"]):
        if source not in received.table:
            continue
        counts = read_texts(received.table[source]).dropna().value_counts()
        for ours in OURS[of]:
            known = {fold(word) for word in fields.values.get(ours, {})}  # noqa: PD011
            if ours in taken or not known:
                continue
            said = counts.index.map(fold).isin(known)
            if counts[said].sum() * 2 >= max(counts.sum(), 1):
                sources.setdefault(ours, []).append(source)
                words = further.setdefault(ours, {})
                words |= {str(word): int(count) for word, count in counts[~said].items()}
                break
    return sources, {ours: words for ours, words in further.items() if words}


def _often(item: tuple[Hashable, Any]) -> tuple[int, str]:
    return -int(item[1]), str(item[0])


def _quoted(text: str) -> str:
    """Return a text as TOML has it: a basic string is one of JSON, but for the sign 127."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
