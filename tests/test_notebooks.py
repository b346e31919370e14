"""Each notebook runs from top to bottom, and shows what it shows in the repository."""

import base64
import os
import re
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import geopandas as gpd
import nbformat
import pytest
import shapely
from nbclient import NotebookClient
from PIL import Image, ImageChops

import mine_geo as mg
from mine_geo.maps.atlas.build import Atlas

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LARGEST = 300_000
"""Bytes of a notebook that is looked at in a village."""
ON_A_SERVER = "07_postgis_and_sql"


def shown(notebook: nbformat.NotebookNode) -> list[list[str]]:
    """Return the text results of each code cell."""
    return [
        [output["data"]["text/plain"] for output in cell.outputs if "data" in output]
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


def run(path: Path, folder: Path) -> nbformat.NotebookNode:
    notebook = nbformat.read(path, as_version=4)
    where = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources=where).execute()
    return notebook


def printed(notebook: nbformat.NotebookNode) -> str:
    return "".join(
        output["text"]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "stream"
    )


def test_the_notebooks_are_numbered_and_listed() -> None:
    numbers = [path.name.partition("_")[0] for path in NOTEBOOKS]
    assert numbers == [f"{number:02d}" for number in range(1, len(NOTEBOOKS) + 1)]
    assert len(numbers) >= 7
    page = (ROOT / "docs" / "notebooks.md").read_text(encoding="utf-8")
    assert re.findall(r"`(\d\d_\w+)`", page) == [path.stem for path in NOTEBOOKS]


@pytest.mark.untraced
@pytest.mark.filterwarnings("default")  # those of the kernel's own machinery
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_its_results_are_those_in_the_repository(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("MINE_GEO_")]:
        monkeypatch.delenv(name)
    before = shown(nbformat.read(path, as_version=4))
    assert shown(run(path, tmp_path)) == before


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_small_whole_and_says_that_its_data_is_invented(path: Path) -> None:
    assert path.stat().st_size < LARGEST
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"/(?:tmp|home|root)/", text)
    notebook = nbformat.read(path, as_version=4)
    assert notebook.cells[0].cell_type == "markdown"
    words = " ".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert re.search(r"synthetic|invented", words, re.IGNORECASE)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error"
            if picture := output.get("data", {}).get("image/png"):
                with Image.open(BytesIO(base64.b64decode(picture))) as image:
                    assert image.width <= 900


@pytest.mark.untraced
@pytest.mark.filterwarnings("default")
def test_the_notebook_on_postgis_agrees_with_sql_on_a_server(
    postgis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINE_GEO_NOTEBOOK_URL", postgis_url)
    said = printed(run(ROOT / "notebooks" / f"{ON_A_SERVER}.ipynb", tmp_path))
    assert "skipped" not in said
    assert "the same, to the square metre: 3 districts" in said
    off = dict(re.findall(r"(\w+_m): up to ([\d.,]+) m off", said))
    # The library's distances are right to 5 cm: what SQL is off is SQL's own, and known.
    assert 1 < float(off["geography_m"]) < 100
    assert 0 < float(off["shortest_line_m"]) < 100


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_an_atlas_shows_its_index_from_where_the_notebook_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / 'a"<b> c'
    atlas = Atlas(folder, [folder / "index.html", folder / "02.html"], 2, 0, 0)
    tags = Tags(atlas._repr_html_()).found
    assert [tag for tag, _ in tags] == ["p", "a", "iframe"]
    assert tags[1][1]["href"] == tags[2][1]["src"] == "a%22%3Cb%3E%20c/index.html"


def test_a_sheet_shows_its_first_page_and_says_in_a_line_which_it_is() -> None:
    hazards = mg.to_hazards(
        gpd.GeoDataFrame(
            {"hazard_id": ["AP-1"], "kind": ["ap_minefield"], "province": ["Battambang"]},
            geometry=[shapely.box(102.9, 12.7, 102.91, 12.71)],
            crs=4326,
        )
    )
    split = mg.border_split(hazards, mg.read_border(mg.sample.path("border")))
    sheet = mg.maps.sheet(split, "Battambang")
    with Image.open(BytesIO(sheet._repr_png_())) as page:
        page.load()
        assert page.size == {"portrait": (595, 842), "landscape": (842, 595)}[sheet.orientation]
    # Fewer colours, and each symbol in its own: within what no eye tells apart.
    pages = sheet._repr_png_(), sheet.document.png(dpi=72)[0]
    few, whole = (Image.open(BytesIO(page)).convert("RGB") for page in pages)
    apart = ImageChops.difference(few, whole)
    assert max(high for _, high in apart.getextrema()) < 20
    assert re.fullmatch(r"<Sheet .*Battambang.*: A4 \w+, 1:[\d,]+>", repr(sheet))
