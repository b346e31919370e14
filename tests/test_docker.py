"""The container files, as far as they can be tried without an engine.

The start script and the backup of docker/README.md run here against a real PostGIS; the Compose
file and the Dockerfile are read, and held to what the README promises.
"""

import contextlib
import os
import re
import shutil
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import URL, make_url

import mine_geo as mg

ROOT = Path(__file__).parent.parent
DOCKER = ROOT / "docker"
ENTRYPOINT = DOCKER / "entrypoint.py"
HARD = "pä:ss w@rd/%?#&'\"$`"
PINNED = re.compile(r"^[a-z0-9./-]+:\d[\w.-]*$")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((DOCKER / "compose.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "postgres_password"
    file.write_text(f"{HARD}\n", encoding="utf-8")
    return file


def start(*arguments: str, cwd: Path, **given: str) -> subprocess.Popen[str]:
    """Start the entrypoint with an environment as compose.yaml gives it, and no other settings."""
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}",
        "LANG": "C.UTF-8",
        **given,
    }
    return subprocess.Popen(
        [sys.executable, ENTRYPOINT, *arguments],
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def run(*arguments: str, cwd: Path, **given: str) -> tuple[int, str, str]:
    with start(*arguments, cwd=cwd, **given) as process:
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err


def settings(url: URL, file: Path, **changed: str) -> dict[str, str]:
    """Name a server the way compose.yaml does."""
    return {
        "POSTGRES_HOST": str(url.host),
        "POSTGRES_PORT": str(url.port),
        "POSTGRES_DB": str(url.database),
        "POSTGRES_USER": str(url.username),
        "POSTGRES_PASSWORD_FILE": str(file),
        **changed,
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def forwarded(port: int, to: tuple[str, int]) -> Iterator[None]:
    """Let a server answer on another port too: a server that starts late."""

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    class Forward(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection(to) as server:
                back = threading.Thread(target=pump, args=(server, self.request))
                back.start()
                pump(self.request, server)
                back.join()

    with socketserver.ThreadingTCPServer(("127.0.0.1", port), Forward) as listener:
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield
        finally:
            listener.shutdown()
            thread.join()


def test_every_image_is_pinned(compose: dict[str, Any]) -> None:
    images = [service["image"] for service in compose["services"].values()]
    images += re.findall(r"^FROM (\S+)", (DOCKER / "Dockerfile").read_text(), flags=re.MULTILINE)
    assert len(images) == 5
    assert [image for image in images if not PINNED.match(image)] == []
    assert compose["services"]["mine-geo"]["image"] == f"mine-geo:{mg.__version__}"


def test_the_database_has_a_health_check_a_volume_and_its_password_from_a_file(
    compose: dict[str, Any],
) -> None:
    database = compose["services"]["postgis"]
    assert "pg_isready" in database["healthcheck"]["test"]
    assert "--host=127.0.0.1" in database["healthcheck"]["test"]
    (volume,) = database["volumes"]
    assert volume.split(":")[0] in compose["volumes"]
    assert volume.endswith(":/var/lib/postgresql/data")
    for service in compose["services"].values():
        assert "POSTGRES_PASSWORD" not in service["environment"]
        assert service["environment"]["POSTGRES_PASSWORD_FILE"] == "/run/secrets/postgres_password"
        assert set(service["secrets"]) <= set(compose["secrets"])


def test_the_database_is_open_to_this_machine_only(compose: dict[str, Any]) -> None:
    ports = [port for each in compose["services"].values() for port in each.get("ports", [])]
    assert ports == [
        "127.0.0.1:${MINE_GEO_PORT:-5432}:5432",
        "127.0.0.1:${MINE_GEO_POOL_PORT:-6432}:6432",
    ]


def test_the_command_waits_for_a_healthy_database_and_is_not_root(compose: dict[str, Any]) -> None:
    command = compose["services"]["mine-geo"]
    assert command["depends_on"] == {"postgis": {"condition": "service_healthy"}}
    assert not command["user"].startswith(("root", "0"))
    lines = (DOCKER / "Dockerfile").read_text().splitlines()
    verbs = [line.split()[0] for line in lines if line and line[0].isupper()]
    assert verbs.index("USER") < verbs.index("ENTRYPOINT")
    assert "USER mine-geo" in lines


def test_what_the_image_copies_is_there_and_let_into_the_build() -> None:
    text = (DOCKER / "Dockerfile").read_text()
    copied = [
        word
        for line in re.findall(r"^COPY (.*)", text, flags=re.MULTILINE)
        for word in [part for part in line.split() if not part.startswith("--")][:-1]
    ]
    allowed = (DOCKER / "Dockerfile.dockerignore").read_text().splitlines()
    assert {"pyproject.toml", "mine_geo", "migrations", "sample_data"} <= set(copied)
    for name in copied:
        assert (ROOT / name).exists(), name
        assert f"!{name}" in allowed, name


def test_no_password_can_be_committed_or_shipped(compose: dict[str, Any]) -> None:
    secret = compose["secrets"]["postgres_password"]["file"]
    assert secret.startswith("./secrets/")
    assert "/docker/secrets/" in (ROOT / ".gitignore").read_text().splitlines()


def test_help_needs_no_database(tmp_path: Path) -> None:
    for arguments in ((), ("--help",), ("totals", "--help")):
        code, out, err = run(*arguments, cwd=tmp_path, POSTGRES_HOST="nowhere.invalid")
        assert (code, err) == (0, "") or not arguments
        assert "Usage: mine-geo" in out + err


def test_without_a_server_the_default_store_is_used(tmp_path: Path) -> None:
    assert run("init", cwd=tmp_path)[0] == 0
    assert (tmp_path / "mine_geo.gpkg").exists()


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"POSTGRES_PASSWORD_FILE": "missing"}, "missing cannot be read"),
        ({"POSTGRES_PASSWORD_FILE": "empty"}, "empty is empty"),
        ({"POSTGRES_PASSWORD_FILE": ""}, "POSTGRES_PASSWORD_FILE is not set"),
        ({"POSTGRES_DB": ""}, "POSTGRES_DB is not set"),
        ({"MINE_GEO_WAIT_SECONDS": "long"}, "MINE_GEO_WAIT_SECONDS is 'long'"),
        ({"MINE_GEO_WAIT_SECONDS": "0.1"}, "no PostgreSQL answers at 127.0.0.1:"),
    ],
)
def test_each_fault_is_one_line_that_says_the_mend(
    tmp_path: Path, secret: Path, changed: dict[str, str], says: str
) -> None:
    (tmp_path / "empty").write_text("\n")
    url = make_url(f"postgresql://mine_geo@127.0.0.1:{free_port()}/mine_geo")
    code, out, err = run("totals", cwd=tmp_path, **settings(url, secret, **changed))
    assert (code, out) == (1, "")
    assert says in err.splitlines()[-1]
    assert "Traceback" not in err
    assert HARD not in err


def test_a_hard_password_arrives_whole(tmp_path: Path, secret: Path, postgis_url: str) -> None:
    command = tmp_path / "bin" / "mine-geo"
    command.parent.mkdir()
    command.write_text('#!/bin/sh\nprintf %s "$MINE_GEO_DATABASE_URL"\n')
    command.chmod(0o755)
    url = make_url(postgis_url)
    given = settings(url, secret, PATH=f"{command.parent}{os.pathsep}{os.defpath}")
    code, out, _ = run("totals", cwd=tmp_path, **given)
    assert code == 0
    found = make_url(out)
    assert found.password == HARD
    assert (found.host, found.port) == (url.host, url.port)
    assert (found.username, found.database) == (url.username, url.database)


def test_it_waits_for_a_server_that_starts_late(
    tmp_path: Path, secret: Path, postgis_url: str
) -> None:
    url, port = make_url(postgis_url), free_port()
    password = tmp_path / "given"
    password.write_text(url.password or "any", encoding="utf-8")
    given = settings(url, password, POSTGRES_PORT=str(port))
    with start("init", cwd=tmp_path, **given) as process:
        assert process.stderr is not None
        assert "waiting for PostgreSQL" in process.stderr.readline()
        with forwarded(port, (str(url.host), url.port or 5432)):
            out, err = process.communicate(timeout=120)
        assert process.returncode == 0, out + err
    with contextlib.closing(mg.open_store(postgis_url)) as store:
        assert store.hazards().empty
    assert not list(tmp_path.glob("*.gpkg"))


def programs(*names: str) -> list[str]:
    """Find PostgreSQL's own programs, the newest first."""
    newest = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -float(path.parent.name)
    )
    places = os.pathsep.join([*map(str, newest), os.environ.get("PATH", os.defpath)])
    found = [shutil.which(name, path=places) for name in names]
    if None in found:
        pytest.skip(f"{' and '.join(names)} are not installed (Debian: postgresql-client)")
    return [str(each) for each in found]


def test_a_dump_restores_to_the_same_store(
    tmp_path: Path, postgis_url: str, plain_url: str
) -> None:
    # A restore runs with an empty search path: each function that a check, an index or a trigger
    # calls must be found all the same.
    dump, restore = programs("pg_dump", "pg_restore")
    border = mg.read_border(mg.sample.path("border"))
    hazards = mg.read_hazards(mg.sample.path("minefields")).head(50)
    with contextlib.closing(mg.create_store(postgis_url, synthetic=True)) as store:
        store.load_border(border)
        store.register(hazards)
        before = store.split()
    file = tmp_path / "register.dump"
    subprocess.run(
        [dump, "--format=custom", f"--file={file}", f"--dbname={postgis_url}"], check=True
    )
    options = ("--exit-on-error", "--single-transaction", "--no-owner")
    subprocess.run([restore, *options, f"--dbname={plain_url}", file], check=True)
    with contextlib.closing(mg.open_store(plain_url)) as store:
        after = store.split()
        assert store.register(hazards) is not None  # the same records: no conflict, no change
        assert len(store.hazards()) == 50
    assert after.equals(before)


def test_the_nightly_job_says_when_a_total_moved(tmp_path: Path) -> None:
    place = tmp_path / "register.gpkg"
    land = mg.read_hazards(mg.sample.path("minefields")).head(3)
    with mg.create_store(place, synthetic=True) as store:
        store.load_border(mg.read_border(mg.sample.path("border")))
        store.register(land.head(2))
    given = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}",
        "LANG": "C.UTF-8",
        "MINE_GEO": f"env -C {tmp_path} mine-geo --clock-is-right --database {place}",
        "MINE_GEO_FILES": str(tmp_path),
        "MINE_GEO_ATLAS": "no",
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
    }

    def night() -> int:
        return subprocess.run([DOCKER / "nightly.sh"], env=given, check=False).returncode

    assert night() == 0
    assert len(list(tmp_path.glob("register-*.gpkg"))) == 1
    assert night() == 0
    assert not list((tmp_path / "nightly").glob("moved-*"))
    with mg.open_store(place, clock_is_right=True) as store:
        store.register(land)
    assert night() == 20
    moved = next((tmp_path / "nightly").glob("moved-ap_minefield-*.txt")).read_text()
    third = land.iloc[2]
    assert re.search(rf"{third['hazard_id']} +registered .* {third['size_m2']:,}", moved)
    assert not list((tmp_path / "nightly").glob("moved-cluster*"))
    assert night() == 0  # what moved last night did not move tonight
