"""Days and moments: one reading everywhere, and nothing that could be two days is one."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import mine_geo as mg
from mine_geo.errors import MineGeoError, OptionError, RecordError
from mine_geo.geo.cells import check_format, day_of, in_words, moment_of, read_days, read_moments
from mine_geo.geo.hazards import to_hazards
from mine_geo.ledger.events import registered_events, standing, to_events
from mine_geo.ledger.fold import fold
from mine_geo.tables.movements import balance, opening_hazards, released_land, releases

BOX = shapely.box(103, 13, 103.01, 13.01)
MAY = dt.date(2024, 5, 3)

UNCLEAR = [
    "03/05/2024",
    "13/05/2024",
    "05/13/2024",
    "3.5.2024",
    "2024",
    "2024-05",
    "May 2024",
    "3 May 2024",
    "20240503",
    "2024-5-3",
    "24-05-03",
    "03-05-24",
    "2024-W18-5",
    "2024-124",
    "2024-02-30",
    "2024-13-01",
    "2023-02-29",
    "0000-05-03",
    "2024-05-03x",
    "2024-05-03 00:00",
    "2024/05/03",
    "៣/៥/២០២៤",
    "२०२४-०५-०३",
    "today",
    "now",
    "",
    2024,
    20240503,
    1714694400000,
    2024.0,
    float("nan"),
    True,
    pd.NaT,
    np.datetime64("2024"),
    np.datetime64("2024-05"),
    pd.Period("2024-05"),
    dt.datetime(2024, 5, 3),  # noqa: DTZ001  (that is what is refused)
    dt.datetime(2024, 5, 3, 12),  # noqa: DTZ001
]


@pytest.mark.parametrize("value", UNCLEAR, ids=repr)
def test_a_day_that_is_not_clear_is_none(value):
    with pytest.raises(RecordError) as caught:
        day_of(value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        "2024-05-03",
        " 2024-05-03 ",
        "២០២៤-០៥-០៣",
        MAY,
        pd.Timestamp("2024-05-03"),
        np.datetime64("2024-05-03"),
        dt.datetime(2024, 5, 2, 17, tzinfo=dt.UTC),  # midnight in Phnom Penh
        dt.datetime(2024, 5, 3, 16, 59, tzinfo=dt.UTC),
        pd.Timestamp("2024-05-03T23:59+07:00"),
    ],
    ids=repr,
)
def test_a_day_that_is_clear(value):
    assert day_of(value) == MAY


def test_what_is_long_is_not_repeated_whole():
    for value in ("9" * 10_000_000, 10**6000, ["2024-05-03"] * 1000, "2024\x00\x1b[31m\n"):
        for read in (day_of, moment_of):
            with pytest.raises(RecordError) as caught:
                read(value)
            line = str(caught.value)
            assert len(line) < 250
            assert line.isprintable()


def test_the_mend_of_an_unclear_day_mends_it():
    with pytest.raises(RecordError, match="write it as year-month-day, 2022-12-31, or say in"):
        day_of("03/05/2024")
    assert day_of("2024-05-03") == MAY
    assert day_of("03/05/2024", ("%d/%m/%Y",)) == MAY
    assert day_of("03/05/2024", ("%m/%d/%Y",)) == dt.date(2024, 3, 5)
    assert day_of("3 May 2024", ("%d/%m/%Y", "%d %B %Y")) == MAY
    assert day_of("2024-05-03", ("%d/%m/%Y",)) == MAY
    assert day_of("៣/៥/២០២៤", ("%d/%m/%Y",)) == MAY
    with pytest.raises(RecordError, match="has no time zone; give the day, as 2024-05-03"):
        day_of(pd.Timestamp("2024-05-03 12:00"))


@pytest.mark.parametrize(
    "written",
    [
        "%d/%m/%y",
        "%d/%m",
        "%x",
        "%c",
        "%D",
        "%Y",
        "%d %Y",
        "03/05/2024",
        "",
        "%m/%Y",
        "%Q",
        "%G-%V",
    ],
)
def test_a_format_that_leaves_something_open_is_refused(written):
    with pytest.raises(OptionError, match=r"format of days .* as %d/%m/%Y does"):
        check_format(written)


@given(st.dates(dt.date(1000, 1, 1)))
def test_every_day_comes_back_in_each_form(day):
    assert day_of(day) == day_of(day.isoformat()) == day
    khmer = day.isoformat().translate(str.maketrans("0123456789", "០១២៣៤៥៦៧៨៩"))
    assert day_of(khmer) == day
    assert day_of(day.strftime("%d/%m/%Y"), ("%d/%m/%Y",)) == day
    assert dt.datetime.strptime(in_words(day), "%d %B %Y").date() == day  # noqa: DTZ007


@pytest.mark.parametrize(
    "value",
    ["2024-05-03", "2024", "05/03/2024 12:00+07:00", "May 3 2024 12:00+07:00", "2024-05-03T12:00",
     "2024-05-03T12:00 Asia/Phnom_Penh", "2024-02-30T00:00Z", "", 2024, 1.7e9, MAY, pd.NaT,
     dt.datetime(2024, 5, 3)],  # noqa: DTZ001
    ids=repr,
)  # fmt: skip
def test_a_moment_needs_day_time_and_zone(value):
    with pytest.raises(RecordError) as caught:
        moment_of(value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "value",
    ["2024-05-03T12:00+07:00", "2024-05-03 12:00:00.000+0700", "2024-05-03T05:00Z",
     "២០២៤-០៥-០៣T១២:០០+០៧:០០", dt.datetime(2024, 5, 3, 5, tzinfo=dt.UTC)],
    ids=repr,
)  # fmt: skip
def test_a_moment_that_is_clear(value):
    assert moment_of(value) == dt.datetime(2024, 5, 3, 5, tzinfo=dt.UTC)


# Columns


COLUMN = [value for value in UNCLEAR if isinstance(value, str) and value]


def test_no_column_of_days_guesses_either():
    slashed = {"2024/05/03", "2024-05-03 00:00"}  # year first, and clear in a file
    column = pd.Series(COLUMN)
    read, bad = read_days(column)
    assert [text for text, no in zip(COLUMN, bad, strict=True) if not no] == [
        text for text in COLUMN if text in slashed
    ]
    assert read.dropna().dt.strftime("%Y-%m-%d").unique().tolist() == ["2024-05-03"]
    numbers = pd.Series([2024, 20240503, 45415])
    assert read_days(numbers)[1].all()
    moments = ["2024-05-03T12:00+07:00", "2024/05/03 05:00:00+00", "2024", "2024-05-03T12:00"]
    assert read_moments(pd.Series(moments)).isna().tolist() == [False, False, True, True]


def frame(**columns):
    return gpd.GeoDataFrame({"hazard_id": ["AP-1"], **columns}, geometry=[BOX], crs=4326)


def test_a_frame_of_hazards_with_half_a_day_is_refused():
    for written in ("2024", "2024-05", "03/05/2024", "20240503"):
        with pytest.raises(RecordError, match="surveyed_on"):
            to_hazards(frame(surveyed_on=[written]))
    assert to_hazards(frame(surveyed_on=["2024-05-03"])).surveyed_on[0] == pd.Timestamp(MAY)


# Every function that takes a day


@pytest.mark.parametrize("day", ["2024", "May 2024", "13/05/2024", "03/05/2024", 2024], ids=repr)
def test_no_function_takes_an_unclear_day(day):
    events = registered_events(to_hazards(frame(surveyed_on=["2020-01-31"])))
    state = fold(events)
    for call in (
        lambda: fold(events, as_of=day),
        lambda: standing(events, as_of=day),
        lambda: registered_events(to_hazards(frame()), happened_on=day),
        lambda: balance(state, since=day),
        lambda: releases(state, since=day),
        lambda: opening_hazards(state, day),
        lambda: released_land(state, since=day),
    ):
        with pytest.raises(RecordError, match="is not a day that is clear"):
            call()
    late = to_events(events.assign(happened_on=str(day), recorded_at="2024-05-03T00:00Z"))
    assert late["happened_on"].isna().all()


def test_no_verb_of_a_store_writes_an_unclear_day(tmp_path):
    with mg.create_store(tmp_path / "x.gpkg") as store:
        store.register(to_hazards(frame(kind=["ap_minefield"], surveyed_on=["2020-01-31"])))
        before = len(store.events())
        new = to_hazards(frame(kind=["ap_minefield"]).assign(hazard_id="AP-2"))
        table = frame(event_type=["cleared"], happened_on=["03/05/2024"])
        for day in ("03/05/2024", "May 2024", "2024", 2024, dt.datetime(2024, 5, 3)):  # noqa: DTZ001
            for call in (
                lambda day=day: store.record("AP-1", "cleared", BOX, happened_on=day),
                lambda day=day: store.register(new, registered_on=day),
                lambda day=day: store.record_report("cleared", BOX, happened_on=day),
                lambda day=day: store.amend("AP-1", BOX, happened_on=day),
                lambda day=day: store.describe("AP-1", {"operator": "x"}, happened_on=day),
                lambda day=day: store.record_spot_task(happened_on=day, uxo=1),
                lambda: store.record_many(table),
                lambda day=day: store.hazards(as_of=day),
                lambda day=day: store.split(as_of=day),
                lambda day=day: store.balance(since=day),
                lambda day=day: store.releases(as_of=day),
                lambda day=day: store.history("AP-1", as_of=day),
                lambda day=day: store.spot_tasks(as_of=day),
            ):
                with pytest.raises(MineGeoError):
                    call()
        for moment in ("2024", "2024-05-03", "05/03/2024 12:00+07:00"):
            for call in (
                lambda moment=moment: store.hazards(known_at=moment),
                lambda moment=moment: store.changes(moment),
            ):
                with pytest.raises(RecordError, match=r"moment|time zone"):
                    call()
        assert len(store.events()) == before
        done = store.record("AP-1", "cleared", BOX, happened_on="2024-05-03")
        assert store.events().set_index("event_id").happened_on[str(done)] == pd.Timestamp(MAY)
