"""The atlas: an index, a page a province and district, in a folder that opens without internet.

Which pages there are, where they lie, and what each says of the others (`Plan`): `index.html`,
`02-battambang/index.html`, `02-battambang/border-zone.html`, `02-battambang/0209-samlout.html`;
style and script, which all share, in `assets`. They are made in this process or in several, in the
same order and alike.

Each row belongs to one province and district, so that none is lost or counted twice. A recorded
code decides; a name without one belongs to the only unit of that name. Rows that name no province,
or no district in it, are kept apart: they are not recorded, never guessed.

The tables of provinces on the index, and of districts on a province's page, give the figures of
`mine_geo.tables.totals`: hazards and whole m², near and far. Kinds have a table each and are never
added up. Rows that name no unit have a row of their own.
"""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import quote

import numpy as np
import pandas as pd

from mine_geo import processes
from mine_geo.disclosure.disclosed import required
from mine_geo.disclosure.layers import as_layers
from mine_geo.errors import choose
from mine_geo.maps import grouping
from mine_geo.maps import subject as subjects
from mine_geo.maps.atlas.folder import Folder, file_names
from mine_geo.maps.pages import page
from mine_geo.maps.pages.compose import compose, compose_public, kind_of
from mine_geo.maps.scene import Scene
from mine_geo.maps.subject import Link, Nav, Subject, UnitRow, UnitTable
from mine_geo.tables.totals import totals
from mine_geo.terms import ZONES
from mine_geo.words import Said, say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from mine_geo.disclosure.layers import Layers
    from mine_geo.maps.context import Context
    from mine_geo.maps.pages.page import OfflinePage
    from mine_geo.terms import Group, Kind, Zone

    Rows = NDArray[np.int64]


NOT_RECORDED: Final = ""
"""The key of rows that name no unit."""

LEVELS: Final = ("province", "district")


@dataclass(frozen=True, eq=False)
class Unit:
    """A province or district, and which rows of the two frames are in it."""

    key: str
    code: str
    name: Said
    hazards: Rows
    """Positions in the frame of hazards."""
    shapes: Rows
    """Positions in the district table."""
    districts: tuple[Unit, ...] = ()
    keys: tuple[str, ...] = ()
    """Of a province: the key of the district of each of its hazards."""


def _texts(frame: pd.DataFrame | None, column: str) -> list[str]:
    """Return a column as texts without blanks around; empty where there is nothing."""
    if frame is None or column not in frame.columns:
        return [""] * (0 if frame is None else len(frame))
    values = frame[column].astype(object)
    return ["" if pd.isna(value) else str(value).strip() for value in values]


@dataclass(frozen=True)
class _Named:
    """Codes and names that the rows of a frame record at a level."""

    codes: list[str]
    names: list[str]
    khmer: list[str]

    @classmethod
    def of(cls, frame: pd.DataFrame | None, level: str) -> _Named:
        return cls(*(_texts(frame, f"{level}{part}") for part in ("_code", "", "_km")))

    def among(self, rows: Rows) -> _Named:
        return _Named(
            *([column[row] for row in rows] for column in (self.codes, self.names, self.khmer))
        )


def _codes_by_name(*tables: _Named) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for table in tables:
        for code, name in zip(table.codes, table.names, strict=True):
            if code and name:
                found[name.casefold()].add(code)
    return found


def _keys(table: _Named, known: Mapping[str, set[str]]) -> list[str]:
    """Return a key for each row: `code ...`, `name ...`, or that of nothing recorded."""
    keys = []
    for code, name in zip(table.codes, table.names, strict=True):
        codes = {code} if code else known.get(name.casefold(), set())
        if len(codes) == 1:
            keys.append(f"code {next(iter(codes))}")
        else:
            keys.append(f"name {name.casefold()}" if name else NOT_RECORDED)
    return keys


def _where(keys: Sequence[str]) -> dict[str, Rows]:
    found = defaultdict(list)
    for row, key in enumerate(keys):
        found[key].append(row)
    return {key: np.asarray(rows, dtype=np.int64) for key, rows in found.items()}


def _said(key: str, tables: Sequence[tuple[_Named, Rows]]) -> Said:
    """Return the name that the district table, else the hazards, record; else the code."""
    name = khmer = ""
    for table, rows in tables:
        name = name or next((table.names[row] for row in rows if table.names[row]), "")
        khmer = khmer or next((table.khmer[row] for row in rows if table.khmer[row]), "")
    name = name or khmer or key.removeprefix("code ")
    return Said(name, khmer or name)


def _grouped(hazards: _Named, admin: _Named) -> tuple[list[Unit], list[str]]:
    """Return the units of two tables in the order of codes, then names; and each hazard's key."""
    known = _codes_by_name(admin, hazards)
    keys = _keys(hazards, known)
    ours, theirs = _where(keys), _where(_keys(admin, known))
    nothing = np.empty(0, dtype=np.int64)
    units = []
    for key in sorted({*ours, *theirs} - {NOT_RECORDED}):
        rows, shapes = ours.get(key, nothing), theirs.get(key, nothing)
        code = key.removeprefix("code ") if key.startswith("code ") else ""
        units.append(Unit(key, code, _said(key, [(admin, shapes), (hazards, rows)]), rows, shapes))
    return units, keys


def provinces(
    hazards: pd.DataFrame, admin: pd.DataFrame | None
) -> tuple[tuple[Unit, ...], tuple[str, ...]]:
    """Return all provinces with their districts, and the key of each hazard's province.

    Parameters
    ----------
    hazards
        With `province`, `district` and their codes, as far as recorded.
    admin
        The district table; its units come first, with or without hazards.

    Examples
    --------
    >>> fields = pd.DataFrame({"province": ["Kratie", None], "province_code": ["10", None],
    ...                        "district": ["Snuol", None]})
    >>> found, keys = provinces(fields, None)
    >>> [(unit.code, unit.name.en, unit.districts[0].name.en) for unit in found], keys
    ([('10', 'Kratie', 'Snuol')], ('code 10', ''))
    """
    tables = [{level: _Named.of(frame, level) for level in LEVELS} for frame in (hazards, admin)]
    ours, theirs = tables
    units, keys = _grouped(ours["province"], theirs["province"])
    return tuple(_with_districts(unit, ours["district"], theirs["district"]) for unit in units), (
        tuple(keys)
    )


def _with_districts(province: Unit, hazards: _Named, admin: _Named) -> Unit:
    districts, keys = _grouped(hazards.among(province.hazards), admin.among(province.shapes))
    placed = tuple(
        Unit(
            unit.key,
            unit.code,
            unit.name,
            province.hazards[unit.hazards],
            province.shapes[unit.shapes],
        )
        for unit in districts
    )
    return Unit(
        province.key,
        province.code,
        province.name,
        province.hazards,
        province.shapes,
        placed,
        tuple(keys),
    )


FIGURES: Final = (
    "near_hazards",
    "near_size_m2",
    "far_hazards",
    "far_size_m2",
    "hazards",
    "size_m2",
)


def unit_tables(
    hazards: gpd.GeoDataFrame,
    keys: Sequence[str],
    level: str,
    units: Mapping[str, tuple[Said, str | None]],
) -> tuple[UnitTable, ...]:
    """Return a table for each kind of hazard.

    Parameters
    ----------
    hazards
        Rows of a split.
    keys
        The key of each row's unit.
    level
        `province` or `district`.
    units
        Name and address of each unit's page, by key, in the order of the rows.
    """
    kinds = grouping.kind_of_rows(hazards)
    listed = [*units, *([NOT_RECORDED] if NOT_RECORDED in keys else [])]
    frame = pd.DataFrame(
        {
            "kind": pd.Categorical(kinds, sorted(kinds.unique()) or [""]),
            "unit": pd.Categorical(list(keys), listed),
            **{column: hazards[column].to_numpy() for column in ("zone", "size_m2")},
            "near_size_m2": hazards["near_size_m2"].to_numpy(),
        }
    )
    figures = totals(frame, cast("list[Group]", ["kind", "unit"]))  # a unit by its page's key
    return tuple(
        _table(str(kind), rows, level, units)
        for kind, rows in figures.groupby("kind", observed=False, sort=True)
    )


def _table(
    kind: str, figures: pd.DataFrame, level: str, units: Mapping[str, tuple[Said, str | None]]
) -> UnitTable:
    apart = (say("units.not_recorded"), None)
    rows = []
    for key, *row in figures[["unit", *FIGURES]].itertuples(index=False):
        name, href = units.get(key, apart)
        rows.append(UnitRow(name, href, tuple(int(figure) for figure in row)))
    total = tuple(int(figures[figure].sum()) for figure in FIGURES)
    caption = say(f"units.by_{level}", what=grouping.kind_name(kind))
    return UnitTable(caption, level, tuple(rows), total)


INDEX: Final = "index"
BOOK: Final = "atlas"
"""Of sheets to print: all of them in one file, and that of the country."""
NATIONAL: Final = "national"
BORDER_ZONE: Final = "border-zone"
ASSETS: Final = "assets"


@dataclass(frozen=True)
class Leaf:
    """A page of an atlas: its file, relative to the folder, and the places of its units."""

    path: str
    kind: str
    """`national`, `province`, `district` or `border-zone`."""
    province: int = -1
    district: int = -1


@dataclass(frozen=True)
class Drawn:
    """What a page has come to."""

    content: bytes
    beside: str | None
    """The file, relative to the folder, that was laid beside the page, if any."""


@dataclass(frozen=True, eq=False)
class Plan:
    """All that the pages of an atlas are made from; derived once, handed to every process."""

    layers: Scene
    place: Path
    """The folder, where the image of a basemap is laid beside its page."""

    title: str | None
    """The title of the index, instead of the usual one."""

    first: Zone
    """The zone that the priority lists begin with."""

    kind: Kind
    """The one kind that they list."""

    public: bool
    all_units: bool = False
    """Whether units of which nothing is recorded have a page too, as all have in public."""

    @cached_property
    def held(self) -> frozenset[tuple[str, str]]:
        """The keys of units that hold hazards or released land; of a province with no second."""
        tables = [self.units[0]]
        if self.layers.releases is not None:
            tables.append(provinces(self.layers.releases, self.layers.admin)[0])
        units = [unit for table in tables for unit in table]
        districts = [(unit, each) for unit in units for each in unit.districts]
        return frozenset(
            {(unit.key, "") for unit in units if len(unit.hazards)}
            | {(unit.key, each.key) for unit, each in districts if len(each.hazards)}
        )

    @cached_property
    def drawn_all(self) -> bool:
        """Whether each unit has a page: as asked for, or where nobody can tell which hold land.

        In public no page may be missing: that would tell where nothing remains.
        """
        land = self.layers.releases
        untold = land is not None and not {"province", "province_code"} & set(land.columns)
        return self.public or self.all_units or untold

    def has_page(self, province: Unit, district: Unit | None = None) -> bool:
        """Return whether a province, or a district of it, has a page."""
        return self.drawn_all or (province.key, district.key if district else "") in self.held

    @cached_property
    def units(self) -> tuple[tuple[Unit, ...], tuple[str, ...]]:
        """The provinces, and the key of each hazard's province; in public, of each figure's."""
        rows = self.layers.public.told if self.public else self.layers.split
        return provinces(rows, self.layers.admin)

    @cached_property
    def folders(self) -> dict[str, str]:
        """The folder of each province, by key."""
        return file_names([_named(unit) for unit in self.units[0]], [INDEX, ASSETS, BOOK, NATIONAL])

    @cached_property
    def files(self) -> dict[str, dict[str, str]]:
        """The file of each district without its ending, by the keys of province and district."""
        return {
            unit.key: file_names([_named(each) for each in unit.districts], [INDEX, BORDER_ZONE])
            for unit in self.units[0]
        }

    @cached_property
    def leaves(self) -> tuple[Leaf, ...]:
        """The pages in the order in which they are written: what links to others comes later."""
        found = []
        for number, unit in enumerate(self.units[0]):
            folder, files = self.folders[unit.key], self.files[unit.key]
            for place, each in enumerate(unit.districts):
                if not self.has_page(unit, each):
                    continue
                found.append(Leaf(f"{folder}/{files[each.key]}.html", "district", number, place))
            if self._has_list(unit):
                found.append(Leaf(f"{folder}/{BORDER_ZONE}.html", BORDER_ZONE, number))
            if self.has_page(unit):
                found.append(Leaf(f"{folder}/{INDEX}.html", "province", number))
        return (*found, Leaf(f"{INDEX}.html", "national"))

    def _has_list(self, unit: Unit) -> bool:
        if self.public:
            return False
        kinds = grouping.kind_of_rows(self.layers.split).iloc[unit.hazards]
        return bool((kinds == self.kind).any())

    def prepare(self) -> None:
        """Derive what all pages share, before they are shared out."""
        layers = self.layers.public if self.public else self.layers
        for derived in (layers.land, layers.whole_zone, layers.outlines, self.leaves):
            del derived

    def unit(self, leaf: Leaf) -> Unit | None:
        """Return what a page is about; None is the country."""
        if leaf.kind == "national":
            return None
        province = self.units[0][leaf.province]
        return province if leaf.kind != "district" else province.districts[leaf.district]

    def name(self, leaf: Leaf) -> Said:
        """Return what a page is called on others."""
        if leaf.kind == BORDER_ZONE:
            return say("nav.border_zone")
        unit = self.unit(leaf)
        return say("nav.national") if unit is None else unit.name

    def draw(self, leaf: Leaf) -> Drawn:
        """Make a page; the same plan gives the same bytes in any process."""
        page = self._page(leaf)
        tables = self._linked(leaf, page.facts.tables) if self.public else self._tables(leaf)
        page.facts = replace(page.facts, nav=self._nav(leaf), tables=tables)
        page.lay_beside(self.place / leaf.path)
        basemap = page.data.get("basemap", {}).get("image")
        folder, slash, _ = leaf.path.rpartition("/")
        text = page.write(f"../{ASSETS}/" if slash else f"{ASSETS}/")
        return Drawn(text.encode(), f"{folder}{slash}{basemap}" if basemap else None)

    def _page(self, leaf: Leaf) -> OfflinePage:
        title = self.title if leaf.kind == "national" else None
        if self.public:
            return compose_public(self.layers.public, *self.called(leaf), title)
        first = self.first if leaf.kind == BORDER_ZONE else None
        return compose(self.layers, self.subject(leaf), title=title, first=first, kind=self.kind)

    def called(self, leaf: Leaf) -> tuple[str, str, str]:
        """Return the level of a page, and by which code, else name, its unit and province go."""
        unit = self.unit(leaf)
        if unit is None:
            return "national", "", ""
        province = self.units[0][leaf.province]
        return leaf.kind, unit.code or unit.name.en, province.code or province.name.en

    def subject(self, leaf: Leaf) -> Subject:
        """Return what a page is about, with its rows."""
        split, admin = self.layers.split, self.layers.admin
        unit = self.unit(leaf)
        if unit is None:
            return subjects.whole(split, admin)
        province, keys = self.units[0][leaf.province], np.asarray(self.units[1], dtype=object)
        within = province.name if leaf.kind == "district" else None
        nowhere = keys == NOT_RECORDED
        beyond = ~nowhere & (keys != province.key)
        inner = np.zeros(len(keys), dtype=bool)
        if within is not None:  # no district of it is recorded
            inner[province.hazards[np.asarray(province.keys, dtype=object) == NOT_RECORDED]] = True
        rest = np.ones(len(keys), dtype=bool)
        rest[unit.hazards] = False
        return Subject(
            level="province" if within is None else "district",
            name=unit.name.en,
            name_km=unit.name.km,
            within="" if within is None else within.en,
            within_km="" if within is None else within.km,
            hazards=split.iloc[unit.hazards],
            units=None if admin is None else admin.iloc[unit.shapes],
            others=split[rest & ~nowhere & ~inner],
            unplaced=split[rest & (nowhere | inner)],
            beyond=bool(beyond.any()),
        )

    def _tables(self, leaf: Leaf) -> tuple[UnitTable, ...]:
        """Return the table of provinces on the index, of districts on a province's page."""
        all_provinces, keys = self.units
        split = self.layers.split
        if leaf.kind == "national":
            units = {
                unit.key: (
                    unit.name,
                    f"{self.folders[unit.key]}/{INDEX}.html" if self.has_page(unit) else None,
                )
                for unit in all_provinces
            }
            return unit_tables(split, keys, "province", units)
        if leaf.kind != "province":
            return ()
        province = all_provinces[leaf.province]
        files = self.files[province.key]
        units = {
            each.key: (
                each.name,
                f"{files[each.key]}.html" if self.has_page(province, each) else None,
            )
            for each in province.districts
        }
        return unit_tables(split.iloc[province.hazards], province.keys, "district", units)

    def _linked(self, leaf: Leaf, tables: tuple[UnitTable, ...]) -> tuple[UnitTable, ...]:
        """Return the tables of a public page with the address of each unit's page."""
        all_provinces = self.units[0]
        if leaf.kind == "national":
            found = {u.name.en: f"{self.folders[u.key]}/{INDEX}.html" for u in all_provinces}
        elif leaf.kind == "province":
            province = all_provinces[leaf.province]
            files = self.files[province.key]
            found = {u.name.en: f"{files[u.key]}.html" for u in province.districts}
        else:
            return tables
        return tuple(
            replace(
                table,
                rows=tuple(replace(row, href=found.get(row.name.en)) for row in table.rows),
            )
            for table in tables
        )

    def _nav(self, leaf: Leaf) -> Nav | None:
        """Return the way from the index to a page, and to the pages beside it."""
        if leaf.kind == "national":
            return None
        here = self.name(leaf)
        index = Link(say("nav.national"), f"../{INDEX}.html")
        province = self.units[0][leaf.province]
        if leaf.kind == "province":
            listed = Link(say("nav.border_zone"), f"{BORDER_ZONE}.html")
            return Nav((index,), here, more=(listed,) if self._has_list(province) else ())
        trail = (index, Link(province.name, f"{INDEX}.html"))
        if leaf.kind == BORDER_ZONE:
            return Nav(trail, here)
        return Nav(
            trail,
            here,
            self._beside(province, leaf.district, -1),
            self._beside(province, leaf.district, 1),
        )

    def _beside(self, province: Unit, place: int, way: int) -> Link | None:
        """Return the next district, one way or the other, that has a page."""
        place += way
        while 0 <= place < len(province.districts):
            unit = province.districts[place]
            if self.has_page(province, unit):
                break
            place += way
        else:
            return None
        return Link(unit.name, f"{self.files[province.key][unit.key]}.html")


def _named(unit: Unit) -> tuple[str, str, str]:
    return (unit.key, unit.code, unit.name.en)


@dataclass(frozen=True)
class Atlas:
    """A folder of pages, and what the run that made it changed."""

    folder: Path
    pages: list[Path]
    """All its pages, the index first; or all its sheets to print, the book of all first."""

    written: int
    """Files (pages, style, script) that are new or have changed."""

    unchanged: int
    """Files that were there, the same byte by byte, and were not touched."""

    removed: int
    """Files of earlier runs that no longer belong."""

    def _repr_html_(self) -> str:
        """Return the index in a frame, for a notebook to show below its cell.

        The pages stay in their folder, which is looked for from where the notebook runs.
        """
        address = quote(os.path.relpath(self.pages[0]).replace(os.sep, "/"))
        size = "width:100%;height:32em;border:1px solid"
        link = f'<a href="{address}">{escape(self.folder.name)}</a>: {len(self.pages):,} pages'
        return f'<p>{link}</p><iframe src="{address}" style="{size}"></iframe>'


def atlas(
    layers: gpd.GeoDataFrame | Layers,
    out: str | os.PathLike[str],
    *,
    title: str | None = None,
    first: Zone = "far",
    kind: Kind | None = None,
    basemap: str | os.PathLike[str] | None = None,
    context: Context | None = None,
    public: bool = False,
    all_units: bool = False,
    jobs: int = 1,
    progress: Callable[[int, int, str], None] | None = None,
) -> Atlas:
    """Write a folder of maps that link to each other and ask the network for nothing.

    `index.html` is the national map with a table of provinces; each province that holds hazards or
    released land has a page with a table of its districts, a page for each of them that does, and,
    if it has hazards of the kind that is listed, a priority list.
    The figures are those of `totals`: hazards that record no province or district have a row of
    their own. On the next run only what has changed is written, and pages of units that are
    gone are taken away; the index is written last.

    Parameters
    ----------
    layers
        What `border_split` returned (EPSG:4326; sizes whole m²), or the split with all that is
        drawn with it (`maps.layers`, `Store.layers`). Without districts the provinces and
        districts are those of the hazards.
    out
        The folder: new, empty, or an atlas of an earlier run. Files that are not the atlas's
        own are left alone.
    title
        Title of the index instead of the usual one.
    first
        The zone that the priority lists begin with, "far" or "near".
    kind
        The one kind of the priority lists, as in `border_zone`: AP minefields unless told.
    basemap
        As in `national`; the image of a GeoTIFF lies beside each page.
    context
        As in `national`: on each page what lies in its view.
    public
        Write pages for everybody: figures by district and released land, no hazard. The layers
        must say what is restricted.
    all_units
        Write pages for units of which nothing is recorded, too; pages for everybody always are.
    jobs
        How many processes make the pages; the pages are the same. With more than one, a script
        must stand behind `if __name__ == "__main__"`, as the standard library's
        `multiprocessing` wants it.
    progress
        Called after each page with how many are done, of how many, and its name in English.

    Returns
    -------
    Atlas
        The folder, its pages, and how many files were written, left as they were, and removed.

    Raises
    ------
    RecordError, MixedError, CRSError
        As for `maps.layers`.
    OptionError
        For an unknown zone or kind, less than one process, a basemap that nobody knows, or
        public pages where nothing says what is restricted.
    FileError
        If `out` is a file, holds other things, an atlas of the other kind (public or
        restricted), or cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> import geopandas as gpd
    >>> from mine_geo.terms import SPLIT_COLUMNS
    >>> columns = ["hazard_id", "size_m2", *SPLIT_COLUMNS, "province", "district"]
    >>> split = gpd.GeoDataFrame(columns=[*columns, "geometry"], geometry="geometry", crs=4326)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = [atlas(split, folder) for _ in range(2)]
    >>> [(each.pages[0].name, each.written, each.unchanged) for each in made]
    [('index.html', 3, 0), ('index.html', 0, 3)]
    """
    held = as_layers("atlas(layers, out)", layers, {"out": out, "title": title})
    choose(first, ZONES, "first")
    if public:  # refused before there is a folder
        required(held.restricted)
        held.selection.accepted()
    processes.check(jobs)
    scene = Scene.of(held, basemap, context)
    of = kind_of(kind, held.selection.kind)
    plan = Plan(scene, Path(out).absolute(), title, first, of, public, all_units)
    folder = Folder.open(plan.place, public=public)
    _write(plan, folder, jobs, progress)
    return Atlas(
        folder=Path(out),
        pages=[Path(out) / leaf.path for leaf in reversed(plan.leaves)],
        written=folder.written,
        unchanged=folder.unchanged,
        removed=folder.removed,
    )


def _write(
    plan: Plan,
    folder: Folder,
    jobs: int,
    progress: Callable[[int, int, str], None] | None,
) -> None:
    """Write what all pages share, then the pages, the index last."""
    plan.prepare()
    assets = {
        f"{ASSETS}/{page.STYLE}": page.style().encode(),
        f"{ASSETS}/{page.SCRIPT}": page.script().encode(),
    }
    folder.claim([*assets, *(leaf.path for leaf in plan.leaves)])
    for name, content in assets.items():
        folder.put(name, content)
    for number, (leaf, made) in enumerate(processes.made(plan.draw, plan.leaves, jobs), 1):
        folder.put(leaf.path, made.content)
        if made.beside is not None:
            folder.adopt(made.beside)
        if progress is not None:
            progress(number, len(plan.leaves), plan.name(leaf).en)
    folder.close()
