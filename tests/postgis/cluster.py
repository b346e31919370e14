"""A PostGIS for the tests: one that is given, or a private cluster that is thrown away.

`MINE_GEO_TEST_DATABASE_URL` names a server of one's own, with a superuser's role: the tests make
databases, PostGIS in them, and a role, and drop them again. Without it a cluster is started from
the PostgreSQL binaries of this machine, in a temporary folder, on a free port of the loopback,
and stopped at the end.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy import make_url

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE = "MINE_GEO_TEST_DATABASE_URL"
MEND = (
    f"set {VARIABLE} to a PostgreSQL with PostGIS, with the role of a superuser, "
    "or install one (Debian: apt-get install postgresql-15-postgis-3), "
    "or leave these tests out by hand with -m 'not postgis'"
)
SETTINGS = {
    "autovacuum": "off",
    "fsync": "off",
    "full_page_writes": "off",
    "jit": "off",
    "listen_addresses": "127.0.0.1",
    "max_connections": "60",
    "synchronous_commit": "off",
    "timezone": "UTC",
}
INITDB = [
    "-U",
    "tester",
    "-A",
    "trust",
    "-E",
    "UTF8",
    "--locale=C",
    "--no-sync",
    "--no-instructions",
]
START_SECONDS = 60.0


class NoPostGISHereError(Exception):
    """There is no PostGIS to test on; the message says how to get one."""


class Server:
    """A PostgreSQL server on which tests make databases as they like.

    Parameters
    ----------
    url
        A URL of the server, with any database that may be connected to.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._prefix = f"mine_geo_test_{uuid4().hex[:8]}"
        self._made: list[str] = []
        self._numbers = itertools.count(1)
        self._templates: dict[bool, str] = {}
        self._guest: str | None = None
        self.roles: list[str] = []
        """Roles that tests made, to be dropped at the end; roles are of the whole server."""

    def _at(self, database: str) -> str:
        return make_url(self.url).set(database=database).render_as_string(hide_password=False)

    def _run(self, statement: sql.Composed | sql.SQL, url: str | None = None) -> None:
        with psycopg.connect(url or self.url, autocommit=True) as connection:
            connection.execute(statement)

    def _create(self, name: str, template: str) -> str:
        names = sql.Identifier(name), sql.Identifier(template)
        with psycopg.connect(self.url, autocommit=True) as connection:
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names)
            if connection.info.server_version >= 150_000:  # twice as quick as by way of the log
                statement += sql.SQL(" STRATEGY FILE_COPY")
            connection.execute(statement)
        self._made.append(name)
        return self._at(name)

    def template(self, *, postgis: bool = True) -> str:
        """Return the name of a database to copy, made on first use."""
        if postgis not in self._templates:
            name = f"{self._prefix}_{'postgis' if postgis else 'plain'}"
            url = self._create(name, "template0")
            if postgis:
                try:
                    self._run(sql.SQL("CREATE EXTENSION postgis"), url)
                except psycopg.Error as error:
                    message = f"PostGIS cannot be created on {self._at('')}: {error}; {MEND}"
                    raise NoPostGISHereError(message) from error
            self._templates[postgis] = name
        return self._templates[postgis]

    def database(self, *, postgis: bool = True) -> str:
        """Make a fresh database, with or without PostGIS, and return its URL."""
        return self._create(
            f"{self._prefix}_{next(self._numbers)}", template=self.template(postgis=postgis)
        )

    def copy(self, url: str) -> str:
        """Make a copy of a database to which nobody is connected, and return its URL."""
        return self._create(f"{self._prefix}_{next(self._numbers)}", url.rsplit("/", 1)[1])

    def guest(self, url: str) -> str:
        """Return the URL of a database for a role that may connect and no more."""
        if self._guest is None:
            self._guest = f"{self._prefix}_guest"
            self._run(
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                    sql.Identifier(self._guest), sql.Literal(self._guest)
                )
            )
        role = make_url(url).set(username=self._guest, password=self._guest)
        return role.render_as_string(hide_password=False)

    def login(self, name: str) -> str:
        """Make a role that may log in and no more, and return its name."""
        made = f"{self._prefix}_{name}"
        self._run(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(made)))
        self.roles.append(made)
        return made

    def drop(self, url: str) -> None:
        """Drop a database that `database` made, whoever is still connected."""
        name = url.rsplit("/", 1)[1]
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        self._made.remove(name)

    def clear(self) -> None:
        """Drop every database that is left."""
        for name in list(self._made):
            self.drop(self._at(name))
        for role in reversed(self.roles):
            self._run(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))
        if self._guest is not None:
            self._run(sql.SQL("DROP ROLE {}").format(sql.Identifier(self._guest)))


def _binaries() -> Path:
    """Return the folder of the newest PostgreSQL of this machine that has PostGIS."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -float(path.parent.name)
    )
    on_path = shutil.which("initdb")
    for folder in [*found, *([Path(on_path).resolve().parent] if on_path else [])]:
        if not (folder / "initdb").exists() or not (folder / "pg_config").exists():
            continue
        share = subprocess.run(
            [folder / "pg_config", "--sharedir"], capture_output=True, text=True, check=True
        ).stdout.strip()
        # Debian's pg_config answers for the newest client package; the server's files lie beside.
        for extension in (Path(share), Path("/usr/share/postgresql") / folder.parent.name):
            if (extension / "extension" / "postgis.control").exists():
                return folder
    raise NoPostGISHereError(f"no PostgreSQL with PostGIS is installed here; {MEND}")


def _owner() -> str | None:
    """Return the user to run as where this process is root: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise NoPostGISHereError(
        f"there is no user 'postgres' or 'nobody' to run PostgreSQL as; {MEND}"
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Cluster:
    """A cluster of our own in a folder: started, stopped, killed, and started again.

    Parameters
    ----------
    folder
        An empty folder; the data lie in it.
    of
        Another cluster that is running, of which this is a standby: it can only be read.
    settings
        Settings of the server, beside those that do without safety for speed (`SETTINGS`).
    """

    def __init__(self, folder: Path, of: Cluster | None = None, **settings: str) -> None:
        self.folder = folder
        self.port = _free_port()
        self.url = f"postgresql://tester@127.0.0.1:{self.port}/postgres"
        self._settings = SETTINGS | settings
        self._binaries, owner = _binaries(), _owner()
        self._who: dict[str, Any] = {}
        if owner:
            self._who = {"user": owner, "group": pwd.getpwnam(owner).pw_gid, "extra_groups": []}
        self.give(folder)
        self._process: subprocess.Popen[bytes] | None = None
        command: list[Any] = [self._binaries / "initdb", *INITDB]
        if of is not None:
            command = [self._binaries / "pg_basebackup", "-R", "-c", "fast", "-N", "-d", of.url]
        made = subprocess.run(
            [*command, "-D", folder / "data"],
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
            **self._who,
        )
        if made.returncode:
            raise NoPostGISHereError(f"{command[0]} failed: {made.stderr.strip()}; {MEND}")

    def give(self, folder: Path) -> None:
        """Let a folder belong to the server, which may be another user."""
        if self._who:
            shutil.chown(folder, self._who["user"])

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        options = [f"-c{name}={value}" for name, value in self._settings.items()]
        command = [self._binaries / "postgres", "-D", self.folder / "data", "-k", self.folder]
        with (self.folder / "log").open("ab") as output:
            self._process = subprocess.Popen(
                [*command, "-p", str(self.port), *options],
                stdout=output,
                stderr=output,
                cwd=self.folder,
                **self._who,
            )
        self.wait()

    def wait(self) -> None:
        """Wait until the server answers, as after a backend was killed.

        Raises
        ------
        NoPostGISHereError
            If it does not.
        """
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
            except psycopg.OperationalError as error:
                gone = self._process is None or self._process.poll() is not None
                if gone or time.monotonic() > deadline:
                    log = (self.folder / "log").read_text(errors="replace")
                    tail = " | ".join(log.splitlines()[-5:])
                    raise NoPostGISHereError(f"PostgreSQL did not start: {tail}; {MEND}") from error
                time.sleep(0.1)
            else:
                return

    def come_back(self) -> None:
        """Wait for a server that may be recovering; start it where it is gone."""
        try:
            self.wait()
        except NoPostGISHereError:
            self.start()

    def kill(self) -> None:
        """Kill every process of the server at once, as where the machine goes out."""
        if self._process is None:
            return
        parent = self._process.pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        for process in (parent, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self._process.wait(timeout=30)
        while any(Path(f"/proc/{child}").exists() for child in children):
            time.sleep(0.01)  # a new server refuses while they hold the memory of the old one

    def stop_at_once(self) -> None:
        """Stop without a word to anybody, as `pg_ctl stop -m immediate`."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(timeout=30)

    def stop(self) -> None:
        """Stop in good order."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()  # a smart shutdown waits for clients: the tests are done
        try:
            self._process.wait(timeout=3)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=30)


@contextmanager
def cluster(
    folder: Path | None = None, of: Cluster | None = None, **settings: str
) -> Iterator[Cluster]:
    """Give a running cluster, in a temporary folder unless one is told; stop and delete it."""
    inside = folder or Path(tempfile.mkdtemp(prefix="mgpg-", dir="/tmp"))
    made = None
    try:
        made = Cluster(inside, of, **settings)
        made.start()
        yield made
    finally:
        if made is not None:
            made.stop()
        for each in inside.iterdir():  # the folder may be a disk of its own
            shutil.rmtree(each) if each.is_dir() else each.unlink()
        if folder is None:
            inside.rmdir()


@contextmanager
def private_server() -> Iterator[Server]:
    """Start a cluster of our own in a temporary folder; stop and delete it at the end."""
    with cluster() as own:
        yield Server(own.url)


@contextmanager
def server() -> Iterator[Server]:
    """Give the server named by the environment, else a private one."""
    url = os.environ.get(VARIABLE)
    if not url:
        with private_server() as own:
            yield own
        return
    url = url.replace("postgresql+psycopg://", "postgresql://", 1)
    try:
        psycopg.connect(url, connect_timeout=10).close()
    except psycopg.OperationalError as error:
        said = str(error).splitlines()[0]
        message = f"{VARIABLE} names a server that cannot be reached: {said}; {MEND}"
        raise NoPostGISHereError(message) from error
    given = Server(url)
    try:
        yield given
    finally:
        given.clear()
