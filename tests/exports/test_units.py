"""A file of a province or district: what is in it, for the office and for everybody."""

import geopandas as gpd
import pandas as pd
import pytest

from mine_geo import exports, maps
from mine_geo.disclosure.settings import PublicSettings
from mine_geo.errors import OptionError, UnknownNameError
from tests.exports.conftest import square, table

EVERY = PublicSettings(least_count=1, round_m2=1)


@pytest.fixture
def split():
    """Four hazards: two of Samlout, one of Bavel, one of Kandal."""
    return table(
        ["AP-1", "AP-2", "AP-3", "AP-4"],
        [square(103.01, 13.1), square(103.02, 13.1), square(103.1, 13.6), square(103.6, 13.1)],
        province=["Battambang", "Battambang", "Battambang", "Kandal"],
        province_code=["02", "02", "02", "08"],
        district=["Samlout", "Samlout", "Bavel", "Ta Khmau"],
        district_code=["0209", "0209", "0204", "0811"],
    )


@pytest.fixture
def admin():
    return gpd.GeoDataFrame(
        {
            "province": ["Battambang", "Battambang", "Kandal"],
            "province_code": ["02", "02", "08"],
            "district": ["Samlout", "Bavel", "Ta Khmau"],
            "district_code": ["0209", "0204", "0811"],
        },
        geometry=[square(103, 13, 0.5), square(103, 13.5, 0.5), square(103.5, 13, 0.5)],
        crs=4326,
    )


@pytest.fixture
def layers(split, border, admin):
    """With three releases: one has a code, one the id of a hazard, one only a place."""
    releases = gpd.GeoDataFrame(
        {
            "outcome": ["cleared", "reduced", "cancelled"],
            "hazard_id": ["AP-9", "AP-1", None],
            "province_code": ["08", None, None],
            "district_code": ["0811", None, None],
            "year": [2020, 2021, 2022],
            "released_m2": [10, 20, 30],
        },
        geometry=[square(103.7, 13.2), square(103.8, 13.3), square(103.2, 13.7)],
        crs=4326,
    )
    return maps.layers(
        split,
        border=border,
        admin=admin,
        releases=releases,
        as_of="2022-12-31",
        restricted=split,
        settings=EVERY,
    )


def read(path, layer):
    return pd.DataFrame(gpd.read_file(path, layer=layer))


@pytest.mark.parametrize(
    ("unit", "ids", "districts", "released", "title"),
    [
        ({}, ["AP-1", "AP-2", "AP-3", "AP-4"], 3, [2020, 2021, 2022], "near and far from the"),
        # A release belongs to a unit by its code, else by its hazard, else by where it lies.
        ({"province": "02"}, ["AP-1", "AP-2", "AP-3"], 2, [2021, 2022], "of Battambang province"),
        ({"province": "Kandal"}, ["AP-4"], 1, [2020], "of Kandal province"),
        (
            {"province": "Battambang", "district": "samlout"},
            ["AP-1", "AP-2"],
            1,
            [2021],
            "of Samlout district, Battambang province",
        ),
    ],
)
def test_a_file_holds_what_is_of_its_unit(
    unit, ids, districts, released, title, layers, tmp_path
) -> None:
    path = tmp_path / "a.gpkg"
    assert exports.write(layers, path, **unit) == len(ids)
    assert read(path, "hazards")["hazard_id"].tolist() == ids
    assert len(read(path, "districts")) == districts
    assert read(path, "released")["year"].tolist() == released
    assert len(read(path, "border")) == len(layers.border)
    said = read(path, "provenance").set_index("name")["text"]
    assert said["title"].startswith(f"Hazards {title}")
    assert exports.write(layers, tmp_path / "a.csv", **unit) == len(ids)
    assert set(pd.read_csv(tmp_path / "a.csv", comment="#")["hazard_id"]) == set(ids)


def test_a_public_file_of_a_unit_is_taken_out_of_all_that_was_disclosed(layers, tmp_path) -> None:
    path = tmp_path / "a.gpkg"
    assert exports.write(layers, path, province="02", district="Samlout", public=True) == 2
    rows = read(path, "districts")
    assert rows[["district", "hazards"]].to_numpy().tolist() == [["Samlout", 2]]
    said = read(path, "provenance").set_index("name")["text"]
    assert said["access"] == "public"
    assert said["title"] == "Figures and released land of Samlout district, Battambang province"
    assert b"AP-1" not in path.read_bytes()
    assert exports.write(layers, tmp_path / "b.kml", public=True) == 4


@pytest.mark.parametrize("public", [False, True])
def test_what_cannot_be_written_is_refused_and_nothing_is_there(
    public, layers, split, tmp_path
) -> None:
    path = tmp_path / "a.gpkg"
    with pytest.raises(UnknownNameError, match="Atlantis"):
        exports.write(layers, path, province="Atlantis", public=public)
    with pytest.raises(UnknownNameError, match="Samlout"):
        exports.write(layers, path, province="Kandal", district="Samlout", public=public)
    with pytest.raises(OptionError, match="name its province too"):
        exports.write(layers, path, district="Samlout", public=public)
    with pytest.raises(OptionError, match="personal"):
        exports.write(layers, path, with_personal=["surveyor"], public=public)
    if public:
        with pytest.raises(OptionError, match="needs restricted="):
            exports.write(split, path, public=True)
        with pytest.raises(OptionError, match="outlines of hazards"):
            exports.write(layers, tmp_path / "a.gpx", public=True)
    assert list(tmp_path.iterdir()) == []
