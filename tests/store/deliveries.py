"""Reports of released land written as offices write them: one known truth in many layouts."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import NAMESPACE_URL, uuid5
from xml.sax.saxutils import escape

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from mine_geo.geo.geometry import size_m2
from tests.intake.writers import WRITTEN

TO_UTM: Final = pyproj.Transformer.from_crs(4326, 32648, always_xy=True)
ITEMS: Final = ("ap_mines", "uxo")
Land = tuple[tuple[str, shapely.Polygon | shapely.MultiPolygon], ...]


class Said(NamedTuple):
    """What a report says, once."""

    ref: str | None
    operator: str | None
    outcome: str
    day: str
    land: Land
    """By hazard_id the polygon worked on there, EPSG:4326."""
    reported: int | None = None
    """m², of the whole report."""
    ap_mines: int | None = None
    uxo: int | None = None
    status: str | None = None
    conclusion: str | None = None

    @property
    def releases(self) -> bool:
        """Whether it says that land was released."""
        return self.status in {None, "Completed"} and self.conclusion is None


class Sent(NamedTuple):
    """A file, how it is read, and which report each of its records is."""

    path: Path
    how: dict[str, Any]
    whose: list[int]
    """By record the place of its report among those that were written."""


def table(words: Sequence[Said], figures: str = "repeated") -> gpd.GeoDataFrame:
    """Return a row for each report and hazard; what is of no report is no column.

    `figures` of a report over several hazards: `repeated` on each row, `once` on the first, or
    `own`: each row has the m² of its polygon and the first row all items.
    """
    rows = []
    for number, said in enumerate(words):
        shares = _shares(said) if figures == "own" else [said.reported] * len(said.land)
        for place, (hazard, polygon) in enumerate(said.land):
            bare = place > 0 and figures == "once"
            no_items = place > 0 and figures != "repeated"
            rows.append(
                {
                    "number": number,
                    "report_no": said.ref,
                    "hazard_id": hazard,
                    "outcome": said.outcome,
                    "completion_date": said.day,
                    "operator": said.operator,
                    "area_m2": None if bare else shares[place],
                    "ap_mines": None if no_items else said.ap_mines,
                    "uxo": None if no_items else said.uxo,
                    "status": said.status,
                    "conclusion": said.conclusion,
                    "geometry": polygon,
                }
            )
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=4326)
    frame[["area_m2", *ITEMS]] = frame[["area_m2", *ITEMS]].astype("Int64")
    empty = [name for name in frame if name != "geometry" and frame[name].isna().all()]
    return frame.drop(columns=empty)


def _shares(said: Said) -> list[int | None]:
    """Return the m² of each hazard's part, which add up to those of the report."""
    if said.reported is None:
        return [None] * len(said.land)
    sizes = size_m2(np.array([polygon for _, polygon in said.land], dtype=object))
    parts = [round(said.reported * size / sizes.sum()) for size in sizes[1:].tolist()]
    return [said.reported - sum(parts), *parts]


def guid(*names: object) -> str:
    return f"{{{uuid5(NAMESPACE_URL, ' '.join(map(str, names)))}}}".upper()


def _attributes(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    return pd.DataFrame(frame.drop(columns=["geometry", "number"]))


def _points(frame: gpd.GeoDataFrame, kind: str) -> pd.DataFrame:
    """Return one row a turning point, with `row`: of which row of the table it is."""
    rows = []
    several = (shapely.get_num_geometries(frame.geometry.to_numpy()) > 1).any()
    for row, polygon in enumerate(frame.geometry):
        for part, ring in enumerate(shapely.get_parts(polygon), start=1):
            corners = list(ring.exterior.coords)[:-1]
            for number, (lon, lat) in enumerate(corners, start=1):
                x, y = TO_UTM.transform(lon, lat)
                said = {"row": row} | ({"part": part} if several else {}) | {"point_no": number}
                if kind == "utm":
                    said |= {"easting": f"{x:.4f}", "northing": f"{y:.4f}"}
                else:
                    said |= WRITTEN[kind](lon, lat, x, y)
                rows.append(said)
    return pd.DataFrame(rows)


def _wkt(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    return _attributes(frame).assign(wkt=frame.geometry.to_wkt(rounding_precision=12))


def wkt_csv(folder: Path, frame: gpd.GeoDataFrame) -> Path:
    path = folder / "reports.csv"
    _wkt(frame).to_csv(path, index=False)
    return path


def one_sheet(folder: Path, frame: gpd.GeoDataFrame) -> Path:
    """Write a workbook whose days are days."""
    path, written = folder / "reports.xlsx", _wkt(frame)
    days = [date.fromisoformat(day) for day in written["completion_date"]]
    written.assign(completion_date=days).to_excel(path, index=False)
    return path


def points_csv(kind: str) -> Callable[[Path, gpd.GeoDataFrame], Path]:
    def write(folder: Path, frame: gpd.GeoDataFrame) -> Path:
        path = folder / "points.csv"
        said = _attributes(frame).rename_axis("row").reset_index()
        said.merge(_points(frame, kind), on="row").drop(columns="row").to_csv(
            path, index=False, encoding="utf-8-sig"
        )
        return path

    return write


def two_sheets(folder: Path, frame: gpd.GeoDataFrame) -> Path:
    """Write reports and their points on two sheets, both with number of the report and hazard."""
    path = folder / "reports.xlsx"
    keys = _attributes(frame)[["report_no", "hazard_id"]].rename_axis("row").reset_index()
    points = keys.merge(_points(frame, "degrees"), on="row").drop(columns="row")
    with pd.ExcelWriter(path) as book:
        _attributes(frame).to_excel(book, sheet_name="Reports", index=False)
        points.to_excel(book, sheet_name="Turning points", index=False)
    return path


def layer(name: str, driver: str) -> Callable[[Path, gpd.GeoDataFrame], Path]:
    def write(folder: Path, frame: gpd.GeoDataFrame) -> Path:
        path = folder / name
        out = frame.drop(columns="number")
        if driver == "ESRI Shapefile":  # all that a .dbf holds
            out = out.rename(columns={each: each[:10] for each in out})
        out.to_file(path, driver=driver)
        return path

    return write


def with_guid(folder: Path, frame: gpd.GeoDataFrame) -> Path:
    """Write the answer of a server: one GlobalID for all hazards of a report."""
    path = folder / "reports.geojson"
    ids = [guid(*each) for each in zip(frame["report_no"], frame["operator"], strict=True)]
    frame.drop(columns="number").assign(globalid=ids).to_file(path, driver="GeoJSON")
    return path


def survey123(suffix: str) -> Callable[[Path, gpd.GeoDataFrame], Path]:
    def write(folder: Path, frame: gpd.GeoDataFrame) -> Path:
        path = folder / f"form{suffix}"
        forms = _attributes(frame)
        names = ("report_no", "operator", "hazard_id")
        ids = [guid(*(row[name] for name in names)) for row in forms.to_dict("records")]
        forms = forms.assign(globalid=ids, CreationDate="", Creator="desk")
        points = _points(frame, "degrees").drop(columns="point_no")
        points = points.assign(parentglobalid=[ids[row] for row in points.pop("row")])
        points = points.assign(objectid=range(1, len(points) + 1))
        points = points.rename(columns={"longitude": "x", "latitude": "y"})
        sheets = {"clearance_form_0": forms, "turning_points_1": points}
        if suffix == ".xlsx":
            with pd.ExcelWriter(path) as book:
                for name, each in sheets.items():
                    each.to_excel(book, sheet_name=name, index=False)
        else:
            with zipfile.ZipFile(path, "w") as archive:
                for name, each in sheets.items():
                    archive.writestr(f"{name}.csv", each.to_csv(index=False))
        return path

    return write


def maxml(folder: Path, frame: gpd.GeoDataFrame) -> Path:
    """Write a field report for each row, its parts as polygons of their own."""
    names = {
        "report_no": "HazardReductionLocalId",
        "outcome": "HazardReductionType",
        "completion_date": "EndDate",
        "area_m2": "AreaSize",
        "ap_mines": "ApMines",
        "uxo": "Uxo",
        "status": "Status",
        "conclusion": "Conclusion",
    }
    reports = []
    for row, polygon in zip(_attributes(frame).to_dict("records"), frame.geometry, strict=True):
        leaves = "".join(
            f"<{ours}>{escape(str(row[name]))}</{ours}>"
            for name, ours in names.items()
            if name in row and not pd.isna(row[name])
        )
        land = f"<Hazard><HazardLocalId>{escape(row['hazard_id'])}</HazardLocalId></Hazard>"
        rings = ""
        for part in shapely.get_parts(polygon):
            corners = list(part.exterior.coords)[:-1]
            rings += "<Polygon>"
            for number, (lon, lat) in enumerate(corners, start=1):
                place = f"<Longitude>{lon:.11f}</Longitude><Latitude>{lat:.11f}</Latitude>"
                rings += f"<GeoPoint><PointNumber>{number}</PointNumber>{place}</GeoPoint>"
            rings += "</Polygon>"
        item = f"{leaves}{land}<GeospatialInfo>{rings}</GeospatialInfo>"
        org = f"<ReportingOrg>{escape(row['operator'])}</ReportingOrg>"
        reports.append(
            f"<FieldReport><FieldReportInfo>{org}</FieldReportInfo>"
            f"<HazardReduction>{item}</HazardReduction></FieldReport>"
        )
    path = folder / "reports.xml"
    root = "MineActionFieldReport"
    text = f'<?xml version="1.0" encoding="UTF-8"?><{root}>{"".join(reports)}</{root}>'
    path.write_text(text, encoding="utf-8")
    return path


def imsma_ng(folder: Path, frame: gpd.GeoDataFrame) -> Path:
    """Write hazreduc and geopoint, whose rows are in any order."""
    path = folder / "export"
    path.mkdir()
    names = {
        "report_no": "hazreduc_localid",
        "hazard_id": "hazard_localid",
        "outcome": "hazreductypeenum",
        "completion_date": "enddate",
        "operator": "reporting_org_name",
        "area_m2": "areasize",
        "status": "status_enum",
    }
    reductions = _attributes(frame).rename(columns=names)
    ids = [
        guid(row["hazreduc_localid"], row["reporting_org_name"], row["hazard_localid"])
        for row in reductions.to_dict("records")
    ]
    reductions.insert(0, "hazreduc_guid", ids)
    points = _points(frame, "degrees").rename(columns={"point_no": "pointno"})
    points = points.assign(hazreduc_guid=[ids[row] for row in points["row"]])
    if "part" in points:
        parts = zip(points["hazreduc_guid"], points.pop("part"), strict=True)
        points = points.assign(geospatialinfo_guid=[guid(*each) for each in parts])
    points = points.drop(columns="row").assign(pointtypeenum="Turning Point")
    reductions.to_csv(path / "hazreduc.csv", index=False)
    points.sample(frac=1, random_state=7).to_csv(path / "geopoint.csv", index=False)
    return path


def esri_json(folder: Path, frame: gpd.GeoDataFrame) -> Path:
    """Write the answer of a FeatureServer in Web Mercator, days in milliseconds."""
    path = folder / "reports.json"
    said = _attributes(frame)
    midnight = pd.to_datetime(said["completion_date"]).dt.tz_localize("Asia/Phnom_Penh")
    days = [int(moment.timestamp() * 1000) for moment in midnight]
    features = []
    for place, polygon in enumerate(frame.to_crs(3857).geometry):
        row = {name: None if pd.isna(v) else v for name, v in said.iloc[place].items()}
        rings = [
            [list(xy) for xy in shapely.geometry.polygon.orient(part, -1).exterior.coords]
            for part in shapely.get_parts(polygon)
        ]
        row["completion_date"] = days[place]
        features.append({"attributes": row, "geometry": {"rings": rings}})
    kinds = {"completion_date": "Date"} | dict.fromkeys(("area_m2", *ITEMS), "Integer")
    answer = {
        "geometryType": "esriGeometryPolygon",
        "spatialReference": {"wkid": 102100, "latestWkid": 3857},
        "fields": [
            {"name": name, "type": f"esriFieldType{kinds.get(name, 'String')}"} for name in said
        ],
        "features": features,
    }
    path.write_text(json.dumps(answer, default=int), encoding="utf-8")
    return path


def other_headings(folder: Path, frame: gpd.GeoDataFrame) -> Path:
    """Write hectares, and one column of items of all sorts."""
    path, said = folder / "list.xlsx", _wkt(frame)
    if "area_m2" in said:
        said["Area (ha)"] = said.pop("area_m2").astype("Float64") / 10_000
    counted = [name for name in ITEMS if name in said]
    if counted:
        said["Items"] = said[counted].sum(axis=1, min_count=1)
    names = {
        "report_no": "Report No.",
        "hazard_id": "Minefield",
        "outcome": "Type of release",
        "completion_date": "Date of completion",
        "operator": "Organisation",
    }
    said.drop(columns=counted).rename(columns=names).to_excel(path, index=False)
    return path


def headings_with_units(folder: Path, frame: gpd.GeoDataFrame) -> Path:
    path = folder / "list.csv"
    names = {
        "report_no": "Report number",
        "hazard_id": "MF No",
        "outcome": "Activity",
        "completion_date": "Date of completion",
        "operator": "Implementing organisation",
        "area_m2": "Area cleared (m2)",
        "ap_mines": "AP mines found",
        "uxo": "UXO found",
    }
    words = {"cleared": "Clearance", "reduced": "Area reduction", "cancelled": "Cancellation"}
    said = _wkt(frame).rename(columns=names)
    said["Activity"] = said["Activity"].replace(words)
    said.to_csv(path, index=False, sep="\t")
    return path


FRENCH: Final = """
[reports]
dates = ["%d/%m/%Y"]
[reports.columns]
report_ref = ["N° du rapport"]
hazard_id = ["Zone minée"]
event_type = ["Activité"]
happened_on = ["Date de fin"]
operator = ["Opérateur"]
reported_size_m2 = ["Surface"]
ap_mines = ["Mines AP"]
uxo = ["REG"]
report_status = ["État"]
conclusion = ["Résultat"]
[reports.values.event_type]
"Dépollution" = "cleared"
"Réduction" = "reduced"
"Annulation" = "cancelled"
[reports.values.report_status]
"Terminé" = "completed"
"En cours" = "ongoing"
"Suspendu" = "ongoing"
[reports.values.conclusion]
"Confirmée, rien de libéré" = "not_released"
[points]
wkt = ["Contour"]
[options]
decimal = ","
"""


def french(folder: Path, frame: gpd.GeoDataFrame) -> Path:
    path = folder / "rapports.csv"
    names = ("N° du rapport", "Zone minée", "Activité", "Date de fin", "Opérateur", "Surface",
             "Mines AP", "REG", "État", "Résultat", "Contour")  # fmt: skip
    words = {"cleared": "Dépollution", "reduced": "Réduction", "cancelled": "Annulation",
             "Completed": "Terminé", "Ongoing": "En cours", "Suspended": "Suspendu",
             NO_LAND: "Confirmée, rien de libéré"}  # fmt: skip
    ours = ("report_no", "hazard_id", "outcome", "completion_date", "operator", "area_m2",
            "ap_mines", "uxo", "status", "conclusion", "wkt")  # fmt: skip
    said = _wkt(frame).replace(words)
    said["completion_date"] = pd.to_datetime(said["completion_date"]).dt.strftime("%d/%m/%Y")
    if "area_m2" in said:  # 12.345,0
        turn = str.maketrans(",.", ".,")
        sizes = said["area_m2"].map(lambda m2: f"{m2:,.1f}".translate(turn), na_action="ignore")
        said["area_m2"] = sizes.astype(object).where(said["area_m2"].notna(), "")
    said.rename(columns=dict(zip(ours, names, strict=True))).to_csv(
        path, index=False, sep=";", encoding="utf-16"
    )
    return path


KHMER: Final = """
[reports.columns]
report_ref = ["លេខរបាយការណ៍"]
hazard_id = ["លេខចម្ការមីន"]
event_type = ["សកម្មភាព"]
happened_on = ["ថ្ងៃបញ្ចប់"]
operator = ["អង្គភាព"]
reported_size_m2 = ["ផ្ទៃដី"]
ap_mines = ["មីនប្រឆាំងមនុស្ស"]
uxo = ["យុទ្ធភណ្ឌមិនទាន់ផ្ទុះ"]
report_status = ["ស្ថានភាព"]
conclusion = ["សេចក្ដីសន្និដ្ឋាន"]
"""


def khmer(folder: Path, frame: gpd.GeoDataFrame) -> Path:
    path = folder / "របាយការណ៍.xlsx"
    names = {
        "report_no": "លេខរបាយការណ៍",
        "hazard_id": "លេខចម្ការមីន",
        "outcome": "សកម្មភាព",
        "completion_date": "ថ្ងៃបញ្ចប់",
        "operator": "អង្គភាព",
        "area_m2": "ផ្ទៃដី",
        "ap_mines": "មីនប្រឆាំងមនុស្ស",
        "uxo": "យុទ្ធភណ្ឌមិនទាន់ផ្ទុះ",
        "status": "ស្ថានភាព",
        "conclusion": "សេចក្ដីសន្និដ្ឋាន",
    }
    words = {"cleared": "បោសសម្អាត", "reduced": "កាត់បន្ថយ", "cancelled": "លុបចោល"}
    said = _wkt(frame).replace({"outcome": words}).rename(columns=names)
    said.to_excel(path, index=False)
    return path


def polygons_alone(folder: Path, frame: gpd.GeoDataFrame) -> Path:
    """Write polygons with outcome, day and figures, and no word of which hazard they are."""
    path = folder / "land.geojson"
    frame.drop(columns=["number", "hazard_id", "report_no", "operator"], errors="ignore").to_file(
        path, driver="GeoJSON"
    )
    return path


class Layout(NamedTuple):
    """How an office writes reports."""

    write: Callable[[Path, gpd.GeoDataFrame], Path]
    how: Mapping[str, Any] = {}
    profile: str | None = None
    parts: bool = True
    """Whether land in several parts can be written."""
    loses: tuple[str, ...] = ()
    """What of a report it does not write."""
    named: tuple[str, ...] = ()
    """The findings that say so."""


DEGREES: Final = {"crs": "EPSG:4326"}
NO_LAND: Final = "Hazard confirmed, no land released"
ALONE: Final = "polygons alone"
LAYOUTS: Final[dict[str, Layout]] = {
    "WKT CSV": Layout(wkt_csv, DEGREES),
    "points in degrees": Layout(points_csv("degrees"), DEGREES),
    "points in UTM": Layout(points_csv("utm"), {"crs": "EPSG:32648"}),
    "points in DMS": Layout(points_csv("dms"), DEGREES),
    "one sheet": Layout(one_sheet, DEGREES),
    "two sheets": Layout(two_sheets, DEGREES),
    "GeoJSON": Layout(layer("reports.geojson", "GeoJSON")),
    "GeoPackage": Layout(layer("reports.gpkg", "GPKG")),
    "Shapefile": Layout(layer("reports.shp", "ESRI Shapefile")),
    "KML": Layout(layer("reports.kml", "LIBKML")),
    "one GlobalID": Layout(with_guid),
    "Survey123 CSV": Layout(survey123(".zip"), parts=False),
    "Survey123 XLSX": Layout(survey123(".xlsx"), parts=False),
    "maXML": Layout(maxml),
    "IMSMA NG": Layout(imsma_ng),
    "Esri JSON": Layout(esri_json),
    "other headings": Layout(
        other_headings,
        {**DEGREES, "id_column": "Minefield"},
        loses=ITEMS,
        named=("items_unread",),
    ),
    "headings with units": Layout(headings_with_units, DEGREES),
    "French": Layout(french, DEGREES, FRENCH),
    "Khmer": Layout(khmer, DEGREES, KHMER),
    ALONE: Layout(
        polygons_alone,
        {"all_hazards": True},
        loses=("ref", "operator"),
        named=("over_all",),
    ),
}


def written(said: Said, layout: str) -> Said:
    """Return what of a report a layout writes."""
    return said._replace(**dict.fromkeys(LAYOUTS[layout].loses))


def deliver(folder: Path, name: str, words: Sequence[Said], figures: str = "repeated") -> Sent:
    """Write reports into an empty folder, as a layout has them."""
    layout = LAYOUTS[name]
    how: dict[str, Any] = {"what": "reports", **layout.how}
    if layout.profile is not None:
        how["profile"] = folder / "office.toml"
        how["profile"].write_text(layout.profile, encoding="utf-8")
    if name == ALONE:  # one polygon a report
        words = [
            said._replace(land=(("", shapely.union_all([land for _, land in said.land])),))
            for said in words
        ]
    frame = table(words, figures)
    return Sent(layout.write(folder, frame), how, frame["number"].tolist())
