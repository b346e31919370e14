"""Roles of a PostgreSQL server: who may see, submit, record and administer a store.

Roles belong to the whole server, so no migration makes them: an administrator does, once, with
`make_roles`; each person's own login is then given one of them. With the prefix `mine_geo`:

- `mine_geo_owner` owns everything, and nobody logs in as it;
- `mine_geo_reader` sees the views of `mine_geo_views`, and nothing else;
- `mine_geo_operator` sees the register, submits, and sees its own submissions only;
- `mine_geo_officer` sees all, accepts and records;
- `mine_geo_admin` loads borders and districts, imports, and upgrades.

A login never holds the right to write. It belongs to a role such as `mine_geo_officer`, which may
read, and which does not inherit from `mine_geo_officer_writes`, to which it belongs; the library
takes that one on, by SET LOCAL ROLE, in its own transactions. So QGIS and psql read only, and the
server still knows who is logged in. Whoever writes SET ROLE into psql by hand can do what the
library could: the guards, the stamps and the chain hold against that too.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from psycopg import sql
from sqlalchemy import text

from mine_geo.errors import OptionError, StoreError, UnknownNameError, choose, quoted, visible
from mine_geo.store import engines
from mine_geo.store.engines import locate, migrating, reading
from mine_geo.store.schema import models
from mine_geo.store.schema.models import (
    ADMIN_VERSION,
    BORDER,
    BORDER_DISTANCE,
    BORDER_VERSION,
    DISTRICT,
    EDITION,
    EDITION_LAND,
    EDITION_RECALL,
    EVENT,
    EVENT_EFFECT,
    FINDING,
    HAZARD,
    LISTS,
    RECORD,
    SCHEMA,
    SETTING,
    SPOT_TASK,
    STORE_INFO,
    SUBMISSION,
    TAKEN_OVER,
    VERSION_TABLE,
    VILLAGE,
    VILLAGE_VERSION,
)
from mine_geo.store.store import engine_at, postgis_schema, revision_of

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from psycopg import Connection as Psycopg
    from sqlalchemy import Connection

    from mine_geo.store.engines import Place

PREFIX: Final = SCHEMA
VIEWS: Final = "mine_geo_views"
"""The schema of what readers see: nothing but views and functions."""
ROLES: Final = ("reader", "operator", "officer", "admin")
"""What a person can be."""
WRITES: Final = "_writes"
"""The ending of the role that the library takes on where a person's role may write."""
_NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,39}")

_SEE: Final = frozenset({"SELECT"})
_ADD: Final = _SEE | {"INSERT"}
_CHANGE: Final = _ADD | {"UPDATE"}
_REPLACE: Final = _CHANGE | {"DELETE"}
_LAYER_VERSIONS: Final = (
    ADMIN_VERSION.name,
    DISTRICT.name,
    BORDER_VERSION.name,
    BORDER.name,
    VILLAGE_VERSION.name,
    VILLAGE.name,
)
_RECEIVED: Final = (SUBMISSION.name, RECORD.name, FINDING.name)
_LOCK: Final = {engines.WRITE_LOCK.name: _SEE | {"UPDATE"}}
_SUBMITS: Final = dict.fromkeys(_RECEIVED, _ADD)
_RECORDS: Final = {
    **_SUBMITS,
    RECORD.name: _CHANGE,
    HAZARD.name: _CHANGE,
    EVENT.name: _ADD,
    EVENT_EFFECT.name: _REPLACE,
    SPOT_TASK.name: _CHANGE,
    BORDER_DISTANCE.name: _ADD,
    EDITION.name: _ADD,
    EDITION_LAND.name: _ADD,
    EDITION_RECALL.name: _ADD,
    **dict.fromkeys(LISTS, _ADD),
}
_ADMINISTERS: Final = {
    **_RECORDS,
    **dict.fromkeys(_LAYER_VERSIONS, _CHANGE),
    "border_segment": _REPLACE,
    TAKEN_OVER.name: _ADD,
    SETTING.name: _ADD,
    STORE_INFO.name: _SEE | {"UPDATE"},
}
TABLES: Final = tuple(sorted({*_ADMINISTERS, VERSION_TABLE, *_LOCK}))
"""Every table of a store; one that is not named here is a fault, which the tests find."""
_ALL_SEEN: Final = {name: _SEE for name in TABLES if name not in _LOCK}

RIGHTS: Final[dict[str, dict[str, frozenset[str]]]] = {
    "reader": {},
    "operator": _ALL_SEEN,
    "officer": _ALL_SEEN,
    "admin": _ALL_SEEN,
    "operator" + WRITES: {**_ALL_SEEN, **_LOCK, **_SUBMITS},
    "officer" + WRITES: {**_ALL_SEEN, **_LOCK, **_RECORDS},
    "admin" + WRITES: {**_ALL_SEEN, **_LOCK, **_ADMINISTERS},
}
"""What each role may do with each table, by the end of its name; what is not there, it may not."""
FUNCTIONS: Final = {
    "sees_all": ("operator", "officer", "admin"),
    "submitted_so_far": (),
    "last_submitted": (),
    "waits_of_others": ("operator",),
}
"""The functions that are called by name, and by which roles; a role's writer may call them all.

All others are for triggers, which nobody calls."""
CLOSED: Final = {"operator": ("waiting", "hazard_open", "hazard_zone")}
"""Views that a role does not see: they show records that wait, those of others too."""
OWN_ONLY: Final = _RECEIVED
"""Tables of which an operator sees the rows of its own submissions only."""


def make_roles(
    place: str | os.PathLike[str] | None = None, *, prefix: str = PREFIX
) -> tuple[str, ...]:
    """Make the roles of a store on its server, hand everything to the owner, and grant the rights.

    Needs a superuser. Doing it again sets the rights of a store anew; roles that are there are
    taken as they are.

    Parameters
    ----------
    place
        The URL of a store, as for `open_store`.
    prefix
        The beginning of their names: two stores of one server that are not to share their officers
        need two.

    Returns
    -------
    tuple of str
        The names.

    Raises
    ------
    OptionError
        If the place is a file, which has no roles, or the prefix is no such name.
    StoreError
        If the user may not.

    Examples
    --------
    >>> make_roles(folder / "register.gpkg")
    Traceback (most recent call last):
    mine_geo.errors.OptionError: ...register.gpkg is a file...
    """
    if not _NAME.fullmatch(prefix):
        raise OptionError(
            f"prefix {quoted(prefix)} is none; give small letters, digits and _, 40 at most"
        )
    names = _names(prefix)
    with _at(place) as connection:
        driver = _driver(connection)
        known = {row[0] for row in driver.execute("SELECT rolname FROM pg_roles")}
        for name in names:
            if name not in known:
                driver.execute(_said("CREATE ROLE {} NOLOGIN NOINHERIT", name))
        for role in ROLES:
            if role + WRITES in RIGHTS:
                own = f"{prefix}_{role}"
                driver.execute(_said("GRANT {} TO {}", own + WRITES, own))
        driver.execute(_said("GRANT {} TO {}", f"{prefix}_owner", f"{prefix}_admin"))
        _give(connection, prefix)
    return names


def _names(prefix: str) -> tuple[str, ...]:
    return tuple(f"{prefix}_{role}" for role in ("owner", *RIGHTS))


def _give(connection: Connection, prefix: str) -> None:
    """Hand everything to the owner, and give the roles, which are there, their rights."""
    driver = _driver(connection)
    home = postgis_schema(connection)
    for name in _names(prefix):
        driver.execute(_said("GRANT USAGE ON SCHEMA {} TO {}", str(home), name))
    _hand_over(driver, f"{prefix}_owner")
    _let_migrate(driver, f"{prefix}_owner")
    apply(connection)


@dataclass(frozen=True)
class GivenAgain:
    """Whether the roles may do in a store that was copied or restored what they might before."""

    prefix: str | None
    """The beginning of their names; None where nobody was given anything."""
    mend: str | None
    """What an administrator is to run, and why; None where there is nothing to do."""

    @property
    def line(self) -> str | None:
        """All of it in a line; None where there is nothing to say."""
        if self.mend is not None:
            return f"nobody but its owner may use it yet: {self.mend}"
        return None if self.prefix is None else f"the roles {self.prefix}_* have their rights again"


def give_again(where: Place, prefix: str | None) -> GivenAgain:
    """Give the roles of a store their rights in another one that was made from it.

    Who is an officer belongs to the server, and holds for both. Roles are never made by it, and
    what may not be given is said.

    Parameters
    ----------
    where
        Where the new store is.
    prefix
        That of the roles of the store that it was made from; None where that had none.
    """
    if where.path is not None:
        return GivenAgain(None, None)
    run = f"mine-geo --database {where.shown} db roles"
    if prefix is None:
        return GivenAgain(None, f"{run}; then db grant USER ROLE for each")
    run += "" if prefix == PREFIX else f" --prefix {prefix}"
    with (
        engine_at(where) as engine,
        engines.translated(where),
        migrating(engine, as_owner=False) as connection,
    ):
        found = _driver(connection).execute("SELECT rolname FROM pg_roles").fetchall()
        if not {(name,) for name in _names(prefix)} <= set(found):
            why = f"this server has no roles {prefix}_*"
            return GivenAgain(None, f"{why}: {run}; then db grant USER ROLE for each")
        # others are only warned of what they may not grant
        asked = "SELECT rolsuper FROM pg_roles WHERE rolname = session_user"
        if _driver(connection).execute(asked).fetchone() != (True,):
            return GivenAgain(None, f"a superuser gives the roles their rights: {run}")
        _give(connection, prefix)
    return GivenAgain(prefix, None)


def grant_role(
    place: str | os.PathLike[str] | None, user: str, role: str, *, prefix: str | None = None
) -> str:
    """Give a login one of the roles of a store, in place of what it had of them.

    Parameters
    ----------
    place
        The URL of a store, as for `open_store`.
    user
        The login; it is there already.
    role
        One of `ROLES`.
    prefix
        As it was made with; that of the store's owner unless told.

    Returns
    -------
    str
        The name of the role.

    Raises
    ------
    OptionError
        If the role is unknown, or the place is a file.
    UnknownNameError
        If there is no such login.
    StoreError
        If no roles were made, or the user may not grant them.
    """
    with _membership(place, user, role, prefix) as (driver, begin):
        for other in ROLES:
            if other != role:
                driver.execute(_said("REVOKE {} FROM {}", f"{begin}_{other}", user))
        driver.execute(_said("GRANT {} TO {}", f"{begin}_{role}", user))
    return f"{begin}_{role}"


def revoke_role(
    place: str | os.PathLike[str] | None, user: str, role: str, *, prefix: str | None = None
) -> str:
    """Take one of the roles of a store from a login, which can do nothing of it from then on.

    The login stays, and what it wrote keeps its name. The role belongs to the whole server: it is
    taken in every store whose roles have this prefix.

    Parameters
    ----------
    place
        The URL of a store, as for `open_store`.
    user
        The login.
    role
        One of `ROLES`.
    prefix
        As it was made with; that of the store's owner unless told.

    Returns
    -------
    str
        The name of the role.

    Raises
    ------
    OptionError
        If the role is unknown, the login does not have it, or the place is a file.
    UnknownNameError
        If there is no such login.
    StoreError
        If no roles were made, the user may not take them, or the login has it by another role too
        (a superuser has all): then nothing is done.

    Examples
    --------
    >>> revoke_role(folder / "register.gpkg", "chan", "officer")
    Traceback (most recent call last):
    mine_geo.errors.OptionError: ...register.gpkg is a file...
    """
    with _membership(place, user, role, prefix) as (driver, begin):
        name = f"{begin}_{role}"
        if not _is_member(driver, user, name):
            raise OptionError(f"{visible(user)} is no {role} of this store; nothing is to be taken")
        driver.execute(_said("REVOKE {} FROM {}", name, user))
        if _is_member(driver, user, name):
            raise StoreError(
                f"{user} is {role} by something else too (a superuser is all, and a role of "
                f"others may hand {name} on); take that first: nothing was done"
            )
    return name


def _is_member(driver: Psycopg[Any], user: str, name: str) -> bool:
    found = driver.execute("SELECT pg_has_role(%s, %s, 'MEMBER')", (user, name)).fetchone()
    return found == (True,)


@contextmanager
def _membership(
    place: str | os.PathLike[str] | None, user: str, role: str, prefix: str | None
) -> Iterator[tuple[Psycopg[Any], str]]:
    """Give a connection in which roles of a store are given to a login, and their prefix."""
    choose(role, ROLES, "role")
    with _at(place) as connection:
        driver = _driver(connection)
        made = owner_of(connection)
        begin = made if prefix is None else prefix
        if made is None or begin is None:
            raise StoreError("this store has no roles yet; make them: mine-geo db roles")
        found = driver.execute("SELECT FROM pg_roles WHERE rolname = %s", (user,)).fetchone()
        if found is None:
            raise UnknownNameError(
                f"no user {quoted(user)} on this server; make it first, with CREATE ROLE or "
                "createuser"
            )
        yield driver, begin


def owner_of(connection: Connection) -> str | None:
    """Return the prefix of the roles that were made for a store; None where none were."""
    found = connection.execute(text(engines.session_statement("place"))).one_or_none()
    return None if found is None else cast("str | None", found.prefix)


def apply(connection: Connection) -> None:
    """Set the rights of the roles of a store anew, on what there is now; nothing without roles.

    Called after each migration too, as the owner.
    """
    prefix = owner_of(connection)
    if prefix is None:
        return
    driver = _driver(connection)
    everyone = sql.SQL(", ").join(
        [sql.SQL("PUBLIC"), *(sql.Identifier(f"{prefix}_{role}") for role in RIGHTS)]
    )
    for what in ("TABLES", "SEQUENCES", "FUNCTIONS"):
        driver.execute(
            sql.SQL("REVOKE ALL ON ALL {} IN SCHEMA {} FROM {}").format(
                sql.SQL(what), sql.Identifier(SCHEMA), everyone
            )
        )
    _grant(driver, prefix)
    for table in OWN_ONLY:
        driver.execute(_said("ALTER TABLE {}.{} ENABLE ROW LEVEL SECURITY", SCHEMA, table))
    for statement in engines.session_statements("own_only"):
        driver.execute(sql.SQL(statement))
    _open_views(driver, prefix)


def _grant(driver: Psycopg[Any], prefix: str) -> None:
    """Grant what `RIGHTS` and `FUNCTIONS` say."""
    there = {row[0] for row in driver.execute(_TABLES, (SCHEMA,))}
    for role, tables in RIGHTS.items():
        name = f"{prefix}_{role}"
        if tables:
            driver.execute(_said("GRANT USAGE ON SCHEMA {} TO {}", SCHEMA, name))
        for table in sorted(there.intersection(tables)):
            for right in sorted(tables[table]):
                driver.execute(_on(right, table, name))
            if "INSERT" in tables[table]:
                driver.execute(_on("USAGE", f"{table}_fid_seq", name, "SEQUENCE"))
        for function, roles in FUNCTIONS.items():
            if role in roles or role.endswith(WRITES):
                driver.execute(_on("EXECUTE", function, name, "FUNCTION"))


_TABLES: Final = "SELECT tablename FROM pg_tables WHERE schemaname = %s"


def _open_views(driver: Psycopg[Any], prefix: str) -> None:
    """Let every role see the schema of views."""
    if driver.execute("SELECT FROM pg_namespace WHERE nspname = %s", (VIEWS,)).fetchone() is None:
        return
    for role in ROLES:
        name = f"{prefix}_{role}"
        driver.execute(_said("GRANT USAGE ON SCHEMA {} TO {}", VIEWS, name))
        driver.execute(_said("GRANT SELECT ON ALL TABLES IN SCHEMA {} TO {}", VIEWS, name))
        for view in CLOSED.get(role, ()):
            driver.execute(_said("REVOKE SELECT ON {}.{} FROM {}", VIEWS, view, name))
        driver.execute(_said("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {} TO {}", VIEWS, name))


def _hand_over(driver: Psycopg[Any], owner: str) -> None:
    """Make the owner's everything that is in our schemas."""
    for schema in (SCHEMA, VIEWS):
        found = "SELECT FROM pg_namespace WHERE nspname = %s"
        if driver.execute(found, (schema,)).fetchone() is None:
            continue
        driver.execute(_said("ALTER SCHEMA {} OWNER TO {}", schema, owner))
        for kind, name in driver.execute(
            engines.session_statement("owned"), {"schema": schema}
        ).fetchall():
            driver.execute(
                sql.SQL("ALTER {} {} OWNER TO {}").format(
                    sql.SQL(kind), sql.SQL(name), sql.Identifier(owner)
                )
            )


def _let_migrate(driver: Psycopg[Any], owner: str) -> None:
    """Let the owner do what a migration does outside our schema: make that of views, and styles."""
    (database,) = driver.execute("SELECT current_database()").fetchone() or ("",)
    driver.execute(_said("GRANT CREATE ON DATABASE {} TO {}", database, owner))
    if driver.execute("SELECT FROM pg_class WHERE oid = to_regclass(%s)", (_STYLES,)).fetchone():
        driver.execute(_said("GRANT SELECT, INSERT, DELETE ON public.layer_styles TO {}", owner))
        driver.execute(_said("GRANT USAGE ON SEQUENCE public.layer_styles_id_seq TO {}", owner))


_STYLES: Final = "public.layer_styles"
"""Where QGIS looks for styles."""


def _said(statement: str, *names: str) -> sql.Composed:
    return sql.SQL(statement).format(*map(sql.Identifier, names))


def _on(right: str, thing: str, role: str, kind: str = "TABLE") -> sql.Composed:
    return sql.SQL("GRANT {} ON {} {} TO {}").format(
        sql.SQL(right),
        sql.SQL(kind),
        sql.Identifier(SCHEMA, thing),
        sql.Identifier(role),
    )


def _driver(connection: Connection) -> Psycopg[Any]:
    return cast("Psycopg[Any]", connection.connection.driver_connection)


@contextmanager
def _at(place: str | os.PathLike[str] | None) -> Iterator[Connection]:
    """Give a connection to the store of a place, in whose transaction its roles may be changed."""
    where = locate(place)
    if where.path is not None:
        raise OptionError(
            f"{where.shown} is a file, which has no roles: whoever may write it may write all; "
            "roles are for a store on PostgreSQL"
        )
    with engine_at(where) as engine, engines.translated(where):
        with reading(engine) as connection:
            models.check_revision(revision_of(connection, where), where)
        with migrating(engine, as_owner=False) as connection:
            yield connection
