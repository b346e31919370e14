"""Maps and sheets from the command line: which file is written, and what is refused before."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import pytest
import shapely

import mine_geo as mg
from mine_geo import errors
from mine_geo.geo import sample
from tests.cli.conftest import listing
from tests.typeset.prints import texts

if TYPE_CHECKING:
    from tests.cli.conftest import Command


def shown(page: Path) -> str:
    """Return a page without its scripts and style: what is in it from the start."""
    text = page.read_text(encoding="utf-8")
    return re.sub(r"<(script|style)\b(?! type).*?</\1>", "", text, flags=re.DOTALL)


def cleared(filled: Command) -> None:
    """Release the western half of AP-2, 600,075 m² of it."""
    gpd.GeoDataFrame(geometry=[shapely.box(103, 13, 103.005, 13.01)], crs=4326).to_file("half.gpkg")
    words = ["release", "AP-2", "half.gpkg", "--outcome", "cleared", "--happened-on", "2022-05-03"]
    filled.done(*words, "--operator", "MAG", "--yes")


@pytest.mark.parametrize(
    "words",
    [
        ["national"],
        ["province", "--province", "Battambang"],
        ["district", "--province", "Battambang", "--district", "Banan"],
        ["border-zone", "--province", "BTB", "--capacity", "500000"],
    ],
)
def test_map_writes_a_page(filled: Command, words: list[str]) -> None:
    filled.done("map", *words, "-o", "page.html")
    page = shown(Path("page.html"))
    assert "AP-2" in page
    assert "SYNTHETIC" not in page
    assert ('"capacity_m2":500000' in page) == (words[0] == "border-zone")


def test_a_page_that_can_draw_says_by_how_much_it_is_larger(filled: Command) -> None:
    filled.done("map", "national", "-o", "plain.html")
    said = filled.done("map", "national", "--draw", "-o", "able.html")
    told = re.search(r"the page is larger by ([\d,]+) bytes", said)
    assert told is not None, said
    grown = Path("able.html").stat().st_size - Path("plain.html").stat().st_size
    assert 0 <= grown - int(told[1].replace(",", "")) < 5_000  # the panel's own words
    assert "polyclip" in Path("able.html").read_text(encoding="utf-8")


def test_a_page_has_places_and_released_land_unless_told(filled: Command) -> None:
    cleared(filled)
    places = ("--places", sample.path("places"))
    filled.done("map", "province", "--province", "02", *places, "-o", "page.html")
    page = shown(Path("page.html"))
    assert "released-cleared" in page
    assert "Samlout" in page
    filled.done("map", "province", "--province", "02", "--no-released", "-o", "page.html")
    assert "released-cleared" not in shown(Path("page.html"))


@pytest.mark.parametrize("ending", ["pdf", "png"])
def test_the_ending_makes_it_a_sheet(filled: Command, ending: str) -> None:
    sheet = Path(f"sheet.{ending}")
    words = ["district", "--province", "02", "--district", "Banan", "--language", "km"]
    assert f"wrote {sheet}" in filled.done("map", *words, "--paper", "a3", "-o", sheet)
    assert sheet.read_bytes()[1:4] == ending.upper().encode()


def test_a_public_page_names_no_hazard(filled: Command) -> None:
    cleared(filled)
    filled.done("map", "national", "--public", "-o", "page.html")
    text = Path("page.html").read_text(encoding="utf-8")
    assert not re.search(r"AP-\d", text)
    assert "MAG" not in shown(Path("page.html"))


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        (["province", "-o", "p.html"], errors.OptionError, "needs --province"),
        (["district", "--province", "02", "-o", "p.html"], errors.OptionError, "--district"),
        (["national", "--province", "02", "-o", "p.html"], errors.OptionError, "map province"),
        (
            ["province", "--province", "02", "--district", "Banan", "-o", "p.html"],
            errors.OptionError,
            "map district",
        ),
        (
            ["province", "--province", "02", "--capacity", "9", "-o", "p.html"],
            errors.OptionError,
            "border-zone",
        ),
        (["national", "-o", "p.jpg"], errors.OptionError, "valid: .html, .pdf, .png"),
        (["national", "-o", "page"], errors.OptionError, "valid: .html, .pdf, .png"),
        (["national", "-o", "p.pdf", "--paper", "A5"], errors.OptionError, "A4"),
        (
            ["border-zone", "--province", "02", "--public", "-o", "p.html"],
            errors.OptionError,
            "none is public",
        ),
        (["national", "--draw", "-o", "p.pdf"], errors.OptionError, "nobody draws on a sheet"),
        (["national", "--draw", "--public", "-o", "p.html"], errors.OptionError, "can draw"),
        (
            ["province", "--province", "02", "--number", "7", "-o", "p.html"],
            errors.OptionError,
            "sheet",
        ),
        (["national", "--basemap", "Mapnik", "-o", "p.png"], errors.OptionError, "no basemap"),
        (
            ["national", "--basemap", "OpenStreetMap.Mapnick", "-o", "p.html"],
            errors.OptionError,
            "OpenStreetMap.Mapnik",
        ),
        (
            ["border-zone", "--province", "02", "--capacity", "0", "-o", "p.html"],
            errors.OptionError,
            "capacity",
        ),
        (["province", "--province", "Atlantis", "-o", "p.html"], errors.UnknownNameError, "valid"),
        (["national", "--basemap", "none.tif", "-o", "p.html"], errors.FileError, "none.tif"),
        (["national", "--places", "none.csv", "-o", "p.html"], errors.FileError, "none.csv"),
        (["national", "-o", "no/such/p.pdf"], errors.FileError, "p.pdf"),
        (["national", "-o", "no/such/p.html"], errors.FileError, "p.html"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_a_line(
    filled: Command, words: list[str], error: type[errors.MineGeoError], said: str
) -> None:
    before = set(listing(filled.folder))
    assert said in filled.refused(error, "map", *words)
    assert set(listing(filled.folder)) == before


def few_districts(filled: Command) -> None:
    """Make the districts of Pailin and the two with minefields the active ones."""
    admin = mg.read_admin(sample.path("districts"))
    chosen = admin["district"].isin(["Phnum Proek", "Banan"]) | (admin["province"] == "Pailin")
    admin[chosen].to_file("few.gpkg")
    filled.done("load", "admin", "few.gpkg", "--name", "few")


def test_an_atlas_is_written_once(filled: Command) -> None:
    few_districts(filled)
    said = filled.done("atlas", "--out", "atlas", "--jobs", "1")
    assert re.search(r"wrote (\d+) files, 0 unchanged, 0 removed: atlas/index.html", said)
    first = listing(filled.folder / "atlas")
    again = filled.done("atlas", "--out", "atlas", "--jobs", "1")
    assert again.startswith("wrote 0 files")
    assert listing(filled.folder / "atlas") == first
    public = filled.done("atlas", "--out", "public", "--public", "--jobs", "1")
    assert "public/index.html" in public
    for name, content in listing(filled.folder / "public").items():
        assert not re.search(rb"AP-\d", content), name


def test_an_atlas_does_not_go_into_a_folder_of_others(filled: Command) -> None:
    filled.refused(errors.FileError, "atlas", "--out", filled.folder)


def test_what_was_asked_for_is_said_even_where_nothing_is_left_to_say_it(filled: Command) -> None:
    """A sheet of a kind that nobody recorded is not one of a country without hazards."""
    asked = ["--kind", "av_minefield", "--threshold", 9000, "--rule", "majority", "--include-coast"]
    asked += ["--workbench", "exclude", "--known-at", "2099-06-30T12:00+07:00"]
    filled.done("map", "province", "--province", "02", *asked, "-o", "page.html")
    page = shown(Path("page.html"))
    for said in (
        "AV minefields near and far from the border",
        "AV minefields: none is recorded here.",
        "; without what waits in the workbench",
        "30 June 2099, 12:00:00.000 (UTC+07:00), as asked for",
        "9,000 m",
        "zone of the larger part",
        "counts as border",
    ):
        assert said in page, said
    assert "No hazard is recorded here" not in page


def test_a_synthetic_register_is_called_so_where_no_row_is_left(command: Command) -> None:
    command.done("init", "--synthetic")
    command.done("load", "border", sample.path("border"))
    for public in ([], ["--public", "--replace-restricted"]):
        command.done("map", "national", *public, "-o", "page.html")
        assert "SYNTHETIC SAMPLE" in shown(Path("page.html"))


def test_every_page_and_sheet_says_at_which_moment_its_data_was_known(filled: Command) -> None:
    with mg.open_store(filled.store) as store:
        last = store.last_moment()
    assert last is not None
    local = last.astimezone(ZoneInfo("Asia/Phnom_Penh"))
    clock = f"{local:%H:%M:%S}.{local.microsecond // 1000:03d} (UTC+07:00)"
    said = f"{local.day} {local:%B %Y}, {clock}, the last record of the ledger"
    ways = (["national"], ["province", "--province", "02"], ["border-zone", "--province", "02"])
    for way in ways:
        filled.done("map", *way, "-o", "page.html")
        assert said in shown(Path("page.html")), way
        assert "Printed on" not in shown(Path("page.html"))
        first = Path("page.html").read_bytes()
        filled.done("map", *way, "-o", "page.html")
        assert Path("page.html").read_bytes() == first
    filled.done("map", "national", "--public", "-o", "public.html")
    assert said in shown(Path("public.html"))
    filled.done("atlas", "--out", "atlas", "--jobs", "1")
    for page in Path("atlas").rglob("*.html"):
        assert said in shown(page), page
    filled.done("map", "national", "--known-at", "2030-01-02T03:04:05Z", "-o", "page.html")
    assert "2 January 2030, 10:04:05.000 (UTC+07:00), as asked for" in shown(Path("page.html"))
    filled.done("map", "national", "--printed-on", "2026-05-03", "-o", "page.html")
    assert "3 May 2026" in shown(Path("page.html"))
    assert "Printed on" in shown(Path("page.html"))
    # The same register on paper: the same bytes without a day of printing, others with one.
    sheets = []
    for more in ([], [], ["--printed-on", "2026-05-03"]):
        filled.done("map", "province", "--province", "02", *more, "-o", "sheet.pdf")
        sheets.append(Path("sheet.pdf").read_bytes())
    assert sheets[0] == sheets[1] != sheets[2]


def test_a_day_of_printing_that_is_none_is_refused(filled: Command) -> None:
    said = filled.refused(
        errors.RecordError, "map", "national", "--printed-on", "yesterday", "-o", "page.html"
    )
    assert "is not a day" in said


def test_what_is_recorded_while_a_map_is_read_is_read_again(
    filled: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No map may say an earlier moment than that of what it shows."""
    moments = []
    read = mg.store.Store.released_land

    def meanwhile(store: mg.store.Store, **when: object) -> object:
        if not moments:
            moments.append(store.last_moment())
            with mg.open_store(filled.store) as other:
                other.describe("AP-1", {"operator": "HALO"}, happened_on="2026-01-01")
        return read(store, **when)

    monkeypatch.setattr(mg.store.Store, "released_land", meanwhile)
    filled.done("map", "national", "-o", "page.html")
    with mg.open_store(filled.store) as store:
        last = store.last_moment()
    assert last > moments[0]
    local = last.astimezone(ZoneInfo("Asia/Phnom_Penh"))
    assert f"{local:%H:%M:%S}.{local.microsecond // 1000:03d}" in shown(Path("page.html"))


def test_a_dossier_is_written_as_of_a_day_and_unknown_ids_are_refused(filled: Command) -> None:
    cleared(filled)
    said = filled.done("dossier", "AP-2", "AP-1", "--task", "T-7", "-o", "t7.pdf")
    assert said == "wrote t7.pdf (restricted)\n"
    assert "cleared600,075+remaining" in "".join(texts(Path("t7.pdf").read_bytes()))
    filled.done("dossier", "AP-2", "--as-of", "2022-05-02", "--language", "km", "-o", "t7.pdf")
    assert "600,075" not in "".join(texts(Path("t7.pdf").read_bytes()))
    assert "AP-77" in filled.refused(errors.UnknownNameError, "dossier", "AP-77", "-o", "a.pdf")
    assert ".pdf" in filled.refused(errors.OptionError, "dossier", "AP-2", "-o", "a.html")
    assert not Path("a.html").exists()
    said = filled.done("dossier", "AP-1", "AP-2", "--each", "-o", "all")
    assert said == "wrote 2 dossiers into all (restricted)\n"
    assert sorted(place.name for place in Path("all").iterdir()) == ["AP-1.pdf", "AP-2.pdf"]
    for more in (["--task", "T-7"], ["--as", "handover"]):
        said = filled.refused(errors.OptionError, "dossier", "AP-1", "--each", "-o", "b", *more)
        assert "leave out --as and --task" in said
    filled.done("dossier", "AP-2", "--as", "handover", "-o", "h.docx")
    assert Path("h.docx").read_bytes()[:2] == b"PK"
    assert "--as" in filled.refused(
        errors.OptionError, "dossier", "AP-2", "--template", "t.docx", "-o", "a.pdf"
    )


def test_a_page_over_years_and_over_reports(filled: Command) -> None:
    """A report of 2021 that was recorded after one of 2023: two steps differ, by year and known."""
    with mg.open_store("register.gpkg") as store:
        west = shapely.box(103, 13, 103.005, 13.01)
        middle = shapely.box(103.002, 13, 103.007, 13.01)
        store.record("AP-2", "cleared", west, happened_on="2023-02-01")
        store.record("AP-2", "reduced", middle, happened_on="2021-03-01")
        moments = sorted(set(store.state().effects["recorded_at"]))
        known = [store.balance(known_at=moment).iloc[0] for moment in moments]
        years = [store.balance(as_of=f"{year}-12-31").iloc[0] for year in (2020, 2021, 2022)]

    def told(*more: str) -> dict[str, Any]:
        asked = ("--kind", "ap_minefield", "--as-of", "2023-12-31", *more, "-o", "page.html")
        filled.done("map", "national", *asked)
        found = re.search(
            r'id="mine-geo-data"[^>]*>(.*?)</script>',
            Path("page.html").read_text("utf-8"),
            re.DOTALL,
        )
        return json.loads(found[1]).get("time", {})

    def figures(step: dict[str, Any], at: int) -> list[int]:
        released = step["released"]
        return [released["cleared"][at], released["reduced"][at],
                step["near"][at][1] + step["far"][at][1]]  # fmt: skip

    assert told() == {}
    assert list(told("--over-time")) == ["years"]
    both = told("--over-reports")
    assert list(both) == ["years", "reports"]
    names = ["cleared_m2", "reduced_m2", "remaining_m2"]
    assert len(both["reports"]["days"]) == len(known) == 3
    for at, row in enumerate(known):
        assert figures(both["reports"], at) == row[names].tolist(), at
    for at, row in enumerate(years):
        assert figures(both["years"], at) == row[names].tolist(), at
    assert told("--over-reports", "--public", "--replace-restricted") == {}


def test_relief_needs_to_be_of_somebody_and_for_the_office(filled: Command) -> None:
    terrain = sample.path("terrain")
    filled.refused(errors.OptionError, "map", "national", "--relief", terrain, "-o", "page.html")
    filled.refused(errors.OptionError, "map", "national", "--credit", "me", "-o", "page.html")
    of_all = ("--public", "--relief", terrain, "--credit", "me")
    filled.refused(errors.OptionError, "map", "national", *of_all, "-o", "page.html")
    said = filled.done(
        "map", "national", "--relief", terrain, "--credit", "invented", "-o", "page.html"
    )
    size = int(re.search(r"relief: ([\d,]+) bytes", said)[1].replace(",", ""))
    assert 1_000 < size < 150_000
    assert "invented" in shown(Path("page.html"))
