"""Files for other tools: a GeoPackage for QGIS, KML for Google Earth, turning points for GPS.

Frames in, a file out; geometry is EPSG:4326 in all of them. Every file says how its zones were
made, of which day its data is, whose it is, and whether it is invented.

XML is written by the standard library: no writer of KML or GPX was found that is kept up and
escapes all that it is given (see `kml` and `gpx`).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mine_geo.disclosure.restriction import check_personal, leaving
from mine_geo.errors import OptionError, choose, in_order
from mine_geo.exports.contents import contents, public_contents, with_notices
from mine_geo.exports.geopackage import write_geopackage
from mine_geo.exports.geoparquet import split_file
from mine_geo.exports.gpx import write_gpx
from mine_geo.exports.kml import write_kml
from mine_geo.exports.points import points_table, turning_points, write_points
from mine_geo.maps.provenance import EVERYTHING
from mine_geo.maps.whole_files import check_place, new_file

if TYPE_CHECKING:
    import os
    from collections.abc import Collection
    from datetime import date

    import geopandas as gpd
    import pandas as pd

    from mine_geo.disclosure.disclosed import Disclosed
    from mine_geo.maps.provenance import Selection


__all__ = [
    "FORMATS",
    "POINTS",
    "check",
    "points_table",
    "split_file",
    "turning_points",
    "write",
    "write_public",
]

FORMATS: Final = ("gpkg", "kml", "kmz", "gpx", "csv")
"""What a file may be, by its ending."""
POINTS: Final = ("gpx", "csv")
"""Those that hold turning points."""


def write(
    split: gpd.GeoDataFrame,
    path: str | os.PathLike[str],
    border: gpd.GeoDataFrame | None = None,
    admin: gpd.GeoDataFrame | None = None,
    *,
    releases: gpd.GeoDataFrame | None = None,
    places: pd.DataFrame | None = None,
    title: str | None = None,
    as_of: date | str | None = None,
    selection: Selection = EVERYTHING,
    overwrite: bool = False,
    replace: str | None = None,
    without_remarks: bool = False,
    with_personal: Collection[str] = (),
) -> None:
    """Write hazards into a file for another tool; its ending says which.

    - `.gpkg`: for QGIS. Layers hazards, districts, border, near_zone, near_zone_limit, released,
      places, as far as they are given, each styled (`layer_styles`).
    - `.kml`, `.kmz`: the same for Google Earth, hazards in folders by zone.
    - `.gpx`: the turning points of the hazards, and a closed track along each of their rings.
    - `.csv`: a table of the turning points, with bearing and distance to the next; read again by
      `mine_geo.read_hazards(path, ...)` with `crs="EPSG:4326"`.

    The file is restricted: it says so with its day, in words and in its metadata, and it is its
    owner's alone (`restricted_mode`).

    Parameters
    ----------
    split
        What `border_split` returned (EPSG:4326).
    path
        The new file.
    border, admin
        Border lines and districts (EPSG:4326); with the border the near zone is drawn, within
        the districts where they are given.
    releases
        Released land: polygons with `outcome`.
    places
        `name` and a point geometry, or `name`, `lon`, `lat` in degrees.
    title
        What the file is, in its metadata.
    as_of
        The day of the data; else the latest survey is named.
    selection
        How the split was asked for, where that is not all that is recorded; whether the data is
        invented, where no column `synthetic` says so. The file's metadata says it.
    overwrite
        Replace a file that is there, at the very end; else it is refused.
    replace
        "public": it may take the place of a public file, or lie in a public atlas's folder.
    without_remarks
        Leave out comments, who recorded, and every column that is none of ours.
    with_personal
        Columns that a profile marked as personal and that are written all the same, by name.

    Raises
    ------
    OptionError
        If the ending is none of `FORMATS`, or no column of a name in `with_personal` is there.
    FileError
        If the file is there already, is a public one, or cannot be written; then nothing has
        changed.
    RecordError
        If `split` lacks columns of a split, or names a hazard twice.
    MixedError
        If it mixes thresholds, rules or borders.
    CRSError
        If a frame is not in EPSG:4326.

    Examples
    --------
    >>> import tempfile; import geopandas as gpd, shapely
    >>> from mine_geo.geo import sample
    >>> from mine_geo.intake import read_border
    >>> from mine_geo.geo.hazards import to_hazards
    >>> from mine_geo.split.zones import border_split
    >>> border = read_border(sample.path("border"))
    >>> fields = to_hazards(gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"]}, geometry=[shapely.box(103, 13, 103.001, 13.001)], crs=4326))
    >>> target = Path(tempfile.mkdtemp(), "hazards.gpkg")
    >>> write(border_split(fields, border), target, border)
    >>> gpd.read_file(target, layer="hazards")[["hazard_id", "zone", "size_m2"]].values.tolist()
    [['AP-1', 'far', 12002]]
    """
    in_order(
        "write(split, path, border=None, admin=None)",
        names={"path": path, "title": title},
        frames={
            "split": split,
            "border": border,
            "admin": admin,
            "releases": releases,
            "places": places,
        },
    )
    form = check(path, overwrite=overwrite, replace=replace)
    known = [name for frame in (split, releases) if frame is not None for name in frame.columns]
    check_personal(with_personal, known)

    def left(frame: Any, *, ours: bool = False) -> Any:
        if frame is None:
            return None
        return leaving(
            frame, without_remarks=without_remarks, with_personal=with_personal, remarks=ours
        )

    held = contents(
        left(split, ours=True),
        left(border),
        left(admin),
        zone=form not in POINTS,
        releases=left(releases, ours=True),
        places=left(places),
        title=title,
        as_of=as_of,
        selection=selection,
    )
    with new_file(path, overwrite=overwrite, replace=replace) as place:
        if form in POINTS:
            (write_gpx if form == "gpx" else write_points)(split, place, held.said)
        else:
            (write_geopackage if form == "gpkg" else write_kml)(held, place)


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


def check(
    path: str | os.PathLike[str],
    *,
    public: bool = False,
    overwrite: bool = False,
    replace: str | None = None,
) -> str:
    """Say the format of a file that shall be written, or why it cannot be; nothing is written.

    Raises
    ------
    OptionError
        If the ending is none of `FORMATS`, or one of turning points although it is to be public.
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
    if public and form in POINTS:
        raise OptionError(
            f"{name}: turning points are the outlines of hazards, which are not public; write "
            ".gpkg or .kml, or leave out public"
        )
    check_place(Path(path), overwrite=overwrite, public=public, replace=replace)
    return form
