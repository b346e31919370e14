"""What the checks pass, the hazard table takes; what it refuses, the checks have said."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from mine_geo.errors import MineGeoError
from mine_geo.geo.hazards import to_hazards
from mine_geo.intake.checks import check_hazards, is_fit, repair
from tests.nasty import FAMILIES


def box(n):
    return shapely.box(103 + n / 100, 13, 103.01 + n / 100, 13.01)


with np.errstate(invalid="ignore"):
    ODD = [
        None,
        shapely.Polygon(),
        shapely.Point(103, 13),
        shapely.MultiPolygon(),
        shapely.GeometryCollection(),
        shapely.GeometryCollection([box(0)]),
        shapely.LineString([(103, 13), (104, 13)]),
        shapely.Polygon([(103, 13), (np.nan, 13), (103, 14)]),
        shapely.Polygon([(103, 13), (np.inf, 13), (103, 14)]),
        shapely.Polygon([(103, 13), (200, 13), (103, 14)]),
        shapely.Polygon([(103, 13), (104, 14), (103, 13), (103, 13)]),
        shapely.Polygon([(103, 13), (104, 14), (104, 13), (103, 14)]),
        shapely.MultiPolygon([box(0), box(1)]),
        shapely.MultiPolygon([box(0), shapely.Polygon()]),
        shapely.force_3d(box(0), 9),
    ]


def geometries():
    nasty = st.builds(
        lambda family, seed, which: family(np.random.default_rng(seed))[which],
        st.sampled_from(FAMILIES),
        st.integers(0, 1000),
        st.integers(0, 1),
    )
    return st.one_of(st.builds(box, st.integers(0, 9)), st.sampled_from(ODD), nasty)


IDS = st.one_of(
    st.sampled_from(["A", "A ", "a", "B", "C", "D", "", "  ", None]), st.text(max_size=3)
)
WORDS = st.sampled_from(
    ["ap_minefield", " cluster_munition", "AP", "SHA", "CHA ", "open", "high", "", None, 3]
)
FLAGS = st.sampled_from([True, False, "yes", "No", 1, 0.0, "1.0", 2, "maybe", None, ""])
DAYS = st.sampled_from(
    ["2022-12-31", "2022-12-31T18:00:00Z", "2022-12-31T18:00+07:00", "31.12.2022", "2022-02-30",
     dt.date(2020, 1, 1), pd.Timestamp("2020-01-01 05:00"), None, "", "  ",
     "0001-01-01"]
)  # fmt: skip
SIZES = st.sampled_from([0, 1.5, -1, np.inf, np.nan, None, "12", " 12 ", "1 ha", "", "1e400"])
PLACES = st.sampled_from(["Battambang", "02", "Samraong", "0209", "Nowhere", "", None, 2])
COLUMNS = {
    "kind": WORDS,
    "Area_Type": WORDS,
    "status": WORDS,
    "difficulty": WORDS,
    "in_workbench": FLAGS,
    "surveyed_on": DAYS,
    "reported_size_m2": SIZES,
    "province": PLACES,
    "district_code": PLACES,
    "also": st.text(max_size=5),
}


def refusal(frame, kind=None):
    """Return the error of the hazard table, None where it takes all."""
    try:
        to_hazards(frame, kind=kind)
    except MineGeoError as error:
        return error
    return None


@st.composite
def frames(draw):
    count = draw(st.integers(1, 4))

    def column(values):
        return draw(st.lists(values, min_size=count, max_size=count))

    columns = {
        name: pd.Series(column(values), dtype=object)
        for name, values in COLUMNS.items()
        if draw(st.booleans())
    }
    columns["hazard_id"] = pd.Series(column(IDS), dtype=object)
    frame = gpd.GeoDataFrame(columns, geometry=column(geometries()), crs=4326)
    return frame.infer_objects() if draw(st.booleans()) else frame


@settings(max_examples=150)
@given(frames(), st.sampled_from([None, "av_minefield"]))
def test_the_checks_and_the_hazard_table_agree(frame, kind):
    before = frame.copy(deep=True)
    found = check_hazards(
        frame, kind=kind, country=shapely.box(102, 10, 107, 14), register=frame.iloc[:1]
    )
    pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(before))
    # A day in the future and other capitals are errors that the table itself lets pass.
    ours = {"duplicate_polygon", "outside_country", "future_date"}
    capitals = found["message"].str.contains("capital letters|register writes it")
    refused = (found["severity"] == "error") & ~found["code"].isin(ours) & ~capitals
    refused |= found["code"] == "no_polygon"
    said = found[refused]["message"].tolist()
    assert (refusal(frame, kind) is None) == (said == []), (refusal(frame, kind), said)
    fit = is_fit(found, frame)
    assert fit.index.equals(frame.index)
    assert (found["message"].str.count("\n") == 0).all()
    assert found["record"].between(1, len(frame)).all()


@settings(max_examples=50)
@given(frames())
def test_what_is_fit_with_a_polygon_passes_by_itself(frame):
    found = check_hazards(frame)
    fit = is_fit(found, frame)
    without = set(found["record"][found["code"] == "no_polygon"] - 1)
    good = [place for place in np.flatnonzero(fit) if place not in without]
    if good:
        assert len(to_hazards(frame.iloc[good])) == len(good)


@settings(max_examples=50)
@given(frames())
def test_repair_takes_errors_away_and_brings_none(frame):
    broken = {"invalid_ring", "self_overlap", "not_polygon", "few_points", "bad_coordinates"}

    def wrong(table):
        found = check_hazards(table)
        return set(found["record"][found["code"].isin(broken)])

    table, said = repair(frame)
    assert wrong(table) == wrong(frame) - set(said["record"])
