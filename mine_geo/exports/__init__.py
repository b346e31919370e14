"""Files for other tools: a GeoPackage for QGIS, KML for Google Earth, turning points for GPS.

And the hazards alone, as GeoJSON, Shapefile, FlatGeobuf or GeoParquet.

Frames in, a file out; geometry is EPSG:4326 in all of them. Every file says how its zones were
made, of which day its data is, whose it is, and whether it is invented.

XML is written by the standard library: no writer of KML or GPX was found that is kept up and
escapes all that it is given (see `kml` and `points`).
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mine_geo.disclosure.layers import EVERYTHING, as_layers
from mine_geo.disclosure.restriction import check_personal, check_place, leaving, new_file
from mine_geo.errors import OptionError, choose, in_order
from mine_geo.exports.contents import contents, public_contents, where, with_notices, within
from mine_geo.exports.flat import FLAT, PARTS, STALE, write_flat
from mine_geo.exports.forms import write_form
from mine_geo.exports.geopackage import write_geopackage
from mine_geo.exports.geoparquet import split_file
from mine_geo.exports.kml import write_kml
from mine_geo.exports.open_data import write_open_data
from mine_geo.exports.points import points_table, turning_points, write_gpx, write_points
from mine_geo.exports.tables import write_table
from mine_geo.maps import subject as subjects
from mine_geo.maps.scene import Scene
from mine_geo.tables.envelope import Envelope, Zones
from mine_geo.tables.envelope import schema as table_schema

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Collection

    import geopandas as gpd
    import pandas as pd

    from mine_geo.disclosure.disclosed import Disclosed
    from mine_geo.disclosure.layers import Layers, Selection


__all__ = [
    "FLAT",
    "FORMATS",
    "POINTS",
    "Envelope",
    "Zones",
    "check",
    "points_table",
    "split_file",
    "table_schema",
    "turning_points",
    "write",
    "write_form",
    "write_public",
    "write_table",
]

FORMATS: Final = ("gpkg", "kml", "kmz", "gpx", "csv", *FLAT)
"""What a file may be, by its ending."""
POINTS: Final = ("gpx", "csv")
"""Those that hold turning points."""


def write(
    layers: gpd.GeoDataFrame | Layers,
    path: str | os.PathLike[str],
    *,
    province: str | None = None,
    district: str | None = None,
    title: str | None = None,
    public: bool = False,
    overwrite: bool = False,
    replace: str | None = None,
    without_remarks: bool = False,
    with_personal: Collection[str] = (),
    say: Callable[[str], None] | None = None,
) -> int:
    """Write hazards into a file for another tool; its ending says which.

    - `.gpkg`: for QGIS. Layers hazards, districts, border, near_zone, near_zone_limit, released,
      places, as far as they are given, each styled (`layer_styles`).
    - `.kml`, `.kmz`: the same for Google Earth, hazards in folders by zone.
    - `.gpx`: the turning points of the hazards, and a closed track along each of their rings.
    - `.csv`: a table of the turning points, with bearing and distance to the next; read again by
      `mine_geo.read_hazards(path, ...)` with `crs="EPSG:4326"`.
    - `.geojson` (RFC 7946), `.fgb` (FlatGeobuf), `.parquet` (GeoParquet 1.1): the hazards alone, a
      row each, with zone, distances (m) and provenance; coordinates to the last bit.
    - `.shp`: the same as a Shapefile in UTF-8, with its .dbf, .shx, .prj and .cpg; names of columns
      are cut to 10 bytes and texts to 254.

    The file is restricted: it says so with its day, in words and in its metadata, and it is its
    owner's alone (`restricted_mode`). With `public` it holds figures by district and released land
    that gives nothing away instead, as `write_public` writes them.

    Parameters
    ----------
    layers
        What `border_split` returned (EPSG:4326), or the split with all that is written with it
        (`maps.layers`, `Store.layers`): with the border the near zone is written too, within the
        districts where they are given.
    path
        The new file.
    province, district
        Names or codes; without them the whole country. A district needs its province.
    title
        What the file is, in its metadata.
    public
        For everybody; the layers must say what is restricted. All of them are disclosed, and the
        unit is taken out after: what is near its land may lie in another.
    overwrite
        Replace a file that is there, at the very end; else it is refused.
    replace
        "public" ("restricted" of a public file): it may take the place of a file of that kind, or
        lie in the folder of such an atlas.
    without_remarks
        Leave out comments, who recorded, and every column that is none of ours.
    with_personal
        Columns that a profile marked as personal and that are written all the same, by name.
    say
        Called with a line on each thing that the format cannot hold as it is.

    Returns
    -------
    int
        How many hazards it holds, or its figures count.

    Raises
    ------
    OptionError
        If the ending is none of `FORMATS`, no column of a name in `with_personal` is there, or a
        public file is asked for and nothing says what is restricted.
    UnknownNameError
        If the province, or the district in it, is unknown; the message lists the valid ones.
    FileError
        If the file is there already, is of the other kind, or cannot be written; then nothing has
        changed.
    RecordError, MixedError, CRSError
        As for `maps.layers`.

    Examples
    --------
    >>> import tempfile; import geopandas as gpd, shapely
    >>> from mine_geo import maps
    >>> from mine_geo.geo import sample
    >>> from mine_geo.intake import read_border
    >>> from mine_geo.geo.hazards import to_hazards
    >>> from mine_geo.split.zones import border_split
    >>> border = read_border(sample.path("border"))
    >>> fields = to_hazards(gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"]}, geometry=[shapely.box(103, 13, 103.001, 13.001)], crs=4326))
    >>> target = Path(tempfile.mkdtemp(), "hazards.gpkg")
    >>> write(maps.layers(border_split(fields, border), border=border), target)
    1
    >>> gpd.read_file(target, layer="hazards")[["hazard_id", "zone", "size_m2"]].values.tolist()
    [['AP-1', 'far', 12002]]
    """
    names = {"path": path, "province": province, "district": district, "title": title}
    held = as_layers("write(layers, path, *, province=None, district=None)", layers, names)
    form = check(path, public=public, overwrite=overwrite, replace=replace)
    if public:
        if with_personal:
            raise OptionError("with_personal: a public file holds no column of a record")
        shown = Scene.of(held).public
        subject = subjects.chosen(shown.told, held.admin, province, district)
        disclosed = shown.disclosed.within(subject.hazards)
        write_public(
            disclosed,
            path,
            places=held.places,
            title=title or f"Figures and released land {where(subject)}",
            selection=shown.selection,
            overwrite=overwrite,
            replace=replace,
        )
        return int(disclosed.aggregates["hazards"].sum())
    subject = subjects.chosen(held.split, held.admin, province, district)
    held = within(held, subject)
    frames = (held.split, held.releases)
    check_personal(with_personal, [name for frame in frames if frame is not None for name in frame])

    def left(frame: Any, *, ours: bool = False) -> Any:
        if frame is None:
            return None
        return leaving(
            frame, without_remarks=without_remarks, with_personal=with_personal, remarks=ours
        )

    leaves = dataclasses.replace(
        held,
        split=left(held.split, ours=True),
        border=left(held.border),
        admin=left(held.admin),
        releases=left(held.releases, ours=True),
        places=left(held.places),
    )
    title = title or f"Hazards {where(subject)}"
    written = contents(leaves, title=title, zone=form not in (*POINTS, *FLAT))
    parts = PARTS if form == "shp" else ()
    with new_file(path, overwrite=overwrite, replace=replace, parts=parts) as place:
        if form in FLAT:
            write_flat(written.layers["hazards"], place, form, written.said, say)
            for ending in STALE if form == "shp" else ():
                Path(path).with_suffix(ending).unlink(missing_ok=True)
        elif form in POINTS:
            (write_gpx if form == "gpx" else write_points)(held.split, place, written.said)
        else:
            (write_geopackage if form == "gpkg" else write_kml)(written, place)
    return len(held.split)


def write_public(
    disclosed: Disclosed,
    path: str | os.PathLike[str],
    *,
    places: pd.DataFrame | None = None,
    title: str | None = None,
    selection: Selection = EVERYTHING,
    overwrite: bool = False,
    replace: str | None = None,
) -> None:
    """Write what may be shown to everybody: figures by district, and released land.

    Parameters
    ----------
    disclosed
        As `disclosure.disclose` gives it: no polygon of land that remains is in it, no text of a
        record, and the day of the data.
    path
        The new file, `.gpkg`, `.kml` or `.kmz`.
    places
        As for `write`; only names and points are written.
    title, overwrite
        As for `write`.
    selection
        As for `write`; what waits on the workbench is in no public file. Its `standing_text` is
        what the authority has every public file say.
    replace
        "restricted": it may take the place of a restricted file.

    Raises
    ------
    OptionError
        If the ending is none of `FORMATS`, or one of turning points: those of hazards are their
        outlines. If `disclosed` is not what it should be, or only what waits was asked for.
    FileError, CRSError
        As for `write`.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> import mine_geo as mg
    >>> hazards = mg.to_hazards(gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "kind": "ap_minefield"},
    ...     geometry=[shapely.box(102.9, 12.7, 102.91, 12.71)], crs=4326))
    >>> split = mg.border_split(hazards, mg.read_border(mg.sample.path("border")))
    >>> shown = mg.disclose(split, restricted=hazards)
    >>> write_public(shown, "a.gpx")
    Traceback (most recent call last):
    mine_geo.errors.OptionError: ...
    """
    in_order(
        "write_public(disclosed, path)",
        names={"path": path, "title": title},
        frames={"places": places},
    )
    form = check(path, public=True, overwrite=overwrite, replace=replace)
    held = public_contents(disclosed, places=places, title=title, selection=selection)
    held = with_notices(held, selection.accepted())
    with new_file(path, overwrite=overwrite, public=True, replace=replace) as place:
        (write_geopackage if form == "gpkg" else write_kml)(held, place)


def write_open(
    layers: gpd.GeoDataFrame | Layers,
    folder: str | os.PathLike[str],
    *,
    title: str | None = None,
) -> list[str]:
    """Write the public figures of layers as open data: a data package with tags of HXL.

    Parameters
    ----------
    layers
        As for `write` with `public`: they must say what is restricted (EPSG:4326).
    folder
        A folder that is not there yet, is empty, or holds such a package, which is replaced.
    title
        What the package is called.

    Returns
    -------
    list of str
        The names of the files.

    Raises
    ------
    OptionError
        If nothing says what is restricted.
    FileError
        If the folder holds something else, or cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from mine_geo import intake, maps
    >>> from mine_geo.geo import sample
    >>> from mine_geo.split.zones import border_split
    >>> fields = intake.read_hazards(sample.path("minefields"))
    >>> fields = fields[fields["province"] == "Pailin"]
    >>> split = border_split(fields, intake.read_border(sample.path("border")))
    >>> write_open(maps.layers(split, restricted=split), Path(tempfile.mkdtemp(), "open"))
    ['remaining.csv', 'released.csv', 'datapackage.json']
    """
    held = as_layers(
        "write_open(layers, folder, *, title=None)", layers, {"folder": folder, "title": title}
    )
    shown = Scene.of(held).public
    return write_open_data(shown.disclosed, folder, title=title, selection=shown.selection)


def check(
    path: str | os.PathLike[str],
    *,
    public: bool = False,
    overwrite: bool = False,
    replace: str | None = None,
) -> str:
    """Say the format of a file that shall be written, or why it cannot be; nothing is written.

    Parameters
    ----------
    path
        Where the file shall be.
    public
        Whether it is for everybody.
    overwrite
        Whether it may take the place of a file that is there.
    replace
        As for `write`.

    Raises
    ------
    OptionError
        If the ending is none of `FORMATS`, or one of hazards alone although it is to be public.
    FileError
        If the file is there already (of the other kind, unless `replace` names that), or its
        folder is not.

    Examples
    --------
    >>> check("nowhere yet.KML")
    'kml'
    >>> check("points.gpx", public=True)
    Traceback (most recent call last):
    mine_geo.errors.OptionError: points.gpx: turning points are the outlines of hazards, ...
    """
    name = Path(path).name
    form = choose(Path(path).suffix.lower().removeprefix("."), FORMATS, f"{name}: the ending")
    if public and form in (*POINTS, *FLAT):
        what = "turning points are the outlines of" if form in POINTS else "it would hold the"
        raise OptionError(
            f"{name}: {what} hazards, which are not public; write .gpkg or .kml, or leave out "
            "public"
        )
    check_place(Path(path), overwrite=overwrite, public=public, replace=replace)
    return form
