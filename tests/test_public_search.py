"""The search of `tests.benchmarks.public_search`, thinned: what it finds, and that it finds."""

import functools

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from tests.benchmarks import public_search as search

ONE, LOWER, HIGHER = search.SETS[0], search.SETS[1], search.SETS[2]


@functools.cache
def editions():
    return list(search.made_up_editions(search.MADE_UP_DAYS, (ONE, LOWER, HIGHER)))


@functools.cache
def found(*sets):
    chosen = [edition for edition in editions() if edition.made in sets]
    return search.search(chosen, search.made_up_ground())


def named(leaks):
    return {leak.where.rpartition(": ")[2] for leak in leaks}


def test_all_pairs_are_looked_at():
    looked = found(ONE, LOWER, HIGHER).looked
    assert (looked["gap"], looked["pairs"]) == (21, 210)
    assert looked["ribbon"] == 7 * 3
    assert looked["withheld"] == 2 * (210 - 21)
    assert len(search.SETS) == len(set(search.SETS)) == 10
    assert len(search.SAMPLE_DAYS) == len(search.MADE_UP_DAYS) == 7


def test_nothing_remains_in_a_hull_that_is_drawn():
    assert named(found(ONE, LOWER, HIGHER).small("gap")) == set()


def test_no_row_comes_out_of_a_sum_and_both_languages_say_the_same():
    for kind in ("row", "languages", "between"):
        assert found(ONE, LOWER, HIGHER).leaks[kind] == []


def test_one_edition_states_no_less_than_its_district():
    worst = found(ONE, LOWER, HIGHER).worst("one edition")
    assert worst.km2 > 100


def test_two_thresholds_would_give_a_hazard_away():
    """Why there is one set of parameters: a metre of ground, 55 km long."""
    (worst,) = {
        (round(leak.km2, 3), leak.where[12:]) for leak in found(ONE, LOWER, HIGHER).small("ribbon")
    }
    # 1 m by the 55.3 km of the border of Bavel: half a degree of latitude
    assert worst == (0.055, "1 of district 0204 between 3985 m, edge and 3986 m, edge")
    assert "ribbon" not in found(ONE).leaks


def test_what_is_withheld_now_and_was_drawn_before_says_where():
    """What an edition's comparison with the earlier ones is for: it cannot be hidden here."""
    days = {leak.where for leak in found(ONE).small("withheld")}
    assert {"2019-12-31 drawn, 2020-12-31 not", "2020-12-31 drawn, 2021-12-31 not"} <= days
    assert not any(
        day.startswith(("2020-12-31 drawn, 2019", "2021-12-31 drawn, 2020")) for day in days
    )


def drawn(*polygons, owners=None):
    ids = owners or [f"H-{n}" for n, _ in enumerate(polygons)]
    return search.groups(list(polygons), ids)


def test_the_search_sees_a_slot_a_notch_and_a_gap_between_two():
    west, east = search.square(103, 13, 100, 100), search.square(103.0012, 13, 100, 100)
    slot = {
        kind
        for kind, _, parts in drawn(west, east, owners=["A", "A"])
        if search.hidden_in_hull(parts)
    }
    assert slot == {"gap"}
    between = [parts for kind, _, parts in drawn(west, east) if kind == "between"]
    assert len(between) == 1
    assert len(search.hidden_in_hull(between[0])) == 1
    far = search.square(103.1, 13, 100, 100)
    assert [kind for kind, _, _ in drawn(west, far)] == ["gap", "gap"]
    ring = west.difference(search.moved(search.square(103, 13, 20, 20), 40, 40))
    (hole,) = search.hidden_in_hull([ring])
    assert search.km2(hole) == pytest.approx(20 * 20 / 1e6, rel=0.01)


def test_the_search_knows_what_lies_in_a_region():
    field = search.square(103, 13, 100, 100)
    truth = search.Truth(gpd.GeoDataFrame(geometry=[field, None, shapely.Polygon()], crs=4326))
    assert truth.inside(field.buffer(search.METRE))
    assert not truth.inside(search.square(103, 13, 30, 100))
    assert truth.meets(search.square(103, 13, 30, 100))
    assert not truth.meets(search.square(103.1, 13, 30, 100))


def test_a_figure_that_is_the_only_one_left_out_is_found():
    class Told:
        aggregates = pd.DataFrame(
            {
                "province_code": "02",
                "district_code": ["0204", "0209"],
                "kind": "ap_minefield",
                "hazards": [12, None],
                "size_m2": [1, None],
                "near_hazards": [0, None],
                "near_size_m2": [0, None],
            }
        )
        upper = pd.DataFrame({"province_code": ["02"], "kind": ["ap_minefield"], "hazards": [13]})

    seen = search.Found()
    edition = search.Edition("2022-12-31", ONE, Told, None, None)
    search.look_at_one(edition, search.made_up_ground(), seen)
    assert [leak.where for leak in seen.leaks["row"]] == [f"{edition}: district 0209"]
