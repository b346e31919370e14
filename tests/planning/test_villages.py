"""What stands between a village and its declaration: by hand, and against a brute force."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from mine_geo.errors import GeometryError, OptionError, RecordError
from mine_geo.geo.geometry import size_m2
from mine_geo.planning import villages
from mine_geo.planning.villages import COUNTS

VILLAGES = ["02030401", "02030402", "02030501", "02040101"]
UNITS = pd.DataFrame({"code": VILLAGES, "name": ["Boeng", "Kandal", "Kandal", "Thmei"]})


NOTHING = pd.DataFrame({"village_code": [], "happened_on": [], "found_on": []}, dtype="str")
LOOKED_AT = dict.fromkeys(("waiting", "spot_tasks", "evidence", "accidents"), NOTHING)


def mine_free(field, units, **lists):
    """Ask with every list looked at, and empty where none is given."""
    return villages.mine_free(field, units, **{**LOOKED_AT, **lists})


def hazards(*rows: tuple[str, str | None, int], **columns: object) -> gpd.GeoDataFrame:
    """Return hazards by hand: id, code of the village, m²."""
    ids, codes, sizes = zip(*rows, strict=True)
    return gpd.GeoDataFrame(
        {
            "hazard_id": ids,
            "kind": "ap_minefield",
            "status": "open",
            "size_m2": sizes,
            "village_code": codes,
            "surveyed_on": "2020-01-31",
            **columns,
        },
        geometry=[shapely.box(103 + at, 13, 103.001 + at, 13.001) for at in range(len(rows))],
        crs=4326,
    )


def by_code(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(code=table["code"].fillna("")).set_index("code")


def test_the_nearest_to_its_declaration_comes_first() -> None:
    table = mine_free(
        hazards(
            ("AP-1", "02030401", 500),
            ("AP-2", "02030402", 400),
            ("AP-3", "02040101", 9),
            ("AP-4", "02040101", 9),
        ),
        UNITS,
    )
    assert table["code"].tolist() == ["02030501", "02030402", "02030401", "02040101"]
    assert table["state"].tolist() == ["ready", "open", "open", "open"]
    assert table["ap_minefield_m2"].tolist() == [0, 400, 500, 18]
    assert table["why"].tolist() == ["", "1 open hazard", "1 open hazard", "2 open hazards"]


def test_closed_and_residual_hazards_stand_in_nobodys_way() -> None:
    table = mine_free(
        hazards(
            ("AP-1", "02030401", 0),
            ("AP-2", "02030402", 400),
            status=["closed", "open"],
            residual=[False, True],
        ),
        UNITS,
    )
    assert set(table["state"]) == {"ready"}


def test_all_kinds_count_and_are_not_added_up() -> None:
    both = hazards(
        ("AP-1", "02030401", 500),
        ("CM-1", "02030401", 70),
        kind=["ap_minefield", "cluster_munition"],
    )
    row = by_code(mine_free(both, UNITS)).loc["02030401"]
    assert row["hazards"] == 2
    assert (row["ap_minefield_m2"], row["cluster_munition_m2"]) == (500, 70)


def test_what_names_no_village_is_counted_and_shown() -> None:
    table = mine_free(
        hazards(("AP-1", None, 500), ("AP-2", "99999999", 7), district_code=["0203", None]), UNITS
    )
    last = table.iloc[-1]
    assert (last["name"], last["hazards"]) == ("no unit recorded", 2)
    assert pd.isna(last["code"])
    districts = pd.DataFrame({"code": ["0203", "0204"], "name": ["Bavel", "Aek Phnum"]})
    by_district = by_code(
        mine_free(hazards(("AP-1", None, 500), district_code=["0203"]), districts, level="district")
    )
    assert by_district["hazards"].to_dict() == {"0204": 0, "0203": 1}


def shared() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    units = gpd.GeoDataFrame(
        {
            "code": ["02030401", "02030402", "020304", "020305"],
            "name": ["West", "East", "Both", "Other"],
        },
        geometry=[
            shapely.box(103, 13, 103.1, 13.1),
            shapely.box(103.1, 13, 103.2, 13.1),
            None,
            None,
        ],
        crs=4326,
    )
    field = gpd.GeoDataFrame(
        {
            "hazard_id": ["AP-1"],
            "kind": ["ap_minefield"],
            "status": ["open"],
            "village_code": ["02030401"],
            "surveyed_on": ["2020-01-31"],
        },
        geometry=[shapely.box(103.09, 13.05, 103.11, 13.06)],
        crs=4326,
    )
    return units, field.assign(size_m2=size_m2(field.geometry))


def test_a_hazard_over_two_villages_is_in_each_and_counts_once_above() -> None:
    units, field = shared()
    villages = mine_free(field, units)
    assert villages["hazards"].tolist() == [1, 1]
    assert villages["ap_minefield_m2"].tolist() == [field["size_m2"].iloc[0]] * 2
    communes = by_code(mine_free(field, units, level="commune"))
    assert communes.loc["020304", "hazards"] == 1
    assert communes.loc["020304", "ap_minefield_m2"] == field["size_m2"].iloc[0]
    assert communes.loc["020305", "state"] == "ready"


def test_a_village_that_only_touches_a_hazard_does_not_have_it() -> None:
    units, field = shared()
    moved = field.set_geometry([shapely.box(103.09, 13.05, 103.1, 13.06)], crs=4326)
    assert by_code(mine_free(moved, units))["hazards"].to_dict() == {"02030402": 0, "02030401": 1}


def test_land_found_or_an_accident_afterwards_reopens_a_declaration() -> None:
    declarations = pd.DataFrame(
        {
            "village_code": VILLAGES,
            "level": "village",
            "declared_on": ["2021-06-30", "2021-06-30", "2021-06-30", "2019-06-30"],
        }
    )
    accidents = pd.DataFrame(
        {
            "happened_on": ["2021-06-30", "2021-07-01", "2018-01-01"],
            "village_code": ["02030402", "02030501", "02040101"],
        }
    )
    found = hazards(
        ("AP-1", "02030401", 500), ("AP-2", "02040101", 70), surveyed_on=["2021-01-01", None]
    )
    table = by_code(mine_free(found, UNITS, accidents=accidents, declarations=declarations))
    assert table["state"].to_dict() == {
        "02030401": "doubtful",  # its hazard was known before it was declared
        "02030402": "declared",  # the accident was on the day of the declaration, not after it
        "02030501": "reopened",
        "02040101": "doubtful",  # nobody knows when its hazard was found
    }
    assert table.loc["02030501", "why"] == "1 accident afterwards"
    later = found.assign(surveyed_on=["2021-07-01", "2019-07-01"])
    table = by_code(mine_free(later, UNITS, accidents=accidents, declarations=declarations))
    assert table.loc["02030401", "why"] == "1 hazard found afterwards"
    assert table.loc["02040101", "state"] == "reopened"


def test_declarations_say_their_level_and_code() -> None:
    said = pd.DataFrame(
        {
            "level": ["village", "district"],
            "code": ["02030402", "02030501"],  # a district has four figures: not of this level
            "declared_on": ["2021-06-30", "2021-06-30"],
        }
    )
    table = by_code(mine_free(hazards(("AP-1", "02030401", 500)), UNITS, declarations=said))
    assert table["declared_on"].notna().to_dict() == {
        "02030401": False, "02030402": True, "02030501": False, "02040101": False,
    }  # fmt: skip


def test_a_days_travel_in_time_changes_the_answer() -> None:
    accidents = pd.DataFrame({"happened_on": ["2021-07-01"], "village_code": ["02030501"]})
    declarations = pd.DataFrame({"village_code": ["02030501"], "declared_on": ["2021-06-30"]})
    field = hazards(("AP-1", "02030401", 500))
    state = {
        day: by_code(
            mine_free(field, UNITS, accidents=accidents, declarations=declarations, as_of=day)
        ).loc["02030501", "state"]
        for day in ("2021-06-29", "2021-06-30", "2021-07-01")
    }
    assert state == {"2021-06-29": "ready", "2021-06-30": "declared", "2021-07-01": "reopened"}


def test_accidents_of_long_ago_stand_in_nobodys_way_if_one_says_so() -> None:
    accidents = pd.DataFrame({"happened_on": ["1999-07-01"], "village_code": ["02030501"]})
    field = hazards(("AP-1", "02030401", 500))
    assert by_code(mine_free(field, UNITS, accidents=accidents)).loc["02030501", "accidents"] == 1
    later = mine_free(field, UNITS, accidents=accidents, since="2015-12-31")
    assert by_code(later).loc["02030501", "state"] == "ready"


def test_evidence_that_belongs_to_a_hazard_is_told_by_it() -> None:
    field = hazards(("AP-1", "02030401", 500))
    evidence = gpd.GeoDataFrame(
        {
            "found_on": "2022-01-01",
            "hazard_id": ["AP-1", None, None],
            "village_code": ["02030401", "02030401", "02030402"],
        },
        geometry=[shapely.Point(105, 12), shapely.Point(103.0005, 13.0005), shapely.Point(105, 12)],
        crs=4326,
    )
    table = by_code(mine_free(field, UNITS, evidence=evidence))
    assert table["evidence"].to_dict() == {
        "02030401": 0, "02030402": 1, "02030501": 0, "02040101": 0,
    }  # fmt: skip


def test_waiting_records_and_spot_tasks_by_the_village_of_their_hazard() -> None:
    field = hazards(("AP-1", "02030401", 500))
    waiting = pd.DataFrame({"hazard_id": ["AP-1", "AP-9"], "village_code": [None, "02040101"]})
    spots = pd.DataFrame({"district_code": ["0203"]})
    table = by_code(mine_free(field, UNITS, waiting=waiting, spot_tasks=spots))
    assert table["waiting"].to_dict()["02030401"] == 1
    assert table["waiting"].to_dict()["02040101"] == 1
    assert table.loc["", "spot_tasks"] == 1  # nobody knows in which village


def test_points_are_placed_by_the_villages_that_are_drawn() -> None:
    units, field = shared()
    accidents = gpd.GeoDataFrame(
        {"happened_on": "2022-01-01"},
        geometry=[shapely.Point(103.15, 13.05), shapely.Point(103.1, 13.05), shapely.Point(99, 9)],
        crs=4326,
        index=[7, 8, 9],
    )
    table = by_code(mine_free(field, units, accidents=accidents))
    assert table["accidents"].to_dict() == {"02030401": 1, "02030402": 1, "": 1}


codes = st.sampled_from([*VILLAGES, "020304", "0203", None, "09090909"])
days = st.dates(pd.Timestamp("2018-01-01").date(), pd.Timestamp("2023-12-31").date())


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(codes, st.integers(0, 500), days), min_size=1, max_size=8),
    st.lists(st.tuples(codes, days), max_size=6),
    st.lists(st.tuples(st.sampled_from(VILLAGES), days), max_size=4),
    days,
    st.sampled_from(["village", "commune"]),
)
def test_against_a_brute_force(fields, accidents, declared, as_of, level) -> None:
    field = hazards(
        *((f"AP-{at}", code, m2) for at, (code, m2, _) in enumerate(fields)),
        surveyed_on=[str(day) for _, _, day in fields],
    )
    figures = {"village": 8, "commune": 6}[level]
    listed = sorted({code[:figures] for code in VILLAGES})
    units = pd.DataFrame({"code": listed, "name": listed})
    happened = pd.DataFrame(accidents, columns=["village_code", "happened_on"])
    said = pd.DataFrame(declared, columns=[f"{level}_code", "declared_on"])
    said[f"{level}_code"] = said[f"{level}_code"].str[:figures]
    table = by_code(
        mine_free(field, units, level=level, accidents=happened, declarations=said, as_of=as_of)
    )
    for unit in listed:
        open_ = [
            (m2, day)
            for code, m2, day in fields
            if m2 > 0 and code is not None and len(code) >= figures and code[:figures] == unit
        ]
        last = max(
            (day for code, day in declared if code[:figures] == unit and day <= as_of),
            default=None,
        )
        harm = [
            day
            for code, day in accidents
            if code is not None and len(code) >= figures and code[:figures] == unit
            and day <= as_of and (last is None or day > last)
        ]  # fmt: skip
        row = table.loc[unit]
        assert row["hazards"] == len(open_)
        assert row["ap_minefield_m2"] == sum(m2 for m2, _ in open_)
        assert row["accidents"] == len(harm)
        if last is None:
            expected = "open" if open_ or harm else "ready"
        elif not open_ and not harm:
            ended = [
                day
                for code, m2, day in fields
                if not m2 and code is not None and code[:figures] == unit and day > last
            ]
            expected = "ready" if ended else "declared"
        else:
            later = harm or [day for _, day in open_ if day > last]
            expected = "reopened" if later else "doubtful"
        assert row["state"] == expected
    # Nothing is lost: what names no unit of the level is in the last row.
    assert table["hazards"].sum() == sum(m2 > 0 for _, m2, _ in fields)


@pytest.mark.parametrize(
    ("units", "options", "says"),
    [
        (UNITS.drop(columns="name"), {}, "units lack the column name"),
        (pd.concat([UNITS, UNITS.head(1)]), {}, "units listed twice: 02030401"),
        (UNITS, {"level": "district"}, "no unit has a code of 4 figures"),
        (UNITS, {"accidents": pd.DataFrame({"village_code": ["02030401"]})}, "lack the column"),
        (
            UNITS,
            {"accidents": pd.DataFrame({"happened_on": ["1/2/2020"], "village_code": ["02"]})},
            "accidents, row 1: happened_on is no day",
        ),
        (UNITS, {"accidents": pd.DataFrame({"happened_on": ["2020-02-01"]})}, "or a point"),
        (UNITS, {"declarations": pd.DataFrame({"declared_on": ["2020-02-01"]})}, "lack a code"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(units, options, says) -> None:
    with pytest.raises(RecordError, match=says) as error:
        mine_free(hazards(("AP-1", "02030401", 500)), units, **options)
    assert "\n" not in str(error.value)


def test_an_unknown_level_lists_the_valid_ones() -> None:
    with pytest.raises(OptionError, match="valid: district, commune, village"):
        mine_free(hazards(("AP-1", "02030401", 500)), UNITS, level="province")


def test_the_tables_stay_as_they_were() -> None:
    field = hazards(("AP-1", "02030401", 500))
    before = field.copy()
    mine_free(field, UNITS)
    pd.testing.assert_frame_equal(field, before)
    assert set(COUNTS) <= set(mine_free(field, UNITS).columns)


def test_what_was_not_given_is_not_known_to_be_none() -> None:
    field = hazards(("AP-1", "02030401", 500))
    table = villages.mine_free(field, UNITS)
    assert table[["waiting", "spot_tasks", "evidence", "accidents"]].isna().all(axis=None)
    assert by_code(table)["state"].to_dict() == {
        "02030401": "open", "02030402": "unknown", "02030501": "unknown", "02040101": "unknown",
    }  # fmt: skip
    some = {**LOOKED_AT, "accidents": None}
    declared = pd.DataFrame({"village_code": ["02030402"], "declared_on": ["2021-06-30"]})
    table = by_code(villages.mine_free(field, UNITS, **some, declarations=declared))
    assert table.loc["02030402", ["state", "why"]].tolist() == [
        "unknown", "not looked at: accidents",
    ]  # fmt: skip
    assert mine_free(field, UNITS)["accidents"].tolist() == [0] * 4


def test_land_found_after_a_declaration_ends_it_also_when_it_is_released() -> None:
    field = hazards(
        ("AP-1", "02030401", 0), ("AP-2", "02030402", 0),
        status="closed", surveyed_on=["2021-07-01", "2021-06-30"],
    )  # fmt: skip
    declared = pd.DataFrame(
        {"village_code": ["02030401", "02030402"], "declared_on": ["2021-06-30"] * 2}
    )
    table = by_code(mine_free(field, UNITS, declarations=declared))
    assert table.loc["02030401", ["state", "why"]].tolist() == [
        "ready", "1 hazard found afterwards and released: declare it anew",
    ]  # fmt: skip
    assert table.loc["02030402", "state"] == "declared"
    anew = declared.assign(declared_on=["2022-01-31"] * 2)
    assert (
        by_code(mine_free(field, UNITS, declarations=anew)).loc["02030401", "state"] == "declared"
    )


def test_units_that_cross_themselves_are_refused() -> None:
    units, field = shared()
    bow_tie = shapely.Polygon([(103, 13), (103.1, 13.1), (103.1, 13), (103, 13.1)])
    units.loc[0, "geometry"] = bow_tie
    with pytest.raises(GeometryError, match="units, row 1: invalid ring"):
        mine_free(field, units)
