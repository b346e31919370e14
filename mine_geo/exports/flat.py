"""The hazards of a split as one layer: GeoJSON, Shapefile, FlatGeobuf, GeoParquet.

Zone, distance and the provenance of the split are columns. Coordinates are EPSG:4326 in degrees, to
the last bit; what a Shapefile cannot hold is said, column by column.

GeoJSON is put together here, for GDAL's writer either cuts coordinates (RFC7946=YES) or leaves
rings as they run: geometries are those of GEOS, whose numbers read back as the same ones.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyogrio
import shapely

from mine_geo.errors import FileError
from mine_geo.exports.contents import typed
from mine_geo.exports.geoparquet import SplitWriter, types_of
from mine_geo.geo.geometry import as_geometries, to_multipolygons
from mine_geo.terms import RESTRICTED_WORD, RESTRICTION_COLUMN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import geopandas as gpd

    from mine_geo.maps.provenance import Provenance


FLAT: Final = ("geojson", "shp", "fgb", "parquet")
"""What a file of one layer may be, by its ending."""
NAME_BYTES: Final = 10
"""Bytes of a column's name in a Shapefile (dBASE III)."""
TEXT_BYTES: Final = 254
"""Bytes of a text in a Shapefile."""
PARTS: Final = (".cpg", ".dbf", ".prj", ".shx")
"""The files that a Shapefile is made of, beside the one that bears its name."""
STALE: Final = (".qix", ".sbn", ".sbx")
"""Indexes that other programs put beside a Shapefile: wrong as soon as it is another one."""
NO_DAY: Final = "1980-01-01"
"""What a Shapefile says of when it was changed, where nobody knows of which day its data is."""


def write_flat(
    split: gpd.GeoDataFrame,
    place: Path,
    form: str,
    said: Provenance,
    say: Callable[[str], None] | None = None,
) -> None:
    """Write the hazards of a split into one of `FLAT`.

    Parameters
    ----------
    split
        As it leaves: in EPSG:4326, in metres and m².
    place
        The new file.
    form
        Which of `FLAT`.
    said
        What the file says of itself.
    say
        Called with a line for each column whose name or texts a Shapefile cuts.

    Raises
    ------
    FileError
        If the format cannot hold it: a Shapefile of more than 2 GB.

    Examples
    --------
    >>> import tempfile; from pathlib import Path; import geopandas as gpd
    >>> from mine_geo.maps.provenance import provenance
    >>> split = gpd.GeoDataFrame({"hazard_id": ["A"], "border_distance_m": [6999.9]},
    ...     geometry=[shapely.box(102.7000005, 13, 103, 13.1)], crs=4326)
    >>> target = Path(tempfile.mkdtemp(), "a.geojson")
    >>> write_flat(split, target, "geojson", provenance(split))
    >>> gpd.read_file(target).total_bounds.tolist()
    [102.7000005, 13.0, 103.0, 13.1]
    """
    try:
        if form == "parquet":
            with SplitWriter(place, said) as writer:
                writer.write(split, types_of(split))
        elif form == "geojson":
            place.write_text(_geojson(split, said), encoding="utf-8")
        elif form == "fgb":
            told = "\n".join(f"{name}: {text}" for name, text in said.rows)
            _by_gdal(typed(split), place, "FlatGeobuf", TITLE=said.heading, DESCRIPTION=told)
        else:
            cut = _for_shapefile(typed(split), said, say or (lambda _: None))
            day = NO_DAY if said.moment is None else f"{said.moment:%Y-%m-%d}"
            made = place.with_suffix(".shp")  # GDAL writes small letters
            _by_gdal(cut, made, "ESRI Shapefile", ENCODING="UTF-8", DBF_DATE_LAST_UPDATE=day)
            made.rename(place)
    except (RuntimeError, ValueError) as error:
        raise FileError(f"{place.name}: cannot be written ({error}); choose .gpkg") from error


def _by_gdal(frame: gpd.GeoDataFrame, place: Path, driver: str, **options: str) -> None:
    """Write a layer with GDAL, by Arrow: else columns of days become text."""
    shapes = to_multipolygons(as_geometries(frame))
    pyogrio.write_dataframe(
        frame.set_geometry(shapes, crs=frame.crs),
        place,
        layer="hazards" if driver == "FlatGeobuf" else place.stem,
        driver=driver,
        geometry_type="MultiPolygon" if driver == "FlatGeobuf" else "Polygon",
        use_arrow=True,
        layer_options=options,
    )


def _geojson(split: gpd.GeoDataFrame, said: Provenance) -> str:
    """Return a FeatureCollection (RFC 7946), a feature a line; what it says of itself comes first.

    Foreign members (its section 6.1) hold the restriction and the provenance: a reader that does
    not know them passes them over.
    """
    frame = typed(split)
    shapes = shapely.orient_polygons(to_multipolygons(as_geometries(frame)))
    rest = pd.DataFrame(frame.drop(columns="geometry"))
    columns = [[_json_value(value) for value in rest[name].astype(object)] for name in rest]
    names = [json.dumps(str(name), ensure_ascii=False) for name in rest]
    rows = zip(*columns, strict=True) if columns else iter([()] * len(rest))
    features = []
    for shape, row in zip(shapely.to_geojson(shapes), rows, strict=True):
        said_of = ", ".join(f"{name}: {value}" for name, value in zip(names, row, strict=True))
        features.append(f'{{"type": "Feature", "properties": {{{said_of}}}, "geometry": {shape}}}')
    told: dict[str, list[str]] = {}
    for name, text in said.rows:
        if name != RESTRICTION_COLUMN:
            told.setdefault(name, []).append(text)
    marked = {} if said.restriction is None else {RESTRICTION_COLUMN: said.restriction}
    head = {"type": "FeatureCollection", "title": said.heading} | {
        "provenance": {name: texts[0] if len(texts) == 1 else texts for name, texts in told.items()}
    }
    top = json.dumps(marked | head, ensure_ascii=False)[:-1]
    return f'{top}, "features": [\n' + ",\n".join(features) + "\n]}\n"


def _json_value(value: Any) -> str:
    """Write a cell: null where nothing is known, days and moments as ISO has them."""
    if value is None or value is pd.NA or value is pd.NaT:
        return "null"
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, float | np.floating):
        return repr(float(value)) if math.isfinite(value) else "null"
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return json.dumps(text, ensure_ascii=False)


def _for_shapefile(
    frame: gpd.GeoDataFrame, said: Provenance, say: Callable[[str], None]
) -> gpd.GeoDataFrame:
    """Return a frame as a Shapefile can hold it, and say what is cut.

    Its own column `RESTRICTED` says what it is: a Shapefile has no other place for words.
    """
    names = cut_names(str(name) for name in frame.columns if name != "geometry")
    told = {name: short for name, short in names.items() if name != short}
    if told:
        each = ", ".join(f"{name} as {short}" for name, short in told.items())
        say(f"names of columns are cut to {NAME_BYTES} bytes: {each}")
    columns = {}
    for name, short in names.items():
        column = frame[name]
        if pd.api.types.is_string_dtype(column.dtype):
            short_texts = column.map(cut_text, na_action="ignore")
            count = int((short_texts != column)[column.notna()].sum())
            if count:
                say(f"{name}: {count:,} texts are cut to {TEXT_BYTES} bytes; .gpkg holds all")
            column = short_texts
        elif pd.api.types.is_datetime64_any_dtype(column.dtype):
            column = column.map(lambda moment: moment.isoformat(), na_action="ignore")
        columns[short] = column
    if said.restriction is not None:
        columns[RESTRICTED_WORD] = pd.Series(
            cut_text(said.restriction), index=frame.index, dtype="str"
        )
    table = pd.DataFrame(columns, index=frame.index)
    return type(frame)(table, geometry=frame.geometry, crs=frame.crs)


def cut_names(names: Iterable[str]) -> dict[str, str]:
    """Return the name in a Shapefile of each column: ten bytes, and none twice.

    As GDAL cuts them: of two that begin alike the second ends in `_1`. Our own ten first bytes are
    read back as our columns.

    Examples
    --------
    >>> cut_names(["border_distance_m", "border_distance_far", "zone", RESTRICTED_WORD])
    {'border_distance_m': 'border_dis', 'border_distance_far': 'border_d_1', 'zone': 'zone',
     'RESTRICTED': 'RESTRICT_1'}
    """
    used = {RESTRICTED_WORD.lower()}
    found: dict[str, str] = {}
    for name in names:
        short, number = cut_text(name, NAME_BYTES), 0
        while short.lower() in used:
            number += 1
            end = f"_{number}"
            short = cut_text(name, NAME_BYTES - len(end)) + end
        used.add(short.lower())
        found[name] = short
    return found


def cut_text(text: str, most: int = TEXT_BYTES) -> str:
    """Return as many whole characters of a text as fit into so many bytes of UTF-8.

    Examples
    --------
    >>> len(cut_text("ក" * 100)), cut_text("AP-1")
    (84, 'AP-1')
    """
    return text.encode()[:most].decode(errors="ignore")
