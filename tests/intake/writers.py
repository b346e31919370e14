"""Three hazards written in every format that an office may send, with the real writer of each.

By hand only what a server or another program makes: Esri JSON, maXML.
"""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

import geopandas as gpd
import mgrs
import numpy as np
import pandas as pd
import pyproj
import shapely

UTM = "EPSG:32648"
CORNERS = [
    [(305000, 1460000), (305400, 1460010), (305390, 1460300), (305120, 1460340), (304990, 1460200)],
    [(420000, 1500000), (420250, 1500000), (420250, 1500090), (420000, 1500090)],
    [(703000, 1520000), (703100, 1520000), (703050, 1520170)],
]
"""In UTM 48N: whole metres, so that MGRS can say them; the middles of its squares are used."""
_TO_DEGREES = pyproj.Transformer.from_crs(UTM, 4326, always_xy=True)


def in_metres() -> list[shapely.Polygon]:
    return [shapely.Polygon(np.array(ring) + 0.5) for ring in CORNERS]


def in_degrees(polygon: shapely.Polygon) -> shapely.Polygon:
    return shapely.transform(polygon, lambda xy: np.column_stack(_TO_DEGREES.transform(*xy.T)))


HAZARDS = gpd.GeoDataFrame(
    {
        "hazard_id": ["BTB-1", "OMC-2", "RTK-3"],
        "kind": ["ap_minefield", "ap_minefield", "cluster_munition"],
        "area_type": ["CHA", "CHA", "SHA"],
        "province": ["Battambang", "Kampong Thom", "Ratanak Kiri"],
        "village": ["ភូមិថ្មី", "O'Smach <b>", None],
        "operator": ["CMAC", "MAG", "CMAC"],
        "surveyed_on": pd.to_datetime(["2009-04-13", "2022-12-31", "2020-02-29"]),
        "reported_size_m2": [120000.0, 22500.5, np.nan],
    },
    geometry=[in_degrees(polygon) for polygon in in_metres()],
    crs=4326,
)
FIELDS = [name for name in HAZARDS if name != "geometry"]


def layer(driver: str, crs: object = 4326) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        frame = HAZARDS.to_crs(crs)
        if driver == "ESRI Shapefile":
            days = frame["surveyed_on"].dt.strftime("%Y-%m-%d")
            short = {name: name[:10] for name in frame}  # all that a .dbf holds
            frame = frame.assign(surveyed_on=days).rename(columns=short)
            frame.to_file(path, driver=driver, encoding="UTF-8")
        else:
            frame.to_file(path, driver=driver)

    return write


def mapinfo(path: Path) -> None:
    """Write a table of MapInfo, whose coordinates are whole numbers of a grid within its bounds."""
    west, south, east, north = HAZARDS.total_bounds
    bounds = f"{west - 0.1},{south - 0.1},{east + 0.1},{north + 0.1}"
    more = {"FORMAT": "MIF"} if path.suffix == ".mif" else {}
    sizes = (
        HAZARDS["reported_size_m2"].map(str).replace("nan", "")
    )  # no number may be missing there
    HAZARDS.assign(reported_size_m2=sizes).to_file(
        path, driver="MapInfo File", BOUNDS=bounds, **more
    )


def zipped_geodatabase(path: Path) -> None:
    folder = path.with_name("hazards.gdb")
    HAZARDS.to_file(folder, driver="OpenFileGDB", layer="hazards")
    with zipfile.ZipFile(path, "w") as archive:
        for part in sorted(folder.iterdir()):
            archive.write(part, f"{folder.name}/{part.name}")
            part.unlink()
    folder.rmdir()


def without_prj(path: Path) -> None:
    layer("ESRI Shapefile")(path)
    path.with_suffix(".prj").unlink()


def geoparquet(path: Path) -> None:
    HAZARDS.to_parquet(path)


def esri_json(path: Path) -> None:
    """Write the answer of a FeatureServer in Web Mercator, days in milliseconds, rings turned."""
    mercator = HAZARDS.to_crs(3857)
    days = HAZARDS["surveyed_on"].astype("int64") // 10**6  # midnight in Cambodia is 17:00 UTC
    if HAZARDS["surveyed_on"].dtype == "datetime64[us]":
        days = HAZARDS["surveyed_on"].astype("datetime64[ms]").astype("int64")
    features = []
    for place, polygon in enumerate(mercator.geometry):
        said = {name: _plain(HAZARDS[name][place]) for name in FIELDS if name != "surveyed_on"}
        ring = [list(xy) for xy in polygon.exterior.coords][:: 1 if place else -1]
        attributes = {**said, "surveyed_on": int(days[place])}
        features.append({"attributes": attributes, "geometry": {"rings": [ring]}})
    kinds = {"surveyed_on": "esriFieldTypeDate", "reported_size_m2": "esriFieldTypeDouble"}
    answer = {
        "geometryType": "esriGeometryPolygon",
        "spatialReference": {"wkid": 102100, "latestWkid": 3857},
        "fields": [{"name": n, "type": kinds.get(n, "esriFieldTypeString")} for n in FIELDS],
        "features": features,
    }
    path.write_text(json.dumps(answer, ensure_ascii=False), encoding="utf-8")


def _plain(value: object) -> object:
    missing = value is None or value != value  # noqa: PLR0124  (not a number)
    return None if missing else value


def attributes() -> pd.DataFrame:
    """Return the attributes as text, as tables have them."""
    table = pd.DataFrame(HAZARDS[FIELDS])
    return table.assign(surveyed_on=table["surveyed_on"].dt.strftime("%Y-%m-%d"))


def points(kind: str = "degrees") -> pd.DataFrame:
    """Return one row a turning point, in the order in which they stand on the ground."""
    rows = []
    for name, polygon in zip(HAZARDS["hazard_id"], in_metres(), strict=True):
        for number, (x, y) in enumerate(list(polygon.exterior.coords)[:-1], start=1):
            lon, lat = _TO_DEGREES.transform(x, y)
            rows.append({"hazard_id": name, "point_no": number, **WRITTEN[kind](lon, lat, x, y)})
    return pd.DataFrame(rows)


def _sexagesimal(value: float, letters: str) -> str:
    minutes, seconds = divmod(abs(value) * 3600, 60)
    degrees, minutes = divmod(round(minutes), 60)
    return f"{degrees}°{minutes:02d}'{seconds:010.7f}\"{letters[0 if value >= 0 else 1]}"


WRITTEN = {
    "degrees": lambda lon, lat, *_: {"longitude": f"{lon:.10f}", "latitude": f"{lat:.10f}"},
    "dms": lambda lon, lat, *_: {
        "longitude": _sexagesimal(lon, "EW"),
        "latitude": _sexagesimal(lat, "NS"),
    },
    "utm": lambda _lon, _lat, x, y: {"easting": f"{x:.1f}", "northing": f"{y:.1f}", "zone": "48P"},
    "mgrs": lambda lon, lat, *_: {"mgrs": mgrs.MGRS().toMGRS(lat, lon)},
}


def turning_points(kind: str) -> Callable[[Path], None]:
    """Return a writer of one table: a row a turning point, the attributes on each."""

    def write(path: Path) -> None:
        table = points(kind).merge(attributes(), on="hazard_id")
        if path.suffix == ".xlsx":
            table.to_excel(path, index=False)
        else:
            table.to_csv(path, index=False, encoding="utf-8-sig")

    return write


def wkt(path: Path) -> None:
    table = attributes().assign(wkt=HAZARDS.geometry.to_wkt(rounding_precision=12))
    if path.suffix == ".xlsx":
        table.to_excel(path, index=False)
    else:
        table.to_csv(path, index=False, sep=";", encoding="utf-16")


def geojson_cells(path: Path) -> None:
    attributes().assign(shape=shapely.to_geojson(HAZARDS.geometry)).to_csv(path, index=False)


def geoshapes(path: Path) -> None:
    """Write what ODK and Kobo export: latitude, longitude, altitude, accuracy of each corner."""
    rings = [
        "; ".join(f"{y!r} {x!r} 0.0 4.5" for x, y in polygon.exterior.coords)
        for polygon in HAZARDS.geometry
    ]
    attributes().assign(the_area=rings).to_csv(path, index=False)


def survey123(path: Path) -> None:
    """Write a form and its repeat of turning points, whose rows are in the order of entry."""
    forms = attributes().assign(globalid=["{A-1}", "{A-2}", "{A-3}"])
    rows = points().drop(columns="point_no")
    owner = dict(zip(HAZARDS["hazard_id"], forms["globalid"], strict=True))
    rows = rows.assign(parentglobalid=rows.pop("hazard_id").map(owner), globalid="")
    rows["globalid"] = [f"{{P-{number}}}" for number in range(len(rows))]
    rows = rows.rename(columns={"longitude": "x", "latitude": "y"})
    sheets = {"hazard_form_0": forms, "turning_points_1": rows}
    if path.suffix == ".xlsx":
        with pd.ExcelWriter(path) as book:
            for name, table in sheets.items():
                table.to_excel(book, sheet_name=name, index=False)
        return
    with zipfile.ZipFile(path, "w") as archive:
        for name, table in sheets.items():
            archive.writestr(f"{name}.csv", table.to_csv(index=False))


GUIDS = ("h-1", "h-2", "h-3")


def imsma_ng(path: Path) -> None:
    """Write the tables of a database: points by number, their rows in any order."""
    hazards = attributes().rename(columns={"hazard_id": "hazard_localid"})
    hazards.insert(0, "hazard_guid", GUIDS)
    rows = points().rename(columns={"point_no": "pointno"})
    owner = dict(zip(HAZARDS["hazard_id"], GUIDS, strict=True))
    rows["hazard_guid"] = rows.pop("hazard_id").map(owner)
    rows["pointtypeenum"] = "Turning Point"
    path.mkdir()
    hazards.to_csv(path / "hazard.csv", index=False)
    rows.sample(frac=1, random_state=7).to_csv(path / "geopoint.csv", index=False)


def imsma_ng_traverse(path: Path) -> None:
    """Write the same, each corner by bearing and distance from the point before."""
    imsma_ng(path)
    geod = pyproj.Geod(ellps="WGS84")
    rows = []
    for guid, polygon in zip(GUIDS, HAZARDS.geometry, strict=True):
        corners = list(polygon.exterior.coords)[:-1]
        for number, (lon, lat) in enumerate(corners):
            row = {"hazard_guid": guid, "pointno": number + 1, "pointlocal_id": f"TP{number}"}
            if number == 0:
                row |= {"pointtypeenum": "Start Point", "longitude": lon, "latitude": lat}
            else:
                bearing, _, metres = geod.inv(*corners[number - 1], lon, lat)
                row |= {"pointtypeenum": "Turning Point", "frompointinput": f"TP{number - 1}"}
                row |= {"bearing": bearing % 360, "distance": metres}
            rows.append(row)
    pd.DataFrame(rows).to_csv(path / "geopoint.csv", index=False)


def maxml(path: Path) -> None:
    items = []
    for place, row in enumerate(attributes().to_dict("records")):
        said = {"HazardLocalID" if k == "hazard_id" else k: v for k, v in row.items()}
        leaves = "".join(
            f"<{k}>{escape(str(v))}</{k}>" for k, v in said.items() if _plain(v) is not None
        )
        corners = list(HAZARDS.geometry[place].exterior.coords)[:-1]
        listed = "".join(
            f"<GeoPoint><PointNumber>{n}</PointNumber><Longitude>{x:.11f}</Longitude>"
            f"<Latitude>{y:.11f}</Latitude></GeoPoint>"
            for n, (x, y) in enumerate(corners, start=1)
        )
        items.append(f"<Hazard>{leaves}<GeospatialInfo>{listed}</GeospatialInfo></Hazard>")
    head, root = '<?xml version="1.0" encoding="UTF-8"?>', "MineActionFieldReport"
    report = f"<FieldReport>{''.join(items)}</FieldReport>"
    path.write_text(f"{head}<{root}>{report}</{root}>", encoding="utf-8")


WRITERS: dict[str, tuple[str, Callable[[Path], None], dict[str, str]]] = {
    "GeoPackage": ("a.gpkg", layer("GPKG"), {}),
    "GeoPackage in UTM": ("a.gpkg", layer("GPKG", UTM), {}),
    "Shapefile": ("a.shp", layer("ESRI Shapefile"), {}),
    "Shapefile without .prj": ("a.shp", without_prj, {"crs": "EPSG:4326"}),
    "GeoJSON": ("a.geojson", layer("GeoJSON"), {}),
    "FlatGeobuf": ("a.fgb", layer("FlatGeobuf"), {}),
    "KML": ("a.kml", layer("LIBKML"), {}),  # GDAL 3.11 writes the columns of "KML" askew
    "file geodatabase": ("a.gdb", layer("OpenFileGDB"), {}),
    "file geodatabase, zipped": ("a.gdb.zip", zipped_geodatabase, {}),
    "MapInfo TAB": ("a.tab", mapinfo, {}),
    "MapInfo MIF": ("a.mif", mapinfo, {}),
    "GeoParquet": ("a.parquet", geoparquet, {}),
    "Esri JSON": ("a.json", esri_json, {}),
    "Survey123 CSV": ("a.zip", survey123, {}),
    "Survey123 XLSX": ("a.xlsx", survey123, {}),
    "IMSMA NG": ("a", imsma_ng, {}),
    "IMSMA NG, bearings": ("a", imsma_ng_traverse, {}),
    "maXML": ("a.xml", maxml, {}),
    "WKT CSV": ("a.csv", wkt, {"crs": "EPSG:4326"}),
    "WKT XLSX": ("a.xlsx", wkt, {"crs": "EPSG:4326"}),
    "GeoJSON in CSV": ("a.csv", geojson_cells, {}),
    "geoshapes of ODK": ("a.csv", geoshapes, {}),
    "points in degrees": ("a.csv", turning_points("degrees"), {"crs": "EPSG:4326"}),
    "points in degrees XLSX": ("a.xlsx", turning_points("degrees"), {"crs": "EPSG:4326"}),
    "points in DMS": ("a.csv", turning_points("dms"), {"crs": "EPSG:4326"}),
    "points in UTM": ("a.csv", turning_points("utm"), {"crs": "EPSG:4326"}),
    "points in MGRS": ("a.csv", turning_points("mgrs"), {}),
}
"""For each format a file's name, its writer, and how it must be read."""
