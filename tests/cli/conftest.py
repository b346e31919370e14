"""Runs the command in this process, as a shell would, with nothing in the environment."""

import os
import shutil
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from click.testing import CliRunner, Result

import mine_geo as mg
from mine_geo.cli import main
from mine_geo.store import address


class Command:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / "register.gpkg"

    def __call__(self, *words: object, store: object = None) -> Result:
        place = ["--database", str(store or self.store)]
        result = CliRunner().invoke(main, [*place, *map(str, words)])
        unexpected = result.exception
        assert unexpected is None or isinstance(unexpected, SystemExit), repr(unexpected)
        return result

    def done(self, *words: object, store: object = None) -> str:
        result = self(*words, store=store)
        assert result.exit_code == 0, result.output
        return result.stdout

    def refused(self, error: type[mg.MineGeoError], *words: object, store: object = None) -> str:
        """Return the one line that is said when a command is refused, with its exit code."""
        result = self(*words, store=store)
        lines = result.stderr.splitlines()
        assert result.exit_code == mg.errors.EXIT_CODES[error], result.output
        assert len(lines) == 1, result.output
        assert lines[0].startswith("Error: ")
        return lines[0]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.delenv(address.DATABASE_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    return Command(tmp_path)


@pytest.fixture(scope="session")
def filled_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with two minefields in a file and in a store, to be copied."""
    folder = tmp_path_factory.mktemp("filled")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(address.DATABASE_VARIABLE, raising=False)
        patch.chdir(folder)
        command = Command(folder)
        command.done("init")
        command.done("load", "border", mg.sample.path("border"))
        command.done("load", "admin", mg.sample.path("districts"))
        command.done("load", "hazards", fields(folder / "fields.gpkg"))
    return folder


@pytest.fixture
def filled(command: Command, filled_folder: Path) -> Command:
    """A store with the border, the districts and two minefields in Battambang, near and far."""
    for name in ("fields.gpkg", "register.gpkg"):
        shutil.copy(filled_folder / name, command.folder)
    return command


def fields(path: Path, moved: float = 0, **columns: object) -> Path:
    """Write two minefields: AP-1 about 1 km from Thailand, AP-2 far inland; moved east, degrees."""
    frame = gpd.GeoDataFrame(
        {
            "hazard_id": ["AP-1", "AP-2"],
            "kind": "ap_minefield",
            "province": "Battambang",
            "district": ["Phnum Proek", "Banan"],
            "surveyed_on": "2020-06-30",
            **columns,
        },
        geometry=[shapely.box(102.36, 13.28, 102.361, 13.281), shapely.box(103, 13, 103.01, 13.01)],
        crs=4326,
    )
    frame.set_geometry(frame.translate(moved)).to_file(path)
    return path


def listing(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder with its content."""
    return {
        os.path.relpath(file, folder): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }
