"""Districts: official files of every make load to one shape; hazards go to their largest part."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from mine_geo.errors import CRSError, FileError, GeometryError, RecordError, UnknownNameError
from mine_geo.geo import admin as admin_module
from mine_geo.geo import sample
from mine_geo.geo.admin import assign_admin, provinces, to_admin
from mine_geo.geo.geometry import exact_size_m2
from mine_geo.intake import read_admin
from mine_geo.terms import ADMIN_COLUMNS

COD_PROVINCES = {
    "Siem Reap": "Siemreap",
    "Oddar Meanchey": "Otdar Meanchey",
    "Kratie": "Kracheh",
    "Stung Treng": "Stueng Traeng",
    "Kep": "Kaeb",
}
COD_DISTRICTS = {
    "Mongkol Bourei": "Mongkol Borei",
    "Rotanak Mondol": "Rotonak Mondol",
    "Choam Khsant": "Choam Ksant",
    "Banteay srei": "Banteay Srei",
    "Pech Chreada": "Pechr Chenda",
}


@pytest.fixture(name="districts", scope="module")
def _districts():
    return read_admin(sample.path("districts"))


@pytest.fixture(name="cod", scope="module")
def _cod(districts):
    """A file such as COD-AB: its columns and spellings, 197 districts, one invalid ring."""
    old = districts[districts["district"] != "Taing Kouk"]
    frame = gpd.GeoDataFrame(
        {
            "adm0_pcode": "KH",
            "adm1_name": old["province"].replace(COD_PROVINCES),
            "adm1_pcode": "KH" + old["province_code"],
            "adm2_name": old["district"].replace(COD_DISTRICTS),
            "adm2_pcode": "KH" + old["district_code"],
        },
        geometry=old.geometry,
        crs=4326,
    )
    return frame.sample(frac=1, random_state=7)


def square(lon, lat, side=0.1):
    return shapely.box(lon, lat, lon + side, lat + side)


def frame(columns, geometries):
    return gpd.GeoDataFrame(columns, geometry=geometries, crs=4326)


def test_the_sample_has_the_canonical_shape(districts):
    assert districts.columns.tolist() == [*ADMIN_COLUMNS, "repaired", "schematic"]
    assert len(districts) == 198
    assert districts["district_code"].is_monotonic_increasing
    assert (districts.geom_type == "MultiPolygon").all()
    assert districts["schematic"].all()
    assert not districts["repaired"].any()
    assert districts.crs == "EPSG:4326"


def test_a_canonical_frame_stays_as_it_is(districts):
    pd.testing.assert_frame_equal(to_admin(districts), districts)


def test_cod_ab(cod, districts, tmp_path):
    path = tmp_path / "khm_adm2.gpkg"
    cod.to_file(path, layer="khm_admin2")
    found = read_admin(path)
    assert len(found) == 197
    ours = districts[districts["district"] != "Taing Kouk"].reset_index(drop=True)
    names = list(ADMIN_COLUMNS[:-1])
    assert found[names].astype(str).equals(ours[names].astype(str))
    extras = ["repaired", "adm0_pcode", "adm1_name", "adm1_pcode", "adm2_name", "adm2_pcode"]
    assert found.columns.tolist() == [*ADMIN_COLUMNS, *extras]
    assert exact_size_m2(found).sum() == pytest.approx(exact_size_m2(ours).sum(), abs=1)


def test_cod_ab_before_2024(cod):
    older = cod.drop(columns="adm0_pcode").set_axis(
        ["ADM1_EN", "ADM1_PCODE", "ADM2_EN", "ADM2_PCODE", "geometry"], axis=1
    )
    assert len(to_admin(older)) == 197


def test_cod_ab_names_alone_give_the_same_codes(cod, districts):
    named = to_admin(cod[["adm1_name", "adm2_name", "geometry"]])
    expected = districts.loc[districts["district"] != "Taing Kouk", "district_code"]
    assert named["district_code"].tolist() == expected.tolist()


def test_an_invalid_ring_is_repaired_and_said():
    loop = shapely.Polygon([(103, 13), (103.2, 13), (103.2, 13.1), (103, 13.1), (103.1, 12.99)])
    assert not loop.is_valid
    both = to_admin(frame({"adm2_pcode": ["KH0209", "KH0208"]}, [loop, square(104, 13)]))
    assert both["district_code"].tolist() == ["0208", "0209"]
    assert both["repaired"].tolist() == [False, True]
    assert both.is_valid.all()
    assert (both.geom_type == "MultiPolygon").all()
    assert both.geometry.iloc[1].area == pytest.approx(loop.buffer(0).area, rel=0.2)
    assert to_admin(both)["repaired"].tolist() == [False, True]


def test_a_hole_stays_a_hole():
    lake = shapely.Polygon(square(103, 13).exterior, [square(103.04, 13.04, 0.02).exterior])
    found = to_admin(frame({"adm2_pcode": ["KH0209"]}, [lake]))
    assert len(found.geometry[0].geoms[0].interiors) == 1


def test_geoboundaries(districts, tmp_path):
    towns = {"1710": "Krong Siem Reap", "0904": "Krong Khemara Phoumin", "2302": "Krong Kaeb"}
    labels = districts["district_code"].map(towns).fillna(districts["district"])
    bounds = frame(
        {"shapeName": labels, "shapeID": range(len(labels)), "shapeType": "ADM2"},
        districts.geometry,
    )
    path = tmp_path / "geoBoundaries-KHM-ADM2.geojson"
    bounds.sample(frac=1, random_state=3).to_file(path)
    found = read_admin(path)
    assert found["district_code"].tolist() == districts["district_code"].tolist()
    samraong = found[found["district"] == "Samraong"]
    assert samraong["province"].tolist() == ["Takeo", "Oddar Meanchey"]
    for code in ("2107", "2204"):
        theirs = districts.loc[districts["district_code"] == code].geometry.iloc[0]
        ours = found.loc[found["district_code"] == code].geometry.iloc[0]
        assert shapely.intersection(ours, theirs).area == pytest.approx(theirs.area, rel=1e-6)


def test_a_name_of_two_provinces_needs_neighbours():
    alone = frame({"shapeName": ["Samraong"]}, [square(104.7, 11.1)])
    expected = "'Samraong' may be 2107 in Takeo, 2204 in Oddar Meanchey.* add a column province"
    with pytest.raises(UnknownNameError, match=expected):
        to_admin(alone)
    beside = frame({"shapeName": ["Samraong", "Bati"]}, [square(104.7, 11.1), square(104.8, 11.1)])
    assert to_admin(beside)["district_code"].tolist() == ["2102", "2107"]
    apart = beside.set_geometry([square(104.7, 11.1), square(104.9, 11.1)])
    with pytest.raises(UnknownNameError, match="neighbours"):
        to_admin(apart)
    told = alone.assign(province="Takeo")
    assert to_admin(told)["district_code"].tolist() == ["2107"]


def test_the_khans_of_phnom_penh_go_by_name():
    names = {"adm2_pcode": ["KH1210", "KH1211", "KH1212"]}
    names["adm2_name"] = ["Chbar Ampov", "Chraoy Chongvar", "Praek Pnov"]  # another order
    found = to_admin(frame(names, [square(104.9, 11.5), square(105, 11.5), square(105.1, 11.5)]))
    assert found["district"].tolist() == ["Chraoy Chongvar", "Praek Pnov", "Chbar Ampov"]
    assert found["district_code"].tolist() == ["1210", "1211", "1212"]
    assert found.geometry.bounds["minx"].round(1).tolist() == [105.0, 105.1, 104.9]


def test_a_code_and_a_name_that_contradict_each_other_are_refused():
    wrong = frame({"adm2_pcode": ["KH0209"], "adm2_name": ["Sangkae"]}, [square(103, 13)])
    with pytest.raises(RecordError, match=r"0209 has the name 'Sangkae', which is Sangkae \(0208"):
        to_admin(wrong)


def test_a_spelling_that_is_not_known_does_not_hinder_a_code():
    odd = frame({"adm2_pcode": ["KH0209"], "adm2_name": ["Samlaut"]}, [square(103, 13)])
    assert to_admin(odd)["district"].tolist() == ["Samlout"]
    renumbered = frame({"adm2_pcode": ["KH0509"], "adm2_name": ["Odongk"]}, [square(104, 11)])
    assert to_admin(renumbered)["district_code"].tolist() == ["0509"]


def test_a_district_newer_than_the_table_keeps_its_own_name():
    newer = frame({"adm2_pcode": ["KH0216"], "adm2_name": ["Thmei"]}, [square(103, 13)])
    row = to_admin(newer).iloc[0]
    assert row[["province", "district", "district_code"]].tolist() == [
        "Battambang",
        "Thmei",
        "0216",
    ]
    assert row["district_km"] is None


def test_bad_names_and_codes():
    one = [square(103, 13)]
    with pytest.raises(UnknownNameError, match=r"1 names not found.*'Atlantis'"):
        to_admin(frame({"shapeName": ["Atlantis"]}, one))
    with pytest.raises(UnknownNameError, match="Samlout: no such district in the province"):
        to_admin(frame({"district": ["Samlout"], "province": ["Takeo"]}, one))
    with pytest.raises(RecordError, match="'02X9' is not one of the national gazetteer"):
        to_admin(frame({"district_code": ["02X9"]}, one))
    with pytest.raises(UnknownNameError, match="no province '99'"):
        to_admin(frame({"district_code": ["9901"]}, one))
    with pytest.raises(RecordError, match="no column of districts; rename one to one of"):
        to_admin(frame({"label": ["Samlout"]}, one))
    with pytest.raises(RecordError, match=r"0209 comes more than once \(records 0, 1\)"):
        to_admin(frame({"district_code": ["0209", 209]}, one * 2))


@pytest.mark.parametrize(
    ("geometry", "words"),
    [
        (None, "record 1: no geometry"),
        (shapely.Polygon(), "record 1: empty geometry"),
        (shapely.Point(103, 13), "Point instead of a polygon"),
        (shapely.Polygon([(103, 13), (103.1, 13.1), (103, 13)]), "without an area"),
        (shapely.box(500_000, 1_400_000, 510_000, 1_410_000), "not longitude / latitude"),
    ],
)
def test_bad_geometries(geometry, words):
    with pytest.raises(GeometryError, match=words):
        to_admin(frame({"district_code": ["0209"]}, [geometry]))


def test_bad_files(tmp_path, districts):
    with pytest.raises(FileError, match="no such file"):
        read_admin(tmp_path / "none.gpkg")
    two = districts.iloc[:2]
    whole = tmp_path / "whole.gpkg"
    two.to_file(whole, layer="districts")
    with pytest.raises(FileError, match=r"no layer 'communes'.*districts"):
        read_admin(whole, "communes")
    cut = tmp_path / "cut.gpkg"
    cut.write_bytes(whole.read_bytes()[:5000])
    with pytest.raises(FileError, match=r"cut\.gpkg: "):
        read_admin(cut)
    bare = tmp_path / "bare.shp"
    two[["district", "geometry"]].to_file(bare)
    bare.with_suffix(".prj").unlink()
    with pytest.raises(CRSError, match=r"bare\.shp: no coordinate reference system"):
        read_admin(bare)
    points = tmp_path / "points.gpkg"
    two.set_geometry(two.geometry.representative_point()).to_file(points)
    with pytest.raises(GeometryError, match=r"points\.gpkg: record 1: Point instead"):
        read_admin(points)
    with pytest.raises(CRSError, match="must be in EPSG:4326"):
        to_admin(two.to_crs(32648))
    with pytest.raises(GeometryError, match="no district polygon"):
        to_admin(two.iloc[:0])


def test_a_file_in_utm_is_brought_to_longitude_and_latitude(tmp_path, districts):
    path = tmp_path / "utm.gpkg"
    districts.iloc[:3].to_crs(32648).to_file(path)
    found = read_admin(path)
    assert found.crs == "EPSG:4326"
    np.testing.assert_allclose(found.total_bounds, districts.iloc[:3].total_bounds, atol=1e-9)


TWO = to_admin(
    frame({"district_code": ["0102", "0202"]}, [square(103, 13, 0.1), square(103.1, 13, 0.1)])
)


def hazards(*geometries, index=None):
    return gpd.GeoDataFrame(geometry=list(geometries), crs=4326, index=index)


def test_the_largest_part_decides():
    fields = hazards(
        shapely.box(103.01, 13.01, 103.02, 13.02),  # wholly in 0102
        shapely.box(103.09, 13.01, 103.13, 13.02),  # 1/4 in 0102, 3/4 in 0202
        shapely.box(103.09, 13.01, 103.11, 13.02),  # half in each: the lower code
        shapely.box(103.19, 13.01, 103.23, 13.02),  # 1/4 in 0202, the rest in none
        shapely.box(104.0, 13.0, 104.1, 13.1),  # in none
        shapely.box(103.2, 13.0, 103.3, 13.1),  # touches 0202 only
        index=["a", "b", "c", "d", "e", "f"],
    )
    found = assign_admin(fields, TWO)
    assert found.columns.tolist() == [
        "province",
        "province_code",
        "district",
        "district_code",
        "share",
    ]
    assert found.index.tolist() == list("abcdef")
    assert found["district_code"].tolist() == ["0102", "0202", "0102", "0202", None, None]
    assert found["province"].tolist()[:2] == ["Banteay Meanchey", "Battambang"]
    np.testing.assert_allclose(
        found["share"], [1, 0.75, 0.5, 0.25, np.nan, np.nan], atol=1e-9, equal_nan=True
    )


def test_the_order_of_the_districts_does_not_matter():
    half = hazards(shapely.box(103.09, 13.01, 103.11, 13.02))
    assert assign_admin(half, TWO.iloc[::-1])["district_code"].tolist() == ["0102"]


def test_parts_of_a_hazard_are_added_up():
    spread = shapely.MultiPolygon(
        [square(103.01, 13.01, 0.01), square(103.03, 13.01, 0.01), square(103.15, 13.01, 0.015)]
    )
    found = assign_admin(hazards(spread), TWO)  # 2 of 4.25 in 0102, 2.25 in 0202
    assert found["district_code"].tolist() == ["0202"]
    assert found["share"].tolist() == [pytest.approx(2.25 / 4.25, rel=1e-4)]


def test_missing_empty_and_no_hazards():
    found = assign_admin(hazards(None, shapely.Polygon(), square(103, 13, 0.01)), TWO)
    assert found["district_code"].tolist() == [None, None, "0102"]
    assert assign_admin(hazards(), TWO).empty


def test_hazards_that_cannot_be_assigned():
    bow_tie = shapely.Polygon([(103, 13), (103.1, 13.1), (103.1, 13), (103, 13.1)])
    with pytest.raises(GeometryError, match="hazard AP-1: invalid ring"):
        assign_admin(hazards(bow_tie, index=["AP-1"]), TWO)
    with pytest.raises(CRSError, match="hazards must be in EPSG:4326"):
        assign_admin(hazards(square(103, 13)).to_crs(32648), TWO)
    with pytest.raises(CRSError, match="districts must be in EPSG:4326"):
        assign_admin(hazards(square(103, 13)), TWO.to_crs(32648))


@given(
    st.floats(102.95, 103.15),
    st.floats(12.95, 13.05),
    st.floats(0.001, 0.1),
    st.booleans(),
)
def test_any_ring_direction_gives_the_same_and_input_stays(lon, lat, side, reverse):
    field = square(lon, lat, side)
    given_frame = hazards(shapely.reverse(field) if reverse else field, index=[42])
    before = given_frame.copy()
    found = assign_admin(given_frame, TWO)
    pd.testing.assert_frame_equal(given_frame, before)
    assert found.index.tolist() == [42]
    parts = [float(exact_size_m2([shapely.intersection(field, unit)])[0]) for unit in TWO.geometry]
    if max(parts) > 1:
        expected = "0102" if parts[0] >= parts[1] - 1e-4 else "0202"
        assert found["district_code"].tolist() == [expected]
        whole = float(exact_size_m2([field])[0])
        assert found["share"].iloc[0] == pytest.approx(max(parts) / whole, rel=1e-9)


def test_provinces_are_a_coverage_with_the_same_size(districts):
    whole = provinces(districts)
    assert len(whole) == 25
    assert whole.columns.tolist() == [
        "province",
        "province_code",
        "province_km",
        "schematic",
        "geometry",
    ]
    assert shapely.coverage_is_valid(whole.geometry.to_numpy())
    assert exact_size_m2(whole).sum() == pytest.approx(exact_size_m2(districts).sum(), abs=0.01)
    assert whole["province_code"].tolist() == [f"{n:02}" for n in range(1, 26)]


def test_provinces_of_districts_that_overlap():
    overlapping = to_admin(
        frame({"district_code": ["0201", "0202"]}, [square(103, 13, 0.1), square(103.05, 13, 0.1)])
    )
    whole = provinces(overlapping)
    assert whole.geometry[0].area == pytest.approx(0.15 * 0.1)


def test_names_are_at_hand():
    assert admin_module.province("BTB").code == "02"
    assert admin_module.district("Samraong", "Takeo").code == "2107"
