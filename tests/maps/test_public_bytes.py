"""What is written for everybody holds no restricted coordinate and no name, in any byte.

Two ways to see it. The bytes are searched for every vertex of every polygon that remains, and for
texts that were planted in every column of text of accepted records and of such that wait. And two
registers with the same figures by district but other polygons, ids, distances, days and texts give
the same files, byte for byte: so nothing of a polygon is in them, drawn or not.
"""

import zipfile
from datetime import UTC, datetime

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from mine_geo import exports, intake, maps
from mine_geo.disclosure.layers import Layers
from mine_geo.disclosure.settings import PublicSettings
from mine_geo.disclosure.withholding import may_be_shown
from mine_geo.errors import OptionError
from mine_geo.exports import geopackage
from mine_geo.geo import sample
from mine_geo.ledger.events import registered_events, to_events
from mine_geo.ledger.fold import fold
from mine_geo.maps import subject as subjects
from mine_geo.maps.atlas.build import atlas
from mine_geo.maps.pages.compose import compose
from mine_geo.maps.scene import Scene
from mine_geo.split import zones
from mine_geo.tables.movements import released_land
from tests import leaks
from tests.maps.papers import drawn as sheet_of
from tests.maps.papers import texts

GEOD = pyproj.Geod(ellps="WGS84")
DAY = "2022-12-31"
TOLD = PublicSettings(least_count=1, round_m2=1, tell_waiting=True)
"""All that may ever be told: what is left out of it holds nothing back."""
SHORT = 12  # vertices of a polygon made up here
NAMES = {
    here: {
        "recorded_by": f"Recorder {here}",
        "surveyor": f"Surveyor {here}",
        "comment": f"owner of the rice field: Farmer {here}",
        "operator": f"Operator {here}",
        "village": f"Phum {here}",
        "commune": f"Traeng {here}, 103.0123 13.1045",
        "also": f"Kin of {here}",
        "evidence": f"Told by {here}",
        "remarks": f"House of {here}",
    }
    for here in ("Sarika", "Romdoul")
}
UNITS = ("province", "province_code", "district", "district_code")

BORDER = gpd.GeoDataFrame(
    {
        "kind": ["land", "coast"],
        "neighbour": ["THA", None],
        "border_name": "by hand",
        "border_version": "1",
        "accuracy_m": 10.0,
    },
    geometry=[
        shapely.LineString([(103, 13), (103, 14)]),
        shapely.LineString([(103, 14), (104, 14), (104, 13), (103, 13)]),
    ],
    crs=4326,
)
ADMIN = gpd.GeoDataFrame(
    {
        "province": ["Battambang", "Battambang", "Kandal"],
        "province_code": ["02", "02", "08"],
        "province_km": ["បាត់ដំបង", "បាត់ដំបង", "កណ្ដាល"],
        "district": ["Samlout", "Bavel", "Ta Khmau"],
        "district_code": ["0209", "0204", "0811"],
        "district_km": ["សំឡូត", "បវេល", "តាខ្មៅ"],
    },
    geometry=[
        shapely.box(103, 13, 103.5, 13.5),
        shapely.box(103, 13.5, 103.5, 14),
        shapely.Polygon([(103.5, 13), (104, 13), (104, 14), (103.5, 14), (103.5, 13.5)]),
    ],
    crs=4326,
)
PLACES = pd.DataFrame({"name": ["Ou Rumduol"], "lon": [103.2], "lat": [13.1]})


def field(seed, lon, lat):
    """Return a polygon of odd coordinates, up to 1.1 km about a place."""
    random = np.random.default_rng(seed)
    angle = np.sort(random.uniform(0, 2 * np.pi, SHORT))
    radius = random.uniform(0.005, 0.01, SHORT)
    return shapely.Polygon(
        np.column_stack([lon + radius * np.cos(angle), lat + radius * np.sin(angle)])
    )


CLOSED = [field(900, 103.4, 13.4), field(901, 103.4, 13.8)]
"""Land of hazards that are wholly released, far from all others."""
BESIDE = field(902, 103.25, 13.05)
"""Land of another one; in either register a hazard lies on its edge."""


def register(who):
    """Return a split: figures that are the same for all, all the rest as somebody's."""
    mine = who == "Sarika"
    seed = 0 if mine else 100
    places = [(103.1, 13.1), (103.2, 13.3), (103.3, 13.2), (103.15, 13.7), (103.05, 13.9)]
    shift = 0 if mine else 0.0371234
    polygons = [field(seed + n, x + shift, y - shift) for n, (x, y) in enumerate(places)]
    # One hazard shares a vertex with released land whose own hazard is closed.
    polygons[1 if mine else 2] = BESIDE
    # Those of no unit that a layer knows, of no kind, and what waits: all but a number is hidden.
    polygons += [field(seed + n, 103.06 + n / 100 + shift, 13.5) for n in range(6, 9)]
    size, near = [100, 20_000, 20_000, 4_000, 50], [100, 0, 0, 4_000, 0]
    size, near = [*size, 7, 30, 700 if mine else 900], [*near, 7, 0, 0]
    farm = [f"Farm of {who} 13.1045"] * 2
    days = ["2020-01-01", "2012-03-04", None, None, "2011-01-01", "2010-10-10", None]
    table = {
        "hazard_id": ["AP-1", *(f"{who}-{n}" for n in range(2, 9))],
        "kind": [
            *["ap_minefield"] * 3,
            "cluster_munition",
            "ap_minefield",
            "ap_minefield",
            f"Kind of {who}",
            f"Waiting kind of {who}",
        ],
        "area_type": ["CHA", "SHA"][mine],
        "status": ["open", "worked_on"][mine],
        "in_workbench": [*[False] * 7, True],
        "province": [*["Battambang"] * 5, farm[0], "Battambang", farm[0]],
        "province_code": [*["02"] * 5, None, "02", None],
        "district": ["Samlout", farm[0], "Samlout", "Bavel", *farm, *farm],
        "district_code": ["0209", "0209", "0209", "0204", "0204", f"9 {who}", "0204", None],
        "difficulty": "high" if mine else "low",
        "surveyed_on": pd.to_datetime([*days, "2019-09-09" if mine else "2022-02-02"])
        - pd.Timedelta(days=int(mine)),
        "reported_size_m2": 5.0 if mine else None,
        "size_m2": size,
        "near_size_m2": near,
        "far_size_m2": np.subtract(size, near),
        "zone": ["near" if part else "far" for part in near],
        "border_distance_m": 1082.04 if mine else 2107.66,
        "border_margin_m": -5917.96 if mine else -4892.34,
        "neighbour": "THA" if mine else "LAO",
        "threshold_m": 7000.0,
        "rule": "edge",
        "include_coast": False,
        "border_name": "by hand",
        "border_version": "1",
        **NAMES[who],
    }
    return gpd.GeoDataFrame(table, geometry=polygons, crs=4326)


def land(who):
    """Return released land: two hazards wholly, one beside what remains, one in part."""
    strip = shapely.union(BESIDE, field(903, 103.255, 13.055))
    return gpd.GeoDataFrame(
        {
            "event_id": [f"{who} event {n}" for n in range(4)],
            "hazard_id": [f"closed by {who}", "closed too", "closed beside", "AP-1"],
            "kind": "ap_minefield",
            "outcome": ["cleared", "reduced", "cleared", "cancelled"],
            "happened_on": pd.to_datetime(["2020-05-06", "2021-05-06", "2021-05-06", "2022-05-06"])
            + pd.Timedelta(days=int(who == "Sarika")),
            "year": [2020, 2021, 2021, 2022],
            "released_m2": [1000, 200, 30, 4],
            "province": "Battambang",
            "province_code": "02",
            "district": ["Samlout", "Bavel", "Samlout", "Samlout"],
            "district_code": ["0209", "0204", "0209", "0209"],
            "report_ref": f"report of {who}",
            **NAMES[who],
        },
        geometry=[*CLOSED, strip, field(0, 103.1, 13.1).buffer(0.001)],
        crs=4326,
    )


class Fixed(datetime):
    """A clock that stands still."""

    @classmethod
    def now(cls, tz=None):
        return cls(2023, 1, 1, tzinfo=UTC)


@pytest.fixture
def still(monkeypatch):
    """Let GeoPackages tell the same moment, whenever they are written."""
    monkeypatch.setattr(geopackage, "datetime", Fixed)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2023-01-01T00:00:00.000Z"})
    yield
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def publish(layers, folder, units):
    """Write every kind of public file; `units` are subjects of pages and sheets by name."""
    folder.mkdir()
    for name, subject in units.items():
        compose(layers, subject, public=True).save(folder / f"{name}.html")
    told = layers.public.disclosed
    for name in ("figures.gpkg", "figures.kml", "figures.kmz"):
        exports.write_public(told, folder / name, places=layers.places)
    for name in ("aggregates", "communes", "yearly", "released", "withheld"):
        table = pd.DataFrame(getattr(told, name))
        table.drop(columns="geometry", errors="ignore").to_csv(folder / f"{name}.csv")
    with pytest.raises(OptionError):  # of hazards there is no public table
        exports.write_public(told, folder / "points.csv")
    with zipfile.ZipFile(folder / "figures.kmz") as archive:
        (folder / "kmz.kml").write_bytes(archive.read("doc.kml"))
    (folder / "figures.kmz").unlink()  # a zip says when it was made


def publish_sheet(layers, folder, subject, language, *endings):
    sheet = sheet_of(layers, subject, language=language, public=True)
    for ending in endings:
        sheet.save(folder / f"sheet-{language}.{ending}")


def files(folder):
    found = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    return {name: found[name].read_bytes() for name in sorted(found)}


def hand_made(who, folder):
    split = register(who)
    layers = Scene.of(
        Layers(split, BORDER, ADMIN, land(who), PLACES, DAY, restricted=split, settings=TOLD)
    )
    units = {
        "national": subjects.whole(split, ADMIN),
        "province": subjects.province(split, ADMIN, "Battambang"),
        "district": subjects.district(split, ADMIN, "Battambang", "Samlout"),
        "empty": subjects.province(split, ADMIN, "Kandal"),
    }
    publish(layers, folder, units)
    publish_sheet(layers, folder, units["province"], "en", "pdf", "png")
    atlas(
        maps.layers(
            split,
            border=BORDER,
            admin=ADMIN,
            releases=land(who),
            places=PLACES,
            as_of=DAY,
            restricted=split,
        ),
        folder / "atlas",
        public=True,
    )
    return layers


@pytest.fixture(scope="module")
def public_files(tmp_path_factory):
    """Give the files of either register."""
    folder = tmp_path_factory.mktemp("public")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(geopackage, "datetime", Fixed)
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2023-01-01T00:00:00.000Z"})
        for who in NAMES:
            hand_made(who, folder / who)
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
    return {who: files(folder / who) for who in NAMES}


def search_for(split, released, shown, *public):
    """Return a search for all that is restricted: what remains, and land that is withheld."""
    hidden = [land for land in released.geometry if not any(land is each for each in shown)]
    assert len(hidden) == len(released) - len(shown)
    return leaks.Search(
        [*split.geometry, *hidden], [*shown, *(g for frame in public for g in frame.geometry)]
    )


def test_all_kinds_of_files_are_there(public_files):
    kinds = {name.rpartition(".")[2] for name in public_files["Sarika"]}
    assert kinds == {"html", "css", "js", "json", "gpkg", "kml", "pdf", "png", "csv"}
    pages = [name for name in public_files["Sarika"] if name.endswith(".html")]
    assert len([name for name in pages if name.startswith("atlas/")]) == 1 + 2 + 3
    assert not any("border-zone" in name for name in pages)


def test_other_polygons_give_the_same_bytes(public_files):
    one, other = public_files["Sarika"], public_files["Romdoul"]
    assert list(one) == list(other)
    assert [name for name in one if one[name] != other[name]] == []


@pytest.mark.parametrize("who", NAMES)
def test_no_vertex_and_no_name_in_any_byte(public_files, who):
    released = land(who)
    search = search_for(register(who), released, released.geometry[:2], BORDER, ADMIN)
    assert len(search.secret) > 5 * SHORT
    forbidden = {who, "Farm", "Phum ", "Traeng", "103.0123", "13.1045", "AP-1"}
    forbidden |= {"2020-01-01", "2019-12-31", "2019-09-08", "2022-02-02", "2020-05-07"}
    for name, content in public_files[who].items():
        assert search.found(content) == {}, name
        assert leaks.says(content, forbidden) == set(), name


def test_what_is_printed_of_units_is_what_the_layer_says():
    """All accepted hazards are counted, those of no known unit or kind beside the others."""
    split = register("Sarika")
    layers = Scene.of(Layers(split, BORDER, ADMIN, restricted=split, settings=TOLD))
    table = pd.DataFrame(layers.public.disclosed.aggregates.drop(columns="geometry"))
    assert table["hazards"].sum() == 7
    assert table["size_m2"].sum() == 44_187
    assert table["workbench_hazards"].sum() == 1
    some = table[(table["hazards"] > 0) | (table["workbench_hazards"] > 0)].fillna("?")
    columns = ["district", "kind", "hazards", "workbench_hazards"]
    assert some[columns].to_numpy().tolist() == [
        ["Bavel", "ap_minefield", 1, 0],
        ["Bavel", "cluster_munition", 1, 0],
        ["Bavel", "?", 1, 0],
        ["Samlout", "ap_minefield", 3, 0],
        ["?", "ap_minefield", 1, 0],
        ["?", "?", 0, 1],
    ]


def test_the_words_that_are_drawn_on_a_sheet_are_none_of_a_record():
    """A PDF names glyphs, not letters: the texts are read off the drawing."""
    split = register("Sarika")
    layers = Scene.of(Layers(split, BORDER, ADMIN, land("Sarika"), PLACES, DAY, restricted=split))
    for subject in (
        subjects.whole(split, ADMIN),
        subjects.province(split, ADMIN, "02"),
        subjects.district(split, ADMIN, "02", "0204"),
    ):
        for language in ("en", "km"):
            written = " ".join(texts(sheet_of(layers, subject, language=language, public=True)))
            assert "Battambang" in written
            for word in ("Sarika", "Farm", "Traeng", "13.1045", "AP-1"):
                assert word not in written


def test_released_land_that_may_be_shown_is_there(public_files):
    search = leaks.Search(CLOSED, BORDER.geometry)
    found = {name: search.found(content) for name, content in public_files["Sarika"].items()}
    for name in ("national.html", "province.html", "atlas/index.html"):
        assert found[name]["packed"] >= 2 * SHORT
    assert found["figures.gpkg"]["numbers"] >= 2 * SHORT
    assert found["figures.kml"]["text"] >= 2 * SHORT


def test_the_search_finds_what_is_restricted(tmp_path):
    """The same search on files that do hold the polygons: else it would prove nothing."""
    split, released = register("Sarika"), land("Sarika")
    layers = Scene.of(Layers(split, BORDER, ADMIN, released, PLACES, DAY))
    compose(layers, subjects.whole(split, ADMIN)).save(tmp_path / "page.html")
    for ending in ("gpkg", "kml", "kmz", "gpx", "csv"):
        exports.write(
            maps.layers(split, border=BORDER, admin=ADMIN, releases=released),
            tmp_path / f"points.{ending}",
        )
    split.to_file(tmp_path / "cut.geojson", COORDINATE_PRECISION=4)
    xy = shapely.get_coordinates(split.geometry.to_numpy())
    (tmp_path / "single.bin").write_bytes(b"odd" + xy.astype(">f4").tobytes())
    (tmp_path / "lattice.txt").write_text(str(np.rint(xy * 1e7).astype(int).tolist()))
    (tmp_path / "lattice.bin").write_bytes(b"?" + np.rint(xy * 1e6).astype("<i4").tobytes())
    search = search_for(split, released, released.geometry[:2], BORDER, ADMIN)
    for name, content in files(tmp_path).items():
        assert max(search.found(content).values(), default=0) >= 5 * SHORT - 1, name
    assert leaks.says((tmp_path / "points.gpkg").read_bytes(), {"Surveyor Sarika"})
    assert leaks.says((tmp_path / "points.kmz").read_bytes(), {"Surveyor Sarika"})


@settings(max_examples=3)
@given(seed=st.integers(1000, 10**6), far=st.floats(0, 0.2))
def test_wherever_the_hazards_lie_the_page_is_the_same(seed, far):
    def page(number, shift):
        split = register("Sarika")
        lons = (103.1, 103.12, 103.14, 103.05, 103.1, 103.05, 103.1, 103.15)
        lats = (13.1, 13.2, 13.25, 13.6, 13.65, 13.55, 13.7, 13.75)
        split.geometry = [
            field(number + n, lon + shift, lat)
            for n, (lon, lat) in enumerate(zip(lons, lats, strict=True))
        ]
        layers = Scene.of(
            Layers(split, BORDER, ADMIN, land("Sarika"), PLACES, DAY, restricted=split)
        )
        made = compose(layers, subjects.province(split, ADMIN, "02"), public=True)
        return made.get_root().render()

    assert page(seed, far) == page(seed + 100, 0.2 - far)


@pytest.fixture(scope="module")
def battambang():
    """Give the sample's split and released land of one province, its districts, the border."""
    districts = intake.read_admin(sample.path("districts"))
    lines = intake.read_border(sample.path("border"))
    registered = intake.read_hazards(sample.path("ledger_hazards"))
    registered = registered[registered["province_code"].eq("02")]
    events = to_events(pyogrio.read_dataframe(sample.path("ledger_events")))
    events = events[events["hazard_id"].isin(registered["hazard_id"])]
    folded = fold(pd.concat([registered_events(registered), events]), as_of=DAY)
    left = folded.hazards[folded.hazards["size_m2"] > 0]
    split = zones.border_split(left.assign(surveyor="Surveyor Sarika"), lines)
    released = released_land(folded)
    known = folded.hazards[["hazard_id", "parent_id", "geometry"]]
    return split, released, districts[districts["province_code"].eq("02")], lines, known


def test_no_hole_notch_or_slot_of_the_sample_holds_what_remains(battambang):
    """What is drawn of one hazard has 1,000 such pockets; without the rule some of them tell."""
    split, released, _, _, known = battambang
    tree = shapely.STRtree(split.geometry.to_numpy())

    def narrowed(drawn):
        """Return the km² of each pocket in the land of one hazard that holds what remains."""
        found, count = [], 0
        for _, polygons in drawn.groupby("hazard_id")["geometry"]:
            whole = shapely.union_all(polygons.to_numpy())
            pockets = shapely.get_parts(shapely.difference(shapely.convex_hull(whole), whole))
            count += len(pockets)
            held = np.unique(tree.query(pockets, predicate="intersects")[0])
            rings = [shapely.get_coordinates(pockets[each].exterior) for each in held]
            found += [abs(GEOD.polygon_area_perimeter(*ring.T)[0]) / 1e6 for ring in rings]
        return found, count

    nothing = gpd.GeoDataFrame({"hazard_id": []}, geometry=[], crs=4326)
    wholly = released[~released["hazard_id"].isin(split["hazard_id"])]
    assert min(narrowed(wholly)[0]) < 1
    shown = released[may_be_shown(released, [split, known, nothing])]
    assert len(shown) > 100
    pockets_that_tell, pockets = narrowed(shown)
    assert pockets > 100
    assert pockets_that_tell == []


def test_a_province_of_the_sample(battambang, tmp_path, still):
    """1,000 hazards, and their other polygons: each drawn at seven tenths of its size."""
    split, released, districts, lines, known = battambang
    other = split.set_geometry(
        gpd.GeoSeries(
            [shapely.affinity.scale(g, 0.7, 0.7, origin="centroid") for g in split.geometry],
            index=split.index,
            crs=4326,
        )
    )
    for folder, frame in (("one", split), ("other", other)):
        # what is withheld is the same for both: it is that in whose hull a polygon of either lies
        closed = known[~known["hazard_id"].isin(frame["hazard_id"])]
        restricted = pd.concat([split, other, closed])
        layers = Scene.of(
            Layers(frame, lines, districts, released, None, DAY, restricted=restricted)
        )
        units = {
            "province": subjects.province(frame, districts, "Battambang"),
            "district": subjects.district(frame, districts, "Battambang", "Samlout"),
        }
        publish(layers, tmp_path / folder, units)
        publish_sheet(layers, tmp_path / folder, units["province"], "en", "pdf")
    one, told = files(tmp_path / "one"), layers.public.disclosed
    assert one == files(tmp_path / "other")
    assert 100 < len(told.released) < len(released)
    assert told.aggregates["cleared_m2"].sum() > told.released["released_m2"].sum() / 3
    drawn = {each.wkb for each in told.released.geometry}
    shown = released.geometry[[each.wkb in drawn for each in released.geometry]]
    assert len(shown) == len(told.released)
    assert not set(released.loc[shown.index, "hazard_id"]) & set(split["hazard_id"])
    search = search_for(split, released, shown, districts, lines)
    for name, content in one.items():
        assert search.found(content) == {}, name
        ids = set(split["hazard_id"].head(50)) | {"Surveyor Sarika"}
        assert leaks.says(content, ids) == set(), name
