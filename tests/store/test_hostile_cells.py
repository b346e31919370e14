"""What one backend cannot hold, neither takes: the same values at every door, the same answer.

Either a value comes back as it was given, or one line of ours says why it is refused; both the
same on PostGIS and on a GeoPackage, and nothing is written then.
"""

from __future__ import annotations

import decimal
import json
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from mine_geo import errors
from mine_geo.geo.cells import ID_LENGTH, TEXT_LENGTH
from mine_geo.store import Store, create_store, open_store
from tests.store.conftest import box
from tests.store.inbox import candidates, file, received, reports, square
from tests.store.yard import Yard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from mine_geo.intake.received import Received

    Door = Callable[[Store, Any], Any]

HOSTILE: tuple[Any, ...] = (
    "\x00",
    "a\x00b",
    "\ud800",
    "x\udfffy",
    "\x1b[2J",
    "\x9b31m",
    "\x7f",
    "AP\u200b1",
    "\u202eevil",
    "A" * (ID_LENGTH + 1),
    "A" * 10_000_000,
    2**63,
    -(2**63) - 1,
    10**400,
    10**5000,
    float("inf"),
    float("-inf"),
    1e400,
    np.float64("inf"),
    np.uint64(2**64 - 1),
    decimal.Decimal("Infinity"),
    b"\x00\xff",
    ["a", ["\x00"]],
    {"a": {"\ud800": 1}},
    {"a": 2**64},
    json.loads("[" * 200 + "]" * 200),
)
characters = st.characters(codec=None, categories=("Cs", "Cc", "Cf", "L", "Zs", "Zl", "Zp"))
texts = st.text(characters, min_size=1, max_size=6)
scalars = (
    texts
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.booleans()
    | st.decimals(allow_nan=False)
    | st.binary(max_size=3)
)
values = scalars | st.lists(scalars, max_size=3) | st.dictionaries(texts, scalars, max_size=2)


def named(hazard_id: Any = "H", **columns: Any) -> gpd.GeoDataFrame:
    """Return one hazard, each cell as it is given."""
    cells = {"hazard_id": hazard_id, "kind": "ap_minefield", "surveyed_on": "2020-01-31", **columns}
    frame = pd.DataFrame({name: pd.Series([value], dtype=object) for name, value in cells.items()})
    return gpd.GeoDataFrame(frame, geometry=[box(103.0, 13.0)], crs=4326)


def registered(store: Store, value: Any, column: str) -> Any:
    store.register(named(**{column: value}))
    return store.hazards()[column].tolist()


def event(store: Store, value: Any, column: str) -> Any:
    store.register(named())
    facts = {"happened_on": "2022-05-01", column: value}
    store.record("H", "cleared", box(103.0, 13.0, 0.002), **facts)
    return store.events()[column].dropna().tolist()


def table_of_events(store: Store, value: Any, column: str) -> Any:
    store.register(named())
    row = {"hazard_id": "H", "event_type": "cleared", "happened_on": "2022-05-01", column: value}
    frame = pd.DataFrame({name: pd.Series([each], dtype=object) for name, each in row.items()})
    store.record_many(gpd.GeoDataFrame(frame, geometry=[box(103.0, 13.0, 0.002)], crs=4326))
    return store.events()[column].dropna().tolist()


def described(store: Store, value: Any, column: str) -> Any:
    store.register(named(further=1))
    store.describe("H", {column: value}, happened_on="2022-05-01")
    return store.hazards()[column].tolist()


def in_json(value: Any) -> str:
    """Write JSON as far as Python can; what it cannot is taken for lists without end."""
    try:
        return json.dumps(value, default=repr)
    except ValueError:
        return "[" * 5000


def detailed(store: Store, value: Any) -> Any:
    store.register(named(further=1))
    detail = in_json({"extra": {"further": value}})
    row = {"hazard_id": "H", "event_type": "described", "happened_on": "2022-05-01"}
    store.record_many(pd.DataFrame([row | {"detail": detail}]))
    return store.hazards()["further"].tolist()


def tasked(store: Store, value: Any, column: str) -> Any:
    store.record_spot_task(**({"happened_on": "2022-05-01", "uxo": 1} | {column: value}))
    return store.spot_tasks()[column].tolist()


def tasked_at(store: Store, value: Any) -> Any:
    store.record_spot_task(happened_on="2022-05-01", uxo=1, lon=value, lat=13.0)
    return [each.wkt for each in store.spot_tasks().geometry]


def divided(store: Store, value: Any, column: str) -> Any:
    store.register(named())
    parts = named(**({"hazard_id": "P"} | {column: value})).drop(columns=["kind", "surveyed_on"])
    parts = parts.set_geometry([box(103.0, 13.0, 0.005)]).set_crs(4326)
    store.divide("H", parts, happened_on="2022-05-01", remainder="keep")
    return store.hazards()[[column]].astype(object).to_numpy().tolist()


def merged(store: Store, value: Any) -> Any:
    other = named("I").set_geometry([box(103.02, 13.0)]).set_crs(4326)
    store.register(pd.concat([named(), other], ignore_index=True))
    store.merge(["H", "I"], value, happened_on="2022-05-01")
    return store.hazards()["hazard_id"].tolist()


def retracted(store: Store, value: Any) -> Any:
    store.register(named())
    name = store.record("H", "cleared", box(103.0, 13.0, 0.002), happened_on="2022-05-01")
    store.retract(name, reason=value)
    return store.events()["comment"].dropna().tolist()


def void_task(store: Store, value: Any) -> Any:
    name = store.record_spot_task(happened_on="2022-05-01", uxo=1)
    store.retract_spot_task(name, reason=value)
    return store.export_log().spot_tasks["retracted_why"].tolist() if len(store.events()) else []


def submitted(store: Store, value: Any, column: str) -> Any:
    name = store.submit(file({"hazard_id": "N", "geometry": square(103.0)}), **{column: value})
    names = {"submitted_by": "submitted by"}
    return store.submission(name).facts.set_index("what")["value"].get(names.get(column, column))


def rejected(store: Store, value: Any, column: str) -> Any:
    name = store.submit(file({"hazard_id": "N", "geometry": square(103.0)}))
    said = {"reason": "no", "rejected_by": "tester"} | {column: value}
    store.reject(name, **said)
    return store.submission(name).records[["why", "decided_by"]].to_numpy().tolist()


def accepted(store: Store, value: Any) -> Any:
    name = store.submit(file({"hazard_id": "N", "geometry": square(103.0)}))
    store.accept(name, accepted_by=value)
    return store.submission(name).records["decided_by"].tolist()


def border_of(store: Store, value: Any, column: str) -> Any:
    cells = {"kind": "land", "neighbour": "THA", column: value}
    frame = pd.DataFrame({name: pd.Series([each], dtype=object) for name, each in cells.items()})
    line = shapely.LineString([(102.5, 12.0), (102.5, 15.0)])
    store.load_border(gpd.GeoDataFrame(frame, geometry=[line], crs=4326))
    return [store.border()[column].tolist(), store.versions()["version"].tolist()]


def admin_of(store: Store, value: Any, column: str) -> Any:
    cells = {"district_code": "0209", "note": 1, column: value}
    frame = pd.DataFrame({name: pd.Series([each], dtype=object) for name, each in cells.items()})
    store.load_admin(gpd.GeoDataFrame(frame, geometry=[box(102.5, 12.5)], crs=4326))
    return store.admin()[column].tolist()


def admin_named(store: Store, value: Any, column: str) -> Any:
    cells = gpd.GeoDataFrame({"district_code": ["0209"]}, geometry=[box(102.5, 12.5)], crs=4326)
    store.load_admin(cells, **{column: value})
    return store.versions()[column].tolist()


def logged(store: Store, value: Any, column: str) -> Any:
    row = {"event_id": "e", "hazard_id": "H", "event_type": "cleared", "happened_on": "2022-05-01"}
    row |= {"recorded_at": "2022-05-02T00:00:00Z", column: value}
    frame = pd.DataFrame({name: pd.Series([each], dtype=object) for name, each in row.items()})
    events = gpd.GeoDataFrame(frame, geometry=[box(103.0, 13.0, 0.002)], crs=4326)
    store.import_log(named(), events)
    return store.events()[column].dropna().tolist()


def logged_detail(store: Store, value: Any) -> Any:
    return logged(store, in_json({"a": value}), "detail")


def asked(store: Store, value: Any, how: str) -> Any:
    asks: dict[str, Any] = {
        "history": lambda: store.history(value),
        "record": lambda: store.record(
            value, "cleared", box(103.0, 13.0), happened_on="2022-05-01"
        ),
        "retract": lambda: store.retract(value, reason="x"),
        "void": lambda: store.retract_spot_task(value, reason="x"),
        "submission": lambda: store.submission(value),
        "accept": lambda: store.accept(value),
        "province": lambda: store.hazards(province=value),
        "district": lambda: store.hazards(district=value),
        "kind": lambda: store.hazards(kind=value),
        "as_of": lambda: store.hazards(as_of=value),
        "known_at": lambda: store.hazards(known_at=value),
        "border": lambda: store.border(version=value),
        "admin": lambda: store.admin(name=value),
        "describe": lambda: store.describe(value, {"village": "V"}, happened_on="2022-05-01"),
        "divide": lambda: store.divide(value, {"P": box(103.0, 13.0)}, happened_on="2022-05-01"),
        "merge": lambda: store.merge([value, "H"], "I", happened_on="2022-05-01"),
    }
    found = asks[how]()
    return len(found) if hasattr(found, "__len__") else found


DOORS: dict[str, Door] = {
    **{
        f"register {column}": lambda s, v, c=column: registered(s, v, c)
        for column in (
            "hazard_id", "also", "village", "province", "province_code", "operator", "kind",
            "surveyed_on", "reported_size_m2", "in_workbench", "further", "parent_id",
        )
    },
    **{
        f"record {column}": lambda s, v, c=column: event(s, v, c)
        for column in (
            "event_id", "operator", "report_ref", "comment", "recorded_by", "uxo",
            "reported_size_m2", "depth_cm", "happened_on",
        )
    },
    **{
        f"record_many {column}": lambda s, v, c=column: table_of_events(s, v, c)
        for column in ("event_id", "comment", "ap_mines", "hazard_id", "happened_on")
    },
    **{
        f"describe {column}": lambda s, v, c=column: described(s, v, c)
        for column in ("village", "further", "district", "reported_size_m2")
    },
    "detail": detailed,
    **{
        f"spot task {column}": lambda s, v, c=column: tasked(s, v, c)
        for column in ("task_id", "comment", "village", "uxo", "happened_on", "province")
    },
    "spot task lon": tasked_at,
    **{
        f"divide {column}": lambda s, v, c=column: divided(s, v, c)
        for column in ("hazard_id", "village")
    },
    "merge into": merged,
    "retract reason": retracted,
    "spot task reason": void_task,
    **{
        f"submit {column}": lambda s, v, c=column: submitted(s, v, c)
        for column in ("submitted_by", "operator", "comment")
    },
    **{
        f"reject {column}": lambda s, v, c=column: rejected(s, v, c)
        for column in ("reason", "rejected_by")
    },
    "accept by": accepted,
    **{
        f"border {column}": lambda s, v, c=column: border_of(s, v, c)
        for column in ("border_name", "border_version", "neighbour", "accuracy_m", "note")
    },
    **{
        f"admin {column}": lambda s, v, c=column: admin_of(s, v, c)
        for column in ("note", "district_km", "district_code")
    },
    **{
        f"admin's {column}": lambda s, v, c=column: admin_named(s, v, c)
        for column in ("name", "version")
    },
    **{
        f"log {column}": lambda s, v, c=column: logged(s, v, c)
        for column in (
            "event_id", "hazard_id", "comment", "operator", "uxo", "reported_size_m2",
            "recorded_by", "transfer_id", "detail", "happened_on",
        )
    },
    "log detail of": logged_detail,
    **{
        f"ask {how}": lambda s, v, h=how: asked(s, v, h)
        for how in (
            "history", "record", "retract", "void", "submission", "accept", "province", "district",
            "kind", "as_of", "known_at", "border", "admin", "describe", "divide", "merge",
        )
    },
}  # fmt: skip


SIGNED = ("record recorded_by", "submit submitted_by", "reject rejected_by", "accept by")
"""Both refuse the same, but a server writes who is logged in, whatever the client says."""


class Answer(NamedTuple):
    """What a door said: what came back, or the class and the line of the refusal."""

    back: str
    kind: str
    line: str


def ask(store: Store, door: Door, value: Any) -> Answer:
    """Hand a value to a door; only an error of ours may come of it, in one line."""
    try:
        back = door(store, value)
    except errors.MineGeoError as error:
        line = str(error)
        assert "\n" not in line
        assert len(line) < 2000
        assert line.encode()
        return Answer("", type(error).__name__, line.replace(store.name, "STORE"))
    return Answer(repr(back), "", "")


@pytest.fixture(scope="module")
def yards(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Yard, Yard]:
    """Give empty stores of both backends."""
    server = request.getfixturevalue("postgis_server")
    folder = tmp_path_factory.mktemp("hostile")
    return Yard("gpkg", folder, None), Yard("postgis", folder, server)


def answers(yard: Yard, door: Door, given: Iterable[Any]) -> list[Answer]:
    """Return what a backend says to each value; a store that took one gives way to an empty one."""
    found: list[Answer] = []
    store = yard.empty()
    for value in given:
        found.append(ask(store, door, value))
        if not found[-1].kind:
            assert store.rebuild().empty
            store.close()
            store = yard.empty()
    store.close()
    return found


def both(yards: tuple[Yard, Yard], door: Door, value: Any) -> Answer:
    """Ask both backends and return their one answer."""
    one, other = (answers(yard, door, [value]) for yard in yards)
    assert one == other
    return one[0]


@pytest.mark.postgis
@pytest.mark.parametrize("name", DOORS)
def test_both_backends_give_one_answer(yards: tuple[Yard, Yard], name: str) -> None:
    one, other = (answers(yard, DOORS[name], HOSTILE) for yard in yards)
    if name in SIGNED:
        assert all("'tester'" in each.back for each in other if not each.kind)
        one, other = ([each._replace(back="") for each in answered] for answered in (one, other))
    assert one == other


ANY = ("register village", "register further", "record comment", "describe further", "log comment")


@pytest.mark.postgis
@given(st.sampled_from(ANY), values)
@settings(max_examples=40)
def test_whatever_is_taken_comes_back(yards: tuple[Yard, Yard], name: str, value: Any) -> None:
    """A text, a number or a truth value as it is; what is blank as nothing."""
    answer = both(yards, DOORS[name], value)
    if answer.kind or not isinstance(value, str | int | float):
        return
    if isinstance(value, float) and np.isnan(value):
        return
    back = answer.back
    if isinstance(value, str):
        # a text column is trimmed, a further one is not
        assert back in {repr([value]), repr([value.strip()]), "[nan]", "[]"}
    elif name in {"register further", "describe further"}:
        assert back == repr([value]) or float(eval(back)[0]) == float(value)


@pytest.mark.postgis
@pytest.mark.parametrize("name", ["register further", "describe further"])
@pytest.mark.parametrize(
    "value", [2**63 - 1, -(2**63), 2**53 + 1, 1e300, 1.5, "ទី\u200b1\t\n", True]
)
def test_what_both_hold_comes_back_to_the_last_digit(
    yards: tuple[Yard, Yard], name: str, value: Any
) -> None:
    assert both(yards, DOORS[name], value).back == repr([value])


@pytest.mark.postgis
def test_a_long_number_stays_beside_a_missing_one(yards: tuple[Yard, Yard]) -> None:
    for yard in yards:
        with yard.empty() as store:
            frame = pd.concat([named("A", serial=2**62 + 1), named("B")], ignore_index=True)
            store.register(frame.set_geometry([box(103.0, 13.0), box(104.0, 13.0)]))
            assert store.hazards()["serial"].tolist() == [2**62 + 1, None]
            assert store.rebuild().empty


# ---------------------------------------------------------------- files


BAD_CELLS = {
    "village": "a\x00b",
    "commune": "x" * (TEXT_LENGTH + 1),
    "operator": "\x1b[2J",
    "hazard_id": "AP\u200b1",
    "further": "\ud800",
    "serial": 2**64,
    "nested": [["\x00"]],
}


def raw(columns: dict[str, Any]) -> Received:
    """Return a file of two hazards; the first has these cells."""
    rows = [
        {"hazard_id": "A", "geometry": square(103.0)},
        {"hazard_id": "B", "geometry": square(104.0)},
    ]
    table = candidates(rows)
    for name, value in columns.items():
        new = table[name].astype(object) if name in table else pd.Series([None, None], dtype=object)
        new.iloc[0] = value
        table[name] = new
    return received(table[[*table.columns.drop("geometry"), "geometry"]], checksum="x" * 64)


@pytest.mark.parametrize("column", BAD_CELLS)
def test_a_cell_of_a_file_is_a_finding_of_its_record(store: Store, column: str) -> None:
    got = raw({column: BAD_CELLS[column]})
    name = store.submit(got)
    found = store.submission(name)
    said = found.findings[found.findings["severity"] == "error"]
    assert said["record"].tolist() == [1], said["message"].tolist()
    assert said["code"].iloc[0] in {"bad_text", "bad_number"}
    assert said["message"].iloc[0].startswith(column)
    assert store.hazards()["hazard_id"].tolist() == ["B"]  # the other one counts
    done = store.accept(name)
    assert (done.accepted, [each.record for each in done.left]) == (1, [1])
    assert store.rebuild().empty


def test_a_file_may_be_called_anything(store: Store) -> None:
    got = file({"hazard_id": "A", "geometry": square(103.0)}, name="f\udcff\x00ields.gpkg")
    name = store.submit(got)
    assert store.submissions()["file"].tolist() == ["f\\udcff\\x00ields.gpkg"]
    assert store.submission(name).records["hazard_id"].tolist() == ["A"]


def test_a_report_has_findings_too(store: Store) -> None:
    register = named("A").set_geometry([square(103.0)]).set_crs(4326)
    store.register(register)
    rows = reports([{"hazard_id": "A", "event_type": "cleared", "happened_on": "2022-05-01",
                     "geometry": square(103.0, size=0.002)}])  # fmt: skip
    rows["comment"] = pd.Series(["a\x00b"], dtype=object)
    name = store.submit(received(rows, "reports"))
    assert store.submission(name).findings["code"].tolist() == ["bad_text"]
    assert store.accept(name).accepted == 0


def test_a_table_that_comes_back_from_a_store_is_taken_again(store: Store) -> None:
    store.register(named(village="ភូមិ\u200bតាសាញ", further="tab\tand\nline"))
    assert store.register(store.hazards()).unchanged == 1


# ---------------------------------------------------------------- places and names


@pytest.mark.parametrize("title", ["a\x00b", "\ud800", "\x1b[2J", "x" * (TEXT_LENGTH + 1)])
def test_a_title_that_no_store_holds(place: str, title: str) -> None:
    with pytest.raises(errors.RecordError, match="title"):
        create_store(place, title=title)
    with create_store(place, title="ភូមិ") as store:
        assert store.title == "ភូមិ"


@pytest.mark.parametrize("text", ["a\x00b.gpkg", "\ud800.gpkg", "postgresql://a\x00b/x"])
@pytest.mark.parametrize("act", [open_store, create_store])
def test_a_place_that_cannot_be(act: Callable[[str], Store], text: str) -> None:
    with pytest.raises(errors.MineGeoError) as caught:
        act(text)
    assert "\n" not in str(caught.value)
    assert str(caught.value).encode()


def test_a_folder_may_be_called_anything(tmp_path: Path) -> None:
    place = f"{tmp_path}/\udcff.gpkg"
    with create_store(place) as store:
        store.register(named())
    with open_store(place) as store:
        assert store.hazards()["hazard_id"].tolist() == ["H"]
