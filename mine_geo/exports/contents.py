"""The layers of an exported file, and what it says of itself (EPSG:4326).

Columns as files and other programs know them: days, whole numbers, numbers, flags, text; and text
that any parser of XML takes.

What a file for everybody says beside its figures: the standing text, and what is not counted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from mine_geo.disclosure.disclosed import Disclosed
from mine_geo.disclosure.layers import EVERYTHING
from mine_geo.disclosure.settings import metadata, not_counted
from mine_geo.errors import OptionError
from mine_geo.geo.crs import require_lonlat
from mine_geo.geo.hazards import without_unit
from mine_geo.maps.ground import belongs
from mine_geo.maps.provenance import NOT_RECORDED, Provenance, provenance
from mine_geo.split.zones import near_zone
from mine_geo.terms import CRS

if TYPE_CHECKING:
    from pathlib import Path

    from mine_geo.disclosure.layers import Layers, Selection
    from mine_geo.maps.subject import Subject


_REFUSED: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML 1.0 document may hold, escaped or not (its section 2.2)."""


def clean(text: str) -> str:
    r"""Return a text with U+FFFD for each character that XML cannot hold.

    Examples
    --------
    >>> clean("A\x00B \ud800 <b>") == "A\ufffdB \ufffd <b>"
    True
    """
    return _REFUSED.sub("\ufffd", text)


def put(parent: Element, tag: str, text: str | None = None, **attributes: str) -> Element:
    """Add an element to its parent and return it; text and attributes become text, never markup.

    Examples
    --------
    >>> from xml.etree.ElementTree import tostring
    >>> tostring(put(Element("a"), "b", "<i>&", id='"')).decode()
    '<b id="&quot;">&lt;i&gt;&amp;</b>'
    """
    made = SubElement(parent, tag, {name: clean(value) for name, value in attributes.items()})
    if text is not None:
        made.text = clean(text)
    return made


def save(root: Element, path: Path) -> None:
    """Write a document in UTF-8, with its declaration.

    Examples
    --------
    >>> import tempfile; from pathlib import Path
    >>> target = Path(tempfile.mkdtemp(), "a.xml")
    >>> save(Element("a"), target)
    >>> target.read_text(encoding="utf-8").splitlines()
    ["<?xml version='1.0' encoding='utf-8'?>", '<a />']
    """
    indent(root, space=" ")
    ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


DAY: Final = pd.ArrowDtype(pa.date32())
_FOUND: Final[dict[str, Any]] = {"date": DAY, "boolean": "boolean", "integer": "Int64"}
"""The type of a column whose values are all of a sort."""


def typed(frame: gpd.GeoDataFrame, taken: tuple[str, ...] = ()) -> gpd.GeoDataFrame:
    """Return a frame whose columns have one type each and names that a file can hold.

    Parameters
    ----------
    frame
        Any columns. Naive times that are all midnight are days; what is neither number, flag, day
        nor time is text, whose control characters become U+FFFD.
    taken
        Names that the format needs for itself.

    Returns
    -------
    geopandas.GeoDataFrame
        A new frame with a RangeIndex and the geometry in a column `geometry`; a name that differs
        from an earlier one in small and capital letters alone, or is taken, gets `_2` after it.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> frame = gpd.GeoDataFrame({"on": pd.to_datetime(["2020-01-31", None]), "fid": [1, None],
    ...     "FID": ["a", b"b"]}, geometry=[shapely.Point(103, 13)] * 2, crs=4326)
    >>> made = typed(frame, ("fid",))
    >>> made.drop(columns="geometry").dtypes.astype(str).to_dict()
    {'on': 'date32[day][pyarrow]', 'fid_2': 'float64', 'FID_3': 'str'}
    >>> made["FID_3"].tolist()
    ['a', "b'b'"]
    """
    frame = frame.rename_geometry("geometry") if frame.geometry.name != "geometry" else frame
    used = {"geometry", *(name.lower() for name in taken)}
    columns: dict[str, pd.Series] = {}
    for column in frame.columns:
        if column != "geometry":
            name = _free(clean(str(column)), used)
            columns[name] = _typed(frame[column]).reset_index(drop=True)
    table = pd.DataFrame(columns, index=pd.RangeIndex(len(frame)))
    return type(frame)(table, geometry=frame.geometry.reset_index(drop=True), crs=frame.crs)


def _free(name: str, used: set[str]) -> str:
    """Return a name that is not used yet, and remember it."""
    made, number = name, 1
    while made.lower() in used:
        number += 1
        made = f"{name}_{number}"
    used.add(made.lower())
    return made


def _typed(values: pd.Series) -> pd.Series:
    """Return a column as numbers, flags, days, times or text."""
    kinds = pd.api.types
    known = (kinds.is_bool_dtype, kinds.is_numeric_dtype, kinds.is_datetime64_any_dtype)
    if any(test(values.dtype) for test in known):
        return values.astype(DAY) if _are_days(values) else values
    kind = kinds.infer_dtype(values, skipna=True)
    if kind in _FOUND:
        return values.astype(_FOUND[kind])
    texts = values.astype(object).where(values.notna(), None)
    return texts.map(lambda value: None if value is None else clean(str(value))).astype("str")


def _are_days(values: pd.Series) -> bool:
    """Say whether these are times without a zone, all midnight."""
    if not pd.api.types.is_datetime64_dtype(values.dtype):
        return False
    there = values.dropna()
    return bool((there == there.dt.normalize()).all())


LAYERS: Final = (
    "districts",
    "near_zone",
    "near_zone_limit",
    "border",
    "released",
    "hazards",
    "places",
)
"""The layers that a file may have, lowest first."""


@dataclass(frozen=True, eq=False)
class Contents:
    """Layers by name, lowest first; a layer that is not there is left out."""

    said: Provenance
    layers: dict[str, gpd.GeoDataFrame]


def contents(layers: Layers, *, title: str | None = None, zone: bool = True) -> Contents:
    """Gather the layers: districts, near_zone and its limit, border, released, hazards, places.

    Parameters
    ----------
    layers
        What is written; with border and districts, the near zone is that within the districts.
    title
        As for `provenance`.
    zone
        Whether the near zone is wanted.

    Examples
    --------
    >>> from mine_geo.disclosure.layers import Layers
    >>> from mine_geo.geo import sample
    >>> from mine_geo.intake import read_border
    >>> from mine_geo.geo.hazards import to_hazards
    >>> from mine_geo.split.zones import border_split
    >>> border = read_border(sample.path("border"))
    >>> fields = to_hazards(gpd.GeoDataFrame(
    ...     {"hazard_id": ["A"]}, geometry=[shapely.box(102.36, 13.28, 102.37, 13.29)], crs=4326))
    >>> held = contents(Layers(border_split(fields, border), border))
    >>> list(held.layers), dict(held.said.rows)["threshold_m"]
    (['near_zone', 'near_zone_limit', 'border', 'hazards'], '7000')
    """
    split, border, admin, releases = layers.split, layers.border, layers.admin, layers.releases
    given = {"districts": admin, "border": border, "released": releases, "hazards": split}
    given["places"] = None if layers.places is None else as_points(layers.places)
    found = {name: frame for name, frame in given.items() if frame is not None}
    found |= _zone(split, border, admin) if zone else {}
    said = provenance(
        split,
        border,
        admin,
        releases,
        layers.places,
        title=title,
        as_of=layers.as_of,
        selection=layers.selection,
    )
    return Contents(said, {name: found[name] for name in LAYERS if name in found})


def within(layers: Layers, subject: Subject) -> Layers:
    """Return the layers of a province or district alone; those of the country as they are.

    Its hazards and its districts; released land is that of its pages (`ground.belongs`); border
    and places are for the reader to find their way, and stay whole.
    """
    if subject.level == "national":
        return layers
    land = layers.releases
    return replace(
        layers,
        split=subject.hazards,
        admin=subject.units,
        releases=None if land is None else land[belongs(land, subject)],
    )


def where(subject: Subject) -> str:
    """Say in a title what a file holds the hazards of.

    Examples
    --------
    >>> from mine_geo.maps.subject import Subject
    >>> where(Subject("district", "Samlout", "", "Battambang", "", gpd.GeoDataFrame(), None))
    'of Samlout district, Battambang province'
    """
    if subject.level == "national":
        return "near and far from the border"
    if subject.level == "province":
        return f"of {subject.name} province"
    return f"of {subject.name} district, {subject.within} province"


PLACE_NAMES: Final = ("name", "name_km")
"""What a public file says of a place beside the point; a file of them may hold remarks."""


def public_contents(
    disclosed: Disclosed,
    *,
    places: pd.DataFrame | None = None,
    title: str | None = None,
    selection: Selection = EVERYTHING,
) -> Contents:
    """Gather what may be shown to everybody: districts with their figures, released land, places.

    Raises
    ------
    OptionError
        If `disclosed` is not what `disclosure.disclose` returned, or only what waits on the
        workbench was asked for.
    CRSError
        If places are not in EPSG:4326.
    """
    if not isinstance(disclosed, Disclosed):
        raise OptionError(
            "disclosed must be what disclose() returned, which knows no hazard, not a "
            f"{type(disclosed).__name__}"
        )
    layers = {"districts": disclosed.aggregates, "released": disclosed.released}
    if places is not None:
        points = as_points(places)
        named = [name for name in PLACE_NAMES if name in points]
        layers["places"] = points[[*named, points.geometry.name]]
    for name, frame in layers.items():
        require_lonlat(frame, name)
    chosen = selection.accepted()
    said = provenance(
        disclosed.aggregates,
        disclosed.released,
        places,
        title=title or "Hazards by district, and released land",
        as_of=disclosed.as_of,
        selection=replace(chosen, synthetic=chosen.synthetic or disclosed.synthetic),
        public=True,
    )
    return Contents(said, layers)


def as_points(places: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return places as points, those without a position left out.

    Examples
    --------
    >>> import pandas as pd
    >>> as_points(pd.DataFrame({"name": ["A", "B"], "lon": [103, None], "lat": [13, 13]})).name[0]
    'A'
    """
    if isinstance(places, gpd.GeoDataFrame):
        return places
    found = places.dropna(subset=["lon", "lat"])
    xy = gpd.points_from_xy(found["lon"], found["lat"], crs=CRS)
    return gpd.GeoDataFrame(found, geometry=xy)


def _zone(
    split: gpd.GeoDataFrame, border: gpd.GeoDataFrame | None, admin: gpd.GeoDataFrame | None
) -> dict[str, gpd.GeoDataFrame]:
    """Return the near zone and the line at the threshold, as far as the other layers reach."""
    if border is None or not len(border) or not len(split):
        return {}
    threshold_m = float(split["threshold_m"].iloc[0])
    coast = bool(split["include_coast"].iloc[0])
    land = None if admin is None else shapely.union_all(shapely.make_valid(admin.geometry.values))
    box = shapely.box(*shapely.total_bounds(split.geometry.to_numpy()))
    zone = near_zone(
        border, threshold_m=threshold_m, include_coast=coast, around=box if land is None else land
    )
    rim = shapely.boundary(zone)
    if land is not None:
        zone, rim = shapely.intersection(zone, land), shapely.intersection(rim, land)
    row: dict[str, Any] = {"threshold_m": [threshold_m], "include_coast": [coast]}
    pieces = {"near_zone": _of_dimension(zone, 2), "near_zone_limit": _of_dimension(rim, 1)}
    return {
        name: gpd.GeoDataFrame(row, geometry=[shape], crs=CRS)
        for name, shape in pieces.items()
        if not shape.is_empty
    }


def _of_dimension(geometry: Any, dimension: int) -> Any:
    """Return the lines (1) or polygons (2) of what an overlay gave, as one multi geometry."""
    parts = shapely.get_parts(geometry)
    kept = parts[shapely.get_dimensions(parts) == dimension]
    if dimension == 1:
        merged = shapely.line_merge(shapely.multilinestrings(kept)) if len(kept) else None
        return shapely.MultiLineString([] if merged is None else list(shapely.get_parts(merged)))
    return shapely.MultiPolygon(list(np.asarray(kept)))


def with_notices(held: Contents, selection: Selection) -> Contents:
    """Return contents whose metadata hold the standing text, in English and Khmer.

    Each row of the districts says what its figures do not count (`not_counted`,
    `not_counted_km`): a row of naughts never stands alone.

    Parameters
    ----------
    held
        Layers with `districts`: rows of `Disclosed.aggregates`.
    selection
        How the split was asked for, with the authority's text if it has set one.
    """
    districts = held.layers["districts"]
    lost = without_unit(districts, "district") & _counted(districts)
    english, khmer = not_counted(
        _kinds(districts) if selection.kind is None else {selection.kind},
        waiting=selection.workbench == "exclude",
        unplaced=bool(lost.any()),
    )
    told = districts.assign(not_counted=english, not_counted_km=khmer)
    day, known = (
        NOT_RECORDED if each is None else each.isoformat()
        for each in (held.said.day, selection.known_on)
    )
    rows = metadata(day, known, selection.standing_text)
    return Contents(replace(held.said, notices=tuple(rows)), held.layers | {"districts": told})


def _counted(districts: pd.DataFrame) -> pd.Series[bool]:
    """Return which rows have any hazard, as far as they say."""
    if "hazards" not in districts:
        return pd.Series(True, index=districts.index)
    return districts["hazards"].fillna(1).gt(0)


def _kinds(districts: pd.DataFrame) -> set[str]:
    return set(districts["kind"].dropna()) if "kind" in districts else set()
