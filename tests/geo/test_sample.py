"""The bundled sample against the published tables, and against what its README promises."""

import csv

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from mine_geo import terms
from mine_geo.errors import FileError, OptionError
from mine_geo.geo import admin_names, sample
from mine_geo.geo.geometry import densify, exact_size_m2, size_m2
from mine_geo.split.distance import border_distance
from mine_geo.tables.published import published_names

UTM = 32648
KOH_KONG, MONDOL_SEIMA = "09", "0905"


def read(name: str) -> gpd.GeoDataFrame:
    return pyogrio.read_dataframe(sample.path(name))


def table(name: str) -> list[dict[str, str]]:
    path = sample.path("published") / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def plane(geometries: gpd.GeoSeries) -> np.ndarray:
    dense = gpd.GeoSeries(densify(geometries), crs=terms.CRS)
    return dense.to_crs(UTM).to_numpy()


@pytest.fixture(scope="module")
def minefields() -> gpd.GeoDataFrame:
    return read("minefields")


@pytest.fixture(scope="module")
def border() -> gpd.GeoDataFrame:
    return read("border")


@pytest.fixture(scope="module")
def districts() -> gpd.GeoDataFrame:
    return read("districts").set_index("district_code")


@pytest.fixture(scope="module")
def coast_m(minefields: gpd.GeoDataFrame, border: gpd.GeoDataFrame) -> np.ndarray:
    return border_distance(minefields, border, include_coast=True).to_numpy()


@pytest.fixture(scope="module")
def land_m(minefields: gpd.GeoDataFrame, border: gpd.GeoDataFrame) -> np.ndarray:
    return border_distance(minefields, border).to_numpy()


@pytest.fixture(scope="module")
def edge_cases(minefields: gpd.GeoDataFrame, coast_m: np.ndarray) -> np.ndarray:
    return np.flatnonzero(np.abs(coast_m - 7000) < 5)


@pytest.fixture(scope="module")
def border_on_plane(border: gpd.GeoDataFrame) -> shapely.Geometry:
    lines = shapely.multilinestrings(shapely.get_parts(plane(border.geometry)))
    shapely.prepare(lines)
    return lines


class TestPath:
    def test_every_name_is_there(self):
        assert [name for name in sample.names() if not sample.path(name).exists()] == []

    def test_unknown_name_lists_the_valid_ones(self):
        with pytest.raises(OptionError, match=r"'minefield' is unknown; valid: .*minefields"):
            sample.path("minefield")

    def test_missing_sample_says_how_to_mend(self, monkeypatch, tmp_path):
        monkeypatch.setattr(sample, "_FOLDERS", (tmp_path,))
        with pytest.raises(FileError, match=r"border\.gpkg is not in .*; reinstall mine_geo"):
            sample.path("border")

    def test_a_wheel_has_its_own_folder(self, monkeypatch, tmp_path):
        (tmp_path / "border.gpkg").touch()
        monkeypatch.setattr(sample, "_FOLDERS", (tmp_path, *sample._FOLDERS))
        assert sample.path("border") == tmp_path / "border.gpkg"

    def test_sizes_of_files(self):
        folder = sample.path("readme").parent
        sizes = [file.stat().st_size for file in folder.rglob("*") if file.is_file()]
        assert max(sizes) < 20e6
        assert 8e6 < sum(sizes) < 15e6

    def test_readme_names_each_file(self):
        text = sample.path("readme").read_text(encoding="utf-8")
        assert [file for file in sample.FILES.values() if f"`{file}" not in text] == ["README.md"]
        assert "ODbL 1.0" in text
        assert "CC BY 4.0" in text
        assert "OpenStreetMap contributors" in text


class TestBorder:
    def test_columns_and_provenance(self, border):
        assert tuple(border.columns) == terms.BORDER_COLUMNS
        assert set(border["border_name"]) == {"osm-geo-maps-1m"}
        assert set(border["border_version"]) == {"0.6.0"}
        assert set(border["accuracy_m"]) == {50.0}

    def test_lengths_by_neighbour(self, border):
        km = border.to_crs(UTM).length / 1000
        by = dict(zip(border["neighbour"].fillna("coast"), km, strict=True))
        assert by == pytest.approx({"THA": 824, "LAO": 559, "VNM": 1175, "coast": 840}, abs=1)

    def test_the_sliver_belongs_to_viet_nam(self, border):
        sliver = shapely.Point(105.753, 11.025)
        apart = shapely.distance(border.geometry.to_numpy(), sliver)
        assert border["neighbour"][apart.argmin()] == "VNM"
        assert border["kind"][apart.argmin()] == "land"
        assert apart[border["kind"] == "coast"].item() > 0.3

    def test_lines_close_to_the_outline(self, border):
        outline = read("country").geometry.iloc[0].boundary
        lines = border.geometry.to_numpy()
        assert shapely.length(lines).sum() == pytest.approx(outline.length, rel=1e-12)
        assert shapely.covers(outline, lines).all()


class TestDistricts:
    def test_198_that_are_a_coverage_of_the_country(self, districts):
        country = read("country").geometry
        assert len(districts) == 198
        assert districts.is_valid.all()
        assert not districts.is_empty.any()
        assert shapely.coverage_is_valid(districts.geometry.to_numpy())
        whole = exact_size_m2(country)[0]
        assert exact_size_m2(districts).sum() == pytest.approx(whole, abs=0.5, rel=0)
        assert size_m2([shapely.union_all(districts.geometry.to_numpy())]) == size_m2(country)

    def test_columns(self, districts):
        columns = [*terms.ADMIN_COLUMNS, "schematic"]
        assert set(districts.reset_index().columns) == set(columns)
        assert districts["schematic"].all()
        assert (districts.index.str[:2] == districts["province_code"]).all()

    def test_names_are_those_of_the_code(self, districts):
        for code, row in districts.iterrows():
            assert row["district"] == admin_names.district_name(code)
            assert row["province"] == admin_names.province_name(code[:2])

    def test_khmer_names_of_the_permuted_codes(self, districts):
        names = districts["district_km"]
        assert names[["1210", "1211", "1212"]].tolist() == ["ជ្រោយចង្វារ", "ព្រែកព្នៅ", "ច្បារអំពៅ"]
        assert names.str.len().gt(1).all()

    def test_each_seat_is_in_its_district(self, districts):
        seats = pd.read_csv(sample.path("district_seats"), dtype={"code": str})
        points = shapely.points(seats["lon"], seats["lat"])
        mine = districts.geometry.loc[seats["code"]].to_numpy()
        on_land = shapely.intersects(points, read("country").geometry.iloc[0])
        assert shapely.covers(mine, points)[on_land].all()
        assert on_land.mean() > 0.98


class TestPublishedTables:
    def test_index_lists_the_tables(self):
        listed = {row["name"] for row in table("tables")}
        files = {file.stem for file in sample.path("published").glob("*.csv")}
        assert listed == files - {"tables", "name_variants"}
        assert set(published_names()) == listed - {"claims", "flows"}
        assert all(row["document"] and row["table"] and row["title"] for row in table("tables"))
        assert {len(row["date"]) for row in table("tables")} == {10}

    def test_annex1_adds_up_to_table3(self):
        rows = [row for row in table("wp2023_annex1") if not row["district"].startswith("Total")]
        total = table("wp2023_table3")[-1]
        counts = int(total["lt7km_minefields"]) + int(total["gt7km_minefields"])
        assert sum(int(row["minefields"]) for row in rows) == counts == 7392
        assert sum(int(row["size_sqm"]) for row in rows) == 681_284_511


class TestPlaces:
    def test_real_places_in_cambodia(self):
        places = pd.read_csv(sample.path("places"), dtype={"geonames_admin1": str})
        assert len(places) == 301
        country = read("country").geometry.iloc[0].buffer(0.02)
        assert shapely.contains_xy(country, places[["lon", "lat"]].to_numpy()).all()
        assert "Phnom Penh" in set(places["name"])


class TestAgainstTheTables:
    def test_all_of_it(self, minefields, coast_m):
        near = coast_m < 7000
        assert len(minefields) == 7392
        assert minefields["size_m2"].sum() == 681_284_511
        assert near.sum() == 4075
        assert minefields["size_m2"][near].sum() == 353_402_819

    def test_sizes_are_those_of_the_polygons(self, minefields):
        assert (size_m2(minefields) == minefields["size_m2"]).all()

    def test_annex1_by_district(self, minefields):
        ours = minefields.groupby("district_code")["size_m2"].agg(["size", "sum"])
        rows = [row for row in table("wp2023_annex1") if not row["district"].startswith("Total")]
        published = {
            admin_names.district_code(row["district"], row["province"]): (
                int(row["minefields"]),
                int(row["size_sqm"]),
            )
            for row in rows
        }
        assert len(published) == 76
        assert {code: tuple(row) for code, *row in ours.itertuples()} == published

    def test_difficulty_of_annex1(self, minefields):
        ours = set(zip(minefields["district_code"], minefields["difficulty"], strict=True))
        rows = [row for row in table("wp2023_annex1") if row["difficulty"]]
        assert ours == {
            (
                admin_names.district_code(row["district"], row["province"]),
                row["difficulty"].lower(),
            )
            for row in rows
        }

    @pytest.mark.parametrize("include_coast", [True, False])
    def test_table3_by_province_and_zone(self, minefields, coast_m, land_m, include_coast):
        near = pd.Series((coast_m if include_coast else land_m) < 7000, name="near")
        ours = minefields.groupby(["province_code", near])["size_m2"].agg(["size", "sum"])
        found = {key: tuple(row) for key, *row in ours.itertuples()}
        published = {}
        for row in table("wp2023_table3")[:-1]:
            code = admin_names.province_code(row["province"])
            published[code, True] = int(row["lt7km_minefields"]), int(row["lt7km_sqm"])
            published[code, False] = int(row["gt7km_minefields"]), int(row["gt7km_sqm"])
        if not include_coast:
            published[KOH_KONG, True] = 276, 17_621_716
            published[KOH_KONG, False] = 31 + 48, 2_442_908 + 2_781_961
        assert found == {key: value for key, value in published.items() if value != (0, 0)}

    def test_koh_kong_hangs_on_mondol_seima(self, minefields, districts, border, land_m):
        near = land_m < 7000
        there = minefields["province_code"] == KOH_KONG
        assert set(minefields["district_code"][near & there]) == {MONDOL_SEIMA}
        assert near[minefields["district_code"] == MONDOL_SEIMA].all()
        others = sorted(set(minefields["district_code"][there]) - {MONDOL_SEIMA})
        assert border_distance(districts.loc[others], border).min() > 15_000

    def test_workbench(self, minefields):
        bench = minefields[minefields["in_workbench"]]
        assert bench["size_m2"].sum() == 137_900_000
        assert (bench["surveyed_on"].dt.year >= 2020).all()
        assert (bench["status"] == "open").all()


class TestShapes:
    def test_valid_multipolygons_in_lonlat(self, minefields):
        assert minefields.crs == terms.CRS
        assert set(minefields.geom_type) == {"MultiPolygon"}
        assert minefields.is_valid.all()

    def test_on_the_lattice(self, minefields):
        xy = shapely.get_coordinates(minefields.geometry.to_numpy())
        assert (np.rint(xy * 1e7) / 1e7 == xy).all()

    def test_sizes_are_whole_before_rounding(self, minefields):
        assert np.abs(exact_size_m2(minefields) - minefields["size_m2"]).max() < 0.2

    def test_no_two_overlap(self, minefields):
        shapes = minefields.geometry
        left, right = shapes.sindex.query(shapes, predicate="intersects")
        assert (left == right).all()

    def test_25_m_inside_their_district(self, minefields, districts):
        on_plane = plane(minefields.geometry)
        for code, rows in minefields.groupby("district_code").indices.items():
            polygon = districts.geometry[code]
            assert shapely.covers(polygon, minefields.geometry.to_numpy()[rows]).all()
            limit = plane(gpd.GeoSeries([polygon.boundary], crs=terms.CRS))[0]
            shapely.prepare(limit)
            assert not shapely.dwithin(limit, on_plane[rows], 25.05).any(), code

    def test_some_have_holes_and_parts(self, minefields):
        parts = shapely.get_num_geometries(minefields.geometry.to_numpy())
        each = shapely.get_parts(minefields.geometry.to_numpy())
        holes = shapely.get_num_interior_rings(each)
        assert 150 < (parts > 1).sum() < 600
        assert 150 < (holes > 0).sum() < 600

    def test_sizes_are_spread_like_minefields(self, minefields):
        within = minefields.groupby("district_code")["size_m2"]
        log = np.log(minefields["size_m2"]) - within.transform(lambda m2: np.log(m2).mean())
        big = within.transform("size") > 100
        assert 0.8 < log[big].std() < 1.1
        assert abs(log[big].skew()) < 0.35
        assert minefields["size_m2"].min() > 500
        assert minefields["size_m2"].max() < 2e6

    def test_near_ones_lie_along_the_border(self, minefields, land_m):
        close = minefields[land_m < 5000].to_crs(UTM)
        box = close.minimum_rotated_rectangle()
        edges = [np.diff(shapely.get_coordinates(one)[:3], axis=0) for one in box]
        sides = np.array([np.sort(np.hypot(*edge.T)) for edge in edges])
        assert np.median(sides[:, 1] / sides[:, 0]) > 2.2


class TestTheLine:
    def test_straddlers(self, minefields, coast_m, border_on_plane):
        shapes = minefields.to_crs(UTM).geometry.to_numpy()
        close = np.flatnonzero((coast_m < 7000) & (coast_m > 4000))
        xy, owner = shapely.get_coordinates(shapes[close], return_index=True)
        beyond = ~shapely.dwithin(border_on_plane, shapely.points(xy), 7005.0)
        share = len(set(owner[beyond])) / (coast_m < 7000).sum()
        assert 0.05 <= share <= 0.10

    def test_none_is_nearly_on_it_but_the_edge_cases(self, coast_m, land_m, edge_cases):
        assert len(edge_cases) == 12
        others = np.setdiff1d(np.arange(len(coast_m)), edge_cases)
        assert np.abs(coast_m[others] - 7000).min() > 25
        assert np.abs(land_m[others] - 7000).min() > 25

    def test_edge_cases(self, minefields, coast_m, edge_cases):
        found = dict.fromkeys(minefields["district"][edge_cases], 0)
        for place, metres in zip(
            minefields["district"][edge_cases], coast_m[edge_cases], strict=True
        ):
            wanted = 7001.5 if place == "Choam Khsant" else 6998.0
            assert metres == pytest.approx(wanted, abs=0.3, rel=0)
            found[place] += 1
        assert found == {"Malai": 4, "Samlout": 4, "Choam Khsant": 4}

    def test_planar_utm_gets_every_edge_case_wrong(
        self, minefields, coast_m, edge_cases, border_on_plane
    ):
        shapes = minefields.to_crs(UTM).geometry.to_numpy()
        planar = shapely.distance(shapes, border_on_plane)
        wrong = np.flatnonzero((planar < 7000) != (coast_m < 7000))
        assert wrong.tolist() == edge_cases.tolist()


class TestAttributes:
    def test_columns_in_order(self, minefields):
        columns = [name for name in terms.HAZARD_COLUMNS if name != "geometry"]
        assert list(minefields.columns) == [*columns, "synthetic", "geometry"]
        assert minefields["synthetic"].all()

    def test_ids(self, minefields):
        ids = minefields["hazard_id"]
        assert ids.is_unique
        assert ids.is_monotonic_increasing
        assert ids.str.fullmatch(r"AP-\d{4}-\d{4}").all()
        assert (ids.str[3:7] == minefields["district_code"]).all()

    def test_vocabulary(self, minefields):
        assert set(minefields["kind"]) == {"ap_minefield"}
        assert set(minefields["also"].dropna()) == {"av_minefield"}
        assert set(minefields["area_type"]) == set(terms.AREA_TYPES)
        assert set(minefields["status"]) == {"open", "worked_on"}
        operators = {
            row["operator"].partition("(")[2].rstrip(")") for row in table("wp2023_table5")
        }
        assert set(minefields["operator"]) <= operators

    def test_no_place_is_invented(self, minefields):
        assert minefields["commune"].isna().all()
        assert minefields["village"].str.startswith("near ").all()
        expected = [admin_names.district_name(code) for code in minefields["district_code"]]
        assert minefields["district"].tolist() == expected

    def test_dates_are_dates(self, minefields):
        info = pyogrio.read_info(sample.path("minefields"))
        types = dict(zip(info["fields"], info["dtypes"], strict=True))
        assert types["surveyed_on"].startswith("datetime64[D]")
        assert minefields["surveyed_on"].max() < pd.Timestamp("2022-01-01")
        assert minefields["surveyed_on"].notna().all()

    def test_reported_sizes_are_near_the_sizes(self, minefields):
        ratio = minefields["reported_size_m2"] / minefields["size_m2"]
        assert 0.7 < (ratio == 1).mean() < 0.9
        assert ratio.between(0.9, 1.1).all()
