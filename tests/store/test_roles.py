"""Roles of an office: who may what, whole; and what each forgery comes to."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import psycopg
import pytest
import shapely
from psycopg import sql
from sqlalchemy import make_url

from mine_geo import errors
from mine_geo.geo.border import to_border
from mine_geo.store import (
    create_store,
    grant_role,
    make_roles,
    open_store,
    revoke_role,
    roles,
    upgrade_store,
)
from mine_geo.store.engines import locate
from mine_geo.store.schema import models, views
from mine_geo.store.upkeep import backup, copying, doctor
from tests.postgis.bouncer import bouncer
from tests.store.inbox import file, square

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.postgis.cluster import Server

PREFIX = "mg_test_office"
PEOPLE = {
    "web": "reader",
    "mag": "operator",
    "halo": "operator",
    "chan": "officer",
    "sok": "officer",
    "root": "admin",
}
RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
BOWTIE = shapely.Polygon([(104.5, 13), (104.51, 13.01), (104.51, 13), (104.5, 13.01)])
BOX = shapely.box(103, 13, 103.01, 13.01)
HALF = shapely.box(103, 13, 103.005, 13.01)


def border() -> gpd.GeoDataFrame:
    line = shapely.LineString([(102.94, 12), (102.94, 14)])
    said = {"neighbour": ["THA"], "kind": "land", "border_name": "drawn", "border_version": "1"}
    return to_border(gpd.GeoDataFrame(said, geometry=[line], crs=4326))


def hazards(*names: str) -> gpd.GeoDataFrame:
    shapes = [shapely.box(103 + n / 50, 13, 103.01 + n / 50, 13.01) for n, _ in enumerate(names)]
    said = {"hazard_id": names, "kind": "ap_minefield", "surveyed_on": "2020-01-31"}
    return gpd.GeoDataFrame(said, geometry=shapes, crs=4326)


@dataclass
class Office:
    """A store with roles, and the URL of it for each person."""

    url: str
    logins: dict[str, str]

    def of(self, person: str, url: str | None = None) -> str:
        """Return the URL with which a person comes."""
        login = make_url(url or self.url).set(username=self.logins[person])
        return login.render_as_string(hide_password=False)


@pytest.fixture(scope="module")
def office(postgis_server: Server) -> Iterator[Office]:
    url = postgis_server.database()
    with create_store(url) as store:
        store.load_border(border())
        store.register(hazards("A", "B"))
    made = make_roles(url, prefix=PREFIX)
    postgis_server.roles.extend(made)
    logins = {name: postgis_server.login(name) for name in PEOPLE}
    for name, role in PEOPLE.items():
        assert grant_role(url, logins[name], role) == f"{PREFIX}_{role}"
    yield Office(url, logins)
    postgis_server.drop(url)


@pytest.fixture
def superuser(office: Office) -> Iterator[psycopg.Connection]:
    with psycopg.connect(office.url) as connection:
        yield connection
        connection.rollback()


def test_the_matrix_of_rights_is_what_the_catalogs_say(superuser: psycopg.Connection) -> None:
    """Each role, each table, each right; each function; nothing is there that is not named."""
    there = {row[0] for row in superuser.execute(roles._TABLES, ("mine_geo",))}
    assert there == set(roles.TABLES)
    query = "SELECT has_table_privilege(%s, 'mine_geo.' || %s, %s)"
    for role, tables in roles.RIGHTS.items():
        for table in roles.TABLES:
            found = {
                right
                for right in RIGHTS
                if superuser.execute(query, (f"{PREFIX}_{role}", table, right)).fetchone()
                == (True,)
            }
            assert found == set(tables.get(table, ())), (role, table)
    functions = superuser.execute(
        "SELECT oid::regprocedure::text, proname, prosecdef, proconfig FROM pg_proc "
        "WHERE pronamespace = 'mine_geo'::regnamespace"
    ).fetchall()
    assert {name for _, name, _, _ in functions} >= set(roles.FUNCTIONS)
    for said, name, definer, settings in functions:
        for role in (*roles.RIGHTS, "public"):
            who = role if role == "public" else f"{PREFIX}_{role}"
            may = superuser.execute(
                "SELECT has_function_privilege(%s, %s::regprocedure, 'EXECUTE')", (who, said)
            ).fetchone()
            writer = role.endswith(roles.WRITES) and name in roles.FUNCTIONS
            assert may == (role in roles.FUNCTIONS.get(name, ()) or writer,), (role, name)
        if definer:
            assert settings == ["search_path=mine_geo, public, pg_temp"], name


def test_everything_is_the_owners_and_nobody_is_the_owner(superuser: psycopg.Connection) -> None:
    for catalog, column, schema in (
        ("pg_class", "relowner", "relnamespace"),
        ("pg_proc", "proowner", "pronamespace"),
    ):
        found = superuser.execute(
            sql.SQL(
                "SELECT DISTINCT pg_get_userbyid({}) FROM {} WHERE {} = 'mine_geo'::regnamespace"
            ).format(*map(sql.Identifier, (column, catalog, schema)))
        ).fetchall()
        assert found == [(f"{PREFIX}_owner",)]
    found = superuser.execute(
        "SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s) AND (rolcanlogin OR "
        "rolinherit OR rolsuper OR rolcreaterole OR rolbypassrls)",
        (PREFIX,),
    ).fetchall()
    assert found == []


@pytest.mark.parametrize("person", PEOPLE)
def test_a_login_never_holds_the_right_to_write(
    office: Office, superuser: psycopg.Connection, person: str
) -> None:
    for table in roles.TABLES:
        held = superuser.execute(
            "SELECT has_table_privilege(%s, 'mine_geo.' || %s, "
            "'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')",
            (office.logins[person], table),
        ).fetchone()
        assert held == (False,), table
    statements = ("UPDATE mine_geo.hazard SET size_m2 = 0", "DELETE FROM mine_geo.event")
    with psycopg.connect(office.of(person)) as connection:
        for statement in statements:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
            connection.rollback()


def test_an_officer_records_and_the_server_knows_who(office: Office) -> None:
    with open_store(office.of("chan")) as store:
        tried = store.record("A", "cleared", HALF, happened_on="2022-05-01", dry_run=True)
        assert tried.released_m2 > 0
        done = store.record(
            "A", "cleared", HALF, happened_on="2022-05-01", recorded_by="the minister"
        )
        assert done.released_m2 == tried.released_m2
        events = store.events().set_index("event_id")
        assert events.loc[str(done), "recorded_by"] == office.logins["chan"]
        assert len(store.split()) == 2
        assert store.rebuild().empty
        assert store.check_chain().empty
        with store._reading() as connection:
            assert (
                connection.exec_driver_sql("SELECT current_user").scalar()
                == (office.logins["chan"])
            )
        with pytest.raises(errors.StoreError, match="permission denied"):
            store.load_border(border(), version="2")
    with open_store(office.of("root")) as store:
        assert store.load_border(border(), version="2").changed
    revision = models.known_revisions()[-1]
    assert upgrade_store(office.of("root")) == (revision, revision)


def test_an_operator_submits_and_sees_its_own_only(office: Office) -> None:
    with open_store(office.of("mag")) as store, open_store(office.of("halo")) as other:
        for n in range(2):
            name = store.submit(file({"hazard_id": f"M{n}", "geometry": square(103.2 + n / 20)}))
            assert name == f"S-{n + 1:04d}"
        done = other.submit(file({"hazard_id": "H", "geometry": square(103.5)}))
        assert done == "S-0003"
        assert any("what else waits by its land alone" in note for note in done.notes)
        assert store.submissions()["submission_id"].tolist() == ["S-0001", "S-0002"]
        assert set(store.submissions()["submitted_by"]) == {office.logins["mag"]}
        assert other.submissions()["submission_id"].tolist() == ["S-0003"]
        for ask in (store.hazards, store.split, store.restricted):
            with pytest.raises(errors.StoreError, match="your own submissions only"):
                ask()
        assert len(store.hazards(workbench="exclude")) == 2
        facts = store.info().set_index("what")["value"]
        assert facts["your own submissions"] == "2"
        for write in (
            lambda: store.accept("S-0001"),
            lambda: store.record("A", "cancelled", HALF, happened_on="2022-04-01"),
            lambda: store.register(hazards("X", "Y", "Z").iloc[[2]]),
        ):
            with pytest.raises(errors.StoreError, match="permission denied"):
                write()
    with open_store(office.of("sok")) as store:
        assert len(store.submissions()) == 3
        assert len(store.hazards()) == 5
        assert store.accept("S-0003").registered == 1
        assert len(store.hazards(workbench="exclude")) == 3
    with psycopg.connect(office.of("halo")) as connection:
        for table in roles.OWN_ONLY:
            query = sql.SQL("SELECT DISTINCT submission_id FROM mine_geo.{}")
            found = connection.execute(query.format(sql.Identifier(table))).fetchall()
            assert {name for (name,) in found} <= {"S-0003"}


def test_an_operator_is_told_of_land_that_others_wait_with_and_no_more(office: Office) -> None:
    """A hidden record is the same, overlaps, or neither; who, which and how is not said."""
    here = 104.2
    with open_store(office.of("halo")) as other:
        secret = other.submit(
            file(
                {"hazard_id": "SECRET-1", "geometry": square(here)},
                {"hazard_id": "SECRET-2", "geometry": square(here + 0.05)},
                {
                    "hazard_id": "SECRET-3",
                    "kind": "cluster_munition",
                    "geometry": square(here + 0.1),
                },
                {"hazard_id": "SECRET-4", "geometry": BOWTIE},
            )
        )
        assert "another_waits" not in set(other.submission(secret).findings["code"])
    mine = file(
        {"hazard_id": "M-1", "geometry": square(here)},
        {"hazard_id": "M-2", "geometry": square(here + 0.055)},
        {"hazard_id": "M-3", "geometry": square(here + 0.1)},  # of another kind
        {"hazard_id": "M-4", "geometry": square(here + 0.01)},  # beside it, one edge shared
        {"hazard_id": "M-5", "geometry": square(here + 0.2)},
        {"hazard_id": "M-6", "geometry": BOWTIE},
    )
    with open_store(office.of("mag")) as store:
        tried = store.check(mine)
        name = store.submit(mine)
        found = store.submission(name).findings
        for said in (tried, found):
            others = said[said["code"] == "another_waits"].set_index("hazard_id")["message"]
            assert others.to_dict() == {
                "M-1": "a waiting record of another operator is the same: its polygon is this one; "
                "the officer sees both",
                "M-2": "a waiting record of another operator overlaps it; the officer sees both",
                "M-6": "a waiting record of another operator is the same: its polygon is this one; "
                "the officer sees both",
            }
            everything = said.drop(columns="geometry", errors="ignore").to_csv()
            for word in ("SECRET", str(secret), office.logins["halo"]):
                assert word not in everything
    with open_store(office.of("sok")) as store:
        assert store.reject(secret, reason="for the test").rejected == 4
    with open_store(office.of("mag")) as store:  # what is decided waits no more
        again = store.check(mine)
        assert "another_waits" not in set(again["code"])


def test_a_reader_has_the_views_only(office: Office, superuser: psycopg.Connection) -> None:
    with pytest.raises(errors.StoreError, match="lacks USAGE on schema mine_geo"):
        open_store(office.of("web"))
    views = superuser.execute(
        "SELECT has_schema_privilege(%s, oid, 'USAGE') FROM pg_namespace "
        "WHERE nspname = 'mine_geo_views'",
        (office.logins["web"],),
    ).fetchall()
    assert views in ([], [(True,)])


LOCK = "SELECT FROM mine_geo.write_lock FOR UPDATE"
OLD = (
    "INSERT INTO mine_geo.event (event_id, hazard_id, event_type, happened_on, recorded_at) "
    "VALUES ('F', 'B', 'confirmed', '2019-01-01', '2019-01-01 00:00Z')"
)
FORGERIES: dict[str, tuple[str, type[Exception]]] = {
    "UPDATE mine_geo.hazard SET size_m2 = 0": ("chan", psycopg.errors.RaiseException),
    f"{LOCK}; {OLD}": ("chan", psycopg.errors.RaiseException),
    f"{LOCK}; UPDATE mine_geo.event SET comment = 'x'": (
        "chan",
        psycopg.errors.InsufficientPrivilege,
    ),
    f"{LOCK}; DELETE FROM mine_geo.event": ("chan", psycopg.errors.InsufficientPrivilege),
    "ALTER TABLE mine_geo.event DISABLE TRIGGER ALL": (
        "chan",
        psycopg.errors.InsufficientPrivilege,
    ),
    "SET session_replication_role = replica": ("chan", psycopg.errors.InsufficientPrivilege),
    f"{LOCK}; INSERT INTO mine_geo.taken_over (taken_at, how) VALUES (now(), 'imported')": (
        "chan",
        psycopg.errors.InsufficientPrivilege,
    ),
    f"{LOCK}; UPDATE mine_geo.store_info SET synthetic = true": (
        "chan",
        psycopg.errors.InsufficientPrivilege,
    ),
    f"{LOCK}; INSERT INTO mine_geo.border_distance (geometry_hash, version_fid, include_coast, "
    "border_distance_m) SELECT 'x', fid, false, 1 FROM mine_geo.border_version": (
        "mag",
        psycopg.errors.InsufficientPrivilege,
    ),
    f"{LOCK}; UPDATE mine_geo.submitted_record SET state = 'accepted', decided_at = now()": (
        "mag",
        psycopg.errors.InsufficientPrivilege,
    ),
    LOCK: ("web", psycopg.errors.InsufficientPrivilege),
    "SET ROLE mg_test_office_owner": ("chan", psycopg.errors.InsufficientPrivilege),
    "SET ROLE mg_test_office_admin_writes": ("chan", psycopg.errors.InsufficientPrivilege),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forgery_by_hand_is_refused(office: Office, forgery: str) -> None:
    """Even in the writer's role, which a person may take on by hand."""
    person, error = FORGERIES[forgery]
    with psycopg.connect(office.of(person)) as connection:
        if person != "web":
            role = f"{PREFIX}_{PEOPLE[person]}{roles.WRITES}"
            connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
        *first, last = forgery.split("; ")
        for statement in first:
            connection.execute(statement)  # type: ignore[call-overload]
        with pytest.raises(error):
            connection.execute(last)  # type: ignore[call-overload]
        connection.rollback()


def test_a_layer_that_an_officer_changed_by_hand_is_found(office: Office) -> None:
    with psycopg.connect(office.of("chan")) as connection:
        connection.execute("SET ROLE mg_test_office_officer_writes")
        connection.execute(LOCK)
        connection.execute("UPDATE mine_geo.hazard SET difficulty = 'high' WHERE hazard_id = 'B'")
    with open_store(office.of("sok")) as store:
        found = store.rebuild(repair=True)
        assert found[["hazard_id", "column"]].to_numpy().tolist() == [["B", "difficulty"]]
        assert store.rebuild().empty


def test_whoever_holds_the_lock_is_named_to_an_officer(office: Office) -> None:
    with (
        psycopg.connect(office.of("mag"), application_name="upload") as other,
        open_store(office.of("chan"), lock_seconds=0.2) as store,
    ):
        other.execute("SET ROLE mg_test_office_operator_writes")
        other.execute(LOCK)
        with pytest.raises(errors.UnreachableError, match=rf"{office.logins['mag']} \(upload"):
            store.describe("B", {"village": "Ou"}, happened_on="2022-05-01")
        other.rollback()


def test_each_login_is_itself_through_pgbouncer(office: Office) -> None:
    logins = [office.logins[name] for name in ("chan", "sok")]
    with bouncer(office.url, *logins) as url:
        for round_ in range(2):
            for person in ("chan", "sok"):
                with open_store(office.of(person, url)) as store:
                    day = f"2022-06-0{round_ + 1}"
                    said = {"village": f"{person} {round_}"}
                    (done,) = store.describe("B", said, happened_on=day)
                    by = store.events().set_index("event_id").loc[str(done), "recorded_by"]
                    assert by == office.logins[person]


@pytest.mark.parametrize("role", roles.ROLES)
def test_whose_role_is_revoked_can_do_nothing_of_it(
    office: Office, postgis_server: Server, superuser: psycopg.Connection, role: str
) -> None:
    """No table, view, function or sequence, no role to take on, and no way in by the library."""
    login = postgis_server.login(f"was_{role}")
    name = grant_role(office.url, login, role)
    things = superuser.execute(
        "SELECT c.relkind IN ('r', 'v', 'S', 'm') AS relation, c.oid, c.oid::regclass::text FROM "
        "pg_class c WHERE c.relkind IN ('r', 'v', 'S', 'm') AND c.relnamespace IN "
        "('mine_geo'::regnamespace, 'mine_geo_views'::regnamespace) UNION ALL "
        "SELECT false, p.oid, p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace IN "
        "('mine_geo'::regnamespace, 'mine_geo_views'::regnamespace)"
    ).fetchall()

    def held() -> set[str]:
        found = set()
        for schema in ("mine_geo", "mine_geo_views"):
            asked = "SELECT has_schema_privilege(%s, %s, 'USAGE, CREATE')"
            if superuser.execute(asked, (login, schema)).fetchone() == (True,):
                found.add(schema)
        for relation, oid, said in things:
            asked, rights = "has_function_privilege(%s, %s::oid, %s)", "EXECUTE"
            if relation and said.endswith("_seq"):
                asked, rights = "has_sequence_privilege(%s, %s::oid, %s)", "USAGE, SELECT, UPDATE"
            elif relation:
                asked, rights = "has_table_privilege(%s, %s::oid, %s)", ", ".join(RIGHTS)
            if superuser.execute(f"SELECT {asked}", (login, oid, rights)).fetchone() == (True,):
                found.add(said)
        return found

    assert held()
    assert revoke_role(office.url, login, role) == name
    superuser.rollback()
    # a function of the views is everybody's; without the schema nobody can call it
    assert {each for each in held() if not each.startswith("mine_geo_views.")} == set()
    member = "SELECT rolname FROM pg_roles WHERE pg_has_role(%s, oid, 'MEMBER') AND rolname <> %s"
    assert superuser.execute(member, (login, login)).fetchall() == []
    place = make_url(office.url).set(username=login).render_as_string(hide_password=False)
    with pytest.raises(errors.StoreError, match="lacks USAGE on schema mine_geo"):
        open_store(place)
    with psycopg.connect(place) as connection:
        for statement in (
            "SELECT FROM mine_geo_views.totals_by_district",
            "SELECT FROM mine_geo.hazard",
            "SELECT mine_geo.sees_all()",
            f"SET ROLE {name}",
            *([f"SET ROLE {name}_writes"] if role + roles.WRITES in roles.RIGHTS else []),
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)  # type: ignore[call-overload]
            connection.rollback()
    with pytest.raises(errors.OptionError, match=f"{login} is no {role} of this store"):
        revoke_role(office.url, login, role)


def test_a_role_that_would_be_had_still_is_not_revoked(
    office: Office, postgis_server: Server, superuser: psycopg.Connection
) -> None:
    login = postgis_server.login("through")
    grant_role(office.url, login, "officer")
    group = postgis_server.login("group")
    superuser.execute(f"GRANT {PREFIX}_officer TO {group}")  # type: ignore[call-overload]
    superuser.execute(f"GRANT {group} TO {login}")  # type: ignore[call-overload]
    superuser.commit()
    with pytest.raises(errors.StoreError, match=r"by something else too .*: nothing was done"):
        revoke_role(office.url, login, "officer")
    assert superuser.execute(
        "SELECT count(*) FROM pg_auth_members WHERE member = %s::regrole AND roleid = %s::regrole",
        (login, f"{PREFIX}_officer"),
    ).fetchone() == (1,)


def test_what_roles_refuse(office: Office, tmp_path: Any) -> None:
    with pytest.raises(errors.UnknownNameError, match="no user 'nobody at all'"):
        grant_role(office.url, "nobody at all", "officer")
    with pytest.raises(errors.UnknownNameError, match="no user 'nobody at all'"):
        revoke_role(office.url, "nobody at all", "officer")
    with pytest.raises(errors.StoreError, match=r"permission denied|must (be|have)"):
        revoke_role(office.of("chan"), office.logins["sok"], "officer")
    with pytest.raises(errors.OptionError, match="valid: reader, operator, officer, admin"):
        grant_role(office.url, office.logins["chan"], "owner")
    for prefix in ("", "1", "a;b", 'x"', "A", "a" * 41):
        with pytest.raises(errors.OptionError, match="prefix"):
            make_roles(office.url, prefix=prefix)
    create_store(tmp_path / "r.gpkg").close()
    for act in (
        make_roles,
        lambda place: grant_role(place, "x", "admin"),
        lambda place: revoke_role(place, "x", "admin"),
    ):
        with pytest.raises(errors.OptionError, match="is a file, which has no roles"):
            act(tmp_path / "r.gpkg")
    with pytest.raises(errors.StoreError, match=r"permission denied|must (be|have)"):
        grant_role(office.of("chan"), office.logins["mag"], "officer")


def test_a_store_without_roles(postgis_url: str) -> None:
    create_store(postgis_url).close()
    with pytest.raises(errors.StoreError, match="no roles yet; make them: mine-geo db roles"):
        grant_role(postgis_url, "tester", "officer")


def test_a_store_made_from_another_has_the_rights_of_its_roles_again(
    office: Office, postgis_server: Server, tmp_path: Path
) -> None:
    """Copied, and restored: each person does there what they did, and no more."""
    saved = backup.back_up(office.url, tmp_path / "saved.dump")
    places = [postgis_server.database(), postgis_server.database()]
    copied = copying.copy_store(office.url, places[0])
    restored = backup.restore(saved.path, places[1])
    for place, said in zip(places, (copied.rights, restored.rights), strict=True):
        assert said == f"the roles {PREFIX}_* have their rights again"
        copy = Office(place, office.logins)
        with psycopg.connect(place) as superuser:
            test_the_matrix_of_rights_is_what_the_catalogs_say(superuser)
            test_everything_is_the_owners_and_nobody_is_the_owner(superuser)
            test_an_operator_sees_no_view_of_what_others_submitted(superuser)
        with open_store(copy.of("chan")) as store:
            store.describe("B", {"village": "Ou"}, happened_on="2022-07-01")
        with open_store(copy.of("mag")) as store:
            store.submit(file({"hazard_id": "N", "geometry": square(103.8)}))
            with pytest.raises(errors.StoreError, match="permission denied"):
                store.describe("B", {"village": "Ta"}, happened_on="2022-07-02")
        with psycopg.connect(copy.of("web")) as reader:
            seen = reader.execute("SELECT count(*) > 0 FROM mine_geo_views.hazard_zone")
            assert seen.fetchone() == (True,)
        assert doctor.examine(place).query("severity == 'error'").empty
        postgis_server.drop(place)


def test_what_rights_cannot_be_given_again_is_said(
    office: Office, postgis_server: Server, tmp_path: Path
) -> None:
    with create_store(tmp_path / "r.gpkg") as store:
        store.register(hazards("A"))
    place = postgis_server.database()
    said = copying.copy_store(tmp_path / "r.gpkg", place).rights
    shown = locate(place).shown
    assert said == (
        f"nobody but its owner may use it yet: mine-geo --database {shown} db roles; then db grant "
        "USER ROLE for each"
    )
    assert copying.copy_store(place, tmp_path / "back.gpkg").rights is None
    again = roles.give_again(locate(place), f"{PREFIX}_unheard")
    assert again.line == (
        f"nobody but its owner may use it yet: this server has no roles {PREFIX}_unheard_*: "
        f"mine-geo --database {shown} db roles --prefix {PREFIX}_unheard; then db grant USER ROLE "
        "for each"
    )
    with psycopg.connect(place) as superuser:
        found = superuser.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE '%unheard%'")
        assert found.fetchall() == []
    postgis_server.drop(place)
    # an administrator of the store who owns an empty database of its own, and is no superuser
    own, login = postgis_server.database(), office.logins["root"]
    with psycopg.connect(own) as superuser:
        superuser.execute(
            sql.SQL("ALTER DATABASE {} OWNER TO {}").format(
                sql.Identifier(superuser.info.dbname), sql.Identifier(login)
            )
        )
    theirs = make_url(own).set(username=login).render_as_string(hide_password=False)
    said = copying.copy_store(office.of("root"), theirs).rights
    assert said == (
        "nobody but its owner may use it yet: a superuser gives the roles their rights: mine-geo "
        f"--database {locate(own).shown} db roles --prefix {PREFIX}"
    )
    with open_store(theirs) as store:
        assert len(store.events()) >= 2
    make_roles(own, prefix=PREFIX)  # as it is said
    with psycopg.connect(own) as superuser:
        test_the_matrix_of_rights_is_what_the_catalogs_say(superuser)
    postgis_server.drop(own)


NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "9998"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("weather", sa.Column("fid", sa.BigInteger(), primary_key=True))
"""


def test_an_administrator_upgrades_what_the_owner_owns(
    postgis_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that a migration makes is the owner's, with the rights that the roles have."""
    url = postgis_server.database()
    with create_store(url) as store:
        store.load_border(border())
        store.register(hazards("A"))
    postgis_server.roles.extend(make_roles(url, prefix=f"{PREFIX}_2"))
    admin, web = (postgis_server.login(name) for name in ("admin2", "web2"))
    grant_role(url, admin, "admin")
    grant_role(url, web, "reader")
    chain, head = tmp_path / "chain", models.known_revisions()[-1]
    shutil.copytree(models.revisions_folder(), chain)
    (chain / "versions" / "9998_of_the_tests.py").write_text(NEXT.format(head=head))
    monkeypatch.setattr(models, "revisions_folder", lambda: chain)
    place = make_url(url).set(username=admin).render_as_string(hide_password=False)
    assert upgrade_store(place) == (head, "9998")
    with psycopg.connect(url) as connection:
        owner = "SELECT tableowner FROM pg_tables WHERE tablename = 'weather'"
        assert connection.execute(owner).fetchone() == (f"{PREFIX}_2_owner",)
    with open_store(place) as store:
        assert len(store.split()) == 1
    reader = make_url(url).set(username=web).render_as_string(hide_password=False)
    with psycopg.connect(reader) as connection:
        found = connection.execute("SELECT count(*) FROM mine_geo_views.hazard_zone").fetchone()
        assert found == (1,)
        assert connection.execute("SELECT count(*) > 0 FROM public.layer_styles").fetchone() == (
            True,
        )
    postgis_server.drop(url)


def test_an_operator_sees_no_view_of_what_others_submitted(superuser: psycopg.Connection) -> None:
    asked = "SELECT has_table_privilege(%s, 'mine_geo_views.' || %s, 'SELECT')"
    for role in roles.ROLES:
        for view in views.VIEWS:
            may = superuser.execute(asked, (f"{PREFIX}_{role}", view)).fetchone()
            assert may == (view not in roles.CLOSED.get(role, ()),), (role, view)
