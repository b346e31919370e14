"""A store that the code of schema 0003 made is upgraded, and says what it said."""

from __future__ import annotations

import hashlib
import sqlite3
import struct
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pandas as pd
import psycopg
import pytest

from mine_geo import errors
from mine_geo.store import Store, open_store
from mine_geo.store.schema import models
from mine_geo.store.upkeep import backup, copying, doctor
from mine_geo.terms import NO_UNIT
from tests.store import earlier

if TYPE_CHECKING:
    from pathlib import Path

    from tests.postgis.cluster import Server


@pytest.fixture
def upgraded(place: str, tmp_path: Path) -> str:
    """Give the place of the store after `db upgrade`, with the backup that it makes first."""
    earlier.put(place)
    with pytest.raises(errors.SchemaVersionError, match="db upgrade"):
        open_store(place)
    saved = tmp_path / f"before{'.dump' if '://' in place else '.gpkg'}"
    done = backup.upgrade_with_backup(place, path=saved)
    assert (done.before, done.after) == (earlier.REVISION, models.known_revisions()[-1])
    assert done.backup is not None
    assert (done.backup.revision, done.backup.unverified) == (earlier.REVISION, None)
    return place


def same(found: pd.DataFrame, name: str) -> None:
    """Compare a table with the one that the earlier code printed, every figure of it."""
    told = earlier.said(name).astype(object)
    plain = pd.DataFrame(found)[told.columns.tolist()].astype(object)
    plain = plain.replace({NO_UNIT: None})  # it had no word for such a row
    rows = [each.where(each.notna(), None).to_numpy().tolist() for each in (plain, told)]
    assert rows[0] == rows[1]


def as_it_was(store: Store) -> None:
    same(store.balance(by="kind"), "balance")
    same(store.balance(by=["kind", "province"]), "balance province")
    same(store.balance(by="kind", as_of="2021-12-31"), "balance 2021")
    same(store.balance(by="kind", known_at="2023-01-10T12:00Z"), "balance known")
    releases = store.releases(by=["year"], kind="ap_minefield")
    same(releases.fillna(0), "releases")  # what no report told was 0 then
    same(store.hazards(), "hazards")
    same(store.split(), "split")
    same(store.submissions(), "submissions")


def test_an_upgraded_store_says_what_it_said(upgraded: str) -> None:
    found = doctor.examine(upgraded)
    bad = found[found["severity"].isin(["error", "warning"])]
    assert bad.empty, bad.to_dict("records")
    with open_store(upgraded, clock_is_right=True) as store:
        as_it_was(store)
        # the present reads what the upgrade filled in; a moment after the last is folded anew
        for by in ("kind", ["kind", "province"]):
            known = store.balance(by=by, known_at=store.last_moment())
            assert store.balance(by=by).equals(known)
        assert store.rebuild().empty
        spot = store.spot_tasks()
        assert spot["uxo"].tolist() == [1]  # the other was retracted
        # and it goes on
        before = earlier.said("hazards").set_index("hazard_id").loc["AP-6b", "size_m2"]
        whole = store.hazards().set_index("hazard_id").geometry["AP-6b"]
        done = store.record("AP-6b", "cleared", whole, happened_on="2023-01-09")
        assert (done.before_m2, done.after_m2) == (before, 0)
        assert store.check_chain().empty


def test_figures_of_the_earlier_code_by_hand() -> None:
    """Boxes in longitude and latitude: their sizes on the ellipsoid, by the closed formula."""
    sizes = earlier.said("hazards").set_index("hazard_id")["size_m2"]
    assert sizes["AP-6b"] == round(earlier.box_m2(0.005, 13.0, 13.005))
    assert sizes["ចំការ-7"] == round(earlier.box_m2(0.01, 13.0, 13.01))
    assert sizes["W-3"] == round(earlier.box_m2(0.01, 12.5, 12.51))
    assert sizes["AP-3"] == round(earlier.box_m2(0.008, 13.001, 13.009))
    cut = round(earlier.box_m2(0.002, 12.5, 12.502))
    assert sizes["W-1"] == sizes["W-3"] - cut


# ---------------------------------------------------------------- the chain, by its description

TEXTS = ("event_id", "hazard_id", "event_type", "happened_on", "recorded_at", "recorded_by")
TEXTS = (*TEXTS, "operator", "report_ref", "reported_size_m2", "outside_m2", "ap_mines")
TEXTS = (*TEXTS, "av_mines", "submunitions", "uxo", "depth_cm", "comment", "transfer_id")
CHAINED = (*TEXTS, "retracts", "detail", "geometry")
MOMENT = """to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""
OF_SERVER = {
    "recorded_at": MOMENT,
    "happened_on": "to_char(happened_on, 'YYYY-MM-DD')",
    "geometry": "public.ST_AsBinary(geometry, 'NDR')",
}


def events_of(place: str) -> list[tuple[Any, ...]]:
    """Read seq, hash and the hashed columns past the library, in the order of the chain."""
    if "://" in place:
        columns = ", ".join(OF_SERVER.get(name, name) for name in CHAINED)
        query = f"SELECT seq, hash, {columns} FROM mine_geo.event ORDER BY seq"
        with psycopg.connect(place) as connection:
            return connection.execute(query.encode()).fetchall()
    query = f"SELECT seq, hash, {', '.join(CHAINED)} FROM event ORDER BY seq"
    with closing(sqlite3.connect(place)) as connection:
        found = connection.execute(query).fetchall()
    return [(*row[:-1], None if row[-1] is None else row[-1][head(row[-1]) :]) for row in found]


def head(blob: bytes) -> int:
    """Return how long the header of a GeoPackage's geometry is (OGC 12-128, 2.1.3)."""
    return 8 + (0, 32, 48, 48, 64)[blob[3] >> 1 & 7]


def as_bytes(name: str, value: Any) -> bytes:
    if name in {"reported_size_m2", "depth_cm"}:
        return struct.pack(">d", value)
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


def test_the_chain_is_filled_event_by_event(upgraded: str) -> None:
    found = events_of(upgraded)
    assert [row[0] for row in found] == list(range(1, 33))
    last = bytes(32)
    for seq, kept, *values in found:
        content = b"mine_geo event 1" + seq.to_bytes(8, "big") + last
        for name, value in zip(CHAINED, values, strict=True):
            if value is None:
                content += b"\0"
            else:
                data = as_bytes(name, value)
                content += b"\1" + len(data).to_bytes(8, "big") + data
        assert hashlib.sha256(content).hexdigest() == kept, seq
        last = bytes.fromhex(kept)
    moments = [row[2 + CHAINED.index("recorded_at")] for row in found]
    assert moments == sorted(moments)
    with open_store(upgraded) as store:
        assert str(store.head()) == f"32:{last.hex()}"


def test_both_backends_have_one_chain(tmp_path: Path, postgis_url: str) -> None:
    path = str(tmp_path / "register.gpkg")
    heads = set()
    for place in (path, postgis_url):
        earlier.put(place)
        backup.upgrade_with_backup(place, backup=False)
        with open_store(place) as store:
            heads.add(str(store.head()))
    assert len(heads) == 1


def test_an_upgraded_store_goes_there_and_back(
    upgraded: str, tmp_path: Path, postgis_server: Server
) -> None:
    on_server = "://" in upgraded
    other = tmp_path / "other.gpkg" if on_server else postgis_server.database()
    back = postgis_server.database() if on_server else tmp_path / "back.gpkg"
    there = copying.copy_store(upgraded, other)
    again = copying.copy_store(other, back)
    assert there.tables.equals(again.tables)
    saved = tmp_path / f"saved{'.dump' if on_server else '.gpkg'}"
    backup.back_up(back, saved)
    restored = postgis_server.database() if on_server else tmp_path / "restored.gpkg"
    assert backup.restore(saved, restored).tables.equals(again.tables)
    for place in (other, back, restored):
        with open_store(place) as store:
            as_it_was(store)
            assert store.rebuild().empty
    assert events_of(str(restored)) == events_of(upgraded)
