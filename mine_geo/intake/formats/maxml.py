"""maXML (Mine Action XML): field reports that IMSMA NG exports, flattened to one row a record.

Taken from sources (IMSMA wiki of GICHD: "MineActionFieldReport", "FieldReportInfo Artifact",
"DocumentHeader Element", "IMSMA and maXML", "Geopoint Uncategorised"): the root
MineActionFieldReport holds a DocumentHeader (DocumentCoordinateReferenceSystem/CoordinateSystem
and .../Datum) and FieldReports, any number; each FieldReport holds a FieldReportInfo (ReportingDate
is the date of information, ReportingOrg the report's owner) and items: Hazard (called land on the
screen), HazardReduction (activity: survey, clearance, completion and progress reports), Accident,
Victim and others. Geopoints are under GeospatialInfo; each country chooses the fields.

Assumed, for no schema or sample was found: the names of elements inside the items. So nothing
depends on them but the points: an element is a point where it, or what it holds, says a place
under one of the names of `geopoints.ROLES`; points that are siblings, or that say the same
shape, are one ring. Everything else becomes a column by its path, for the profile to name.
Namespaces do not count, nor does case in names that are looked for.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from xml.etree.ElementTree import ParseError

import pandas as pd
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from mine_geo.errors import FileError, some
from mine_geo.intake.columns import fold
from mine_geo.intake.findings import Finding
from mine_geo.intake.points import geopoints
from mine_geo.intake.points.plausible import of_header, taken_as_wgs84
from mine_geo.intake.received import ANYTHING, Raw, with_geometry
from mine_geo.terms import CRS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from mine_geo.intake.points.turning_points import Built
    from mine_geo.intake.received import Profile, Wanted, What


ITEMS: Final[dict[str, What]] = {
    "hazard": "hazards",
    "land": "hazards",
    "hazardreduction": "reports",
    "activity": "reports",
}
"""Items that are read, in small letters: what IMSMA NG calls them in files and on the screen."""
POINTS: Final = ("geopoint", "point", "polypoint", "polygonpoint", "turningpoint")
"""Elements that are points, however deep they hold their coordinates."""
RINGS: Final = ("polygon", "polyline", "line")
"""Elements whose name says what shape their points are."""
FORMAT: Final = "maXML"
PROFILE: Final = "maxml"
ITEM_COLUMN: Final = "item"
"""The column that says from which element a record is: Hazard, HazardReduction."""
MOST_DEEP: Final = 60
MOST_COLUMNS: Final = 2_000

_HEADER: Final = "documentheader"
_ROOMS: Final = ("fieldreportinfo", _HEADER)
_REPORT: Final = "fieldreport"
_GEODATA: Final = "geospatialinfo"


@dataclass
class _File:
    """What was found in a file so far."""

    rows: list[dict[str, str]] = field(default_factory=list)
    points: list[dict[str, str]] = field(default_factory=list)
    whose: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    """Of each point the key of its record, its ring, and the word for the ring's shape."""
    header: dict[str, str] = field(default_factory=dict)
    columns: dict[str, None] = field(default_factory=dict)
    others: dict[str, int] = field(default_factory=dict)
    rings: int = 0
    """How many rings were met that have no name."""
    begun: int = 0
    """The first row of the report being read."""
    roles: dict[str, str] = field(default_factory=dict)
    """The role of each name of an element, in small letters."""
    names: dict[str, str] = field(default_factory=dict)
    """Names of elements that were met, in small letters."""

    def small(self, name: Element | str) -> str:
        """Return the name of an element as it is compared, without its namespace."""
        name = name if isinstance(name, str) else name.tag
        if name not in self.names:
            self.names[name] = fold(name.rpartition("}")[2])
        return self.names[name]

    def role(self, leaves: dict[str, str], role: str) -> str | None:
        """Return what an element says in a role."""
        texts = (text for name, text in leaves.items() if self.roles.get(self.small(name)) == role)
        return next(texts, None)

    def is_point(self, element: Element, *, named: bool = False) -> bool:
        """Say whether an element is a geopoint: by its name, or else by what it says."""
        if not len(element) and not element.attrib:
            return False
        if self.small(element) in POINTS or named:
            return self.small(element) in POINTS
        there = {self.roles.get(self.small(name)) for name in _leaves(element, deep=False)}
        return any(there.issuperset(place) for place in geopoints.PLACES)


def read_items(path: Path, wanted: Wanted = ANYTHING) -> Raw:
    """Read the hazards and hazard reductions of a maXML file.

    Parameters
    ----------
    path
        The file.
    wanted
        The layer is an item, `Hazard` or `HazardReduction`; without one `what` says which (reports
        are hazard reductions), and all are read where it is left out. The profile is as for
        `imsma_ng.read_export`.

    Returns
    -------
    Raw
        One row an item: `item` says which, `FieldReportInfo/...` what its report says, then each
        element by its path in the item (attributes with @; an element that stands more than once
        joined by semicolons); polygons from geopoints, see `geopoints.build`; in EPSG:4326, or
        on the datum that the header names.

    Raises
    ------
    FileError
        If the file is missing, no XML, has a document type or entities, has no such item, or
        names a datum that is not known.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> point = "<Point><Latitude>{}</Latitude><Longitude>{}</Longitude></Point>"
    >>> points = "".join(point.format(*at) for at in [(13, 103), (13, 103.01), (13.01, 103)])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "report.xml")
    ...     _ = path.write_text(
    ...         "<MineActionFieldReport><FieldReport><Hazard><LocalID>MF-1</LocalID>"
    ...         f"<GeospatialInfo>{points}</GeospatialInfo></Hazard></FieldReport>"
    ...         "</MineActionFieldReport>")
    ...     raw = read_items(path)
    >>> raw.table[["item", "LocalID"]].values.tolist(), raw.table.geometry[0].wkt
    ([['Hazard', 'MF-1']], 'POLYGON ((103 13, 103.01 13, 103 13.01, 103 13))')
    """
    profile = wanted.profile
    roles = geopoints.roles(profile)
    found = _File(roles={fold(name): role for role, names in roles.items() for name in names})
    with _one_line(path), path.open("rb") as stream:
        _parse(iterparse(stream, events=("start", "end"), forbid_dtd=True), found, path)
    chosen, findings = _chosen(found, wanted, path)
    rows = [found.rows[place] for place in chosen]
    table = pd.DataFrame(rows, columns=[ITEM_COLUMN, *found.columns], dtype="str")
    table = table.dropna(axis="columns", how="all")
    keys = pd.Series([str(place) for place in chosen], dtype="str")
    crs = of_header(found.header, path)
    built = _built(found, keys, profile, "" if crs == CRS else f"{crs} of the header")
    findings += built.of_records(keys)
    if crs == CRS and "crs" not in profile.options:
        findings += taken_as_wgs84(_said_systems(found, table))
    geometry = [built.geometry.get(key) for key in keys]
    table = with_geometry(table, geometry, crs)
    return Raw(table, FORMAT, wanted.layer, PROFILE, tuple(findings))


def _said_systems(found: _File, table: pd.DataFrame) -> dict[str, None]:
    """Return what points and reports say of a system of coordinates."""
    columns = [c for c in table if found.roles.get(fold(str(c).rpartition("/")[2])) == "system"]
    texts = [text for column in columns for text in table[column].dropna()]
    return dict.fromkeys(texts + [found.role(point, "system") or "" for point in found.points])


def _built(found: _File, keys: pd.Series[Any], profile: Profile, datum: str) -> Built:
    whose = pd.DataFrame(found.whose, columns=["record", "ring", "form"], dtype="str")
    ours = whose["record"].isin(keys)
    whose = whose.loc[ours].reset_index(drop=True)
    texts = [point for point, our in zip(found.points, ours, strict=True) if our]
    read = geopoints.read_points(
        pd.DataFrame(texts, index=whose.index, dtype="str"), profile, datum=datum
    )
    read = read.assign(
        record=whose["record"],
        part=read["part"].fillna(whose["ring"]),
        shape=read["shape"].fillna(whose["form"]),
    )
    return geopoints.build(read, gaps=profile.gaps)


@contextmanager
def _one_line(path: Path) -> Iterator[None]:
    """Turn what a parser says of a broken or harmful file into one line."""
    try:
        yield
    except FileError:
        raise
    except DefusedXmlException as error:
        raise FileError(
            f"{path}: XML with a document type or entities of its own is not read; export it again"
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        raise FileError(
            f"{path}: no XML that can be read, it may be truncated; export it again ({error})"
        ) from error
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise FileError(f"{path}: cannot be read ({why}); check the path") from error


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _parse(events: Iterator[tuple[str, Element]], found: _File, path: Path) -> None:
    """Gather what the parts of a file say."""
    info: dict[str, str] = {}
    for what, element in _parts(events, found, path):
        name = _name(element)
        if what == "item":
            told = _told(element, found, points=True)
            found.columns |= dict.fromkeys(told)
            found.rows.append({ITEM_COLUMN: name} | told)
        elif what == "room":
            told = {f"{name}/{key}": text for key, text in _told(element, found).items()}
            (found.header if found.small(name) == _HEADER else info).update(told)
        elif what == "other":
            found.others[name] = found.others.get(name, 0) + 1
        else:
            _inform(found, info)
            found.begun, info = len(found.rows), {}
        if len(found.columns) + len(info) > MOST_COLUMNS:
            raise FileError(f"{path}: more than {MOST_COLUMNS:,} different elements; no maXML")


def _parts(
    events: Iterator[tuple[str, Element]], found: _File, path: Path
) -> Iterator[tuple[str, Element]]:
    """Give the items, the rooms of information and the ends of reports, whole.

    Each element is let go of when it has been read, so that memory does not grow with the file.
    """
    above: list[Element] = []
    room = 0  # how deep the item or room stands that is being read
    for event, element in events:
        if event == "start":
            above.append(element)
            if len(above) > MOST_DEEP:
                raise FileError(f"{path}: elements more than {MOST_DEEP} deep; this is no maXML")
            opened = "" if room or len(above) == 1 else _opened(element, above[-2], found)
            room = room or (len(above) if opened == "room" else 0)
            if opened == "other":
                yield opened, element
            continue
        above.pop()
        if room and len(above) >= room:
            continue
        name = found.small(element)
        if room:
            yield ("room" if name in _ROOMS else "item"), element
        elif name == _REPORT or not above:
            yield "end", element
        room = 0
        if above:
            above[-1].remove(element)


def _opened(element: Element, parent: Element, found: _File) -> str:
    """Say whether an element that begins is read whole, or left out and counted."""
    name = found.small(element)
    if name in ITEMS or name in _ROOMS:
        return "room"
    return "other" if name != _REPORT and found.small(parent) == _REPORT else ""


def _inform(found: _File, info: dict[str, str]) -> None:
    """Give the items of a report what the report says of itself."""
    if len(found.rows) > found.begun:
        found.columns = dict.fromkeys((*info, *found.columns))
    for row in found.rows[found.begun :]:
        row.update(info)


@dataclass(frozen=True)
class _Around:
    """What holds of an element because of those that it stands in."""

    path: str
    geodata: bool = False
    """Whether it is geodata, where all that says a place is a point."""
    shape: str | None = None
    """The name of the shape."""
    form: str | None = None
    """Its kind, in the source's word."""


def sort_of(table: pd.DataFrame) -> tuple[What, str | None, bool]:
    """Say what the records of a file are, by their own items.

    Parameters
    ----------
    table
        As `read_items` gives it, of all items.

    Returns
    -------
    tuple
        `hazards` where there are any, else `reports`; of reports the items that tell it; and
        whether there are items of the other sort too.

    Examples
    --------
    >>> sort_of(pd.DataFrame({ITEM_COLUMN: ["HazardReduction", "HazardReduction"]}))
    ('reports', 'its items: 2 HazardReduction', False)
    """
    items = Counter(str(item) for item in table[ITEM_COLUMN])
    sorts = {ITEMS[fold(item)] for item in items}
    if sorts == {"reports"}:
        return "reports", f"its items: {_counted(items)}", False
    return "hazards", None, len(sorts) > 1


def _told(root: Element, found: _File, *, points: bool = False) -> dict[str, str]:
    """Return what an element says, by path; if `points`, they go to `found`, and not among it."""
    told: dict[str, list[str]] = {}
    # Without geodata only what is called a point is one: a town may say its distance too.
    loose = not any(found.small(element) == _GEODATA for element in root.iter())
    todo: list[tuple[Element, _Around, str | None]] = [(root, _Around(""), None)]
    while todo:
        element, around, ring = todo.pop()
        inner = points and element is not root
        inner &= loose or around.geodata or found.small(element) == _GEODATA
        if inner and found.is_point(element, named=loose):
            found.points.append(_leaves(element))
            found.whose.append((str(len(found.rows)), ring or around.shape, around.form))
            continue
        text = (element.text or "").strip()
        if text and not len(element):
            told.setdefault(around.path or _name(element), []).append(text)
        for key, value in element.attrib.items():
            told.setdefault(f"{around.path}@{key.rpartition('}')[2]}", []).append(value)
        if len(element):
            todo += reversed(_within(element, around, found))
    return {path: "; ".join(texts) for path, texts in told.items()}


def _within(
    element: Element, around: _Around, found: _File
) -> list[tuple[Element, _Around, str | None]]:
    """Return what stands in an element, each with what holds of it, and the ring of its points."""
    path = f"{around.path}/" if around.path else ""
    geodata = around.geodata or found.small(element) == _GEODATA
    own = _leaves(element, deep=False)
    shape, ring = found.role(own, "part") or around.shape, None
    form = found.role(own, "shape") or around.form
    form = _name(element) if found.small(element) in RINGS else form
    if shape is None and sum(found.is_point(child, named=not geodata) for child in element) > 1:
        found.rings += 1
        ring = f"ring {found.rings}"
    return [(child, _Around(path + _name(child), geodata, shape, form), ring) for child in element]


def _leaves(element: Element, *, deep: bool = True) -> dict[str, str]:
    """Return texts of leaves and attributes by name; not deep: own attributes, and children."""
    leaves: dict[str, str] = {}
    for inner in element.iter() if deep else (element, *element):
        own = inner.attrib.items() if deep or inner is element else ()
        texts = [(_name(inner), inner.text or "")] if not len(inner) else []
        for key, value in (*texts, *own):
            if value.strip():
                leaves.setdefault(key.rpartition("}")[2], value.strip())
    return leaves


def _chosen(found: _File, wanted: Wanted, path: Path) -> tuple[list[int], list[Finding]]:
    """Return the places of the rows that are asked for, and what is said of the rest."""
    layer, what = wanted.layer, wanted.what
    items = [row[ITEM_COLUMN] for row in found.rows]
    every = _counted(Counter(items) + Counter(found.others))
    if layer is not None:
        use = [fold(item) == fold(layer) for item in items]
    else:
        use = [what is None or ITEMS[found.small(item)] == what for item in items]
    if not any(use):
        asked = repr(layer) if layer is not None else f"for {what or 'hazards or reports'}"
        raise FileError(f"{path}: no item {asked} in it; it has: {every or 'none'}")
    left = Counter(item for item, ours in zip(items, use, strict=True) if not ours)
    said = []
    if found.others:
        said.append(f"items that are no land and no activity: {_counted(found.others)}")
    if left and layer is None:
        said.append(f"items that are not {what}: {_counted(left)}")
    findings = [Finding("unread_part", text) for text in said]
    return [place for place, ours in enumerate(use) if ours], findings


def _counted(counts: Mapping[str, int]) -> str:
    return some(f"{count} {name}" for name, count in counts.items())
