"""What goes onto a page, before any browser: rows, names, lines, words, and bad input."""

from __future__ import annotations

import json
import re
import resource
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from mine_geo import maps
from mine_geo.errors import FileError, MixedError, OptionError, RecordError, UnknownNameError
from mine_geo.maps import ground, provenance, subject
from mine_geo.terms import SPLIT_COLUMNS

if TYPE_CHECKING:
    from mine_geo.maps.pages.page import OfflinePage


def html(drawn: OfflinePage) -> str:
    return drawn.get_root().render()


def data(drawn: OfflinePage) -> dict:
    found = re.search(
        r'<script type="application/json"[^>]*>(.*?)</script>', html(drawn), re.DOTALL
    )
    assert found
    return json.loads(found[1])


def rows(drawn: OfflinePage) -> int:
    return data(drawn)["layers"][-1]["rows"]


def test_the_same_frames_give_the_same_page(split, border, admin) -> None:
    one, two = (maps.national(maps.layers(split, border=border, admin=admin)) for _ in range(2))
    assert html(one) == html(two) == html(one)


def test_no_link_leads_out(split, border, admin) -> None:
    page = html(maps.border_zone(maps.layers(split, border=border, admin=admin), "Battambang"))
    page = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert re.findall(r"""(?:src|href|action)\s*=\s*["']?(?:https?:)?//""", page) == []
    assert "url(images" not in page
    assert "jquery" not in page.lower()


def test_no_map_of_the_library_is_asked_for(split) -> None:
    assert "sourceMappingURL" not in html(maps.national(split))


@pytest.mark.parametrize("name", ["Battambang", "battambang ", "02", "BTB", "បាត់ដំបង", "KH02"])
def test_a_province_in_any_known_spelling(name, split, admin) -> None:
    assert rows(maps.province(maps.layers(split, admin=admin), name)) == 5


def test_a_province_by_the_frame_alone(split) -> None:
    other = split.assign(province="Vilcabamba", province_code="99")
    assert rows(maps.province(other, "vilcabamba")) == 5


def test_without_districts_the_table_knows_the_khmer_name(split) -> None:
    assert 'data-km="ខេត្តបាត់ដំបង"' in html(maps.province(split, "02"))
    # What only has the code of Battambang, but another name, is not called by its name.
    other = split.assign(province="Vilcabamba")
    assert 'data-km="ខេត្តVilcabamba"' in html(maps.province(other, "02"))


def test_a_district_is_one_of_its_province(split, admin) -> None:
    assert rows(maps.district(maps.layers(split, admin=admin), "Battambang", "Bavel")) == 2
    with pytest.raises(UnknownNameError, match="valid: Ta Khmau"):
        maps.district(maps.layers(split, admin=admin), "Kandal", "Bavel")


def test_grouping_is_by_code_and_not_by_name(split) -> None:
    # Samraong is a district of Takeo and of Oddar Meanchey.
    twice = split.assign(
        province=["Takeo"] * 2 + ["Oddar Meanchey"] * 3,
        province_code=["21"] * 2 + ["22"] * 3,
        district="Samraong",
        district_code=["2107"] * 2 + ["2204"] * 3,
    )
    assert rows(maps.district(twice, "Takeo", "Samraong")) == 2
    assert rows(maps.district(twice, "22", "Samraong")) == 3


def test_a_province_without_hazards_is_no_error(split, admin) -> None:
    assert rows(maps.province(maps.layers(split, admin=admin), "Kandal")) == 0
    assert rows(maps.province(split, "Kep")) == 0


def test_an_unknown_name_lists_the_valid_ones(split, admin) -> None:
    with pytest.raises(UnknownNameError, match=r"'Atlantis' is unknown; valid: Battambang, Kandal"):
        maps.province(maps.layers(split, admin=admin), "Atlantis")
    with pytest.raises(UnknownNameError, match="valid: Bavel, Samlout"):
        maps.border_zone(maps.layers(split, admin=admin), "Battambang", "Atlantis")


def test_hazards_without_a_split_are_refused(split) -> None:
    with pytest.raises(RecordError, match=r"border_distance_m.*border_split"):
        maps.national(split.drop(columns=list(SPLIT_COLUMNS)))


@pytest.mark.parametrize(
    ("column", "value"), [("threshold_m", 5000.0), ("rule", "area"), ("border_version", "2")]
)
def test_two_splits_on_one_map_are_refused(column, value, split) -> None:
    mixed = pd.concat([split, split.assign(**{column: value})])
    with pytest.raises(MixedError, match=f"mixes {column}"):
        maps.national(mixed)


def test_a_hazard_that_no_total_would_count_is_refused(split) -> None:
    with pytest.raises(RecordError, match="AP-2: neither near nor far"):
        maps.national(split.assign(zone=["near", None, "near", "far", "near"]))


def test_an_unknown_order_is_refused(split) -> None:
    with pytest.raises(OptionError, match="near, far"):
        maps.border_zone(split, "Battambang", first="middle")


def test_each_boundary_is_drawn_once(admin) -> None:
    drawn = ground.outlines(admin)
    # Two districts of one province share 0.5 degree; the provinces share 1; the rim is 4.
    assert {key: round(line.length, 9) for key, line in drawn.items()} == {
        "district": 0.5,
        "province": 1.0,
        "outside": 4.0,
    }


def test_slivers_are_drawn_as_two_lines() -> None:
    apart = gpd.GeoDataFrame(
        {"province_code": ["01", "01"]},
        geometry=[shapely.box(0, 0, 1, 1), shapely.box(1.0001, 0, 2, 1)],
        crs="EPSG:4326",
    )
    assert ground.outlines(apart)["outside"].length == pytest.approx(7.9998)


def test_the_country_is_what_land_and_coast_close(border, admin) -> None:
    assert ground.country(border, None).equals(shapely.box(103, 13, 104, 14))
    assert ground.country(border.iloc[:1], admin).equals(shapely.box(103, 13, 104, 14))
    assert ground.country(border.iloc[:1], None) is None


def test_the_line_lies_at_the_threshold(border) -> None:
    zone = ground.border_zone(border, 7000, include_coast=False, view=(103, 13, 104, 14))
    # At 13.5 north a degree of longitude is 108,272 m, so 7,000 m are 0.06465 degree.
    east = shapely.bounds(shapely.intersection(zone, shapely.box(103, 13.4999, 104, 13.5001)))[2]
    assert east == pytest.approx(103.06465, abs=5e-5)


def test_totals_by_the_rule_and_not_by_the_zone(split) -> None:
    parts = split.assign(rule="area", near_size_m2=split["near_size_m2"] // 2)
    parts["far_size_m2"] = parts["size_m2"] - parts["near_size_m2"]
    page = html(maps.national(parts))
    assert "<td>3</td>\n  <td>1,500,075</td>" in page
    assert "1,524,075" in page
    columns = [column["name"] for column in data(maps.national(parts))["layers"][-1]["columns"]]
    assert {"near_size_m2", "far_size_m2"} <= set(columns)


def test_rows_in_the_workbench_are_counted_by_kind(split) -> None:
    split["in_workbench"] = [True, True, False, False, True]
    mixed = split.assign(kind=["ap_minefield"] * 4 + ["cluster_munition"])
    page = html(maps.national(mixed))
    assert "AP minefields: 2 are in the workbench" in page
    assert "Cluster munition areas: 1 are in the workbench" in page


def test_a_release_after_the_last_survey_is_the_day_of_the_data(split, admin) -> None:
    released = gpd.GeoDataFrame(
        {"outcome": "cleared", "happened_on": pd.to_datetime(["2024-05-03", "2019-01-01"])},
        geometry=list(split.geometry[:2]),
        crs="EPSG:4326",
    )
    assert "latest release 3 May 2024" in html(maps.national(maps.layers(split, releases=released)))
    assert "latest survey 29 February 2020" in html(
        maps.national(maps.layers(split, releases=released[1:]))
    )
    # On the page of a unit only what was released there counts.
    elsewhere = released.assign(province_code=["08", "02"])
    page = html(maps.province(maps.layers(split, admin=admin, releases=elsewhere), "02"))
    assert "latest survey 29 February 2020" in page


def test_rows_in_the_workbench_are_counted(split) -> None:
    assert "1 of them are in the workbench" in html(maps.national(split))
    none_waits = maps.national(split.assign(in_workbench=False))
    assert "of them are in the workbench" not in html(none_waits).split("<script")[0]


@pytest.mark.parametrize(
    ("told", "said"),
    [(None, "latest survey 29 February 2020"), ("2022-12-31", "as of 31 December 2022")],
)
def test_the_day_of_the_data(told, said, split) -> None:
    assert said in html(maps.national(maps.layers(split, as_of=told)))


def test_no_date_is_said_too(split) -> None:
    assert "no date recorded" in html(maps.national(split.assign(surveyed_on=pd.NaT)))
    assert "no date recorded" in html(maps.national(split.drop(columns="surveyed_on")))


def test_only_an_id_and_a_polygon_are_needed(split) -> None:
    bare = split[["hazard_id", "size_m2", *SPLIT_COLUMNS, "geometry"]]
    layer = data(maps.national(bare))["layers"][-1]
    assert layer["symbols"] == ["unknown open"]
    assert [keys[0] for keys in layer["groups"]] == ["hazards-far", "hazards-near"]
    assert {tuple(keys[1:]) for keys in layer["groups"]} == {("area_type-unknown", "status-open")}


def test_another_border_than_the_splits_is_said(split, border) -> None:
    assert ">Border drawn<" not in html(maps.national(maps.layers(split, border=border)))
    other = html(maps.national(maps.layers(split, border=border.assign(border_version="2"))))
    assert "drawn by hand, 2; not the one that the zones were made with" in other


@pytest.mark.parametrize(
    ("columns", "credit"),
    [
        ({"border_name": "osm-geo-maps-1m"}, [provenance.OSM]),
        ({"border_name": "OpenStreetMap 2024"}, [provenance.OSM]),
        ({"border_name": "the cosmos"}, []),
        ({"border_name": "x", "attribution": "Ministry of Maps"}, ["Ministry of Maps"]),
        ({"name": "Kep", "source": "GeoNames"}, [provenance.GEONAMES]),
    ],
)
def test_sources_are_credited(columns, credit) -> None:
    frame = pd.DataFrame({key: [value] for key, value in columns.items()})
    assert provenance.sources(frame, None, frame) == credit


def test_input_is_left_alone(split, border, admin) -> None:
    before = [frame.copy() for frame in (split, border, admin)]
    html(maps.border_zone(maps.layers(split, border=border, admin=admin), "02", "0209"))
    for old, new in zip(before, (split, border, admin), strict=True):
        pd.testing.assert_frame_equal(old, new)


def test_a_missing_outline_of_a_unit_is_passed_over(split, border, admin) -> None:
    admin.geometry = [*admin.geometry[:2], None]
    assert rows(maps.national(maps.layers(split, border=border, admin=admin))) == 5


def test_bounds_come_from_the_first_layer_with_an_extent(split, admin) -> None:
    assert subject.bounds_of(None, split.iloc[:0], admin) == (103.0, 13.0, 104.0, 14.0)
    assert subject.bounds_of(split.iloc[:0]) is None


def test_a_page_is_replaced_whole_or_stays(split, tmp_path) -> None:
    place = tmp_path / "page.html"
    drawn = maps.national(split)
    drawn.save(place)
    whole = place.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))  # as if the disk were full
    try:
        with pytest.raises(FileError, match=r"page\.html: cannot be written \(File too large\)"):
            drawn.save(place)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert place.read_bytes() == whole
    assert [each.name for each in tmp_path.iterdir()] == ["page.html"]
    with pytest.raises(FileError, match="Is a directory"):
        drawn.save(tmp_path)
    linked = tmp_path / "linked.html"
    linked.symlink_to(place)
    place.unlink()
    drawn.save(linked)
    assert (linked.is_symlink(), place.read_bytes()) == (True, whole)


def test_lone_surrogates_can_be_written(split, tmp_path) -> None:
    maps.national(split, title="bad \ud800 title").save(str(tmp_path / "page.html"))
    assert "bad \ufffd title" in (tmp_path / "page.html").read_text(encoding="utf-8")
