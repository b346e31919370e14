#!/usr/bin/env python3
"""Start `mine-geo` in a container: name the store, wait until it answers, hand over.

The store is `MINE_GEO_DATABASE_URL` if that is given. Otherwise it is the PostgreSQL database of
`POSTGRES_HOST`, `POSTGRES_PORT` (5432), `POSTGRES_DB` and `POSTGRES_USER`, with the password in
the file `POSTGRES_PASSWORD_FILE`; without `POSTGRES_HOST` mine-geo keeps its own default. The
password reaches mine-geo through its environment alone: no argument and no message holds it.
`MINE_GEO_WAIT_SECONDS` (60) is how long to wait for the server.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from urllib.parse import quote

from psycopg import pq

URL = "MINE_GEO_DATABASE_URL"
WAIT = "MINE_GEO_WAIT_SECONDS"
NO_STORE = {"-h", "--help", "--version", "--database"}
"""Options with which the store named here is not used, and not waited for."""


def stop(message: str) -> SystemExit:
    """Say one line and end with code 1."""
    return SystemExit(f"mine-geo: {message}")


def need(name: str) -> str:
    """Return a variable that must be there."""
    value = os.environ.get(name)
    if not value:
        raise stop(f"{name} is not set; compose.yaml sets it for the service mine-geo")
    return value


def password() -> str:
    """Read the password: the whole file, less the line ends that editors put after it."""
    file = Path(need("POSTGRES_PASSWORD_FILE"))
    try:
        text = file.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise stop(
            f"the password file {file} cannot be read ({error.strerror}); make it, and let the "
            "user of this container read it: MINE_GEO_USER=$(id -u):$(id -g)"
        ) from error
    if not text:
        raise stop(f"the password file {file} is empty; put the password into it")
    return text


def store_url(host: str) -> str:
    """Return the URL of the database, each part escaped."""
    user, database = need("POSTGRES_USER"), need("POSTGRES_DB")
    port = os.environ.get("POSTGRES_PORT") or "5432"
    parts = [quote(part, safe="") for part in (user, password(), database)]
    return f"postgresql://{parts[0]}:{parts[1]}@{host}:{port}/{parts[2]}"


def wait_seconds() -> float:
    """Return how long to wait for the server."""
    text = os.environ.get(WAIT) or "60"
    try:
        return float(text)
    except ValueError as error:
        raise stop(f"{WAIT} is {text!r}; give a number of seconds") from error


def wait(host: str) -> None:
    """Return when the server takes connections; whether the password holds, mine-geo says."""
    port = os.environ.get("POSTGRES_PORT") or "5432"
    seconds = wait_seconds()
    server = f"host={host} port={port} connect_timeout=3".encode()
    deadline = time.monotonic() + seconds
    told = False
    while pq.PGconn.ping(server) != pq.Ping.OK:
        if time.monotonic() > deadline:
            raise stop(
                f"no PostgreSQL answers at {host}:{port} after {seconds:g} s; "
                "look at it with: docker compose logs postgis"
            )
        if not told:
            sys.stderr.write(f"mine-geo: waiting for PostgreSQL at {host}:{port}\n")
            sys.stderr.flush()
            told = True
        time.sleep(0.5)


def main(arguments: list[str]) -> None:
    """Prepare the environment, then become mine-geo."""
    host = os.environ.get("POSTGRES_HOST")
    asks_store = arguments and not any(each.split("=")[0] in NO_STORE for each in arguments)
    if host and asks_store and not os.environ.get(URL):
        os.environ[URL] = store_url(host)
        wait(host)
    os.execvp("mine-geo", ["mine-geo", *arguments])  # noqa: S606, S607 - found on the image's PATH


if __name__ == "__main__":
    main(sys.argv[1:])
