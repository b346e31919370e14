"""An atlas: which pages there are, that their figures are the totals, what a run changes."""

from __future__ import annotations

import json
import multiprocessing
import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mine_geo import intake, maps, store
from mine_geo.cli import main
from mine_geo.disclosure.layers import Layers
from mine_geo.disclosure.settings import PublicSettings
from mine_geo.errors import FileError, MixedError, OptionError
from mine_geo.geo import sample
from mine_geo.maps.atlas.build import Leaf, Plan, atlas
from mine_geo.maps.atlas.folder import MANIFEST, file_names
from mine_geo.maps.scene import Scene
from mine_geo.split import zones
from mine_geo.tables.totals import totals
from tests.maps import rasters
from tests.maps.markup import Markup, broken, read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mine_geo.maps.atlas.build import Atlas

    Make = Callable[..., Atlas]

OPTIONS = {"title", "first", "kind", "basemap", "public", "all_units", "jobs", "progress"}

PAGES = {
    "index.html",
    "02-battambang/index.html",
    "02-battambang/border-zone.html",
    "02-battambang/0204-bavel.html",
    "02-battambang/0209-samlout.html",
    "08-kandal/index.html",
    "08-kandal/0811-ta-khmau.html",
}
SHARED = {"assets/mine_geo.css", "assets/mine_geo.js", MANIFEST}
SAMLOUT = {
    "index.html",
    "02-battambang/index.html",
    "02-battambang/border-zone.html",
    "02-battambang/0209-samlout.html",
}
"""What shows a hazard of Samlout: its district draws it, the others count it or list it."""

NASTY = ("../../x", "CON", "a/b", "</script><script>window.hit=1</script>", "C:\\x", "កំពត", "..")


@pytest.fixture
def make(
    tmp_path: Path, split: gpd.GeoDataFrame, border: gpd.GeoDataFrame, admin: gpd.GeoDataFrame
) -> Make:
    """Give what writes the small atlas into `tmp_path / "atlas"`."""
    frames = {"split": split, "border": border, "admin": admin}

    def made(*, out: Path = tmp_path / "atlas", **told: Any) -> Atlas:
        how = {"all_units": True} | {name: told.pop(name) for name in OPTIONS & told.keys()}
        return atlas(maps.layers(**(frames | told)), out, **how)

    return made


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """Return what tells whether a file was written anew."""
    return {
        name: (told.st_mtime_ns, told.st_ino)
        for name in files(folder)
        for told in [(folder / name).stat()]
    }


def rewritten(folder: Path, before: dict[str, tuple[int, int]]) -> set[str]:
    after = stamps(folder)
    return {name for name in after if after[name] != before.get(name)} - {MANIFEST}


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in files(folder)}


def test_its_pages_link_to_each_other_and_hold_the_figures(make: Make) -> None:
    said: list[tuple[int, int, str]] = []
    made = make(progress=lambda *told: said.append(told))
    assert files(made.folder) == PAGES | SHARED
    assert {str(page.relative_to(made.folder)) for page in made.pages} == PAGES
    assert made.pages[0] == made.folder / "index.html"
    assert (made.written, made.unchanged, made.removed) == (len(PAGES) + 2, 0, 0)
    assert broken(made.folder) == []
    assert [told[:2] for told in said] == [(n, len(PAGES)) for n in range(1, len(PAGES) + 1)]
    assert said[-1][2] == "National map"
    samlout = read(made.folder / "02-battambang/0209-samlout.html")
    assert samlout.links == [
        ("../index.html", "National map"),
        ("index.html", "Battambang"),
        ("0204-bavel.html", "Bavel"),
    ]
    listed = read(made.folder / "02-battambang/index.html").links
    assert ("border-zone.html", "Priority list of hazards") in listed
    assert "border-zone.html" not in dict(read(made.folder / "08-kandal/index.html").links)
    (table,) = read(made.folder / "index.html").units()
    assert table.caption == "AP minefields by province"
    assert table.figures() == {
        "Battambang បាត់ដំបង": [3, 3_000_150, 2, 24_000, 5, 3_024_150],
        "Kandal កណ្ដាល": [0, 0, 0, 0, 0, 0],
        "Total": [3, 3_000_150, 2, 24_000, 5, 3_024_150],
    }
    (table,) = read(made.folder / "02-battambang/index.html").units()
    assert table.figures() == {
        "Bavel បវេល": [1, 50, 1, 4_000, 2, 4_050],
        "Samlout សំឡូត": [2, 3_000_100, 1, 20_000, 3, 3_020_100],
        "Total": [3, 3_000_150, 2, 24_000, 5, 3_024_150],
    }


def test_the_sample_s_tables_are_the_totals(tmp_path: Path) -> None:
    fields = intake.read_hazards(sample.path("minefields"))
    split = zones.border_split(fields, intake.read_border(sample.path("border")))
    layers = Scene.of(Layers(split, None, intake.read_admin(sample.path("districts"))))
    plan = Plan(layers, tmp_path, None, "far", "ap_minefield", public=False, all_units=True)
    columns = [f"{zone}{part}" for zone in ("near_", "far_", "") for part in ("hazards", "size_m2")]
    index = next(leaf for leaf in plan.leaves if leaf.kind == "national")
    battambang = next(leaf for leaf in plan.leaves if leaf.path == "02-battambang/index.html")
    drawn = [Markup(plan.draw(leaf).content.decode()).units() for leaf in (index, battambang)]
    inside = split[split["province"] == "Battambang"]
    for (table,), rows, level in zip(drawn, (split, inside), ("province", "district"), strict=True):
        expected = totals(rows, level, total=True)
        expected.index = expected[level].where(expected["row"] == "data", "Total")
        expected = expected[columns]
        shown = {name.rsplit(" ", 1)[0]: found for name, found in table.figures().items()}
        zeros = {name for name, found in shown.items() if not any(found)}
        assert set(shown) - zeros == set(expected.index)
        assert all(shown[name] == figures.tolist() for name, figures in expected.iterrows())
    # Table 3 of the work plan of 2023, but for what hangs on the coast.
    (table,), _ = drawn
    assert table.figures()["Total"] == [4027, 350_620_858, 3365, 330_663_653, 7392, 681_284_511]
    assert len(table.figures()) == 25 + 1
    assert len(plan.leaves) == 1 + 25 + 198 + split["province"].nunique()


@pytest.mark.parametrize("with_land", [False, True])
def test_only_units_that_hold_something_have_pages(
    make: Make, split: gpd.GeoDataFrame, admin: gpd.GeoDataFrame, with_land: bool
) -> None:
    own = split[split["district"] == "Samlout"]
    land = split.iloc[:1].assign(outcome="cleared", province="Kandal", province_code="08",
                                 district="Ta Khmau", district_code="0811")  # fmt: skip
    told = {"split": own, "all_units": False} | ({"releases": land} if with_land else {})
    made = make(**told)
    bavel = {"02-battambang/0204-bavel.html"}
    kandal = {"08-kandal/index.html", "08-kandal/0811-ta-khmau.html"}
    assert {page.relative_to(made.folder).as_posix() for page in made.pages} == (
        PAGES - bavel - (set() if with_land else kandal)
    )
    # Each unit keeps its row of figures; what has no page is no link.
    index = read(made.folder / "index.html")
    assert any(name.startswith("Kandal") for name in index.units()[0].figures())
    for page in made.pages:
        for href in dict(read(page).links):
            target = (page.parent / href.partition("#")[0]).resolve()
            assert "://" in href or target.is_file() or target == page.parent, (page, href)
    # Where released land says not where it is, every unit has its page.
    unsaid = land.drop(columns=["province", "province_code"])
    assert len(make(split=own, releases=unsaid, all_units=False).pages) == len(PAGES)


def test_what_records_no_unit_has_a_row_of_its_own(make: Make, split: gpd.GeoDataFrame) -> None:
    changed = split.assign(district=[None, "Samlout", "Samlout", " bavel ", ""])
    changed["district_code"] = ["0209", None, "0209", None, None]
    changed["province"] = ["Kandal", "Battambang", None, "BATTAMBANG", "Battambang"]
    changed["province_code"] = ["02", "02", None, None, "02"]
    folder = make(split=changed).folder
    (table,) = read(folder / "index.html").units()
    assert table.figures() == {
        "Battambang បាត់ដំបង": [2, 150, 2, 24_000, 4, 24_150],  # a code decides, not the name
        "Kandal កណ្ដាល": [0, 0, 0, 0, 0, 0],
        "No unit recorded": [1, 3_000_000, 0, 0, 1, 3_000_000],
        "Total": [3, 3_000_150, 2, 24_000, 5, 3_024_150],
    }
    (table,) = read(folder / "02-battambang/index.html").units()
    assert table.figures() == {
        "Bavel បវេល": [0, 0, 1, 4_000, 1, 4_000],
        "Samlout សំឡូត": [1, 100, 1, 20_000, 2, 20_100],
        "No unit recorded": [1, 50, 0, 0, 1, 50],
        "Total": [2, 150, 2, 24_000, 4, 24_150],
    }
    assert files(folder) == PAGES | SHARED


def test_a_province_that_no_district_table_knows_has_its_pages(
    make: Make, split: gpd.GeoDataFrame, admin: gpd.GeoDataFrame
) -> None:
    folder = make(admin=admin.iloc[2:]).folder
    assert files(folder) == PAGES | SHARED
    changed = split.assign(province_code=None, district_code=None)
    bare = make(split=changed, admin=None, border=None, out=folder.parent / "bare").folder
    names = ("index", "border-zone", "bavel", "samlout")
    assert files(bare) == {"index.html", *(f"battambang/{name}.html" for name in names)} | SHARED
    assert broken(bare) == []


def test_kinds_have_a_table_each(make: Make, split: gpd.GeoDataFrame) -> None:
    mixed = split.assign(kind=["ap_minefield"] * 4 + ["cluster_munition"])
    tables = read(make(split=mixed).folder / "index.html").units()
    assert {table.caption: table.figures()["Total"] for table in tables} == {
        "AP minefields by province": [2, 3_000_100, 2, 24_000, 4, 3_024_100],
        "Cluster munition areas by province": [1, 50, 0, 0, 1, 50],
    }


def test_nothing_at_all_is_an_index(make: Make, split: gpd.GeoDataFrame) -> None:
    made = make(split=split.iloc[:0], border=None, admin=None)
    assert files(made.folder) == {"index.html"} | SHARED
    (table,) = read(made.folder / "index.html").units()
    assert table.figures() == {"Total": [0] * 6}


def test_only_what_has_changed_is_written(
    make: Make, split: gpd.GeoDataFrame, admin: gpd.GeoDataFrame
) -> None:
    folder = make().folder
    before = stamps(folder)
    again = make(split=split.copy())
    assert stamps(folder) == before
    assert (again.written, again.unchanged, again.removed) == (0, len(PAGES) + 2, 0)
    changed = split.copy()
    changed.loc[changed["hazard_id"] == "AP-2", ["size_m2", "far_size_m2"]] = 19_999
    made = make(split=changed)
    # Those of the next province draw it too, around their own.
    seen = SAMLOUT | {"08-kandal/index.html", "08-kandal/0811-ta-khmau.html"}
    assert rewritten(folder, before) == seen
    assert (made.written, made.unchanged) == (len(seen), len(PAGES) + 2 - len(seen))
    made = make(split=changed, admin=admin.iloc[:2], title="Of the province")
    assert (made.written, made.removed) == (len(SAMLOUT) + 1, 2)  # neighbours' names have gone
    assert not (folder / "08-kandal").exists()
    assert broken(folder) == []
    assert "Of the province" in (folder / "index.html").read_text()


class CutOffError(Exception):
    """Stands for a run that ends before its end."""


def cut_off(after: int) -> Callable[[int, int, str], None]:
    def progress(done: int, total: int, name: str) -> None:
        if done == after:
            raise CutOffError

    return progress


def test_a_run_that_is_cut_off_leaves_a_folder_of_use(
    make: Make, split: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    with pytest.raises(CutOffError):
        make(progress=cut_off(3))
    with pytest.raises(CutOffError):
        make(progress=cut_off(len(PAGES) - 1))
    folder = tmp_path / "atlas"
    assert files(folder) == (PAGES | SHARED) - {"index.html"}
    whole = make().folder
    assert files(whole) == PAGES | SHARED
    index = (whole / "index.html").read_bytes()
    with pytest.raises(CutOffError):
        make(split=split.assign(operator="MAG"), progress=cut_off(2))
    assert (folder / "index.html").read_bytes() == index
    assert broken(folder) == []


def test_what_makes_no_atlas_is_refused(
    make: Make, split: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    with pytest.raises(MixedError):
        make(split=split.assign(threshold_m=[7000.0] * 4 + [5000.0]))
    with pytest.raises(OptionError, match="first 'sideways' is unknown"):
        make(first="sideways")
    with pytest.raises(OptionError, match="one process at least"):
        make(jobs=0)
    assert not (tmp_path / "atlas").exists()


def many_districts(admin: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return Kandal cut into 8 districts, beside those of Battambang."""
    strips = [shapely.box(103.5, 13 + n / 8, 104, 13 + (n + 1) / 8) for n in range(8)]
    names = [f"Strip {n}" for n in range(8)]
    kandal = gpd.GeoDataFrame({"district": names}, geometry=strips, crs=4326)
    kandal = kandal.assign(province="Kandal", province_code="08", province_km="កណ្ដាល")
    kandal["district_code"] = [f"08{n:02}" for n in range(8)]
    return pd.concat([admin.iloc[:2], kandal], ignore_index=True)


def test_processes_change_nothing(
    make: Make, admin: gpd.GeoDataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    many = many_districts(admin)
    alone = contents(make(out="alone", admin=many).folder)
    assert contents(make(out="shared", admin=many, jobs=2).folder) == alone

    def none(kind: str) -> None:
        raise OSError("no processes here")

    with monkeypatch.context() as patch:
        patch.setattr(multiprocessing, "get_context", none)
        assert contents(make(out="refused", admin=many, jobs=2).folder) == alone

    # Processes that end before they have read what they are handed, more than a pipe holds: as
    # in a script without `if __name__ == "__main__"`. The first one waited for them for ever.
    monkeypatch.setattr(multiprocessing.spawn, "_python_exe", b"/bin/false")
    away = pd.DataFrame({"name": [f"Place {n}" for n in range(20_000)], "lon": 90.0, "lat": 1.0})
    assert contents(make(out="dead", admin=many, places=away, jobs=2).folder) == alone


def test_names_of_units_never_leave_the_folder(
    make: Make, split: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    for level, coded in (("province", "code"), ("district", None)):
        rows = pd.concat([split.iloc[:1]] * len(NASTY), ignore_index=True)
        rows["hazard_id"] = [f"AP-{number}" for number in range(len(rows))]
        rows = rows.assign(province_code=None, district_code=None, **{level: NASTY})
        if coded:
            rows["province_code"] = NASTY
        made = make(split=rows, admin=None, border=None, out=tmp_path / f"{level}{coded}")
        assert set(tmp_path.iterdir()) >= {made.folder}
        for name in files(made.folder) - SHARED:
            assert re.fullmatch(r"([a-z0-9-]+/)?[a-z0-9-]+\.html", name)
        assert broken(made.folder) == []
        assert len(files(made.folder)) == len(SHARED) + len(made.pages)
    assert {path.name for path in tmp_path.iterdir()} == {"provincecode", "districtNone"}


@settings(max_examples=30)
@given(
    units=st.lists(
        st.tuples(st.text(max_size=5), st.text(max_size=70)), max_size=12, unique=True
    ).map(lambda pairs: [(f"{code}\n{name}", code, name) for code, name in pairs])
)
@example(units=[(str(n), "", name) for n, name in enumerate((*NASTY, "con", "a b", "a-b", ""))])
@example(units=[("1", "02", "Pailin"), ("2", "02", "pailin"), ("3", "", "index")])
def test_file_names_are_plain_and_differ(units: list[tuple[str, str, str]]) -> None:
    names = file_names(units, ["index"])
    assert list(names) == [key for key, _, _ in units]
    assert len(set(names.values())) == len(units)
    for name in names.values():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
        assert len(name) <= 70
        assert name not in ("index", "con", "nul", "com1", "lpt9")
    assert file_names(units[::-1], ["index"]) == names


def test_two_units_of_a_name_have_two_files() -> None:
    both = file_names([("code 1", "", "Pailin"), ("code 2", "", "Pailin"), ("x", "", "Kep")])
    assert both["code 1"] != both["code 2"]
    assert both["code 1"].startswith("pailin-")
    assert both["x"] == "kep"


def test_the_image_of_a_basemap_lies_beside_its_page(make: Make, tmp_path: Path) -> None:
    ground = rasters.write(tmp_path / "ground.tif", rasters.quadrants(100, 100), rasters.DEGREES)
    folder = make(basemap=ground).folder
    images = {name for name in files(folder) if "_basemap." in name}
    assert {name.split("_basemap.")[0] for name in images} >= {
        "index",
        "02-battambang/index",
        "02-battambang/0209-samlout",
    }
    assert images <= set(json.loads((folder / MANIFEST).read_text())["files"])
    before = stamps(folder)
    assert make(basemap=ground).written == 0
    assert stamps(folder) == before
    assert make().removed == len(images)
    assert files(folder) == PAGES | SHARED


def test_pages_for_everybody_know_no_hazard(
    make: Make, split: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    with pytest.raises(OptionError, match="needs restricted="):
        make(public=True)
    assert not (tmp_path / "atlas").exists()
    every_figure = PublicSettings(least_count=1, round_m2=1)
    made = make(public=True, restricted=split, settings=every_figure)
    assert files(made.folder) == {name for name in PAGES if "border-zone" not in name} | SHARED
    assert broken(made.folder) == []
    every = b"".join(content for name, content in contents(made.folder).items() if "js" not in name)
    assert not [each for each in (*split["hazard_id"], "CMAC", "NPMEC") if each.encode() in every]
    assert {name for page in made.pages for name in drawn_layers(page)} == {"districts"}
    restricted = make(out=tmp_path / "restricted")
    assert b"AP-1" in (restricted.folder / "index.html").read_bytes()
    # Figures are of accepted records, and each row leads to the page of its unit.
    office = make(split=split[~split["in_workbench"]], out=tmp_path / "accepted")
    for name, figures in _index(office.folder).items():
        assert _index(made.folder)[name] == figures
    # What one has left never lies in the folder of the other.
    with pytest.raises(FileError, match="holds a restricted atlas; a public one goes"):
        make(public=True, restricted=split, out=restricted.folder)
    with pytest.raises(FileError, match="holds a public atlas; a restricted one goes"):
        make()


def drawn_layers(page: Path) -> list[str]:
    """Return the names of the layers of records that a page draws."""
    _, _, rest = page.read_text().partition('id="mine-geo-data">')
    return [layer["name"] for layer in json.loads(rest.partition("</script>")[0])["layers"]]


def _index(folder: Path) -> dict[str, list[int]]:
    (table,) = read(folder / "index.html").units()
    return table.figures()


def test_leaves_are_written_before_what_links_to_them(
    split: gpd.GeoDataFrame, admin: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    plan = Plan(
        Scene.of(Layers(split, None, admin)),
        tmp_path,
        None,
        "far",
        "ap_minefield",
        public=False,
        all_units=True,
    )
    kinds = [leaf.kind for leaf in plan.leaves]
    assert kinds == [
        *["district"] * 2,
        "border-zone",
        "province",
        "district",
        "province",
        "national",
    ]
    assert plan.leaves[-1] == Leaf("index.html", "national")


def test_the_command_writes_what_the_register_holds(
    tmp_path: Path, border: gpd.GeoDataFrame, admin: gpd.GeoDataFrame
) -> None:
    place = tmp_path / "register.gpkg"
    with store.create_store(place) as made:
        made.load_border(border)
        made.load_admin(admin, name="drawn by hand", version="1")
    told = {"--out": tmp_path / "atlas", "--title": "Of the register", "--jobs": 1}
    before = ["--database", str(place), "atlas"]
    words = [str(word) for option in told.items() for word in option]
    # An empty register has no unit to draw; --all-units draws two provinces and three districts.
    for every, counts in (
        ((), "wrote 3 files, 0 unchanged"),
        (("--all-units",), "wrote 6 files, 2 unchanged"),
        (("--all-units",), "wrote 0 files, 8 unchanged"),
    ):
        done = CliRunner().invoke(main, [*before, *words, *every], catch_exceptions=False)
        assert done.output.startswith(f"{counts}, 0 removed: ")
    assert "Of the register" in (tmp_path / "atlas" / "index.html").read_text()


def test_priority_lists_are_of_one_kind(
    split: gpd.GeoDataFrame, admin: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    kinds = ["ap_minefield", "cluster_munition", "ap_minefield", None, "cluster_munition"]
    mixed = Scene.of(Layers(split.assign(kind=kinds), None, admin))
    lists = {}
    for kind in ("ap_minefield", "cluster_munition", "other_erw"):
        plan = Plan(mixed, tmp_path, None, "far", kind, public=False)
        leaves = [leaf for leaf in plan.leaves if leaf.kind == "border-zone"]
        lists[kind] = [plan.draw(leaf).content.decode() for leaf in leaves]
    assert lists["other_erw"] == []
    for kind, ours, others in (
        ("ap_minefield", {"AP-1", "AP-3"}, {"AP-2", "AP-4", "AP-5"}),
        ("cluster_munition", {"AP-2", "AP-5"}, {"AP-1", "AP-3", "AP-4"}),
    ):
        (page,) = lists[kind]
        assert {name for name in ours | others if name in page} == ours
    assert (
        "Not in this list: Cluster munition areas: 2; kind not recorded: 1."
        in (lists["ap_minefield"][0])
    )
    atlas(maps.layers(mixed.split, admin=admin), tmp_path / "out")
    made = (tmp_path / "out" / "02-battambang" / "border-zone.html").read_text(encoding="utf-8")
    assert "AP-1" in made
    assert "AP-2" not in made
