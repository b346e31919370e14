"""Figures as everybody sees them: small ones left out with what gives them away, sizes rounded."""

from __future__ import annotations

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from mine_geo import maps
from mine_geo.disclosure import disclosed
from mine_geo.disclosure.layers import Layers
from mine_geo.disclosure.settings import PublicSettings
from mine_geo.errors import OptionError
from mine_geo.exports import write_public
from mine_geo.maps import atlas
from mine_geo.maps import subject as subjects
from mine_geo.maps.pages.compose import compose
from mine_geo.maps.scene import Scene

UNITS = {
    "0204": ("Battambang", "02", "Bavel", "0204"),
    "0209": ("Battambang", "02", "Samlout", "0209"),
    "0202": ("Battambang", "02", "Thma Koul", "0202"),
    "2401": ("Pailin", "24", "Pailin", "2401"),
    "2402": ("Pailin", "24", "Sala Krau", "2402"),
}
PLACE = ["province", "province_code", "district", "district_code"]
FIVE = PublicSettings(least_count=5, round_m2=1000)


def districts():
    rows = list(UNITS.values())
    frame = gpd.GeoDataFrame(
        dict(zip(PLACE, zip(*rows, strict=True), strict=True)),
        geometry=[shapely.box(103 + n / 2, 13, 103.5 + n / 2, 13.5) for n in range(len(rows))],
        crs=4326,
    )
    return frame.assign(province_km=None, district_km=None)


def register(counts, size=7_777, communes=None):
    """Return a split: for each district so many near and so many far hazards."""
    rows = []
    for code, (near, far) in counts.items():
        rows += [(code, "near")] * near + [(code, "far")] * far
    ours = [UNITS[code] for code, _ in rows]
    zones = [zone for _, zone in rows]
    sizes = np.full(len(rows), size) + np.arange(len(rows))
    near = np.where(np.array(zones) == "near", sizes, 0)
    frame = gpd.GeoDataFrame(
        {
            "hazard_id": [f"AP-{n}" for n in range(len(rows))],
            "kind": "ap_minefield",
            **{name: [row[at] for row in ours] for at, name in enumerate(PLACE)},
            "size_m2": sizes,
            "near_size_m2": near,
            "far_size_m2": sizes - near,
            "zone": zones,
            "threshold_m": 7000.0,
            "rule": "edge",
            "include_coast": False,
            "border_name": "by hand",
            "border_version": "1",
            "border_distance_m": 1.0,
            "border_margin_m": -6999.0,
            "neighbour": "THA",
        },
        geometry=[
            shapely.box(103 + n / 1e3, 13, 103.0005 + n / 1e3, 13.0005) for n in range(len(rows))
        ],
        crs=4326,
    )
    return frame if communes is None else frame.assign(commune=communes)


def disclose(split, *others, **options):
    return disclosed.disclose(split, *others, restricted=split, **options)


def row(table, district):
    return table[table["district"] == district].iloc[0]


def test_a_district_of_one_is_left_out_with_its_smallest_neighbour():
    split = register({"0204": (1, 0), "0209": (20, 10), "0202": (5, 15), "2401": (9, 9)})
    told = disclose(split, districts(), settings=FIVE)
    table = told.aggregates
    assert bool(row(table, "Bavel")["few"])
    assert row(table, "Bavel")["suppressed"] == "fewer than 5 hazards"
    assert not row(table, "Thma Koul")["few"]
    assert row(table, "Thma Koul")["suppressed"].startswith("not shown, so that no figure of fewer")
    for name in ("hazards", "size_m2", "near_hazards", "far_size_m2"):
        assert pd.isna(row(table, "Bavel")[name])
        assert pd.isna(row(table, "Thma Koul")[name])
    assert row(table, "Samlout")[["hazards", "near_hazards", "far_hazards"]].tolist() == [
        30,
        20,
        10,
    ]
    assert row(table, "Sala Krau")["hazards"] == 0
    upper = told.upper.set_index("province")
    assert told.upper.iloc[0][["level", "hazards", "near_hazards"]].tolist() == ["national", 69, 35]
    assert upper.loc["Battambang", "hazards"] == 51
    # sizes by hand: 69 hazards of 7,777 + n m², n from 0 to 68
    assert told.upper.iloc[0]["size_m2"] == 539_000  # 536,613 + 2,346 = 538,959
    assert row(table, "Pailin")["size_m2"] % 1000 == 0


def test_one_near_hazard_hides_both_zones_but_not_the_total():
    split = register({"0204": (1, 40), "0209": (20, 10), "0202": (7, 15), "2401": (9, 9)})
    table = disclose(split, districts(), settings=FIVE).aggregates
    assert row(table, "Bavel")["hazards"] == 41
    assert row(table, "Bavel")["suppressed"].startswith("near and far not shown")
    hidden = table[table["near_hazards"].isna()]["district"].tolist()
    assert "Bavel" in hidden
    assert len(hidden) == 2
    assert table["hazards"].notna().all()


def test_communes_of_a_district_add_up_to_it_and_so_are_left_out_too():
    names = ["A"] * 2 + ["B"] * 12 + ["C"] * 30
    split = register({"0209": (44, 0), "2401": (9, 9)}, communes=names + [None] * 18)
    layer = pd.DataFrame({"district_code": "0209", "commune": list("ABC")})
    told = disclose(split, districts(), communes=layer, settings=FIVE)
    table = told.communes.set_index("commune")
    assert table.loc["A", "few"]
    assert table["hazards"].isna().to_dict() == {"A": True, "B": True, "C": False}
    assert row(told.aggregates, "Samlout")["hazards"] == 44


def test_another_kind_and_another_province_change_nothing():
    """Kinds are tables of their own; a part of the whole is cut out of it, never made anew."""
    split = register({"0204": (1, 0), "0209": (20, 10), "0202": (5, 15), "2401": (9, 9)})
    other = register({"0209": (30, 3)}).assign(
        kind="cluster_munition", hazard_id=[f"C{n}" for n in range(33)]
    )
    alone = disclose(split, districts(), settings=FIVE).aggregates
    both = disclose(pd.concat([split, other]), districts(), settings=FIVE)
    mine = both.aggregates[both.aggregates["kind"] == "ap_minefield"].reset_index(drop=True)
    pd.testing.assert_frame_equal(
        pd.DataFrame(mine.drop(columns="geometry")), pd.DataFrame(alone.drop(columns="geometry"))
    )
    part = both.within(both.aggregates[both.aggregates["province_code"] == "02"])
    assert set(part.aggregates["province_code"]) == {"02"}
    assert part.aggregates["hazards"].isna().sum() == both.aggregates["hazards"].isna().sum()


def land(rows, code="0209"):
    """Return releases (hazard, outcome, year, m², place) of a district."""
    ids, outcomes, years, sizes, places = zip(*rows, strict=True)
    return gpd.GeoDataFrame(
        {
            "hazard_id": list(ids),
            "kind": "ap_minefield",
            "outcome": list(outcomes),
            "year": list(years),
            "released_m2": list(sizes),
            **{name: UNITS[code][at] for at, name in enumerate(PLACE)},
        },
        geometry=[shapely.box(104 + n / 100, 13, 104.001 + n / 100, 13.001) for n in places],
        crs=4326,
    )


def test_released_land_that_is_drawn_is_no_secret_and_what_is_not_is():
    split = register({"0209": (20, 10), "2401": (9, 9)})
    drawn = [(f"Z{n}", "cleared", 2020, 1_234, n) for n in range(3)]
    told = disclose(split, districts(), land(drawn), settings=FIVE)
    assert len(told.released) == 3
    assert told.released["released_m2"].tolist() == [1000] * 3
    assert row(told.aggregates, "Samlout")["cleared_m2"] == 4_000  # 3,702
    assert told.yearly["releases"].tolist() == [3]
    # one more of a hazard that is not wholly released: its m² are the sum less what is drawn
    told = disclose(
        split, districts(), land([*drawn, ("AP-1", "cleared", 2021, 999, 9)]), settings=FIVE
    )
    assert pd.isna(row(told.aggregates, "Samlout")["cleared_m2"])
    assert row(told.aggregates, "Samlout")["reduced_m2"] == 0
    # the whole tree has the one release alone: nothing is told, nor in which year it was
    assert told.yearly["released_m2"].isna().all()
    assert set(told.yearly["year"]) == {2020, 2021}
    assert told.upper_yearly["released_m2"].isna().all()
    assert told.withheld["releases"].isna().all()
    many = [(f"AP-{n}", "cleared", 2021, 10_000, 20 + n) for n in range(9)]
    told = disclose(split, districts(), land([*drawn, *many]), settings=FIVE)
    assert row(told.aggregates, "Samlout")["cleared_m2"] == 94_000
    assert told.withheld[["releases", "released_m2"]].to_numpy().tolist() == [[9, 90_000]]


def test_no_size_is_unique_to_the_metre():
    split = register({"0209": (20, 10), "2401": (9, 9)})
    for step in (1000, 10_000):
        told = disclose(split, districts(), settings=PublicSettings(round_m2=step))
        for table in (told.aggregates, told.upper, told.communes):
            for name in table.columns[table.columns.str.endswith("_m2")]:
                assert (table[name].dropna() % step == 0).all()
    tiny = disclose(register({"0209": (6, 6)}, size=3), districts(), settings=FIVE)
    assert row(tiny.aggregates, "Samlout")["size_m2"] == 1000  # 102 m²: some, and never none


def test_another_threshold_than_that_of_all_is_refused():
    split = register({"0209": (20, 10)})
    with pytest.raises(OptionError, match="one set of parameters: threshold_m is 7000"):
        disclose(split.assign(threshold_m=3985.0), districts(), settings=FIVE)
    with pytest.raises(OptionError, match="rule is 'edge', not 'area'"):
        disclose(split.assign(rule="area"), districts(), settings=FIVE)
    own = PublicSettings(threshold_m=3985.0)
    assert disclose(split.assign(threshold_m=3985.0), districts(), settings=own).settings == own


def test_pages_say_it_in_words_in_both_languages():
    split = register({"0204": (1, 0), "0209": (20, 10), "0202": (5, 15), "2401": (9, 9)})
    layers = Scene.of(Layers(split, None, districts(), restricted=split, settings=FIVE))
    page = compose(layers, subjects.province(split, districts(), "Battambang"), public=True)
    rows = {each.name.en: each.figures for each in page.facts.tables[0].rows}
    assert rows["Bavel"][4].en == "fewer than 5"
    assert rows["Bavel"][4].km == "តិចជាង 5"
    assert {each.en for each in rows["Thma Koul"]} == {"not shown"}
    assert rows["Samlout"][::2] == (20, 10, 30)
    assert page.facts.tables[0].total[4] == 51
    text = page.get_root().render()
    assert "fewer than 5" in text
    assert "Sizes are rounded to 1,000 m²" in text
    body = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    assert "7,7" not in body
    one = compose(layers, subjects.district(split, districts(), "Battambang", "Bavel"), public=True)
    assert one.facts.total_hazards.en == "fewer than 5"
    assert one.data["shades"][0]["symbols"] == ["remaining_unsaid"]


def test_the_tables_of_an_atlas_are_those_of_its_pages(tmp_path):
    """They link to the pages of units, and no figure of the hazards themselves is in them."""
    split = register({"0204": (1, 0), "0209": (20, 10), "0202": (5, 15), "2401": (9, 9)})
    atlas(
        maps.layers(split, admin=districts(), restricted=split, settings=FIVE),
        tmp_path / "atlas",
        public=True,
    )
    index = (tmp_path / "atlas" / "index.html").read_text("utf-8")
    assert 'href="02-battambang/index.html"' in index
    province = (tmp_path / "atlas" / "02-battambang" / "index.html").read_text("utf-8")
    assert 'href="0204-bavel.html"' in province
    assert "fewer than 5" in province
    cells = re.findall(r"<td>(.*?)</td>", province)
    assert "1" not in cells  # Bavel has one hazard
    assert "20" in cells


def test_a_geopackage_has_nulls_and_says_why(tmp_path):
    split = register({"0204": (1, 0), "0209": (20, 10), "0202": (5, 15), "2401": (9, 9)})
    told = disclose(split, districts(), settings=FIVE)
    for ending in ("gpkg", "kml"):
        write_public(told, tmp_path / f"f.{ending}")
    found = gpd.read_file(tmp_path / "f.gpkg", layer="districts").set_index("district")
    assert found.loc["Bavel", "suppressed"] == "fewer than 5 hazards"
    assert pd.isna(found.loc["Bavel", "hazards"])
    assert found.loc["Samlout", "hazards"] == 30
    assert "fewer than 5 hazards" in (tmp_path / "f.kml").read_text("utf-8")


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=5, max_size=5))
def test_no_row_is_a_total_less_the_rows_that_are_shown(counts):
    """Whatever the register: with one row of a group left out, its figure would be the rest."""
    told = disclose(register(dict(zip(UNITS, counts, strict=True))), districts(), settings=FIVE)
    table = pd.DataFrame(told.aggregates.drop(columns="geometry"))
    upper = told.upper[told.upper["level"] == "province"].set_index("province_code")
    for name in ("hazards", "near_hazards", "far_hazards", "size_m2"):
        if not name.endswith("_m2"):
            assert not table[name].dropna().between(1, 4).any()
        for code, part in table.groupby("province_code"):
            if pd.notna(upper.loc[code, name]):
                assert part[name].isna().sum() != 1
        provinces = upper[name]
        if pd.notna(told.upper.iloc[0][name]):
            assert provinces.isna().sum() != 1
