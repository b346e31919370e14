"""Files into hazards and reports, whole: one canonical frame, whatever the format."""

import warnings

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import mine_geo as mg
from mine_geo import errors
from mine_geo.geo.geometry import size_m2, to_multipolygons
from mine_geo.terms import HAZARD_COLUMNS
from tests.intake.writers import FIELDS, HAZARDS, WRITERS

MM = 1e-8
"""A millimetre in degrees, at most."""


def apart(ours: gpd.GeoDataFrame, theirs: gpd.GeoDataFrame) -> float:
    """Return how far outlines are apart at most, in degrees."""
    one, two = (to_multipolygons(frame.geometry.to_numpy()) for frame in (ours, theirs))
    return float(shapely.hausdorff_distance(one, two).max())


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_gives_the_same_hazards(tmp_path, name):
    file, write, options = WRITERS[name]
    write(tmp_path / file)
    hazards = mg.read_hazards(tmp_path / file, **options)
    assert tuple(hazards.columns[: len(HAZARD_COLUMNS)]) == HAZARD_COLUMNS
    assert hazards.crs.to_epsg() == 4326
    assert hazards.geometry.geom_type.eq("MultiPolygon").all()
    hazards = hazards.sort_values("hazard_id", ignore_index=True)
    assert apart(hazards, HAZARDS) < MM
    for column in FIELDS:
        ours = hazards[column]
        if column == "surveyed_on":
            assert ours.dtype == "datetime64[ms]"
            ours = ours.dt.strftime("%Y-%m-%d")
            expected = HAZARDS[column].dt.strftime("%Y-%m-%d")
        else:
            expected = HAZARDS[column]
        assert ours.astype(object).where(ours.notna(), None).tolist() == (
            expected.astype(object).where(expected.notna(), None).tolist()
        ), column
    assert abs(hazards["size_m2"].to_numpy() - size_m2(HAZARDS)).max() <= 1
    assert hazards["province_code"].tolist() == ["02", "06", "16"]


def hazard_file(folder, geometry=None, name="a.gpkg", **columns):
    frame = HAZARDS if geometry is None else HAZARDS.set_geometry(gpd.GeoSeries(geometry, crs=4326))
    frame = frame.assign(**columns)
    frame.to_file(folder / name)
    return folder / name


def test_closed_records_are_left_out_and_counted(tmp_path):
    path = hazard_file(tmp_path, status=["Closed", "Open", "closed"])
    received = mg.intake.read(path)
    assert received.table["hazard_id"].tolist() == ["OMC-2"]
    size = int(size_m2(HAZARDS.geometry.iloc[[0, 2]]).sum())
    assert (received.source.closed_left_out, received.source.closed_m2) == (2, size)
    with pytest.warns(mg.intake.ClosedLeftOutWarning, match=f"2 closed records .* {size:,} m²"):
        hazards = mg.read_hazards(path)
    assert hazards["hazard_id"].tolist() == ["OMC-2"]


def test_findings_have_the_numbers_of_the_file_though_records_before_were_left_out(tmp_path):
    bow = shapely.Polygon([(103, 13), (103.01, 13.01), (103.01, 13), (103, 13.01)])
    shapes = [HAZARDS.geometry[0], HAZARDS.geometry[1], bow]
    path = hazard_file(tmp_path, shapes, status=["closed", "open", "open"], surveyed_on="soon")
    found = mg.intake.check_received(mg.intake.read(path))
    rows = found[found["severity"] == "error"][["code", "hazard_id", "record"]]
    twice = hazard_file(tmp_path, name="b.gpkg", status=["closed", "open", "open"], hazard_id="A")
    said = mg.intake.check_received(mg.intake.read(twice)).query("code == 'duplicate_id'")[
        "message"
    ]
    assert [text.split(";")[0] for text in said] == [f"stands in record {n} too" for n in (3, 2)]
    assert rows.values.tolist() == [  # noqa: PD011
        ["bad_date", "OMC-2", 2],
        ["bad_date", "RTK-3", 3],
        ["invalid_ring", "RTK-3", 3],
    ]


@pytest.mark.parametrize(
    ("columns", "kind", "told"),
    [
        ({"surveyed_on": "soon"}, errors.RecordError, "BTB-1: .*'soon'"),
        ({"reported_size_m2": "-5"}, errors.RecordError, "BTB-1: .*-5"),
        ({"kind": "mines"}, errors.RecordError, "kind mines is unknown"),
        ({"hazard_id": ["A", "A", "B"]}, errors.RecordError, "hazard_id A stands more than once"),
    ],
)
def test_what_is_not_in_order_is_refused_in_one_line(tmp_path, columns, kind, told):
    path = hazard_file(tmp_path, **columns)
    with pytest.raises(kind, match=told) as error:
        mg.read_hazards(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_the_reference_system_that_is_given_is_told(tmp_path):
    path = hazard_file(tmp_path)
    wrong = HAZARDS.set_crs(4236, allow_override=True)
    wrong.to_file(tmp_path / "wrong.gpkg")
    with pytest.raises(errors.CRSError, match=r"Taiwan.*4326"):
        mg.read_hazards(tmp_path / "wrong.gpkg")
    received = mg.intake.read(tmp_path / "wrong.gpkg", crs="EPSG:4326")
    assert received.source.crs == "EPSG:4326, given; the file says EPSG:4236"
    assert apart(received.table, HAZARDS) < MM
    assert mg.intake.read(path).source.crs == "EPSG:4326"
    with pytest.raises(errors.CRSError, match="'EPSG:0' is no reference system"):
        mg.read_hazards(path, crs="EPSG:0")


def test_a_named_transformation_is_recorded(tmp_path):
    path = tmp_path / "indian.gpkg"
    HAZARDS.set_crs(4131, allow_override=True).to_file(path)
    with pytest.raises(errors.CRSError, match=r"another datum.*EPSG:1542, 44 m"):
        mg.intake.read(path)
    received = mg.intake.read(path, operation="EPSG:1542")
    assert received.source.operation.startswith("Indian 1960 to WGS 84 (2) (EPSG:1542, 44 m")
    assert received.source.accuracy_m == 44
    said = received.said()
    assert said.loc[said["code"] == "datum_shift", "message"].str.contains("EPSG:1542").all()
    assert apart(received.table, HAZARDS) > 4e-3


def test_swapped_records_are_found_among_others(tmp_path):
    shapes = HAZARDS.geometry.tolist()
    shapes[1] = shapely.transform(shapes[1], lambda xy: xy[:, ::-1])
    received = mg.intake.read(hazard_file(tmp_path, shapes, name="a.geojson"))
    wrong = received.said().query("severity == 'error'")
    assert wrong[["code", "hazard_id", "record"]].values.tolist() == [  # noqa: PD011
        ["bad_coordinates", "OMC-2", 2]
    ]
    with pytest.raises(errors.GeometryError, match="OMC-2: longitude and latitude look swapped"):
        mg.read_hazards(tmp_path / "a.geojson")


REPORTS = gpd.GeoDataFrame(
    {
        "GlobalID": ["{9F2C1D00-0000-4000-8000-00000000000A}", "r-2"],
        "hazard_id": ["BTB-1", None],
        "outcome": ["Clearance", "Non-Technical Survey"],
        "happened_on": ["2023-05-04", "2023-06-01"],
        "report_ref": ["C-1", "N-7"],
        "ap_mines": [3, None],
    },
    geometry=HAZARDS.geometry[:2].tolist(),
    crs=4326,
)


def test_reports_are_what_the_store_records(tmp_path):
    REPORTS.assign(outcome=["Clearance", "Cancelled by NTS"]).to_file(tmp_path / "r.gpkg")
    with pytest.raises(errors.RecordError, match="record 2: no hazard_id, which 1 other"):
        mg.intake.read_reports(tmp_path / "r.gpkg")
    reports = mg.intake.read_reports(tmp_path / "r.gpkg", all_hazards=True)
    assert reports["event_id"].tolist() == ["9f2c1d00-0000-4000-8000-00000000000a", "r-2"]
    assert reports["event_type"].tolist() == ["cleared", "cancelled"]
    assert reports["hazard_id"].fillna("").tolist() == ["BTB-1", ""]
    assert reports["happened_on"].dt.strftime("%Y-%m-%d").tolist() == ["2023-05-04", "2023-06-01"]
    assert reports["ap_mines"].tolist() == [3, pd.NA]
    with warnings.catch_warnings():
        REPORTS.assign(outcome="Digging").to_file(tmp_path / "bad.gpkg")
    with pytest.raises(errors.RecordError, match="'Digging'"):
        mg.intake.read_reports(tmp_path / "bad.gpkg")


def test_unknown_words_of_the_call(tmp_path):
    path = hazard_file(tmp_path)
    with pytest.raises(errors.OptionError, match="valid: hazards, reports"):
        mg.intake.read(path, what="events")
    with pytest.raises(errors.OptionError, match="bundled: imsma_core"):
        mg.intake.read(path, profile="imsma")
    with pytest.raises(errors.OptionError, match="valid: ap_minefield"):
        mg.intake.read(path, kind="mines")


def test_records_outside_cambodia_are_found_among_others(tmp_path):
    shapes = HAZARDS.geometry.tolist()
    shapes[0] = shapely.transform(shapes[0], lambda xy: xy - [6, 0])  # as in zone 47
    corners = shapely.get_coordinates(shapes[2])
    corners[1] *= [1, -1]
    shapes[2] = shapely.Polygon(corners)
    received = mg.intake.read(hazard_file(tmp_path, shapes, name="a.geojson"))
    found = mg.intake.check_received(received).query("code == 'outside_country'")
    assert found[["severity", "hazard_id", "record"]].values.tolist() == [  # noqa: PD011
        ["error", "BTB-1", 1],
        ["error", "RTK-3", 3],
    ]
    assert found["message"].iloc[0].startswith("not in Cambodia: it reaches from 97.2")
    with pytest.raises(errors.MineGeoError, match="BTB-1: not in Cambodia"):
        mg.read_hazards(tmp_path / "a.geojson")
    country = shapely.box(102, 10, 108, 15)
    again = mg.intake.check_received(received, country=country).query("code == 'outside_country'")
    assert again["record"].tolist() == [1, 3]


def test_a_report_without_type_or_day_is_refused_and_said_once(tmp_path):
    path = tmp_path / "reports.gpkg"
    REPORTS.assign(outcome=[None, "Completion"], happened_on=[None, "2022-13-31"]).to_file(path)
    found = mg.intake.check_received(mg.intake.read(path, what="reports")).query(
        "severity == 'error'"
    )
    assert found[["record", "code"]].values.tolist() == [  # noqa: PD011
        [1, "bad_date"],
        [1, "unknown_word"],
        [2, "bad_date"],
        [2, "missing_id"],
        [2, "unknown_word"],
    ]
    REPORTS.assign(happened_on=None).to_file(path)
    with pytest.raises(errors.RecordError, match="no day on which it happened"):
        mg.intake.read_reports(path)


WKT = "POLYGON ((103 13, 103.01 13, 103.01 13.01, 103 13))"


def codes_of_file(folder, header, *rows, what="hazards"):
    """Return code and message of what is said of a CSV with WKT as a whole."""
    path = folder / "a.csv"
    lines = [f'{row},"{WKT}"' for row in rows]
    path.write_text("\n".join([f"{header},wkt", *lines, ""]), encoding="utf-8")
    received = mg.intake.read(path, what=what, crs="EPSG:4326")
    return {f.code: f.message for f in received.findings if f.record is None}


def test_a_file_without_records_says_so(tmp_path):
    assert codes_of_file(tmp_path, "hazard_id")["no_records"].startswith("no records; choose")
    gpd.GeoDataFrame({"hazard_id": []}, geometry=[], crs=4326).to_file(tmp_path / "a.gpkg")
    received = mg.intake.read(tmp_path / "a.gpkg")
    assert [finding.code for finding in received.findings] == ["no_records"]


def test_a_file_without_a_column_of_ids_says_what_it_has(tmp_path):
    said = codes_of_file(tmp_path, "Name,kind", "MF-1,AP")
    assert said["missing_id"].startswith("no column says the id of a hazard (there are: Name, kind")
    with pytest.raises(errors.RecordError, match="there are: Name, kind"):
        mg.read_hazards(tmp_path / "a.csv", crs="EPSG:4326")
    assert "missing_id" not in codes_of_file(tmp_path, "outcome,end_date", "NTS,", what="reports")


def test_two_columns_of_one_name_that_differ_are_said(tmp_path):
    said = codes_of_file(tmp_path, "id,Status,STATUS", "A,Open,Closed", "B,open,OPEN", "C,,")
    assert said["columns_differ"] == (
        "columns 'Status' and 'STATUS' differ in 1 records, and the first is taken as status; "
        "rename the one that does not count"
    )
    assert "columns_differ" not in codes_of_file(tmp_path, "id,Status,STATUS", "A,Open,open")


def test_reports_that_are_read_as_hazards_are_said(tmp_path):
    said = codes_of_file(tmp_path, "hazard_id,activity,end_date", "A,Clearance,2022-12-31", "B,,")
    assert said["are_reports"].startswith("activity says how land was released (cleared)")
    said = codes_of_file(tmp_path, "id,activity,area_type", "A,Clearance,SHA")
    assert said["other_records"].startswith("activity says how land was released (cleared)")
    for words in ("Farming", "Confirmed"):
        said = codes_of_file(tmp_path, "id,activity", f"A,{words}")
        assert not {"other_records", "are_reports"} & set(said)
    assert "are_reports" not in codes_of_file(tmp_path, "id,activity", "A,TS", what="reports")


def test_a_shapefile_with_one_column_twice_is_refused_in_a_line(tmp_path):
    # found by changing bytes by chance: two columns of a damaged .dbf had one name
    path = tmp_path / "a.shp"
    geometry = [shapely.box(103, 13, 103.01, 13.01)]
    gpd.GeoDataFrame({"ab": ["1"], "ac": ["2"]}, geometry=geometry, crs=4326).to_file(path)
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes().replace(b"ac\0", b"ab\0", 1))
    with pytest.raises(errors.FileError, match=r"column ab stands twice; rename one of them$"):
        mg.intake.read(path)
