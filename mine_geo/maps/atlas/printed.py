"""The atlas to print: a sheet of the country, each province and district, and a book of them all.

`atlas.pdf` is the book: title, contents, and all sheets on pages numbered through. Beside it each
sheet by itself: `national.pdf`, `02-battambang.pdf`, `02-battambang/0209-samlout.pdf`. They may
lie in the folder of an atlas of pages. Which units have a sheet, and what is in them, is decided
as for the pages (`build.Plan`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mine_geo import processes
from mine_geo.disclosure.disclosed import required
from mine_geo.disclosure.layers import as_layers
from mine_geo.errors import choose
from mine_geo.maps import grouping
from mine_geo.maps.atlas.build import BOOK, BORDER_ZONE, NATIONAL, Atlas, Plan
from mine_geo.maps.atlas.folder import PRINTED, Folder
from mine_geo.maps.pages.compose import kind_of
from mine_geo.maps.scene import Scene
from mine_geo.words import LANGUAGES, same, say

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    import geopandas as gpd

    from mine_geo.disclosure.layers import Layers
    from mine_geo.maps.atlas.build import Leaf
    from mine_geo.maps.sheets.compose import Look
    from mine_geo.typeset import Book, Document


TEMPLATE: Final = Path(__file__).parent.parent / "assets" / "book.typ"
ONE_WAY: Final = {"A4": "A4-landscape", "A3": "A3-landscape"}
"""All leaves of a book lie the same way, whatever the ground of each."""


@dataclass(frozen=True, eq=False)
class _Printer:
    """Makes the sheet of one unit after another: the document, and its bytes."""

    plan: Plan
    look: Look

    def __call__(self, leaf: Leaf) -> tuple[Document, bytes]:
        from mine_geo.maps.sheets.compose import draw, draw_public  # noqa: PLC0415

        plan = self.plan
        look = replace(self.look, insets=leaf.kind == "district")
        if plan.public:
            sheet = draw_public(plan.layers.public, *plan.called(leaf), look)
        else:
            sheet = draw(plan.layers, plan.subject(leaf), look)
        return sheet.document, sheet.document.pdf()


def printed_atlas(
    layers: gpd.GeoDataFrame | Layers,
    out: str | os.PathLike[str],
    *,
    title: str | None = None,
    paper: str = "A4",
    language: str = "en",
    public: bool = False,
    all_units: bool = False,
    jobs: int = 1,
    progress: Callable[[int, int, str], None] | None = None,
) -> Atlas:
    """Write a folder of sheets to print, and a book of them all with its contents.

    The country, and each province and district that holds hazards or released land, as `sheet`
    draws them; a unit's sheet has all that follows its map. Leaves are bound at their left edge
    and printed on both sides: the inner margin is the wider one. The same input gives the same
    bytes.

    Parameters
    ----------
    layers
        As for `atlas`: a split (EPSG:4326; sizes whole m²), or the split with all that is drawn
        with it.
    out
        As for `atlas`; pages that lie there stay.
    title
        Title of the book instead of the usual one.
    paper
        "A4" or "A3", which lie across, or as for `sheet`: "A4-portrait". All leaves lie one way.
    language
        "en" or "km", which comes first; names stand in both.
    public, all_units, jobs, progress
        As for `atlas`.

    Returns
    -------
    Atlas
        The folder and its files, the book first.

    Raises
    ------
    RecordError, MixedError, CRSError
        As for `maps.layers`.
    OptionError
        If the paper or the language is unknown, there is less than one process, or public sheets
        are asked for where nothing says what is restricted.
    FileError
        As for `atlas`.

    Examples
    --------
    >>> import tempfile
    >>> import geopandas as gpd
    >>> from mine_geo.terms import SPLIT_COLUMNS
    >>> columns = ["hazard_id", "size_m2", *SPLIT_COLUMNS, "province", "district"]
    >>> split = gpd.GeoDataFrame(columns=[*columns, "geometry"], geometry="geometry", crs=4326)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = [printed_atlas(split, folder) for _ in range(2)]
    >>> [[each.name for each in again.pages] for again in made][0], made[1].unchanged
    (['atlas.pdf', 'national.pdf'], 2)
    """
    held = as_layers("printed_atlas(layers, out)", layers, {"out": out, "title": title})
    choose(language, LANGUAGES, "language")
    processes.check(jobs)
    from mine_geo.maps.sheets.compose import Look  # noqa: PLC0415
    from mine_geo.maps.sheets.paper import papers  # noqa: PLC0415

    lying = papers(ONE_WAY.get(paper.strip().upper(), paper))[0]
    look = Look(paper=f"{lying.name}-{lying.orientation}", language=language, two_sided=True)
    if public:  # refused before there is a folder
        required(held.restricted)
        held.selection.accepted()
    of = kind_of(None, held.selection.kind)
    plan = Plan(Scene.of(held), Path(out).absolute(), title, "far", of, public, all_units)
    folder = Folder.open(plan.place, public=public, printed=True)
    leaves = _leaves(plan)
    names = [_path(plan, leaf) for leaf in leaves]
    plan.prepare()
    folder.claim([f"{BOOK}{PRINTED}", *names])
    sheets: list[Document] = []
    for leaf, (document, content) in processes.made(_Printer(plan, look), leaves, jobs):
        folder.put(names[len(sheets)], content)
        sheets.append(document)
        if progress is not None:
            progress(len(sheets), len(leaves) + 1, plan.name(leaf).en)
    book = _book(plan, leaves, sheets)
    folder.put(f"{BOOK}{PRINTED}", book.pdf())
    folder.close()
    if progress is not None:
        progress(len(leaves) + 1, len(leaves) + 1, book.head.title.en)
    return Atlas(
        folder=Path(out),
        pages=[Path(out) / name for name in (f"{BOOK}{PRINTED}", *names)],
        written=folder.written,
        unchanged=folder.unchanged,
        removed=folder.removed,
    )


def _leaves(plan: Plan) -> list[Leaf]:
    """Return what has a sheet in the order of the book: each province before its districts."""
    leaves = [leaf for leaf in plan.leaves if leaf.kind != BORDER_ZONE]
    return sorted(leaves, key=lambda leaf: (leaf.province, leaf.district))


def _path(plan: Plan, leaf: Leaf) -> str:
    if leaf.kind == "national":
        return f"{NATIONAL}{PRINTED}"
    province = plan.units[0][leaf.province]
    folder = plan.folders[province.key]
    if leaf.kind == "province":
        return f"{folder}{PRINTED}"
    file = plan.files[province.key][province.districts[leaf.district].key]
    return f"{folder}/{file}{PRINTED}"


def _book(plan: Plan, leaves: Sequence[Leaf], sheets: Sequence[Document]) -> Book:
    """Return the sheets as a book; what it rests on is that of the country's sheet."""
    from mine_geo.typeset import Book  # noqa: PLC0415

    country = sheets[0]
    depths = [2 if leaf.kind == "district" else 1 for leaf in leaves]
    rows = plan.layers.public.told if plan.public else plan.layers.split
    kinds = grouping.kind_of_rows(rows).unique()
    what = grouping.kind_name(str(kinds[0])) if len(kinds) == 1 else say("kind.several")
    title = say("atlas.book", what=what) if plan.title is None else same(plan.title)
    listed = [
        {"name": plan.name(leaf), "depth": depth}
        for leaf, depth in zip(leaves, depths, strict=True)
    ]
    data = {
        "facts": country.data["facts"],
        "table": country.data["tables"][0],
        "notice": country.data["notice"],
        "contents": say("atlas.contents"),
        "sheets": listed,
    }
    parts = [
        replace(sheet, head=replace(sheet.head, depth=depth))
        for sheet, depth in zip(sheets, depths, strict=True)
    ]
    return Book(replace(country.head, title=title), TEMPLATE, data, parts=parts)
