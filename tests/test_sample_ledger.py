"""The bundled ledger: folded, it is the published tables, to the unit."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from mine_geo import terms
from mine_geo.geo import admin_names, sample
from mine_geo.geo.geometry import exact_size_m2, size_m2
from mine_geo.intake import read_hazards
from mine_geo.ledger.events import registered_events, to_events
from mine_geo.ledger.fold import Fold, fold
from mine_geo.tables.published import published_table

pytestmark = pytest.mark.untraced
END_2022, END_2023, END_2024 = "2022-12-31", "2023-12-31", "2024-12-31"
OFFICIAL_2023 = "2024-04-30T23:59:59+07:00"
"""When the official figures of 2023 were drawn."""
AP, CM = "ap_minefield", "cluster_munition"
RELEASED = ["cancelled_m2", "reduced_m2", "cleared_m2"]


@pytest.fixture(scope="module")
def hazards() -> gpd.GeoDataFrame:
    return read_hazards(sample.path("ledger_hazards"))


@pytest.fixture(scope="module")
def events() -> gpd.GeoDataFrame:
    return pyogrio.read_dataframe(sample.path("ledger_events"))


@pytest.fixture(scope="module")
def log(hazards, events) -> gpd.GeoDataFrame:
    return pd.concat([registered_events(hazards), to_events(events)], ignore_index=True)


@pytest.fixture(scope="module")
def folded(log) -> Fold:
    return fold(log)


@pytest.fixture(scope="module")
def effects(folded) -> pd.DataFrame:
    known = folded.hazards[["hazard_id", "kind", "province_code"]]
    table = folded.effects.merge(known, on="hazard_id", validate="many_to_one")
    return table.assign(year=table["happened_on"].dt.year, released_m2=table[RELEASED].sum(axis=1))


@pytest.fixture(scope="module")
def spot_tasks() -> pd.DataFrame:
    return pd.read_csv(sample.path("spot_tasks"), dtype={"province_code": str})


def remaining(log: gpd.GeoDataFrame, kind: str, day: str) -> gpd.GeoDataFrame:
    """Return the open hazards of a kind at the end of a day, by id."""
    found = fold(log, as_of=day).hazards
    found = found[(found["kind"] == kind) & (found["status"] != "closed")]
    return found.set_index("hazard_id").sort_index()


def normal(shapes: gpd.GeoSeries) -> np.ndarray:
    return shapely.normalize(np.array([shapely.MultiPolygon(shapely.get_parts(s).tolist())
                                       for s in shapes], dtype=object))  # fmt: skip


class TestTheHazardsAreTheFold:
    @pytest.mark.parametrize(
        ("name", "kind", "day"),
        [("minefields", AP, END_2022), ("cluster_munition_areas", CM, END_2024)],
    )
    def test_every_attribute_and_polygon(self, log, name, kind, day):
        ours = remaining(log, kind, day)
        kept = read_hazards(sample.path(name)).set_index("hazard_id").sort_index()
        attributes = list(kept.columns.drop("geometry"))
        pd.testing.assert_frame_equal(
            pd.DataFrame(ours[attributes]), pd.DataFrame(kept[attributes]), check_dtype=False
        )
        same = shapely.equals_exact(normal(ours.geometry), normal(kept.geometry), 1e-9)
        assert same.all()

    def test_a_plain_loop_of_differences_gives_the_minefields(self, hazards, events):
        left = dict(zip(hazards["hazard_id"], hazards.geometry, strict=True))
        voided = set(events["retracts"].dropna())
        done = events[events["happened_on"] <= END_2022].sort_values(["happened_on", "event_id"])
        for event in done[~done["event_id"].isin(voided)].itertuples():
            said = json.loads(event.detail) if isinstance(event.detail, str) else {}
            role = said.get("role")
            if event.event_type == "amended" or (role == "child" and event.hazard_id not in left):
                left[event.hazard_id] = event.geometry
            elif event.event_type in terms.OUTCOMES or role == "parent":
                left[event.hazard_id] = left[event.hazard_id].difference(event.geometry)
            elif role == "child":
                left[event.hazard_id] = left[event.hazard_id].union(event.geometry)
        open_ones = {
            name: shape
            for name, shape in left.items()
            if name.startswith("AP") and not shape.is_empty
        }
        kept = read_hazards(sample.path("minefields"))
        assert sorted(open_ones) == sorted(kept["hazard_id"])
        ours = gpd.GeoSeries([open_ones[name] for name in kept["hazard_id"]])
        assert (size_m2(ours) == kept["size_m2"]).all()
        assert shapely.equals_exact(normal(ours), normal(kept.geometry), 1e-9).all()

    def test_nothing_is_ignored_and_nothing_is_thin(self, folded):
        assert folded.ignored.empty
        again = folded.notes["note"].str.startswith("it covers land again")
        assert again.all()
        assert again.sum() == 3

    def test_it_balances(self, folded, effects):
        moved = effects[["registered_m2", "amended_m2", "transferred_m2"]].sum().sum()
        assert effects["transferred_m2"].sum() == 0
        assert moved - effects["released_m2"].sum() == folded.hazards["size_m2"].sum()


class TestMinefieldReleases:
    def test_table2_by_province_and_year(self, effects):
        mine = effects[(effects["kind"] == AP) & (effects["released_m2"] > 0)]
        ours = mine.pivot_table(
            index="province_code", columns="year", values="released_m2", aggfunc="sum", fill_value=0
        )
        published = published_table("wp2023_table2").set_index("province_code")
        assert len(published) == len(ours) == 23
        for year in (2020, 2021, 2022):
            printed = published[f"released_{year}_m2"]
            assert ours[year].to_dict() == printed.to_dict()
        assert set(ours.columns) == {2020, 2021, 2022}

    def test_mostly_cleared_some_reduced_and_cancelled(self, effects):
        mine = effects[effects["kind"] == AP][RELEASED].sum()
        share = (mine / mine.sum()).to_dict()
        assert share["cleared_m2"] > 0.6
        assert min(share.values()) > 0.05


class TestClusterMunitions:
    def test_table1_by_province_and_type(self, log):
        ours = remaining(log, CM, END_2024)
        groups = ours.groupby(["province_code", "area_type"])["size_m2"].agg(["size", "sum"])
        found = {key: tuple(row) for key, *row in groups.itertuples()}
        published = {
            (row.province_code, area): (getattr(row, f"{area.lower()}_hazards"),
                                        getattr(row, f"{area.lower()}_size_m2"))
            for row in published_table("cmr2024_table1").itertuples()
            for area in terms.AREA_TYPES
        }  # fmt: skip
        assert found == {key: value for key, value in published.items() if value != (0, 0)}
        assert ours["area_type"].value_counts().to_dict() == {"SHA": 1614, "CHA": 715}
        assert ours["size_m2"].sum() == 681_218_117

    def test_table5_of_2024(self, effects, events, spot_tasks):
        mine = effects[(effects["kind"] == CM) & (effects["year"] == 2024)]
        published = published_table("cmr2024_table5").set_index("activity")["value_2024"]
        assert mine["cleared_m2"].sum() == published["Clearance"] == 55_246_106
        assert mine["reduced_m2"].sum() == published["Technical Survey"] == 4_436_132
        assert mine["cancelled_m2"].sum() == published["Non-Technical Survey"] == 9_208_364
        items = mine["submunitions"].sum() + spot_tasks["submunitions"].sum()
        assert items == published["Submunitions destroyed"] == 8678

    @pytest.mark.parametrize(
        ("table", "outcome"),
        [("cmr2024_table6", "cancelled"), ("cmr2024_table7", "reduced"),
         ("cmr2024_table8", "cleared")],
    )  # fmt: skip
    def test_tables_6_to_8_by_operator_and_provinces(self, effects, table, outcome):
        mine = effects[(effects["year"] == 2024) & (effects["event_type"] == outcome)]
        assert set(mine["kind"]) == {CM}
        groups = mine.groupby("operator")
        m2, items = groups[f"{outcome}_m2"].sum(), groups["submunitions"].sum()
        rows = published_table(table).set_index("operator").drop(index="Other", errors="ignore")
        assert m2.to_dict() == rows[f"{outcome}_m2"].to_dict()
        if outcome == "cleared":
            assert items.to_dict() == rows["submunitions_destroyed"].to_dict()
        for operator, row in rows.iterrows():
            printed = {admin_names.province_code(name) for name in row["provinces"].split(",")}
            assert set(groups.get_group(operator)["province_code"]) == printed

    def test_table8_spot_tasks(self, spot_tasks):
        ours = spot_tasks.groupby("published_as")["submunitions"].sum()
        rows = published_table("cmr2024_table8").set_index("operator")
        assert ours.to_dict() == rows["submunitions_destroyed_spot"].to_dict()
        assert ours.sum() == 698
        assert spot_tasks.groupby("operator")["submunitions"].sum()[["HALO", "CSHD"]].tolist() == [
            78,
            10,
        ]
        assert (spot_tasks["happened_on"].str[:4] == "2024").all()
        for operator, mine in spot_tasks.groupby("published_as"):
            printed = rows["provinces"][operator].split(",")
            assert set(mine["province_code"]) == {admin_names.province_code(p) for p in printed}

    def test_spot_tasks_lie_in_their_district(self, spot_tasks):
        districts = pyogrio.read_dataframe(sample.path("districts")).set_index("district_code")
        codes = spot_tasks["district_code"].astype(str).str.zfill(4)
        shapes = districts.geometry[codes].to_numpy()
        assert shapely.contains_xy(shapes, spot_tasks["lon"], spot_tasks["lat"]).all()

    def test_table9_by_year(self, effects):
        ours = effects[effects["kind"] == CM].groupby("year")["cleared_m2"].sum()
        rows = published_table("cmr2024_table9")
        printed = {int(y): km2 for y, km2 in zip(rows["year"], rows["cleared_km2"], strict=True)}
        assert len(printed) == 5
        assert {y: round(m2 / 1e6, 2) for y, m2 in ours.items() if m2} == printed

    def test_key_data_of_2023(self, effects):
        mine = effects[(effects["kind"] == CM) & (effects["year"] == 2023)]
        sums = (mine[RELEASED].sum() / 1e6).round(2).to_dict()
        assert sums == {"cleared_m2": 38.24, "reduced_m2": 7.74, "cancelled_m2": 0.31}
        assert mine["submunitions"].sum() == 7800 - 507

    def test_newly_registered(self, effects):
        mine = effects[effects["kind"] == CM]
        new = mine.groupby("year")["registered_m2"].sum()
        assert new[2024] == 25_600_000
        assert new[2023] == 26_400_000
        assert (mine.loc[mine["year"] >= 2023, "amended_m2"] == 0).all()

    def test_its_flows_give_a_drop_of_6_percent_in_2024(self, log):
        before = fold(log, as_of=END_2023).hazards
        before = before[before["kind"] == CM]
        total = before["size_m2"].sum()
        assert total == 681_218_117 + 68_890_602 - 25_600_000
        assert round(100 * (1 - 681_218_117 / total), 1) == 6.0
        confirmed = before.loc[before["area_type"] == "CHA", "size_m2"].sum()
        assert round(100 * confirmed / total) == 21

    def test_half_of_2023_was_recorded_late(self, log):
        then = fold(log, as_of=END_2023, known_at=OFFICIAL_2023).effects
        now = fold(log, as_of=END_2023).effects
        cleared = [
            table.loc[
                table["hazard_id"].str.startswith("CM") & (table["happened_on"].dt.year == 2023),
                "cleared_m2",
            ].sum()
            for table in (then, now)
        ]
        assert [round(m2 / 1e6, 2) for m2 in cleared] == [19.40, 38.24]


def test_a_late_report_takes_land_from_a_later_release(log):
    mine = log[log["hazard_id"] == "AP-0211-0076"]
    first, second, *_ = mine[mine["event_type"] == "cleared"].to_dict("records")
    assert first["happened_on"] < second["happened_on"]
    assert first["recorded_at"] > second["recorded_at"]
    then = fold(mine, known_at=second["recorded_at"]).effects.set_index("event_id")["cleared_m2"]
    now = fold(mine).effects.set_index("event_id")["cleared_m2"]
    assert first["event_id"] not in then.index
    assert (then[second["event_id"]], now[second["event_id"]]) == (55_096, 54_409)


class TestTheLog:
    def test_columns(self, hazards, events):
        extra = ["recorded_at", "synthetic"]
        assert list(hazards.columns) == [*terms.HAZARD_COLUMNS, *extra]
        assert list(events.columns) == [*terms.EVENT_COLUMNS[:-1], "synthetic", "geometry"]
        assert hazards["synthetic"].all()
        assert events["synthetic"].all()
        assert hazards.crs == events.crs == terms.CRS

    def test_dates_are_dates_and_moments_are_utc(self, hazards, events):
        for name in ("ledger_hazards", "ledger_events"):
            info = pyogrio.read_info(sample.path(name))
            types = dict(zip(info["fields"], info["dtypes"], strict=True))
            day = "surveyed_on" if name == "ledger_hazards" else "happened_on"
            assert types[day].startswith("datetime64[D]")
        assert str(hazards["recorded_at"].dt.tz) == str(events["recorded_at"].dt.tz) == "UTC"

    def test_ids(self, hazards, events):
        assert hazards["hazard_id"].is_unique
        assert events["event_id"].is_unique
        pattern = r"(AP|CM)-\d{4}-\d{4}"
        assert hazards["hazard_id"].str.fullmatch(pattern).all()
        assert events["hazard_id"].str.fullmatch(pattern).all()
        assert (hazards["status"] == "open").all()

    def test_every_type_is_there(self, events):
        counts = events["event_type"].value_counts()
        assert set(counts.index) == set(terms.EVENT_TYPES) - {"registered"}
        assert counts.min() >= 8
        assert 3800 <= counts.sum() <= 4500

    def test_recorded_after_it_happened_and_never_twice_at_once(self, hazards, events):
        moments = pd.concat([hazards["recorded_at"], events["recorded_at"]])
        assert moments.is_unique
        for table, day in ((hazards, "surveyed_on"), (events, "happened_on")):
            dated = table[table[day].notna()]
            ends = (dated[day] + pd.Timedelta(days=1)).dt.tz_localize("Asia/Phnom_Penh")
            assert (dated["recorded_at"] >= ends).all()
        assert events["recorded_at"].max() < pd.Timestamp("2025-05-16", tz="UTC")

    def test_registered_before_anything_else(self, hazards, events):
        begun = hazards.set_index("hazard_id")
        mine = events[events["hazard_id"].isin(begun.index) & events["happened_on"].notna()]
        registered = begun.loc[mine["hazard_id"]]
        assert (registered["surveyed_on"].to_numpy() < mine["happened_on"].to_numpy()).all()
        assert (registered["recorded_at"].to_numpy() < mine["recorded_at"].to_numpy()).all()

    def test_some_reports_are_late(self, events):
        done = events[events["event_type"].isin(terms.OUTCOMES)]
        days = done["recorded_at"].dt.tz_convert(None) - done["happened_on"]
        late = days > pd.Timedelta(days=170)
        assert 0.03 < late.mean() < 0.15
        assert days.median() < pd.Timedelta(days=45)

    def test_cleared_land_is_cha_and_surveyed_land_sha(self, log, effects):
        types = log[log["event_type"] == "registered"].set_index("hazard_id")["detail"]
        area = {name: json.loads(said)["area_type"] for name, said in types.items()}
        for event in effects.itertuples():
            if event.event_type == "confirmed":
                area[event.hazard_id] = "CHA"
        first = effects[effects["event_type"] == "confirmed"].groupby("hazard_id")["happened_on"]
        confirmed = first.min()
        cleared = effects[effects["event_type"] == "cleared"]
        assert {area[name] for name in cleared["hazard_id"]} == {"CHA"}
        days = cleared["hazard_id"].map(confirmed)
        assert (days.isna() | (days <= cleared["happened_on"])).all()
        surveyed = effects[effects["event_type"].isin(["cancelled", "reduced"])]
        days = surveyed["hazard_id"].map(confirmed)
        assert (days.isna() | (days >= surveyed["happened_on"])).all()

    def test_the_workbench_has_no_releases(self, hazards, events):
        bench = set(hazards.loc[hazards["in_workbench"], "hazard_id"])
        assert bench
        assert not bench & set(events["hazard_id"])

    def test_details_are_json_and_references_hold(self, events):
        for text in events["detail"].dropna():
            assert isinstance(json.loads(text), dict)
        assert set(events["retracts"].dropna()) <= set(events["event_id"])
        moved = events[events["event_type"] == "transferred"]
        roles = moved["detail"].map(lambda text: json.loads(text)["role"])
        assert (roles.groupby(moved["transfer_id"]).agg(sorted).map(tuple)
                == ("child", "parent")).all()  # fmt: skip
        assert events["report_ref"].notna().sum() == events["event_type"].isin(terms.OUTCOMES).sum()


class TestShapes:
    def test_valid_and_on_the_lattice(self, hazards, events):
        drawn = events[events.geometry.notna()]
        for table in (hazards, drawn):
            assert table.is_valid.all()
            assert set(table.geom_type) == {"MultiPolygon"}
            xy = shapely.get_coordinates(table.geometry.to_numpy())
            assert (np.rint(xy * 1e7) / 1e7 == xy).all()

    def test_sizes_are_whole_at_each_step(self, folded):
        exact = exact_size_m2(folded.polygons)
        assert np.abs(exact - np.rint(exact)).max() < 0.2

    def test_no_two_hazards_overlap_as_first_registered(self, hazards):
        left, right = hazards.geometry.sindex.query(hazards.geometry, predicate="intersects")
        assert (left == right).all()

    @pytest.mark.parametrize("day", ["2020-06-30", "2021-12-31", END_2022, END_2024])
    def test_no_two_overlap_on_any_day(self, log, day):
        found = fold(log, as_of=day).hazards
        shapes = found.geometry[found["status"] != "closed"]
        left, right = shapes.sindex.query(shapes, predicate="intersects")
        assert (left == right).all()

    def test_inside_their_district(self, folded, log):
        districts = pyogrio.read_dataframe(sample.path("districts")).set_index("district_code")
        first = log[log["event_type"] == "registered"]
        codes = folded.hazards.set_index("hazard_id")["district_code"]
        shapes = districts.geometry[codes[first["hazard_id"]]].to_numpy()
        assert shapely.contains_properly(shapes, first.geometry.to_numpy()).all()

    def test_some_cuts_stick_out(self, events):
        outside = events["outside_m2"].dropna()
        assert 100 < len(outside) < 800
        assert outside.min() > 0
        done = events[events["outside_m2"].notna()]
        assert (outside.to_numpy() < size_m2(done.geometry)).all()


class TestOrdnance:
    def test_items_where_they_belong(self, events):
        done = events[events["event_type"].isin(terms.OUTCOMES)]
        minefields = done["hazard_id"].str.startswith("AP")
        assert (done.loc[~minefields, "ap_mines"].fillna(0) == 0).all()
        assert (done.loc[minefields, "submunitions"].fillna(0) == 0).all()
        assert done.loc[minefields, "ap_mines"].sum() > 10_000
        cancelled = done[done["event_type"] == "cancelled"]
        assert cancelled[["ap_mines", "av_mines", "submunitions", "uxo"]].isna().all().all()
        assert done.loc[done["event_type"] == "cleared", "depth_cm"].between(13, 30).all()
