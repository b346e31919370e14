"""No password is shown: not by a command, a message, a cause, a traceback or a repr."""

from __future__ import annotations

import traceback
from urllib.parse import quote

import pytest
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import make_url

from mine_geo import errors
from mine_geo.cli import main
from mine_geo.store import address, create_store, engines, open_store, upgrade_store

CANARY = "Kanari7Vogel"
NOWHERE = "127.0.0.1:9"
SHAPES = [
    # what SQLAlchemy reads, the password in each place that a driver takes one from
    "postgresql://u:{S}@127.0.0.1:9/x",
    "postgres://u:{S}@127.0.0.1:9/x",
    "postgresql+psycopg://u:{S}@127.0.0.1:9/x",
    "postgresql://:{S}@127.0.0.1:9/x",
    "postgresql://127.0.0.1:9/x?password={S}",
    "postgresql://127.0.0.1:9/x?user=u&password={S}",
    "postgresql://u@127.0.0.1:9/x?sslpassword={S}",
    "postgresql://u@127.0.0.1:9/x?sslmode=require&sslpassword={S}&sslkey=/no/key",
    "postgresql://u@127.0.0.1:9/x?passfile=/tmp/{S}",
    "postgresql://u@127.0.0.1:9/x?PASSWORD={S}",
    "postgresql://u@127.0.0.1:9/x?pwd={S}",
    "postgresql://u@127.0.0.1:9/x?options=-cmine.password%3D{S}",
    "postgresql://u@127.0.0.1:9/x?connect_timeout={S}",
    "postgresql://u@127.0.0.1:9/x?application_name=a&sslrootcert={S}",
    "postgresql://u@127.0.0.1:9/x?target_session_attrs={S}",
    "postgresql://u@127.0.0.1:9/x?require_auth={S}",
    "postgresql:///x?host=127.0.0.1&port=9&password={S}",
    "postgresql://u:a{S}@127.0.0.1:9/x?password={S}&password={S}",
    # the same, not written as it should be
    "postgresql://u:ab@{S}@127.0.0.1:9/x",
    "postgresql://u:{S}@ab@127.0.0.1:9/x",
    "postgresql://u:@{S}@127.0.0.1:9/x",
    "postgresql://u:{S}",
    "postgresql://u:{S}/x",
    "postgresql://u:{S}@127.0.0.1:port/x",
    "postgresql://127.0.0.1:{S}/x",
    "postgresql://127.0.0.1:9/x password={S}",
    "postgresql://127.0.0.1:9/x;password={S}",
    "postgresql://127.0.0.1:9/x&password={S}",
    "postgresql://127.0.0.1:9/x#password={S}",
    "postgresql://127.0.0.1:9/x%3Fpassword%3D{S}",
    "postgresql://127.0.0.1:9/u:{S}@x",
    "postgresql:///x?host=u:{S}@127.0.0.1",
    "postgresql:///x?host=127.0.0.1&port={S}",
    "postgresql:/u:{S}@127.0.0.1/x",
    "postgresql:u:{S}@127.0.0.1/x",
    "postgres:u:{S}@127.0.0.1/x",
    "jdbc:postgresql://127.0.0.1:9/x?user=u&password={S}",
    " postgresql://u:{S}@127.0.0.1:9/x",
    "'postgresql://u:{S}@127.0.0.1:9/x'",
    "postgresql ://u:{S}@127.0.0.1:9/x",
    "MINE_GEO_DATABASE_URL=postgresql://u:{S}@127.0.0.1:9/x",
    "//u:{S}@127.0.0.1/x",
    "u:{S}@127.0.0.1/x",
    "u:{S}@127.0.0.1:9",
    "{S}://u@127.0.0.1/x",
    "mysql://u:{S}@127.0.0.1/x",
    "sqlite:///x?password={S}",
    "host=127.0.0.1 password={S}",
    "password={S} host=127.0.0.1",
    "host = 127.0.0.1 password = '{S}'",
    "dbname=x user=u password={S} port=9",
    "service=mines password={S}",
    "Server=127.0.0.1;Database=x;User Id=u;Password={S};",
    "PG:host=127.0.0.1 password={S}",
    "x.gpkg?password={S}",
    "sslpassword={S}",
    "PGPASSWORD={S} 127.0.0.1/x",
]
ACTS = (open_store, create_store, upgrade_store)


def kept(error: BaseException) -> list[str]:
    """Return all that an exception and those behind it hold."""
    found, waiting = [], [error]
    seen: set[int] = set()
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        found += [str(each), repr(each), repr(each.args)]
        found += traceback.format_exception(type(each), each, each.__traceback__)
        behind = (each.__cause__, each.__context__, getattr(each, "orig", None))
        waiting += [one for one in behind if isinstance(one, BaseException)]
    return found


def said_of(text: str) -> list[str]:
    """Return all that is said of a place, by the library and by the command."""
    found = []
    for act in ACTS:
        with pytest.raises(errors.MineGeoError) as caught:
            act(text)
        assert len(str(caught.value).splitlines()) == 1
        found += kept(caught.value)
    try:
        place = engines.locate(text)
    except errors.OptionError:
        pass
    else:
        engine = engines.make_engine(place)
        found += [place.name, place.shown, repr(place), str(place), repr(engine), repr(engine.url)]
        found += [f"{engine.url!r}", str(engine.url), engine.url.render_as_string()]
        engine.dispose()
    for words in (["--database", text, "totals"], ["--database", text, "demo"], [text, "totals"]):
        result = CliRunner().invoke(main, words)
        assert isinstance(result.exception, SystemExit), result.exc_info
        found += [result.output, *kept(result.exception)]
    return found


@pytest.mark.parametrize("shape", SHAPES)
def test_a_password_is_never_shown(
    shape: str, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.chdir(str(tmp_path))
    monkeypatch.delenv(address.DATABASE_VARIABLE, raising=False)
    text = shape.format(S=CANARY)
    assert [said for said in said_of(text) if CANARY.lower() in said.lower()] == []
    monkeypatch.setenv(address.DATABASE_VARIABLE, text)
    result = CliRunner().invoke(main, ["totals"])
    assert result.exit_code != 0
    assert CANARY.lower() not in result.output.lower()


USERS = st.sampled_from(["u", "officer", "u@x", ""])
SECRETS = st.text(st.sampled_from("aB7@:/?#&%= ;'\"\\$!"), min_size=0, max_size=4)
PLACES = st.sampled_from(
    [
        "postgresql://{user}:{S}@127.0.0.1:9/x",
        "postgresql://127.0.0.1:9/x?password={S}",
        "postgresql://127.0.0.1:9/x?sslpassword={S}",
        "{user}:{S}@127.0.0.1/x",
        "host=127.0.0.1 password={S}",
        "postgres:{user}:{S}@127.0.0.1/x",
    ]
)


@given(place=PLACES, user=USERS, before=SECRETS, after=SECRETS, encoded=st.booleans())
@example("postgresql://{user}:{S}@127.0.0.1:9/x", "u", "a@", "@b", False)
@example("postgresql://{user}:{S}@127.0.0.1:9/x", "u", "a/", "?b", False)
def test_a_hard_password_is_not_shown_either(
    place: str, user: str, before: str, after: str, encoded: bool
) -> None:
    secret = f"{before}{CANARY}{after}"
    text = place.format(user=user, S=quote(secret, safe="") if encoded else secret)
    found: list[str] = []
    try:
        where = engines.locate(text)
    except errors.OptionError as error:
        found += kept(error)
    else:
        assert where.path is None
        engine = engines.make_engine(where)
        found += [where.name, where.shown, repr(where), repr(engine), str(engine.url)]
        found.append(where.hidden(f'invalid value "{secret}", or {quote(secret, safe="")}'))
        engine.dispose()
    assert [said for said in found if CANARY in said] == []


def test_what_is_connected_with_is_what_the_url_says() -> None:
    place = engines.locate(
        "postgresql://me:p%40ss@db.example:5433/mines?sslmode=require&options=-cx=1"
    )
    assert place.shown == "postgresql://db.example:5433/mines"
    assert dict(place.arguments) == {
        "user": "me", "password": "p@ss", "sslmode": "require", "options": "-cx=1"
    }  # fmt: skip
    engine = engines.make_engine(place)
    (_, given) = engine.dialect.create_connect_args(engine.url)
    where = {name: value for name, value in given.items() if name != "context"}
    assert where == {"host": "db.example", "port": 5433, "dbname": "mines"}
    engine.dispose()


@pytest.mark.parametrize(
    "place",
    ["register.gpkg", "work/my register.gpkg", "/data/12:30/x.gpkg", "C:\\work@home\\x.gpkg",
     "~/x.gpkg", "./user/x.gpkg", "me@home/x.gpkg", "ខេត្ត.gpkg", "C:x.gpkg"],
)  # fmt: skip
def test_a_path_is_a_path(place: str) -> None:
    assert engines.locate(place).path is not None


def test_a_command_says_that_user_and_options_belong_to_it(postgis_url: str) -> None:
    with pytest.raises(errors.StoreNotFoundError) as caught:
        open_store(postgis_url)
    said = str(caught.value)
    assert "init (with the user and the options that you gave)" in said
    assert make_url(postgis_url).username not in said.replace("mine_geo_test", "")
    create_store(postgis_url).close()  # what it says, with them
    open_store(postgis_url).close()


def test_a_name_with_a_blank_is_read() -> None:
    assert engines.locate("postgresql://db/mine%20fields").url.database == "mine fields"


def test_the_message_says_how_to_write_it_and_that_is_read() -> None:
    with pytest.raises(errors.OptionError, match="@ is %40") as caught:
        engines.locate(f"postgresql://u:ab@{CANARY}@db.example/mines")
    assert "postgresql://user@host/database" in str(caught.value)
    assert engines.locate("postgresql://user@host/database").name == "host/database"
    place = engines.locate(f"postgresql://u:ab%40{CANARY}@db.example/mines")
    assert dict(place.arguments)["password"] == f"ab@{CANARY}"


def test_a_password_that_a_server_refuses(postgis_url: str) -> None:
    """A real server, a real driver's message."""
    url = make_url(postgis_url)
    for query in (
        {"password": CANARY},
        {"sslpassword": CANARY},
        {"options": f"-cwork_mem={CANARY}"},
        {"sslmode": CANARY},
        {"channel_binding": CANARY},
    ):
        text = url.update_query_dict(query).set(username="no_such").render_as_string(False)
        with pytest.raises(errors.MineGeoError) as caught:
            open_store(text)
        assert [said for said in kept(caught.value) if CANARY in said] == []


def test_a_store_works_with_its_password_in_the_query(postgis_url: str) -> None:
    url = make_url(postgis_url)
    password = url.password or "any"
    text = url.set(password=None).update_query_dict({"password": password})
    with create_store(text.render_as_string(hide_password=False)) as store:
        assert store.hazards().empty
        assert f"password={password}" not in repr(store)
