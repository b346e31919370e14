"""The hazards alone, in one layer: read back by GDAL and by what no code of ours touches."""

import itertools
import json
import math
import struct

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import mine_geo as mg
from mine_geo import exports
from mine_geo.disclosure import restriction
from mine_geo.errors import FileError, OptionError
from mine_geo.exports import flat
from mine_geo.maps.provenance import provenance
from tests.exports.conftest import ATTACK, disclosed, holed, square, table

FIGURES = ("size_m2", "border_distance_m", "border_margin_m", "near_size_m2", "far_size_m2")


def back(path):
    """Read a file with GDAL, or Parquet with pyarrow, in the order of the ids."""
    read = gpd.read_parquet if path.suffix == ".parquet" else gpd.read_file
    return read(path).set_index("hazard_id").sort_index()


@pytest.mark.parametrize("ending", exports.FLAT)
def test_every_figure_and_vertex_comes_back(ending, split, tmp_path):
    path = tmp_path / f"ភូមិ.{ending}"
    exports.write(split, path)
    found, there = back(path), split.set_index("hazard_id").sort_index()
    assert len(found) == 5
    assert found.crs.to_epsg() == 4326
    names = flat.cut_names(split.columns.drop("geometry")) if ending == "shp" else {}
    if ending != "parquet":  # where a text may hold what XML cannot
        there.index = [name.replace("\x0b", "\ufffd").replace("\x00", "\ufffd") for name in
                       there.index]  # fmt: skip
    if ending == "shp":
        there.index = [flat.cut_text(name) for name in there.index]
        found.index = [name.replace("\r\n", "\n") for name in found.index]
        there.index = [name.replace("\r\n", "\n") for name in there.index]
    there = there.loc[found.index]
    for name in FIGURES:
        assert found[names.get(name, name)].tolist() == there[name].tolist(), name
    assert found["zone"].tolist() == there["zone"].tolist()
    # The same corners, ring by ring, however the rings run.
    for made, drawn in zip(found.geometry, there.geometry, strict=True):
        assert made.equals(drawn)
        assert set(map(tuple, shapely.get_coordinates(made))) == set(
            map(tuple, shapely.get_coordinates(drawn))
        )


DEGREES = st.floats(min_value=102, max_value=107, allow_nan=False)


@given(DEGREES, st.floats(min_value=10, max_value=14, allow_nan=False), st.booleans())
def test_coordinates_of_geojson_are_the_same_numbers(tmp_path_factory, lon, lat, clockwise):
    """GDAL's writer cut 102.7000005 to 102.7; every double comes back as itself."""
    shape = shapely.box(lon, lat, lon + 0.003, lat + 0.007, ccw=not clockwise)
    path = tmp_path_factory.mktemp("numbers") / "a.geojson"
    made = table(["A"], [shape])
    flat.write_flat(made, path, "geojson", provenance(made))
    (feature,) = json.loads(path.read_text())["features"]
    ((ring,),) = feature["geometry"]["coordinates"]
    assert {tuple(point) for point in ring} == set(shape.exterior.coords)
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(ring))
    assert area > 0  # RFC 7946, 3.1.6: outer rings run against the clock
    assert ring[0] == ring[-1]


def test_holes_of_geojson_run_with_the_clock_and_texts_attack_nobody(split, tmp_path):
    path = tmp_path / "a.geojson"
    exports.write(split, path, title=ATTACK)
    told = json.loads(path.read_text(encoding="utf-8"))
    assert next(iter(told)) == "restriction"
    assert told["type"] == "FeatureCollection"
    assert "crs" not in told
    assert told["provenance"]["threshold_m"] == "7000"
    parts = next(f for f in told["features"] if f["properties"]["zone"] == "far")["geometry"]

    def turn(ring):
        return sum((b[0] - a[0]) * (b[1] + a[1]) for a, b in itertools.pairwise(ring))

    shell, *holes = parts["coordinates"][0]
    assert turn(shell) < 0
    assert len(holes) == 2
    assert all(turn(hole) > 0 for hole in holes)
    days = {f["properties"]["surveyed_on"] for f in told["features"]}
    assert days == {"2012-03-04", "2020-02-29", "1899-12-31", None}
    assert {type(f["properties"]["in_workbench"]) for f in told["features"]} == {bool}


def test_a_shapefile_says_its_letters_and_what_it_cuts(tmp_path):
    said = []
    long = "ក" * 84 + "ខ" * 16  # 300 bytes: 84 letters of three fit into 254
    made = table(["A", "B"], [square(103, 13), holed(103.2, 13.1)]).assign(
        remark=[long, "short"], border_distance_of_old=[1.5, None], RESTRICTED=["mine", None]
    )
    exports.write(made, tmp_path / "a.shp", say=said.append)
    assert (tmp_path / "a.cpg").read_text() == "UTF-8"
    assert 'GEOGCS["GCS_WGS_1984"' in (tmp_path / "a.prj").read_text()
    names, texts = said
    assert "border_distance_m as border_dis" in names
    assert "border_distance_of_old as border_d_1" in names
    assert texts == "remark: 1 texts are cut to 254 bytes; .gpkg holds all"
    # By hand, from the table itself (dBASE III): a field each 32 bytes, its name in eleven.
    head = (tmp_path / "a.dbf").read_bytes()
    (size,) = struct.unpack("<H", head[8:10])
    fields = [head[at : at + 11].rstrip(b"\0").decode() for at in range(32, size - 1, 32)]
    assert len(set(map(str.lower, fields))) == len(fields)
    assert {"RESTRICTED", "RESTRICT_1", "border_dis", "border_d_1"} <= set(fields)
    found = gpd.read_file(tmp_path / "a.shp")
    assert found["remark"].tolist() == ["ក" * 84, "short"]
    assert found["RESTRICT_1"].tolist()[0] == "mine"


def test_our_own_reader_takes_each_as_it_was(tmp_path, split):
    plain = table(["AP-1", "AP-2"], [square(103, 13), holed(103.2, 13.1)]).assign(
        area_type=["SHA", "CHA"], reported_size_m2=[12_345.5, None],
        surveyed_on=pd.to_datetime(["2020-01-31", None]).astype("datetime64[ms]"),
    )  # fmt: skip
    wanted = mg.to_hazards(plain.drop(columns=list(mg.terms.SPLIT_COLUMNS)))
    for ending in exports.FLAT:
        path = tmp_path / f"a.{ending}"
        exports.write(plain, path)
        found = mg.read_hazards(path).sort_values("hazard_id", ignore_index=True)
        ours = list(mg.terms.HAZARD_COLUMNS[:-1])
        pd.testing.assert_frame_equal(pd.DataFrame(found[ours]), pd.DataFrame(wanted[ours]))
        assert [a.equals(b) for a, b in zip(found.geometry, wanted.geometry, strict=True)] == [
            True, True,
        ]  # fmt: skip


@pytest.mark.parametrize("ending", exports.FLAT)
def test_a_split_without_rows_is_a_file_with_its_columns(ending, tmp_path):
    none = table(["A"], [square(103, 13)]).iloc[:0]
    path = tmp_path / f"none.{ending}"
    exports.write(none, path)
    read = gpd.read_parquet if ending == "parquet" else gpd.read_file
    found = read(path)
    assert len(found) == 0
    if ending != "geojson":  # which has no columns without features
        assert {"hazard_id", "zone"} <= set(found.columns)
    assert restriction.kind_of(path) == "restricted"


@pytest.mark.parametrize("ending", exports.FLAT)
def test_no_file_of_hazards_alone_is_public(ending, releases, admin, tmp_path):
    with pytest.raises(OptionError, match="hazards, which are not public"):
        exports.write_public(disclosed(admin, releases), tmp_path / f"x.{ending}")
    assert list(tmp_path.iterdir()) == []


def test_files_beside_a_shapefile_are_not_overrun(split, tmp_path):
    (tmp_path / "a.dbf").write_bytes(b"of another program")
    with pytest.raises(FileError, match=r"a\.dbf: is there already"):
        exports.write(split, tmp_path / "a.shp")
    assert [each.name for each in tmp_path.iterdir()] == ["a.dbf"]
    for index in (".qix", ".sbn"):
        (tmp_path / f"a{index}").write_bytes(b"of the old polygons")
    exports.write(split, tmp_path / "a.shp", overwrite=True)
    assert {each.suffix for each in tmp_path.iterdir()} == {".cpg", ".dbf", ".prj", ".shp", ".shx"}
    modes = {each.stat().st_mode & 0o777 for each in tmp_path.iterdir()}
    assert modes == {0o600}


def test_what_a_file_says_of_itself(tmp_path):
    made = table(["A"], [square(103, 13)])
    exports.write(made, tmp_path / "a.fgb", title="Samlout")
    about = pyogrio.read_info(tmp_path / "a.fgb")["layer_metadata"]
    assert about["TITLE"] == "RESTRICTED: Samlout"
    assert "threshold_m: 7000" in about["DESCRIPTION"]
    exports.write(made, tmp_path / "a.parquet", title="Samlout")
    frame = gpd.read_parquet(tmp_path / "a.parquet")
    assert math.isclose(np.float64(frame["border_distance_m"].iloc[0]), 6_999.99, abs_tol=0)
