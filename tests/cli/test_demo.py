"""The demonstration, on both backends, and what it refuses to touch."""

from pathlib import Path

import pytest
from click.testing import CliRunner

import mine_geo as mg
from mine_geo.cli import main
from tests.cli.conftest import Command, fields, listing
from tests.pages import DOCS, blocks, same, trimmed, wrong

ROW = "Koh Kong"
PAGES = ["national.html", "battambang.html", "samlout.html", "border_zone_battambang.html"]


@pytest.fixture(params=["gpkg", pytest.param("postgis", marks=pytest.mark.postgis)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "gpkg":
        return str(tmp_path / "demo.gpkg")
    return str(request.getfixturevalue("postgis_url"))


def shown(said: str, pages: Path) -> None:
    """Check that Table 3 is printed to the unit, with what differs, and that the maps are there."""
    totals = [line.split() for line in said.splitlines() if line.strip().startswith("Total")]
    assert totals == [
        ["Total", "4,075", "4,075", "0", "353,402,819", "353,402,819", "0"],
        ["Total", "3,317", "3,317", "0", "327,881,692", "327,881,692", "0"],
    ]
    koh_kong = [line.split()[2:] for line in said.splitlines() if line.startswith(" Koh Kong ")]
    assert koh_kong == [
        ["324", "324", "0", "20,403,677", "20,403,677", "0"],
        ["31", "31", "0", "2,442,908", "2,442,908", "0"],
    ]
    text = " ".join(said.split())
    assert "Koh Kong has 276 minefields and 17,621,716 m² nearer than 7 km" in text
    assert "48 minefields and 2,781,961 m² are near only if the coast counts. No other" in text
    assert "SYNTHETIC" in said
    tables = [line for line in said.splitlines()[:-7] if "SYNTHETIC" not in line]
    assert max(map(len, tables)) <= 80
    for page in PAGES:
        text = (pages / page).read_text(encoding="utf-8")
        assert "SYNTHETIC" in text
        assert ", the last record of the ledger" in text


def test_the_tutorial_runs_and_the_demonstration_prints_the_same_again(command: Command) -> None:
    """Without any option: store and maps in demo/."""
    assert wrong(DOCS / "tutorial.md") == []
    printed = CliRunner().invoke(main, ["demo"]).stdout
    (block,) = (each for each in blocks(DOCS / "tutorial.md") if "$ mine-geo demo" in each.text)
    assert same(block.text.partition("\n")[2], trimmed(printed))
    shown(printed, command.folder / "demo")
    with mg.open_store(command.folder / "demo" / "mine_geo.gpkg") as store:
        assert len(store.hazards(kind="ap_minefield")) == 7392


@pytest.mark.untraced
def test_demo_in_a_database_and_again(command: Command, postgis_url: str) -> None:
    said = command.done("demo", "--out", "pages", store=postgis_url)
    shown(said, command.folder / "pages")
    assert command.done("demo", "--out", "pages", store=postgis_url) == said
    with mg.open_store(postgis_url) as store:
        assert len(store.hazards(kind="ap_minefield")) == 7392


def test_demo_refuses_a_register_and_leaves_it_as_it_is(command: Command, place: str) -> None:
    command.done("init", store=place)
    line = command.refused(mg.errors.NotSyntheticError, "demo", "--out", "out", store=place)
    assert "refused" in line
    command.done("load", "hazards", fields(command.folder / "fields.gpkg"), store=place)
    command.refused(mg.errors.NotSyntheticError, "demo", "--out", "out", store=place)
    with mg.open_store(place) as store:
        assert store.hazards().hazard_id.tolist() == ["AP-1", "AP-2"]
    assert not list(Path("out").rglob("*.html"))


def test_demo_heeds_the_environment_as_every_command_does(
    command: Command, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And --database comes before it. A register that it names is refused, untouched."""
    command.done("init", store=place)
    monkeypatch.setenv("MINE_GEO_DATABASE_URL", place)
    result = CliRunner().invoke(main, ["demo", "--out", "out"])
    assert result.exit_code == mg.errors.EXIT_CODES[mg.errors.NotSyntheticError]
    assert not Path("out").exists()
    with mg.open_store(place) as store:
        assert store.hazards().empty
    elsewhere = command.folder / "synthetic.gpkg"
    command.done("init", "--synthetic", store=elsewhere)
    command.done("load", "hazards", fields(Path("f.gpkg"), synthetic=True), store=elsewhere)
    line = command.refused(mg.errors.NotSyntheticError, "demo", "--out", "out", store=elsewhere)
    assert "synthetic.gpkg" in line
    assert "AP-1, AP-2" in line


def test_demo_refuses_invented_hazards_that_are_not_its_own(command: Command, place: str) -> None:
    command.done("init", "--synthetic", store=place)
    command.done("load", "hazards", fields(Path("f.gpkg"), synthetic=True), store=place)
    line = command.refused(mg.errors.NotSyntheticError, "demo", "--out", "out", store=place)
    assert "not of the sample (AP-1, AP-2)" in line
    with mg.open_store(place) as store:
        assert store.hazards()["hazard_id"].tolist() == ["AP-1", "AP-2"]
        with pytest.raises(mg.errors.StoreError):
            store.border()
    assert not Path("out").exists()


def test_demo_makes_the_store_that_the_environment_names(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINE_GEO_DATABASE_URL", "elsewhere.gpkg")
    result = CliRunner().invoke(main, ["demo", "--out", "out"])
    assert result.exit_code == 0, result.output
    assert "Store: elsewhere.gpkg" in result.stdout
    assert not Path("out/mine_geo.gpkg").exists()
    assert CliRunner().invoke(main, ["demo", "--out", "out"]).stdout == result.stdout
    with mg.open_store("elsewhere.gpkg") as store:
        assert len(store.hazards(kind="ap_minefield")) == 7392


def test_real_hazards_are_refused_by_a_store_for_invented_ones(
    command: Command, place: str
) -> None:
    command.done("init", "--synthetic", store=place)
    real = fields(command.folder / "fields.gpkg")
    command.refused(mg.errors.NotSyntheticError, "load", "hazards", real, store=place)
    with mg.open_store(place) as store:
        assert store.hazards().empty


def test_the_sample_is_refused_by_a_register(command: Command, place: str) -> None:
    command.done("init", store=place)
    sample = mg.sample.path("minefields")
    command.refused(mg.errors.NotSyntheticError, "load", "hazards", sample, store=place)
    with mg.open_store(place) as store:
        assert store.hazards().empty


def test_files_of_the_refused_are_untouched(command: Command) -> None:
    command.done("init")
    before = listing(command.folder)
    command.refused(mg.errors.NotSyntheticError, "demo", "--out", str(command.folder))
    assert listing(command.folder) == before
