"""The atlas to print: which sheets there are, the book of them all, and what every page says."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
from click.testing import CliRunner

from mine_geo import maps, store
from mine_geo.cli import main
from mine_geo.disclosure.restriction import kind_of
from mine_geo.disclosure.settings import PublicSettings
from mine_geo.errors import FileError, OptionError
from mine_geo.maps.atlas.folder import MANIFEST
from mine_geo.maps.atlas.printed import printed_atlas
from tests.typeset.prints import lines, pages

if TYPE_CHECKING:
    from pathlib import Path

    from mine_geo.maps import Atlas
    from tests.typeset.prints import Letter

HELD = {
    "atlas.pdf", "national.pdf", "02-battambang.pdf",
    "02-battambang/0204-bavel.pdf", "02-battambang/0209-samlout.pdf",
}  # fmt: skip
ALL = HELD | {"08-kandal.pdf", "08-kandal/0811-ta-khmau.pdf"}
NASTY = ("../../x", "CON", "atlas", "national", '#include "/etc/passwd"', "កំពត", "..")


@pytest.fixture
def layers(
    split: gpd.GeoDataFrame, border: gpd.GeoDataFrame, admin: gpd.GeoDataFrame
) -> maps.Layers:
    return maps.layers(split, border=border, admin=admin, as_of="2022-12-31")


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def read(made: Atlas) -> list[list[Letter]]:
    """Return the letters of each page of the book."""
    return pages(made.pages[0].read_bytes())


def contents(page: list[Letter]) -> list[tuple[str, int]]:
    """Return the entries of a page of contents: Latin name, and the page that is told."""
    latin = [each for each in page if "Khmer" not in each.font]
    found = []
    for line in lines(latin):
        # columns stand beside each other on one line of the page
        found += [(name, int(at)) for name, at in re.findall(r"([A-Za-z]+)\.{3,}(\d+)", line)]
    return found


def test_contents_tell_the_page_on_which_each_sheet_begins(layers, tmp_path) -> None:
    made = printed_atlas(layers, tmp_path / "a", all_units=True)
    book = read(made)
    said = ["".join(lines(page)) for page in book]
    told = dict(contents(book[0]))
    titles = {
        "Nationalmap": "APminefields:nationalmap",
        "Battambang": "Battambangprovince",
        "Bavel": "Baveldistrict,Battambangprovince",
        "Samlout": "Samloutdistrict,Battambangprovince",
        "Kandal": "Kandalprovince",
        "TaKhmau": "TaKhmaudistrict,Kandalprovince",
    }
    assert list(told) == list(titles)  # each province before its districts
    for name, title in titles.items():
        large = "".join(each.text for each in book[told[name] - 1] if each.size > 14)
        assert re.sub(r"\s", "", large).startswith(title), name
    for number, text in enumerate(said, 1):
        assert f"Page{number}of{len(book)}" in text
        assert "RESTRICTED,notforpublication" in text
    assert files(made.folder) == ALL | {MANIFEST}
    assert kind_of(made.pages[0]) == "restricted"


@pytest.mark.parametrize(
    ("paper", "wide", "high"),
    [("a4", 297, 210), ("A3-portrait", 297, 420)],
)
def test_the_inner_margin_is_for_binding_and_no_letter_is_small(
    paper, wide, high, layers, tmp_path
) -> None:
    made = printed_atlas(layers, tmp_path / "a", paper=paper, language="km")
    for number, page in enumerate(read(made), 1):
        shown = [each for each in page if each.text.strip()]
        assert min(each.size for each in shown) >= 6.999
        left, right = min(each.box[0] for each in shown), max(each.box[2] for each in shown)
        inner, outer = (left, wide - right) if number % 2 else (wide - right, left)
        assert inner >= 17.9, number
        assert outer >= 8.9, number
        assert all(0 < each.box[1] < each.box[3] < high for each in shown)
        assert "RESTRICTED" in "".join(lines(page))


def test_each_hazard_is_listed_once_with_its_figures(layers, split, tmp_path) -> None:
    made = printed_atlas(layers, tmp_path / "a")
    assert files(made.folder) == HELD | {MANIFEST}
    said = [line for page in read(made) for line in lines(page)]
    for _, row in split.iterrows():
        kind = row["area_type"] if isinstance(row["area_type"], str) else ""
        size, metres = f"{row['size_m2']:,}", f"{int(row['border_distance_m']):,}"
        wanted = f"{row['hazard_id']}{kind}{row['zone']}{metres}{size}"
        assert sum(wanted in line for line in said) == 1, wanted


def test_the_same_input_gives_the_same_bytes_and_rewrites_nothing(layers, tmp_path) -> None:
    one = printed_atlas(layers, tmp_path / "one")
    other = printed_atlas(layers, tmp_path / "deep" / "other")
    for first, second in zip(one.pages, other.pages, strict=True):
        assert first.read_bytes() == second.read_bytes(), first
    again = printed_atlas(layers, tmp_path / "one")
    assert (again.written, again.unchanged, again.removed) == (0, len(HELD), 0)


def test_pages_and_sheets_lie_in_one_folder_and_each_run_takes_away_its_own(
    layers, split, border, admin, tmp_path
) -> None:
    out = tmp_path / "a"
    paged = maps.atlas(layers, out)
    shown = files(out)
    printed_atlas(layers, out)
    assert files(out) == shown | HELD
    fewer = maps.layers(split[split["district"] == "Bavel"], border=border, admin=admin)
    made = printed_atlas(fewer, out)
    assert made.removed == 1
    assert files(out) == shown | HELD - {"02-battambang/0209-samlout.pdf"}
    assert maps.atlas(layers, out).written == 0
    assert files(out) == shown | HELD - {"02-battambang/0209-samlout.pdf"}
    assert paged.pages[0].is_file()
    listed = json.loads((out / MANIFEST).read_text())["files"]
    assert listed.keys() == files(out) - {MANIFEST}


def test_sheets_for_everybody_know_no_hazard(layers, split, border, admin, tmp_path) -> None:
    with pytest.raises(OptionError, match="needs restricted="):
        printed_atlas(layers, tmp_path / "a", public=True)
    assert not (tmp_path / "a").exists()
    every = PublicSettings(least_count=1, round_m2=1)
    told = maps.layers(split, border=border, admin=admin, restricted=split, settings=every)
    made = printed_atlas(told, tmp_path / "a", public=True)
    assert files(made.folder) == ALL | {MANIFEST}  # none may be missing
    for path in made.pages:
        assert kind_of(path) == "public"
    for page in read(made):
        text = "".join(lines(page))
        assert "RESTRICTED" not in text
        assert "AP-" not in text
    assert "Norecorddoesnotmeannodanger" in "".join(lines(read(made)[0]))
    with pytest.raises(FileError, match="holds a public atlas; a restricted one goes"):
        printed_atlas(layers, tmp_path / "a")


def test_names_are_text_stay_in_the_folder_and_several_processes_change_nothing(
    split, tmp_path
) -> None:
    ids = [f"AP-{number}" for number in range(len(NASTY))]
    named = gpd.GeoDataFrame(pd.concat([split.iloc[[0]]] * len(NASTY), ignore_index=True)).assign(
        hazard_id=ids, province=NASTY, province_code=None, district=NASTY, district_code=None
    )
    made = printed_atlas(maps.layers(named), tmp_path / "in" / "a", jobs=2)
    assert len(set(made.pages)) == 2 + 2 * len(NASTY)
    assert files(tmp_path) == {f"in/a/{each}" for each in files(made.folder)}
    assert all(re.fullmatch(r"[a-z0-9/-]+\.pdf", each) for each in files(made.folder) - {MANIFEST})
    first = "".join(lines(read(made)[0]))
    for name in NASTY:
        assert not name.isascii() or re.sub(r"\s", "", name) in first
    alone = printed_atlas(maps.layers(named), tmp_path / "alone")
    assert [each.read_bytes() for each in alone.pages] == [each.read_bytes() for each in made.pages]


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"paper": "A5"}, "paper 'A5' is unknown"),
        ({"language": "fr"}, "language 'fr' is unknown"),
        ({"jobs": 0}, "one process at least"),
    ],
)
def test_what_is_no_option_is_refused_before_there_is_a_folder(
    told: dict[str, Any], says: str, layers, tmp_path
) -> None:
    with pytest.raises(OptionError) as error:
        printed_atlas(layers, tmp_path / "a", **told)
    assert says in str(error.value)
    assert not (tmp_path / "a").exists()


def test_the_command_prints_a_register(border, admin, tmp_path) -> None:
    place = tmp_path / "register.gpkg"
    with store.create_store(place) as made:
        made.load_border(border)
        made.load_admin(admin, name="drawn by hand", version="1")
    words = ["--database", str(place), "atlas", "--out", str(tmp_path / "a"), "--pdf"]
    done = CliRunner().invoke(main, [*words, "--title", "Of the register"], catch_exceptions=False)
    assert done.output.startswith("wrote 2 files, 0 unchanged, 0 removed: ")
    assert done.output.rstrip().endswith("atlas.pdf (restricted)")
    book = pages((tmp_path / "a" / "atlas.pdf").read_bytes())
    assert "Oftheregister" in "".join(lines(book[0]))
    refused = CliRunner().invoke(main, [*words, "--basemap", "OpenStreetMap.Mapnik"])
    assert refused.exit_code != 0
    assert "a sheet has no basemap" in refused.output
