"""Texts that would be statements: nothing of them is run, and each comes back as it was given.

Every name and text that a store takes, on both backends: what is in order comes back equal, what no
store takes is refused in one line, and the store is sound and holds the same tables afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import psycopg
import pytest
from psycopg import sql
from sqlalchemy import inspect, make_url

import mine_geo as mg
from mine_geo import errors
from mine_geo.store import Store, create_store, grant_role, make_roles, open_store
from mine_geo.store.upkeep import doctor
from tests.cli.conftest import Command
from tests.store import inbox
from tests.store.conftest import box, signed
from tests.store.listed import TABLES, villages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.postgis.cluster import Server

TAKEN = (
    "'; DROP TABLE event; --",
    '"; DROP SCHEMA mine_geo CASCADE; --',
    "\\'); DELETE FROM hazard; SELECT pg_sleep(60) /* $$; x $$",
    "%s %(x)s %% %d :x :'x' ::text ? ?1 @x $1 {} {0} {x!r} {{}}",
    "${HOME} `id` $(id) \"\"\"'''`` -- # */ \\N \\x00 ទី אב",
)
"""What is a text like any other."""
REFUSED = ("'\x00; DROP TABLE event", "'" * 10_000_000)
"""What no store takes."""
HIDDEN = "\u202e'; DROP TABLE event; --"
"""Runs from right to left: no id may, for two would look the same."""


def tables(store: Store) -> set[str]:
    with store._reading() as connection:
        there = inspect(connection)
        return {*there.get_table_names(), *there.get_view_names()}


def one(**cells: Any) -> gpd.GeoDataFrame:
    """Return a table of one hazard, or part of one."""
    shape = cells.pop("geometry", box(103.0, 13.0))
    frame = pd.DataFrame({name: pd.Series([cell], dtype=object) for name, cell in cells.items()})
    return gpd.GeoDataFrame(frame, geometry=[shape], crs=4326)


class Doors:
    """Each way in, with one text in every place that takes one; says what came back."""

    def __init__(self, store: Store, border: gpd.GeoDataFrame, admin: gpd.GeoDataFrame) -> None:
        self.store, self.border, self.admin = store, border, admin
        self.count = 0

    def place(self) -> Any:
        """Return a box where nothing is yet."""
        self.count += 1
        return box(103.0 + self.count % 50 * 0.02, 12.0 + self.count // 50 * 0.02)

    def register(self, text: str) -> Iterator[Any]:
        said = dict.fromkeys(("also", "village", "commune", "operator", "task", text), text)
        hazard = one(hazard_id=text, kind="ap_minefield", surveyed_on="2020-01-31",
                     geometry=self.place(), **said | {"also": None})  # fmt: skip
        self.store.register(hazard)
        row = self.store.hazards().set_index("hazard_id").loc[text]
        yield from (row[name] for name in ("village", "commune", "operator", "task", text))
        yield (
            self.store.hazards(known_at=self.store.last_moment()).hazard_id.eq(text).any() and text
        )

    def record(self, text: str) -> Iterator[Any]:
        name = f"R{self.count}"
        shape = self.place()
        self.store.register(one(hazard_id=name, kind="ap_minefield", surveyed_on="2020-01-31",
                                geometry=shape))  # fmt: skip
        said = dict.fromkeys(("operator", "report_ref", "comment", "recorded_by"), text)
        done = self.store.record(
            name, "cleared", shape.buffer(-0.002), happened_on="2022-05-01", event_id=text, **said
        )
        self.store.describe(name, {"village": text}, happened_on="2022-06-01", comment=text)
        yield str(done)
        row = self.store.history(name).set_index("event_id").loc[text]
        yield from (row[each] for each in ("operator", "report_ref", "comment"))
        assert row["recorded_by"] == signed(self.store, text)
        yield self.store.hazards().set_index("hazard_id").loc[name, "village"]
        self.store.retract(text, reason=text)
        yield self.store.events()["comment"].iloc[-1]

    def spot_task(self, text: str) -> Iterator[Any]:
        names = ("task_id", "operator", "report_ref", "commune", "village", "comment")
        self.store.record_spot_task(happened_on="2022-05-01", uxo=1, **dict.fromkeys(names, text))
        row = self.store.spot_tasks().iloc[-1]
        yield from (row[name] for name in names)
        self.store.retract_spot_task(text, reason=text)
        yield self.store.export_log().spot_tasks["retracted_why"].iloc[-1]

    def workbench(self, text: str) -> Iterator[Any]:
        row = {"hazard_id": text + "-W", "geometry": self.place(), "village": text, text: text}
        got = inbox.file(row, name=f"{text}.gpkg", layer=text, profile=text)
        said = dict.fromkeys(("submitted_by", "operator", "comment"), text)
        name = self.store.submit(got, **said)
        facts = self.store.submission(name).facts.set_index("what")["value"]
        yield from (facts[what] for what in ("operator", "comment"))
        assert facts["submitted by"] == signed(self.store, text)
        self.store.reject(name, reason=text, rejected_by=text)
        yield self.store.submission(name).records["why"].iloc[0]
        again = self.store.submit(got, again=True)
        self.store.accept(again, hazards=[row["hazard_id"]], happened_on="2022-01-01")
        found = self.store.hazards().set_index("hazard_id").loc[row["hazard_id"]]
        yield from (found["village"], found[text])

    def layers(self, text: str) -> Iterator[Any]:
        store = self.store
        store.load_border(self.border.assign(note=text), name=text, version=text)
        yield from store.border(name=text, version=text)["note"]
        store.load_admin(self.admin.assign(note=text), name=text, version=text)
        yield from store.admin(name=text, version=text)["note"]
        listed = villages(village=[text, "Ou"], commune=text)
        store.load_villages(listed, name=text, version=text)
        yield store.villages(name=text, version=text)["village"].iloc[0]
        for layer in ("border", "districts", "villages"):
            store.activate(layer, text, text)
        active = store.versions().query("active")
        yield from [*active["name"], *active["version"]]

    def lists(self, text: str) -> Iterator[Any]:
        free = ("comment", "district", "village", "name", "weights", "source", "programme")
        for name, entry in TABLES.items():
            there = [*self.store.listed(name).columns]
            texts = {each: text for each in free if each in there and each != "geometry"}
            frame = pd.DataFrame([entry | texts | {"entry_id": text}])
            self.store.add_entries(name, frame, recorded_by=text)
            row = self.store.listed(name).set_index("entry_id").loc[text]
            yield from (row[each] for each in texts)
            self.store.withdraw_entry(name, text, reason=text)
            yield self.store.listed(name, withdrawn=True)["withdrawn_why"].iloc[-1]

    def public(self, text: str) -> Iterator[Any]:
        store = self.store
        held = store.set_public_settings({"least_count": 6 + self.count % 50}, set_by=text)
        number = len(store.editions()) + 1
        store.record_edition(
            number=number, as_of="2022-12-31", asked_by=text, approved_by=f"not {text}",
            settings=held, files={text: "ab"}, figures={text: None}, land=store.released_land(),
            last_record=store.last_moment(),
        )  # fmt: skip
        store.recall_edition(number, reason=text, recalled_by=text)
        row = store.editions().iloc[-1]
        yield from (row["asked_by"], row["reason"])

    def asked(self, text: str) -> Iterator[Any]:
        """Where nothing is called so, a question is refused in a line, or finds nothing."""
        store = self.store
        asks: tuple[Callable[[], Any], ...] = (
            lambda: store.hazards(province=text),
            lambda: store.hazards(district=text),
            lambda: store.balance(by=text),
            lambda: store.releases(by=[text]),
            lambda: store.listed(text),
            lambda: store.activate(text, "1", "2"),
            lambda: store.activate("border", text + "-", text),
            lambda: store.split(rule=text),
            lambda: store.submission(text),
            lambda: store.history(text + "-"),
            lambda: mg.totals(store.split(), by=[text]),
            lambda: store.retract(text + "-", reason=text),
            lambda: store.describe("W-1", {text: text}, happened_on="2022-05-01"),
            lambda: store.check_chain(text),
        )
        for ask in asks:
            with pytest.raises(errors.MineGeoError) as caught:
                ask()
            assert "\n" not in str(caught.value)
            assert len(str(caught.value)) < 2000
        yield text


WAYS = ("register", "record", "spot_task", "workbench", "layers", "lists", "public", "asked")


@pytest.fixture
def doors(
    store: Store, hazards: gpd.GeoDataFrame, border: gpd.GeoDataFrame, admin: gpd.GeoDataFrame
) -> Doors:
    store.load_border(border)
    store.load_admin(admin)
    store.register(hazards, registered_on="2020-01-31")
    return Doors(store, border, admin)


def sound(store: Store, there: set[str]) -> None:
    assert tables(store) == there
    place = store._place
    found = doctor.examine(place.path or signed_url(store))
    bad = found[found["severity"] == "error"]
    assert bad.empty, bad.to_dict("records")


def signed_url(store: Store) -> str:
    user = signed(store, "")
    return store._place.url.set(username=user).render_as_string(hide_password=False)


@pytest.mark.parametrize("way", WAYS)
def test_a_text_is_a_text(doors: Doors, way: str) -> None:
    there = tables(doors.store)
    for text in TAKEN:
        back = list(getattr(doors, way)(text))
        assert back == [text] * len(back), way
        assert back
    sound(doors.store, there)


@pytest.mark.parametrize("way", ["layers", "lists", "public"])  # of others test_hostile_cells
def test_what_no_store_takes_is_refused_in_a_line(doors: Doors, way: str) -> None:
    there = tables(doors.store)
    for text in (*REFUSED, HIDDEN):
        try:
            back = list(getattr(doors, way)(text))
        except errors.MineGeoError as error:
            said = str(error)
        else:
            assert (text, set(back)) == (HIDDEN, {HIDDEN})
            said = ""
        assert "\n" not in said
        assert len(said) < 2000
    sound(doors.store, there)


def test_a_title_is_a_text(place: str) -> None:
    text = " ".join(TAKEN)
    with create_store(place, title=text) as store:
        assert store.title == text
        assert text in store.info()["value"].tolist()
    with open_store(place) as store:
        assert store.title == text


@pytest.mark.postgis
def test_names_of_roles_and_logins(postgis_url: str, postgis_server: Server) -> None:
    create_store(postgis_url).close()
    for text in (*TAKEN, *REFUSED, HIDDEN):
        with pytest.raises(errors.OptionError, match="small letters, digits") as caught:
            make_roles(postgis_url, prefix=text)
        assert len(str(caught.value)) < 2000
    postgis_server.roles.extend(make_roles(postgis_url, prefix="mg_test_inject"))
    for text in TAKEN:
        with pytest.raises(errors.UnknownNameError, match="no user"):
            grant_role(postgis_url, text, "reader")
        with pytest.raises(errors.OptionError):
            grant_role(postgis_url, "tester", text)
        with psycopg.connect(postgis_url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(text)))
        postgis_server.roles.append(text)
        assert grant_role(postgis_url, text, "officer") == "mg_test_inject_officer"
        theirs = make_url(postgis_url).set(username=text).render_as_string(hide_password=False)
        with open_store(theirs) as store:
            task = store.record_spot_task(happened_on="2022-05-01", uxo=1, task_id=text)
            assert task == text
            found = store.spot_tasks().set_index("task_id")
            assert found.loc[text, "recorded_by"] == text
        with pytest.raises(errors.MineGeoError) as caught:
            grant_role(postgis_url, text, "officer", prefix=text)
        assert "\n" not in str(caught.value)
    for text in (*REFUSED, HIDDEN):
        with pytest.raises(errors.MineGeoError) as caught:
            grant_role(postgis_url, text, "reader")
        assert len(str(caught.value)) < 2000
        assert "\n" not in str(caught.value)
    with open_store(postgis_url) as store:
        assert len(store.spot_tasks()) == len(TAKEN)


def test_through_the_command(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    command = Command(tmp_path)
    command.done("init", "--title", TAKEN[0], store=place)
    hazard = one(
        **{"hazard_id": TAKEN[0], "kind": "ap_minefield", "surveyed_on": "2020-01-31", "t; --": "x"}
    )
    hazard.to_file(tmp_path / "h.gpkg", layer="a'; DROP TABLE event; --")
    command.done("load", "hazards", "h.gpkg", "--layer", "a'; DROP TABLE event; --", store=place)
    command.done("load", "border", mg.sample.path("border"), "--name", TAKEN[1], "--version",
                 TAKEN[2], store=place)  # fmt: skip
    for number, text in enumerate(TAKEN):
        words = ("--task-id", f"{number}{text}", "--operator", text, "--comment", text)
        command.done("spot-task", "--happened-on", "2022-05-01", "--uxo", 1, *words, "--yes",
                     store=place)  # fmt: skip
        command.done("describe", TAKEN[0], "--set", f"village={text}", "--comment", text,
                     "--happened-on", f"2022-06-0{number + 1}", "--yes", store=place)  # fmt: skip
        for words in (("history", text + "-"), ("totals", "--province", text),
                      ("db", "activate", "border", text, text)):  # fmt: skip
            result = command(*words, store=place)
            assert result.exit_code != 0
            assert len(result.stderr.splitlines()) == 1
    with open_store(place) as store:
        assert (store.title, len(store.hazards()), len(store.events())) == (
            TAKEN[0],
            1,
            1 + len(TAKEN),
        )
        assert store.hazards()["village"].tolist() == [TAKEN[-1]]
        assert store.spot_tasks()["comment"].tolist() == list(TAKEN)
        assert store.versions().query("active")[["name", "version"]].to_numpy().tolist() == [
            [TAKEN[1], TAKEN[2]]
        ]
