"""A border or districts from a foreign file: columns and words by profile, and what came of them.

A line that could be coast is never taken for land border: where nothing says which it is, the file
is refused. Geometries are in EPSG:4326 (longitude, latitude), lengths geodesic kilometres.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np
import pandas as pd

from mine_geo.errors import (
    GeometryError,
    MineGeoError,
    OptionError,
    RecordError,
    UnknownNameError,
    choose,
    some,
)
from mine_geo.geo.admin import COLUMNS, to_admin
from mine_geo.geo.border import border_lengths, check_lines, lengths_km, to_border
from mine_geo.geo.cells import read_flags, read_numbers, read_texts
from mine_geo.geo.vector import choose_layer, list_layers, read_vector
from mine_geo.intake import profiles
from mine_geo.intake.columns import fold, match, read_words
from mine_geo.intake.findings import Finding, as_table
from mine_geo.intake.formats.vector import arcs_drawn
from mine_geo.intake.mapping import shown
from mine_geo.intake.received import ADMIN_COLUMNS, BORDER_COLUMNS
from mine_geo.terms import BORDER_KINDS, NEIGHBOUR_NAMES, NEIGHBOURS

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from mine_geo.intake.columns import Match
    from mine_geo.intake.received import Fields


T = TypeVar("T")
OWN: Final = "KHM"
"""The country whose border it is."""
KNOWN_KM: Final = {"THA": 824, "LAO": 559, "VNM": 1175}
"""Kilometres of land border by neighbour, as the bundled border has them."""
TOO_LONG: Final = 1.5
"""So many times as long no drawing of the border is: it may be the neighbour's whole outline."""
_BETWEEN: Final = re.compile(r"\s*(?:[/|;,&\u2013\u2014]|\s-\s|-|\band\b|\bwith\b)\s*")
"""What stands between the two countries of a border, as in Cambodia - Thailand."""
_WORDS: Final = ("kind", "neighbour", "left", "right")
_NEEDED: Final = (
    "say in the file which is which (a column of land and coast, or of the neighbours), name such "
    "a column (kind_column=, neighbour_column=) or, if all of them are one, say "
    'kind="land" or kind="coast"'
)
_MEANT: Final = (
    "say in a profile what it means ([border.values.{ours}]), or name another column "
    "({ours}_column=)"
)


@dataclass(frozen=True)
class Layer:
    """A border or districts as a file has them, and how they were understood."""

    path: str
    table: gpd.GeoDataFrame | None
    """As `read_border` or `read_admin` give it; None where the file is refused."""
    columns: pd.DataFrame
    """Which column went where: `source`, `ours` (null where left over), `how`, `filled`,
    `example`."""
    words: pd.DataFrame
    """Of a border, each word of its columns: `source`, `word`, `meaning` (null: not
    understood), `lines`, `km`."""
    findings: tuple[Finding, ...] = ()
    fault: MineGeoError | None = None
    """Why the file is refused."""

    def said(self) -> gpd.GeoDataFrame:
        """Return the findings as a table, see `findings.as_table`."""
        return as_table(self.findings)

    def in_order(self) -> gpd.GeoDataFrame:
        """Return the table.

        Raises
        ------
        GeometryError, RecordError, UnknownNameError
            If the file is refused; the message names it, and how to mend it.
        """
        if self.table is None:
            raise self.fault or RecordError(f"{self.path}: nothing could be read")
        return self.table


def read_border(
    path: str | os.PathLike[str],
    *,
    name: str | None = None,
    version: str | None = None,
    accuracy_m: float | None = None,
    layer: str | None = None,
    kind: str | None = None,
    kind_column: str | None = None,
    neighbour_column: str | None = None,
    profile: str | os.PathLike[str] | None = None,
    operation: str | None = None,
) -> gpd.GeoDataFrame:
    """Read border lines from a file.

    Parameters
    ----------
    path
        Any vector file of lines.
    name, version
        What the border dataset is called; else the file's own columns, else the file's name and
        `"unversioned"`.
    accuracy_m
        How far the lines may be from the true border, metres; else the file's own column,
        else 0.
    layer
        The layer, where the file has several.
    kind
        `land` or `coast`: what the lines are of which the file does not say it.
    kind_column, neighbour_column
        The columns that say whether a line is land or coast, and which country lies beside it;
        else those that the profile knows.
    profile
        A bundled profile, or the path of one of your own, with `[border.columns]`,
        `[border.values.kind]` and `[border.values.neighbour]`.
    operation
        The named datum transformation, where the file's datum is not WGS 84.

    Returns
    -------
    geopandas.GeoDataFrame
        Lines in EPSG:4326 with `kind` (land, coast), `neighbour` (THA, LAO, VNM, null on the
        coast), `border_name`, `border_version`, `accuracy_m`, then the file's other columns. A
        column `demarcated` (true, false, null) is kept: maps dash what is not demarcated. Lines
        that are no part of the border (at sea, between other countries) are left out.

    Raises
    ------
    FileError, CRSError
        If the file cannot be read, or its datum must be named.
    GeometryError
        If there are no lines, or a record is none.
    RecordError
        If nothing says of a line whether it is land or coast, or a word is not understood.
    OptionError
        If an option, a column or the profile is unknown.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> border = read_border(sample.path("border"))
    >>> sorted(border.neighbour.dropna().unique())
    ['LAO', 'THA', 'VNM']
    """
    return receive_border(
        path, name=name, version=version, accuracy_m=accuracy_m, layer=layer, kind=kind,
        kind_column=kind_column, neighbour_column=neighbour_column, profile=profile,
        operation=operation,
    ).in_order()  # fmt: skip


def receive_border(
    path: str | os.PathLike[str],
    *,
    name: str | None = None,
    version: str | None = None,
    accuracy_m: float | None = None,
    layer: str | None = None,
    kind: str | None = None,
    kind_column: str | None = None,
    neighbour_column: str | None = None,
    profile: str | os.PathLike[str] | None = None,
    operation: str | None = None,
) -> Layer:
    """Read border lines as `read_border`, and say how they were understood, also if they are not.

    Parameters
    ----------
    path, name, version, layer, kind, kind_column, neighbour_column, profile, operation
        As for `read_border`.
    accuracy_m
        How far the lines may be off, metres; as for `read_border`.

    Raises
    ------
    FileError, CRSError, OptionError
        As `read_border`; what else is wrong stands in the result.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> receive_border(sample.path("border")).words[["source", "word", "meaning"]].values.tolist()
    [['kind', 'coast', 'coast'], ['kind', 'land', 'land'], ['neighbour', 'LAO', 'LAO'],
    ['neighbour', 'THA', 'THA'], ['neighbour', 'VNM', 'VNM']]
    """
    if kind is not None:
        choose(kind, BORDER_KINDS, "kind")
    own = profiles.load(profile or profiles.BASE).border
    if neighbour_column is not None:
        own = replace(own, columns={**own.columns, "left": (), "right": ()})
    named = {"kind": kind_column, "neighbour": neighbour_column}
    source = _Source.of(path, layer, ("border",), operation, own, named, BORDER_COLUMNS)
    _, fault = source.tried(lambda: check_lines(source.frame))
    if fault is not None:
        return source.layer(None, fault)
    lines = _Lines(source, kind)
    given = {"border_name": name, "border_version": version, "accuracy_m": accuracy_m}
    table, fault = None, lines.fault(str(path))
    if fault is None:
        table, fault = source.tried(lambda: to_border(lines.canonical(given, Path(path).stem)))
    return source.layer(table, fault, lines.constants, lines.words(), lines.findings)


def read_admin(
    path: str | os.PathLike[str],
    layer: str | None = None,
    *,
    district_column: str | None = None,
    province_column: str | None = None,
    code_column: str | None = None,
    profile: str | os.PathLike[str] | None = None,
    operation: str | None = None,
) -> gpd.GeoDataFrame:
    """Read district polygons from a file: our own, COD-AB, geoBoundaries, GADM, or any other.

    Parameters
    ----------
    path
        Any vector file of polygons with a column of district codes (0102, KH0102) or of names,
        best with one of provinces.
    layer
        The layer, where the file has several.
    district_column, province_column, code_column
        The columns of the district's name, its province (name or code) and its code, where
        neither the profile nor a usual name tells.
    profile
        A bundled profile, or the path of one of your own, with `[admin.columns]`.
    operation
        The named datum transformation, where the file's datum is not WGS 84.

    Returns
    -------
    geopandas.GeoDataFrame
        As `admin.to_admin`, in EPSG:4326.

    Raises
    ------
    FileError, CRSError
        If the file or layer cannot be read, or has no reference system.
    GeometryError, RecordError, UnknownNameError
        As `admin.to_admin`.
    OptionError
        If a column or the profile is unknown.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> districts = read_admin(sample.path("districts"))
    >>> len(districts), districts["province_code"].nunique()
    (198, 25)
    """
    return receive_admin(
        path, layer, district_column=district_column, province_column=province_column,
        code_column=code_column, profile=profile, operation=operation,
    ).in_order()  # fmt: skip


def receive_admin(
    path: str | os.PathLike[str],
    layer: str | None = None,
    *,
    district_column: str | None = None,
    province_column: str | None = None,
    code_column: str | None = None,
    profile: str | os.PathLike[str] | None = None,
    operation: str | None = None,
) -> Layer:
    """Read districts as `read_admin`, and say how they were understood, also if they are not.

    Parameters
    ----------
    path, layer, district_column, province_column, code_column, profile, operation
        As for `read_admin`.

    Raises
    ------
    FileError, CRSError, OptionError
        As `read_admin`; what else is wrong stands in the result.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> receive_admin(sample.path("districts")).columns[["source", "ours"]].values.tolist()[:2]
    [['province', 'province'], ['province_code', 'province_code']]
    """
    fields = _with_usual_names(profiles.load(profile or profiles.BASE).admin)
    named = {
        "district": district_column,
        "province": province_column,
        "district_code": code_column,
    }
    prefer = ("district", "districts")
    source = _Source.of(path, layer, prefer, operation, fields, named, ADMIN_COLUMNS)
    said = source.frame.assign(
        **{
            source.found[ours]: read_words(read_texts(source.frame[source.found[ours]]), meanings)
            for ours, meanings in source.fields.values.items()  # noqa: PD011  (a field, no frame)
            if ours in source.found
        }
    )
    return source.layer(*source.tried(lambda: to_admin(said, source.found)))


@dataclass(frozen=True)
class _Source:
    """A layer of a file, read, and which of its columns is which of ours: of a border, or else."""

    path: str
    frame: gpd.GeoDataFrame
    fields: Fields
    matches: Sequence[Match]
    arcs: tuple[Finding, ...]
    """What there is to say of arcs that were drawn."""

    @classmethod
    def of(
        cls,
        path: str | os.PathLike[str],
        layer: str | None,
        prefer: tuple[str, ...],
        operation: str | None,
        fields: Fields,
        named: Mapping[str, str | None],
        ours: Sequence[str],
    ) -> _Source:
        """Read a layer.

        Parameters
        ----------
        path, layer, operation
            As for `read_border`.
        prefer
            Layers to take where the file has several.
        fields
            What the profile calls them.
        named
            The columns that the caller names, by ours.
        ours
            Our columns, in order.
        """
        frame = read_vector(path, layer, prefer=prefer, operation=operation)
        fields = _naming(fields, frame, named, str(path))
        taken = choose_layer(path, layer, list_layers(path), prefer)
        arcs = tuple(arcs_drawn(Path(path), taken))
        return cls(str(path), frame, fields, match(_names(frame), fields, ours), arcs)

    @property
    def found(self) -> dict[str, str]:
        """The column of the file for each of ours that is there."""
        return {m.ours: m.source for m in self.matches if m.ours}

    def tried(self, make: Callable[[], T]) -> tuple[T | None, MineGeoError | None]:
        """Return what is made of it, or why it is refused, with the name of the file."""
        try:
            return make(), None
        except (GeometryError, RecordError, UnknownNameError) as error:
            return None, type(error)(f"{self.path}: {error}")

    def layer(
        self,
        table: gpd.GeoDataFrame | None,
        fault: MineGeoError | None,
        constants: Mapping[str, tuple[int, str]] | None = None,
        words: pd.DataFrame | None = None,
        findings: tuple[Finding, ...] = (),
    ) -> Layer:
        """Return what came of it."""
        columns = _columns(self.frame, self.matches, constants or {})
        words = _no_words() if words is None else words
        return Layer(self.path, table, columns, words, (*self.arcs, *findings), fault)


def _names(frame: gpd.GeoDataFrame) -> list[str]:
    return [str(column) for column in frame.columns if column != frame.geometry.name]


def _with_usual_names(fields: Fields) -> Fields:
    """Return fields that know the names of `admin.COLUMNS` after the profile's own."""
    known = fields.columns
    names = {
        ours: (*known.get(ours, ()), *usual) if known.get(ours, ("",)) else ()
        for ours, usual in COLUMNS.items()
    }
    return replace(fields, columns=names)


def _naming(
    fields: Fields, frame: gpd.GeoDataFrame, named: Mapping[str, str | None], path: str
) -> Fields:
    """Return fields in which the caller's columns come alone."""
    there = {fold(name): name for name in _names(frame)}
    columns = dict(fields.columns)
    for ours, column in named.items():
        if column is None:
            continue
        if fold(column) not in there:
            raise OptionError(f"{path}: no column {column!r}; it has: {some(there.values(), 20)}")
        taken = fold(column)
        columns = {
            name: tuple(one for one in known if fold(one) != taken)
            for name, known in columns.items()
        }
        columns[ours] = (there[taken],)
    return replace(fields, columns=columns)


def _columns(
    frame: gpd.GeoDataFrame, matches: Sequence[Match], constants: Mapping[str, tuple[int, str]]
) -> pd.DataFrame:
    """Return which column went where, as `mapping.Mapped` has it."""
    rows: list[tuple[str | None, str | None, str, int, str | None]] = [
        (m.source, m.ours, m.how, *shown(frame[m.source])) for m in matches
    ]
    rows += [(None, ours, "constant", count, value) for ours, (count, value) in constants.items()]
    table = pd.DataFrame(rows, columns=["source", "ours", "how", "filled", "example"])
    texts = dict.fromkeys(["source", "ours", "how", "example"], "str")
    return table.astype(texts | {"filled": "int64"})


def _no_words() -> pd.DataFrame:
    return pd.DataFrame(columns=["source", "word", "meaning", "lines", "km"])


class _Lines:
    """The lines of a file while it is found out what they are."""

    def __init__(self, source: _Source, kind: str | None) -> None:
        self._frame = source.frame.reset_index(drop=True)
        self._fields = fields = source.fields
        self._found = source.found
        self._km = lengths_km(self._frame)
        self.constants: dict[str, tuple[int, str]] = {}
        """Our columns that are not from the file: in how many lines, and what."""
        self._texts = {ours: self._read(ours) for ours in _WORDS}
        self._meanings = {ours: self._meaning(ours) for ours in _WORDS}
        self._findings: list[Finding] = []
        self._judge(kind or fields.constants.get("kind"))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What there is to say of the lines."""
        return tuple(self._findings)

    def fault(self, path: str) -> MineGeoError | None:
        """Return why the file is refused, None if it is not."""
        wrong = [finding.message for finding in self._findings if finding.severity == "error"]
        if wrong:
            more = f"; and {len(wrong) - 3} more" if len(wrong) > 3 else ""
            return RecordError(f"{path}: border: {'; '.join(wrong[:3])}{more}")
        if not self._kept.any():
            return GeometryError(
                f"{path}: border: no line of it is border of the country; choose another layer, "
                "or say in a profile which of its words are land and coast ([border.values.kind])"
            )
        return None

    def canonical(self, given: Mapping[str, Any], stem: str) -> gpd.GeoDataFrame:
        """Return the lines that are kept, with our columns beside those of the file."""
        own = {name: self._found[name] for name in BORDER_COLUMNS[5:] if name in self._found}
        columns: dict[str, Any] = {name: self._frame[theirs] for name, theirs in own.items()}
        for name in BORDER_COLUMNS[5:]:
            constant = self._fields.constants.get(name)
            if constant is not None:
                there = columns.get(name, pd.Series(None, index=self._frame.index, dtype=object))
                columns[name] = there.where(there.notna(), constant)
        factor = self._fields.factors.get("accuracy_m", 1.0)
        if factor != 1 and "accuracy_m" in columns:
            # A cell that is not a number stays as it is written, so that `to_border` refuses it;
            # read as missing it would count as an accuracy of 0 m.
            written = columns["accuracy_m"]
            lengths, bad = read_numbers(written, factor=factor)
            columns["accuracy_m"] = written.astype(object).where(bad, lengths)
        columns |= {"kind": self._kind, "neighbour": self._neighbour}
        columns |= {name: value for name, value in given.items() if value is not None}
        # A column KIND beside our kind would be the same column in a GeoPackage.
        same = {fold(name) for name in columns}
        drop = [n for n in _names(self._frame) if fold(n) in same and n not in columns]
        table = self._frame.drop(columns=drop).assign(**columns)
        if "border_name" not in table:
            table = table.assign(border_name=stem)
        return table[self._kept]

    def words(self) -> pd.DataFrame:
        """Return each word of the columns that were read, what it means, and of how many km."""
        rows = []
        for ours in _WORDS:
            texts = self._texts[ours]
            for word in sorted(texts.dropna().unique()):
                these = (texts == word).to_numpy(dtype=bool)
                meaning = self._meanings[ours][np.flatnonzero(these)[0]]
                said = None if meaning is None else ", ".join(sorted(meaning)) or "nothing"
                rows.append(
                    (self._found[ours], word, said, int(these.sum()), self._km[these].sum())
                )
        return pd.DataFrame(rows, columns=list(_no_words().columns))

    def _read(self, ours: str) -> pd.Series[Any]:
        if ours in self._found:
            return read_texts(self._frame[self._found[ours]])
        return pd.Series(None, index=self._frame.index, dtype="str")

    def _meaning(self, ours: str) -> list[frozenset[str] | None]:
        """Return what each cell means: nothing, some of our words, or None if not understood."""
        column = "kind" if ours == "kind" else "neighbour"
        said = self._fields.values.get(column, {})  # noqa: PD011  (a field, no frame)
        known = {fold(word): word for word in profiles.BORDER_WORDS[column]}
        known |= {fold(word): meaning for word, meaning in said.items()}
        read: dict[str, frozenset[str] | None] = {}
        for word in self._texts[ours].dropna().unique():
            parts = [word] if column == "kind" or fold(word) in known else _BETWEEN.split(word)
            meanings = [known.get(fold(part)) for part in parts if part]
            if not meanings or None in meanings:
                read[word] = None
            else:
                read[word] = frozenset(meaning for meaning in meanings if meaning)
        return [read.get(text, frozenset()) for text in self._texts[ours].fillna("").tolist()]

    def _judge(self, constant: str | None) -> None:
        """Decide of each line what it is, and note what cannot be decided."""
        count = len(self._frame)
        sides = [self._sides(place) for place in range(count)]
        kinds = [next(iter(m or ()), None) for m in self._meanings["kind"]]
        flags = self._flags("maritime")
        left_out = np.array([kind == "none" for kind in kinds], dtype=bool) | flags
        left_out |= np.array([side == "elsewhere" for side in sides], dtype=bool)
        self._kept = ~left_out
        unknown = self._strange(sides)
        # Where a file has a word for the coast, its border is not coast.
        tells = "coast" in kinds or "sea" in sides or flags.any()
        found: list[str | None] = []
        for kind, side in zip(kinds, sides, strict=True):
            if kind in {*BORDER_KINDS, "none"}:
                found.append(kind)
            elif side == "sea":
                found.append("coast")
            elif side in NEIGHBOURS or (kind == "either" and tells):
                found.append("land")
            else:
                found.append(None)
        open_ = np.array([kind is None for kind in found], dtype=bool) & self._kept & ~unknown
        if constant is not None and open_.any():
            found = [constant if blank else kind for kind, blank in zip(found, open_, strict=True)]
            self.constants["kind"] = (int(open_.sum()), constant)
            open_[:] = False
        self._kind = pd.Series(found, index=self._frame.index, dtype=object)
        beside = [side if side in NEIGHBOURS else None for side in sides]
        self._neighbour = pd.Series(beside, index=self._frame.index, dtype=object)
        self._neighbours_of_land(unknown)
        self._say("land_or_coast", open_, f"could be land border or coast: {_NEEDED}")
        for neighbour, known in KNOWN_KM.items():
            these = self._neighbour.eq(neighbour).to_numpy(dtype=bool) & self._kept
            if self._km[these].sum() > TOO_LONG * known:
                name = NEIGHBOUR_NAMES[neighbour]
                said = f"beside {name}, where {known:,} km are known: is it the outline of {name}?"
                self._say("long_border", these, said)
        self._say("not_border", left_out, "no part of the border, left out: at sea, between other "
                  "countries or provinces")  # fmt: skip

    def _neighbours_of_land(self, unknown: NDArray[np.bool_]) -> None:
        constant = self._fields.constants.get("neighbour")
        blank = (self._kind.eq("land") & self._neighbour.isna()).to_numpy(dtype=bool)
        blank = blank & self._kept & ~unknown
        if constant in NEIGHBOURS and blank.any():
            self._neighbour = self._neighbour.mask(blank, constant)
            self.constants["neighbour"] = (int(blank.sum()), str(constant))
            blank = np.zeros_like(blank)
        coast = self._kind.eq("coast").to_numpy(dtype=bool) & self._kept & ~unknown
        wrong = coast & self._neighbour.notna().to_numpy(dtype=bool)
        self._say(
            "coast_beside", wrong,
            "are coast and have a neighbour: write land, or leave the neighbour empty",
        )  # fmt: skip
        self._say("no_neighbour", blank, "are land border beside a country that is not said")

    def _flags(self, ours: str) -> NDArray[np.bool_]:
        if ours not in self._found:
            return np.zeros(len(self._frame), dtype=bool)
        flags, bad = read_flags(self._read(ours))
        for place in np.flatnonzero(bad):
            cell = self._frame[self._found[ours]].iloc[place]
            text = f"{self._found[ours]} {cell!r} is neither yes nor no; write true or false"
            self._findings.append(Finding("unknown_word", text, int(place)))
        return flags

    def _sides(self, place: int) -> str | None:
        """Return the neighbour of a line, `sea`, `elsewhere` or None where nothing is said."""
        beside = self._meanings["neighbour"][place]
        others = None if beside is None else beside - {OWN}
        if others is None or len(others) > 1:
            return None
        return next(iter(others)) if others else self._across(place)

    def _across(self, place: int) -> str | None:
        """Return what lies across a line that says the countries on its left and right."""
        one, other = (self._meanings[side][place] for side in ("left", "right"))
        said = [self._texts[side].notna()[place] for side in ("left", "right")]
        if any(said) and OWN not in (one or ()) and OWN not in (other or ()):
            return "elsewhere"
        across = ((one or frozenset()) | (other or frozenset())) - {OWN}
        return next(iter(across)) if len(across) == 1 and None not in {one, other} else None

    def _strange(self, sides: list[str | None]) -> NDArray[np.bool_]:
        """Say which lines that are kept have a word that is not understood, and note the words."""
        unknown = np.zeros(len(self._frame), dtype=bool)
        for ours in _WORDS:
            texts, meanings = self._texts[ours], self._meanings[ours]
            bad = np.array(
                [
                    meaning is None or len(meaning - {OWN}) > 1
                    for meaning in meanings
                ],
                dtype=bool,
            )  # fmt: skip
            bad &= self._kept
            if ours in {"left", "right"}:
                bad &= np.array([side is None for side in sides], dtype=bool)
            for word in texts[bad].unique():
                these = bad & (texts == word).to_numpy(dtype=bool)
                mend = _MEANT.format(ours="kind" if ours == "kind" else "neighbour")
                text = f"{self._found[ours]} {word!r} is not understood; {mend}"
                self._say("unknown_word", these, text)
            unknown |= bad
        return unknown

    def _say(self, code: str, these: NDArray[np.bool_], text: str) -> None:
        if not these.any():
            return
        lines = int(these.sum())
        said = f"{lines:,} {'line' if lines == 1 else 'lines'} ({self._km[these].sum():,.0f} km)"
        first = int(np.flatnonzero(these)[0])
        text = f"{said}: {text}" if code == "unknown_word" else f"{said} {text}"
        self._findings.append(Finding(code, text, first if lines == 1 else None))


def understood(layer: Layer) -> pd.DataFrame:
    """Return what a border or districts hold: kilometres, or provinces and districts.

    Parameters
    ----------
    layer
        What was received; its table must be there.

    Returns
    -------
    pandas.DataFrame
        Of a border `kind`, `neighbour`, `lines`, `km`, see `border.border_lengths`; of districts
        `province`, `districts`.

    Raises
    ------
    GeometryError, RecordError, UnknownNameError
        If the file was refused; the message names it, and how to mend it.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> understood(receive_border(sample.path("border"))).round(0).values.tolist()[1]
    ['land', 'LAO', 1, 559.0]
    """
    table = layer.in_order()
    if "kind" in table and "district_code" not in table:
        return border_lengths(table)
    groups = table.groupby(["province_code", "province"], sort=True)
    return groups.size().rename("districts").reset_index().drop(columns="province_code")
