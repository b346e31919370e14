"""A real PgBouncer in front of the server of the tests, in transaction mode.

In transaction mode each transaction may get another session of the server: what a session was
told (a search path, a time zone, a prepared statement, a temporary table) is not there in the next.
The pool of servers here is of two, so that clients do meet each other's sessions.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy import make_url

if TYPE_CHECKING:
    from collections.abc import Iterator

START_SECONDS = 30.0
MEND = "install it (Debian: apt-get install pgbouncer), or leave it out with -m 'not postgis'"
SETTINGS = """
[databases]
* = host={host} port={port}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = 2
max_client_conn = 200
logfile = {folder}/log
pidfile = {folder}/pid
"""


class NoBouncerHereError(Exception):
    """There is no PgBouncer to test with; the message says how to get one."""


def _program() -> str:
    found = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/bin")
    if found is None:
        raise NoBouncerHereError(f"no pgbouncer is installed here; {MEND}")
    return found


@contextmanager
def bouncer(url: str, *logins: str) -> Iterator[str]:
    """Start a PgBouncer before the server of a URL, and give the URL of the same database there.

    The user of the URL and these logins are taken at their word, as the server of the tests does;
    each has a pool of its own.
    """
    server = make_url(url)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        own = int(probe.getsockname()[1])
    folder = Path(tempfile.mkdtemp(prefix="mgpb-", dir="/tmp"))
    owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else None  # it refuses to run as root
    who = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}
    process = None
    try:
        settings = folder / "pgbouncer.ini"
        settings.write_text(
            SETTINGS.format(host=server.host, port=server.port or 5432, own=own, folder=folder)
        )
        users = {str(server.username): server.password or "", **dict.fromkeys(logins, "")}
        lines = (f'"{name}" "{password}"\n' for name, password in users.items())
        (folder / "users").write_text("".join(lines))
        if owner:
            for each in (folder, *folder.iterdir()):
                shutil.chown(each, owner.pw_uid, owner.pw_gid)
        process = subprocess.Popen(
            [_program(), "-q", settings],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            **who,
        )
        through = server.set(host="127.0.0.1", port=own).render_as_string(hide_password=False)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(through, connect_timeout=2).close()
                break
            except psycopg.OperationalError as error:
                if process.poll() is not None or time.monotonic() > deadline:
                    log = folder / "log"
                    said = log.read_text(errors="replace")[-600:] if log.exists() else str(error)
                    raise NoBouncerHereError(f"PgBouncer did not start: {said}") from error
                time.sleep(0.05)
        yield through
    finally:
        if process is not None and process.poll() is None:
            process.terminate()
            process.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)
