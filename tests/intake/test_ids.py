"""Whose number is it: the id of a hazard, or a number that a program gave its record."""

import json
import re
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from mine_geo.cli.options import as_options
from mine_geo.errors import FileError, RecordError
from mine_geo.intake import check_ids, read, read_hazards, read_reports
from mine_geo.intake.columns import is_made, match
from mine_geo.intake.profiles import load

CASES = Path(__file__).parents[1] / "cases" / "intake"
TRUE = ["BTB-0001", "BTB-0002", "BTB-0003"]
SQUARES = [shapely.box(103 + n / 10, 13, 103.01 + n / 10, 13.01) for n in range(3)]


def mend_of(message):
    """Return the column that a message says to take; the command says it as its own option."""
    column = re.search('id_column="([^"]*)"', message)[1]
    assert f"--id {column}" in as_options(message)
    return column


@pytest.mark.parametrize(
    ("name", "ids"),
    [("kid_ID_KML.kml", TRUE), ("kid_mfnumber.kml", TRUE), ("kid_Name.kml", "Name"),
     ("k_names.kml", "Name"), ("k_multigeom_pt.kml", "Name"), ("k_ring.kml", "Name")],
)  # fmt: skip
def test_kml_whose_placemarks_are_numbered(name, ids):
    received = read(CASES / name, kind="ap_minefield")
    if isinstance(ids, list):
        assert received.table["hazard_id"].tolist() == ids
        hazards = read_hazards(CASES / name)
        assert hazards["size_m2"].tolist() == pytest.approx([14_563, 14_562, 14_555], abs=1)
        return
    with pytest.raises(
        RecordError, match=r"placemark_id.*these could be it: Name \(BTB-0001\)"
    ) as e:
        check_ids(received)
    assert mend_of(str(e.value)) == ids
    mended = read(CASES / name, kind="ap_minefield", id_column=ids)
    assert mended.table["hazard_id"].tolist() == TRUE
    check_ids(mended)


def test_a_profile_may_take_the_name_or_even_the_number(tmp_path):
    profile = tmp_path / "ours.toml"
    for column, ids in (("Name", TRUE), ("placemark_id", ["28", "32", "36"])):
        profile.write_text(f'[hazards.columns]\nhazard_id = ["{column}"]\n')
        received = read(CASES / "k_names.kml", profile=profile)
        assert received.table["hazard_id"].tolist() == ids


def kml(tmp_path, extended, schema="", numbered=True):
    marks = "".join(
        f"<Placemark{f' id={chr(34)}p.{n}{chr(34)}' if numbered else ''}><name>N{n}</name>"
        f"<ExtendedData>{extended.format(n=n)}</ExtendedData><Polygon><outerBoundaryIs><LinearRing>"
        f"<coordinates>103.{n},13 103.{n}1,13 103.{n}1,13.01 103.{n},13</coordinates></LinearRing>"
        "</outerBoundaryIs></Polygon></Placemark>"
        for n in (1, 2)
    )
    path = tmp_path / "fields.kml"
    path.write_text(
        '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document id="d">'
        f"{schema}{marks}</Document></kml>"
    )
    return path


@pytest.mark.parametrize("name", ["id", "ID", "Id", "hazard_id"])
@pytest.mark.parametrize("way", ["schema", "data"])
@pytest.mark.parametrize("numbered", [True, False])
def test_an_id_of_the_file_itself_counts_in_kml(tmp_path, name, way, numbered):
    schema = f'<Schema name="s" id="s"><SimpleField name="{name}" type="string"/></Schema>'
    if way == "schema":
        extended = (
            f'<SchemaData schemaUrl="#s"><SimpleData name="{name}">MF-{{n}}</SimpleData>'
            "</SchemaData>"
        )
    else:
        schema, extended = "", f'<Data name="{name}"><value>MF-{{n}}</value></Data>'
    path = kml(tmp_path, extended, schema, numbered)
    assert read(path).table["hazard_id"].tolist() == ["MF-1", "MF-2"]


def test_a_number_of_a_feature_of_geojson_is_no_id(tmp_path):
    def save(**properties):
        features = [
            {
                "type": "Feature",
                "id": f"minefields.fid-{n}",
                "properties": {name: f"{value}{n}" for name, value in properties.items()},
                "geometry": json.loads(shapely.to_geojson(SQUARES[n])),
            }
            for n in range(3)
        ]
        path = tmp_path / "fields.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        return path

    path = save(Label="MF-")
    with pytest.raises(RecordError, match="a program made feature_id") as e:
        read_hazards(path)
    assert read_hazards(path, id_column=mend_of(str(e.value)))["hazard_id"].tolist() == [
        "MF-0", "MF-1", "MF-2"
    ]  # fmt: skip
    taken = read_hazards(path, id_column="feature_id")
    assert taken["hazard_id"].iloc[0] == "minefields.fid-0"
    assert read_hazards(save(ID="A"))["hazard_id"].tolist() == ["A0", "A1", "A2"]
    assert read_hazards(save(id="B"))["hazard_id"].tolist() == ["B0", "B1", "B2"]


def table(tmp_path, ending="csv", **columns):
    frame = pd.DataFrame({**columns, "wkt": [shape.wkt for shape in SQUARES]})
    path = tmp_path / f"fields.{ending}"
    if ending == "csv":
        frame.to_csv(path, index=False)
    elif ending == "xlsx":
        frame.to_excel(path, index=False)
    else:
        shapes = gpd.GeoDataFrame(frame.drop(columns="wkt"), geometry=SQUARES, crs=4326)
        shapes.to_file(path)
    return path


MADE = ["_id", "_uuid", "_index", "fid", "OBJECTID", "objectid_1", "ogc_fid", "gid", "rowid",
        "FID_1", "OID", "_submission__id", "esri_oid", "index", "KEY",
        "meta-instanceID"]  # fmt: skip


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("ending", ["csv", "xlsx", "geojson"])
def test_a_column_that_a_program_makes_is_no_id(tmp_path, name, ending):
    how = {} if ending == "geojson" else {"crs": "EPSG:4326"}
    path = table(tmp_path, ending, **{name: [f"{n}" for n in (901, 902, 903)], "Label": TRUE})
    with pytest.raises(RecordError, match=f"a program made {name}; these could be it: Label"):
        read_hazards(path, **how)
    assert read_hazards(path, id_column="Label", **how)["hazard_id"].tolist() == TRUE
    taken = read_hazards(path, id_column=name, **how)
    assert taken["hazard_id"].tolist() == ["901", "902", "903"]
    # Beside it the file's own id counts, whichever stands first.
    path = table(tmp_path, ending, **{name: [901, 902, 903], "ID": TRUE})
    assert read_hazards(path, **how)["hazard_id"].tolist() == TRUE
    # A profile may say that it is the id.
    profile = tmp_path / "ours.toml"
    profile.write_text(f'[hazards.columns]\nhazard_id = ["{name.lower()}"]\n')
    found = read_hazards(path, profile=profile, **how)["hazard_id"].tolist()
    assert found == ["901", "902", "903"]


def test_kobo_without_an_id_of_its_own():
    path = CASES / "o_kobo_noid.xlsx"
    with pytest.raises(RecordError, match=r"a program made _id, _uuid, _index, and no other") as e:
        read_hazards(path, crs="EPSG:4326")
    hazards = read_hazards(path, crs="EPSG:4326", id_column=mend_of(str(e.value)))
    assert hazards["hazard_id"].tolist() == ["900000", "900001", "900002"]
    assert hazards["size_m2"].tolist() == [14_563, 14_562, 14_555]


def test_an_object_id_of_esri_whatever_it_is_called(tmp_path):
    rows = [
        {"attributes": {"ID": n, "MF_Name": TRUE[n]},
         "geometry": {"rings": [[list(xy) for xy in SQUARES[n].exterior.coords]]}}
        for n in range(3)
    ]  # fmt: skip
    fields = [{"name": "ID", "type": "esriFieldTypeOID"}]
    fields.append({"name": "MF_Name", "type": "esriFieldTypeString"})
    answer = {"objectIdFieldName": "ID", "geometryType": "esriGeometryPolygon", "fields": fields,
              "spatialReference": {"wkid": 4326}, "features": rows}  # fmt: skip
    path = tmp_path / "answer.json"
    path.write_text(json.dumps(answer))
    with pytest.raises(RecordError, match="a program made objectid; these could be it: MF_Name"):
        read_hazards(path)
    assert read_hazards(path, id_column="MF_Name")["hazard_id"].tolist() == TRUE
    assert read_hazards(path, id_column="objectid")["hazard_id"].tolist() == ["0", "1", "2"]


def test_ids_that_only_count_the_records_are_said(tmp_path):
    path = table(tmp_path, "geojson", id=[1, 2, 3], Name=TRUE)
    said = {finding.code: finding.message for finding in read(path).findings}
    assert "'Name' (BTB-0001) is the id" in said["serial_id"]
    column = mend_of(said["serial_id"])
    assert read_hazards(path, id_column=column)["hazard_id"].tolist() == TRUE
    for ids in ([1, 3, 2], [7, 8, 9]):
        path = table(tmp_path, "geojson", id=ids, Name=TRUE)
        assert "serial_id" not in {finding.code for finding in read(path).findings}
    path = table(tmp_path, "geojson", hazard_id=[1, 2, 3], Name=TRUE)
    assert "serial_id" not in {finding.code for finding in read(path).findings}


def test_what_can_be_an_id_and_what_cannot(tmp_path):
    path = table(
        tmp_path, gid=[1, 2, 3], twice=["a", "a", "b"], gap=["a", None, "b"],
        day=["2020-01-01", "2020-01-02", "2020-01-03"], share=[0.5, 1.5, 2.5],
        note=["x" * 80, "y" * 80, "z" * 80], town=["P", "Q", "R"], ref=TRUE,
    )  # fmt: skip
    with pytest.raises(RecordError, match=r"be it: ref \(BTB-0001\), town \(P\); take one"):
        read_hazards(path, crs="EPSG:4326")


def test_a_column_that_is_not_there(tmp_path):
    path = table(tmp_path, ID=TRUE)
    with pytest.raises(FileError, match=r"no column '_id'; it has: ID"):
        read(path, crs="EPSG:4326", id_column="_id")
    assert read(path, crs="EPSG:4326", id_column="id").table["hazard_id"].tolist() == TRUE


def test_turning_points_of_a_record_are_found_by_the_column_that_is_taken(tmp_path):
    rows = [
        {"_id": number, "Label": label, "lon": lon, "lat": lat}
        for number, (label, lon, lat) in enumerate(
            (label, *xy)
            for label, shape in zip(TRUE, SQUARES, strict=True)
            for xy in shape.exterior.coords[:-1]
        )
    ]
    path = tmp_path / "points.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    with pytest.raises(FileError, match="name it as parent"):
        read(path, crs="EPSG:4326")
    hazards = read_hazards(path, crs="EPSG:4326", id_column="Label")
    assert hazards["hazard_id"].tolist() == TRUE
    assert hazards["size_m2"].tolist() == [1_200_149] * 3


def test_the_hazard_of_a_report_can_be_named_too(tmp_path):
    path = table(tmp_path, "gpkg", Field=TRUE, outcome="Clearance", end_date="2024-05-03")
    with pytest.raises(RecordError, match=f"these could be it: 'Field' \\({TRUE[0]}\\)"):
        read_reports(path)
    assert read_reports(path, all_hazards=True)["hazard_id"].isna().all()
    assert read_reports(path, id_column="Field")["hazard_id"].tolist() == TRUE


@given(st.sampled_from(MADE), st.permutations(["x", "MF ID", "hazard_id"]), st.integers(0, 3))
def test_a_made_column_never_wins_wherever_it_stands(name, others, place):
    columns = [*others[:place], name, *others[place:]]
    found = {m.source: m.ours for m in match(columns, load("plain").hazards, ["hazard_id"])}
    assert found["hazard_id" if "hazard_id" in columns else "MF ID"] == "hazard_id"
    assert found[name] is None
    assert is_made(name)
    assert is_made(f"group/{name}")
