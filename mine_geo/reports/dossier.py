"""The dossier of a hazard or a task: its facts in words, laid out by Typst as PDF.

Maps, balance, record in both languages, history, items found, neighbours, turning points. The
balance stands on every page. A dossier shows polygons and records: it is always restricted.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mine_geo import processes
from mine_geo.disclosure import restriction
from mine_geo.errors import OptionError, choose
from mine_geo.exports.points import BEARING_DECIMALS
from mine_geo.maps import grouping
from mine_geo.maps.facts import badges, data_rows, day_said, restricted_said
from mine_geo.maps.ground import country_name
from mine_geo.maps.provenance import sources
from mine_geo.maps.sheets.panel import swatches
from mine_geo.reports import pictures
from mine_geo.reports.facts import BALANCE_COLUMNS, NEIGHBOURS_M, PLACES, Gatherer
from mine_geo.terms import AREA_TYPES, EVIDENCES, ITEM_COLUMNS, KINDS, OUTCOMES, SURVEY_METHODS
from mine_geo.typeset import Column, Document, Head, Listing, Row
from mine_geo.words import LANGUAGES, Said, same, say

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mine_geo.disclosure.layers import Layers
    from mine_geo.reports.facts import Facts
    from mine_geo.reports.pictures import Picture


TEMPLATE: Final = Path(__file__).with_name("dossier.typ")
OVERVIEW_MM: Final = (92.0, 75.0)
DETAIL_MM: Final = (183.0, 122.0)
NOTHING: Final = same("")
DASH: Final = same("\N{EN DASH}")
_FILE_NAME: Final = re.compile(r"\w[\w .-]{0,99}")
NET: Final = ("registered_m2", "amended_m2", "transferred_m2")


@dataclass(frozen=True, eq=False)
class Dossier:
    """A dossier, ready to be written: `save("task.pdf")`."""

    facts: Facts
    language: str = "en"
    """`en` or `km`: the language that comes first; the record stands in both."""

    def __post_init__(self) -> None:
        """Refuse a language that there is not."""
        choose(self.language, LANGUAGES, "language")

    @cached_property
    def document(self) -> Document:
        """The document for Typst, with its maps."""
        language = self.language
        where = pictures.overview(self.facts, *OVERVIEW_MM, language)
        land = pictures.detail(self.facts, *DETAIL_MM, language)
        entries = list(dict.fromkeys((*land.entries, *where.entries)))
        data = {
            **told(self.facts),
            "overview": _map("overview.svg", where),
            "detail": _map("detail.svg", land),
            "legend": swatches(entries, 1.0),
        }
        drawn = {"overview.svg": where.content, "detail.svg": land.content}
        return Document(head_of(self.facts, language), TEMPLATE, data, drawn)

    def save(self, path: str | Path, *, replace: str | None = None) -> Path:
        """Write the dossier as PDF; the same facts give the same bytes.

        It says that it is restricted, and is its owner's alone.

        Parameters
        ----------
        path
            The file, ending in `.pdf`; one that is there is replaced at the very end.
        replace
            "public": of which kind the file that is there may be, where it is not restricted.

        Raises
        ------
        OptionError
            If the ending is another one.
        FileError
            If the file cannot be written, or takes the place of a public one that `replace` does
            not name.
        """
        place = Path(path)
        if place.suffix.casefold() != ".pdf":
            raise OptionError(f"{place.name}: a dossier is written as .pdf; give that ending")
        restriction.check(place, public=False, replace=replace)
        return self.document.save(place, replace=replace)


def dossier(
    layers: Layers, ids: Sequence[str] | str, *, number: str | None = None, language: str = "en"
) -> Dossier:
    """Return the dossier of a hazard, or of a task of several.

    Parameters
    ----------
    layers, ids, number
        As for `facts`.
    language
        "en" or "km": which comes first.

    Raises
    ------
    OptionError
        If no id is given, or the language is unknown.
    UnknownNameError
        If there is no such hazard.
    RecordError
        If an id stands twice, or the ledger and the polygon of a hazard do not agree.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from mine_geo import intake, maps
    >>> from mine_geo.geo import sample
    >>> from mine_geo.split.zones import border_split
    >>> fields = gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"]}, geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326)
    >>> split = border_split(fields, intake.read_border(sample.path("border")))
    >>> dossier(maps.layers(split), "AP-1").facts.hazards["size_m2"].tolist()
    [1200149]
    """
    return Dossier(Gatherer(layers).facts(ids, number=number), language)


@dataclass(frozen=True, eq=False)
class _Printer:
    """Makes the dossier of one task after another: ids, and the number that they have."""

    gatherer: Gatherer
    language: str

    def __call__(self, task: tuple[tuple[str, ...], str | None]) -> bytes:
        ids, number = task
        return Dossier(self.gatherer.facts(ids, number=number), self.language).document.pdf()


def dossiers(
    layers: Layers,
    tasks: Mapping[str, Sequence[str]],
    folder: str | os.PathLike[str],
    *,
    numbered: bool = True,
    language: str = "en",
    jobs: int = 1,
    replace: str | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> list[Path]:
    """Write the dossiers of many tasks, `NAME.pdf` each, into a folder.

    Parameters
    ----------
    layers
        As for `facts`.
    tasks
        The hazards of each task by its name: a number, which names the file too.
    folder
        Where they go; made if it is not there.
    numbered
        Whether names are numbers of tasks; else they only name files.
    language
        "en" or "km": which comes first.
    jobs
        How many processes make them.
    replace
        "public": of which kind files that are there may be, where they are not restricted.
    progress
        Called after each with how many are done, of how many, and its name.

    Returns
    -------
    list of pathlib.Path
        The files, in the order of the tasks.

    Raises
    ------
    OptionError
        If a name cannot be that of a file, or an option is unknown.
    UnknownNameError, RecordError, FileError
        As for `dossier` and `Dossier.save`; those before it are written.

    Examples
    --------
    >>> dossiers(None, {"../T-7": ["AP-1"]}, "tasks")
    Traceback (most recent call last):
    mine_geo.errors.OptionError: task '../T-7': a file cannot be named so; ...
    """
    for name in tasks:
        if not _FILE_NAME.fullmatch(name):
            raise OptionError(
                f"task {name!r}: a file cannot be named so; use letters, figures, space, . - and _"
            )
    choose(language, LANGUAGES, "language")
    gatherer, place = Gatherer(layers), Path(folder)
    restriction.make_folder(place, public=False, parents=True)
    asked = [(tuple(ids), name if numbered else None) for name, ids in tasks.items()]
    written = []
    made = processes.made(_Printer(gatherer, language), asked, jobs)
    for name, (_, content) in zip(tasks, made, strict=True):
        written.append(place / f"{name}.pdf")
        restriction.write_file(written[-1], content, public=False, replace=replace)
        if progress is not None:
            progress(len(written), len(tasks), name)
    return written


def title_of(facts: Facts) -> Said:
    """Return what the papers of a task are headed by."""
    if facts.number is not None:
        return say("dossier.of_task", number=facts.number)
    if len(facts.ids) == 1:
        return say("dossier.of_hazard", id=facts.ids[0])
    return say("dossier.of_hazards", count=str(len(facts.ids)))


def head_of(facts: Facts, language: str) -> Head:
    """Return what stands at the head and the foot of each page."""
    scene = facts.scene
    rows = data_rows(scene.split, scene, scene.releases)
    standing = restricted_said(dict(rows)[say("about.data")])
    owed = sources(scene.border, scene.admin, scene.places)
    return Head(
        title=title_of(facts),
        subtitle=say("dossier.hazards", ids=", ".join(facts.ids)),
        standing=standing,
        public=False,
        language=language,
        badges=badges(facts.hazards, scene.admin, synthetic=scene.selection.synthetic),
        number=facts.number or "",
        provenance=[
            *(Said(f"{name.en}: {text.en}", f"{name.km}៖ {text.km}") for name, text in rows),
            *([say("sheet.sources", sources=" · ".join(owed))] if owed else []),
        ],
    )


def told(facts: Facts) -> dict[str, Any]:
    """Return all that a dossier says, in words of both languages; its maps are not in it."""
    return {
        "balances": balance_lines(facts),
        "words": {
            name: say(f"dossier.{name}") for name in ("location", "map", "numbers", "points_said")
        },
        "legend_is": say("sheet.legend"),
        "records": [
            {"title": say("dossier.record_of", id=str(row["hazard_id"])), "rows": record}
            for (_, row), record in zip(facts.hazards.iterrows(), records(facts), strict=True)
        ],
        "balance": balance_table(facts),
        "history": history_table(facts),
        "history_said": say("dossier.retracted_said"),
        "items": items_table(facts),
        "no_items": say("dossier.no_items"),
        "neighbours": neighbours_table(facts),
        "no_neighbours": say("dossier.no_neighbours"),
        "points": points_tables(facts.points),
        "points_title": say("dossier.points"),
        "closed": closed_said(facts),
    }


def _map(name: str, picture: Picture) -> dict[str, Any]:
    return {
        "file": name,
        "furniture": picture.furniture,
        "wide": picture.size_mm[0],
    }


# What it says


def whole(value: Any) -> Said:
    """Write whole m²; a dash where they are not known.

    Examples
    --------
    >>> whole(1200149).en, whole(None) == DASH
    ('1,200,149', True)
    """
    return DASH if value is None or pd.isna(value) else same(f"{value:,.0f}")


def metres(value: float) -> str:
    """Write metres to the centimetre, cut and not rounded: what is near stays near.

    Examples
    --------
    >>> metres(6999.999), metres(7000.0)
    ('6,999.99', '7,000.00')
    """
    return f"{math.floor(value * 100 + 1e-9) / 100:,.2f}"


def is_known(value: Any) -> bool:
    """Say whether a record tells a value."""
    return not (value is None or pd.isna(value))


def _word(value: Any, key: str, known: Iterable[str]) -> Said:
    """Return the word of a value, or the value where it is none of ours."""
    if not is_known(value):
        return say("about.not_recorded")
    return say(f"{key}.{value}") if value in known else same(str(value))


def balance_lines(facts: Facts) -> list[Said]:
    """Return the balance of each kind in a line, and what is in none: for every page."""
    if facts.scene.ledger is None:
        return [say("dossier.no_balance")]
    found = [
        say(
            "dossier.balance_line",
            what=grouping.kind_name(str(row["kind"]) if is_known(row["kind"]) else ""),
            task=whole(row["task_m2"]),
            remaining=whole(row["remaining_m2"]),
            **{outcome: whole(row[f"{outcome}_m2"]) for outcome in OUTCOMES},
        )
        for _, row in facts.by_kind.iterrows()
    ]
    rest = facts.unbooked
    found += [
        say("dossier.unbooked", ids=str(row["hazard_id"]), size=whole(row["size_m2"]))
        for _, row in rest.iterrows()
    ]
    return found


def records(facts: Facts) -> list[list[tuple[Said, Said]]]:
    """Return what is recorded of each hazard: names and values in both languages."""
    units = grouping.unit_words(facts.scene.admin)
    corners = facts.points.groupby("hazard_id").size()
    return [
        _record(facts, row, units, int(corners.get(row["hazard_id"], 0)))
        for _, row in facts.hazards.iterrows()
    ]


def _record(
    facts: Facts, row: pd.Series[Any], units: dict[str, dict[Any, Said]], corners: int
) -> list[tuple[Said, Said]]:
    rows = [
        (say("field.kind"), _word(row["kind"], "kind_one", KINDS)),
        (say("field.also"), _word(row["also"], "kind_one", KINDS)),
        (say("field.area_type"), _word(row["area_type"], "symbol", AREA_TYPES)),
        (say("field.status"), _word(row["status"], "status", ("open", "worked_on", "closed"))),
        (say("field.in_workbench"), _register(row)),
        *((say(f"field.{level}"), _place(row, level, units)) for level in reversed(PLACES)),
        (say("field.border_distance_m"), _distance(row)),
        (say("field.zone"), _zone(facts, row)),
        (say("field.size_m2"), _m2(row["size_m2"])),
        (say("field.reported_size_m2"), _m2(row["reported_size_m2"])),
        (
            say("field.difficulty"),
            _word(row["difficulty"], "difficulty", ("high", "medium", "low")),
        ),
        (say("field.operator"), _text(row["operator"])),
        (
            say("dossier.survey_method"),
            _word(row["survey_method"], "survey", SURVEY_METHODS),
        ),
        (say("dossier.evidence"), _word(row["evidence"], "evidence", EVIDENCES)),
        (
            say("field.surveyed_on"),
            day_said(row["surveyed_on"])
            if is_known(row["surveyed_on"])
            else say("about.not_recorded"),
        ),
        (say("dossier.corners"), same(f"{corners:,}")),
    ]
    ways = facts.access[facts.access["hazard_id"] == row["hazard_id"]]
    texts = [same(f"{way.name}: {way.text}") for way in ways[["name", "text"]].itertuples()]
    return [
        *rows,
        *((say("dossier.access"), text) for text in texts or [say("about.not_recorded")]),
    ]


def _register(row: pd.Series[Any]) -> Said:
    if not row["in_ledger"]:
        return say("dossier.waiting") if row["in_workbench"] else say("about.not_recorded")
    return say("register.waiting" if row["in_workbench"] else "register.accepted")


def _text(value: Any) -> Said:
    return same(str(value)) if is_known(value) else say("about.not_recorded")


def _m2(value: Any) -> Said:
    return say("unit.m2", number=f"{value:,.0f}") if is_known(value) else say("about.not_recorded")


def _place(row: pd.Series[Any], level: str, units: dict[str, dict[Any, Said]]) -> Said:
    code = row.get(f"{level}_code")
    said = units.get(level, {}).get(code) if is_known(code) else None
    said = said or _text(row[level])
    return Said(f"{said.en} ({code})", f"{said.km} ({code})") if is_known(code) else said


def _distance(row: pd.Series[Any]) -> Said:
    if not is_known(row["border_distance_m"]):
        return say("about.not_recorded")
    to = row["neighbour"]
    country = country_name(str(to)) if is_known(to) else say("dossier.to_coast")
    return say("dossier.distance_said", distance=metres(row["border_distance_m"]), country=country)


def _zone(facts: Facts, row: pd.Series[Any]) -> Said:
    if not is_known(row["zone"]):
        return say("about.not_recorded")
    threshold = say("unit.metres", number=f"{facts.scene.threshold_m:,.10g}")
    return say("dossier.zone_said", zone=say(f"zone.{row['zone']}"), threshold=threshold)


def balance_table(facts: Facts) -> Listing | None:
    """Return the balance of each hazard, with a total for each kind; None without a ledger."""
    if facts.balance.empty:
        return None
    names = {
        "task_m2": "dossier.task",
        **{name: f"dossier.{name.removesuffix('_m2')}" for name in (*NET, "remaining_m2")},
        **{f"{outcome}_m2": f"outcome.{outcome}" for outcome in OUTCOMES},
    }
    columns = (
        Column(say("field.hazard_id"), wide=True),
        *(Column(say(names[name]).capital, figures=True) for name in BALANCE_COLUMNS),
    )
    rows = [
        Row((same(str(row["hazard_id"])), *(whole(row[name]) for name in BALANCE_COLUMNS)))
        for _, row in facts.balance.iterrows()
    ]
    totals = [
        Row(
            (
                grouping.kind_name(str(row["kind"]) if is_known(row["kind"]) else ""),
                *(whole(row[name]) for name in BALANCE_COLUMNS),
            ),
            total=True,
        )
        for _, row in facts.by_kind.iterrows()
    ]
    return Listing(columns, (*rows, *totals), title=say("dossier.balance"))


def history_table(facts: Facts) -> Listing | None:
    """Return what happened, hazard by hazard; None without a ledger."""
    if facts.history.empty:
        return None
    columns = (
        Column(say("field.happened_on")),
        Column(say("dossier.event")),
        Column(say("field.operator")),
        Column(say("field.report_ref"), wide=True),
        Column(say("dossier.before"), figures=True),
        *(Column(say(f"outcome.{outcome}").capital, figures=True) for outcome in OUTCOMES),
        Column(say("dossier.change"), figures=True),
        Column(say("dossier.after"), figures=True),
        Column(say("field.reported_size_m2"), figures=True),
    )
    rows: list[Row] = []
    for hazard, events in facts.history.groupby("hazard_id", sort=False):
        rows.append(Row((same(str(hazard)),), heading=True))
        rows += [_event(event) for _, event in events.iterrows()]
    return Listing(columns, tuple(rows), title=say("dossier.history"))


def _event(event: pd.Series[Any]) -> Row:
    kind = str(event["event_type"])
    name = say(f"outcome.{kind}") if kind in OUTCOMES else say(f"event.{kind}")
    day = event["happened_on"]
    reference = event["report_ref"] if is_known(event["report_ref"]) else event["event_id"]
    text = f"{reference}: {event['note']}" if is_known(event["note"]) else str(reference)
    counts = is_known(event["before_m2"])
    net = sum(event[column] for column in NET) if counts else None
    return Row(
        (
            same(f"{day:%Y-%m-%d}") if is_known(day) else DASH,
            name,
            same(str(event["operator"])) if is_known(event["operator"]) else DASH,
            same(text),
            whole(event["before_m2"]),
            *(_moved(event[f"{outcome}_m2"]) for outcome in OUTCOMES),
            _moved(net, signed=True),
            whole(event["after_m2"]),
            whole(round(event["reported_size_m2"]))
            if is_known(event["reported_size_m2"])
            else DASH,
        )
    )


def _moved(value: Any, *, signed: bool = False) -> Said:
    """Write what an event moved; nothing where it moved nothing of the sort."""
    if not is_known(value):
        return DASH
    return same(f"{int(value):{'+' if signed else ''},}") if value else NOTHING


def items_table(facts: Facts) -> Listing | None:
    """Return the items that reports found; None where nothing was released."""
    if facts.items.empty:
        return None
    columns = (
        Column(say("field.hazard_id"), wide=True),
        Column(say("field.outcome")),
        *(Column(say(f"dossier.{name}"), figures=True) for name in ITEM_COLUMNS),
        Column(say("dossier.reports"), figures=True),
        Column(say("dossier.silent"), figures=True),
    )
    rows = [
        Row(
            (
                same(str(row["hazard_id"])),
                say(f"outcome.{row['outcome']}"),
                *(whole(row[name]) for name in (*ITEM_COLUMNS, "events", "silent")),
            )
        )
        for _, row in facts.items.iterrows()
    ]
    return Listing(columns, tuple(rows), title=say("dossier.items"))


def _near_said() -> Said:
    return say("dossier.neighbours", distance=f"{NEIGHBOURS_M:,.0f}")


def neighbours_table(facts: Facts) -> Listing:
    """Return the hazards beside those of the task, the nearest first; maybe none."""
    columns = (
        Column(say("field.hazard_id")),
        Column(say("field.kind"), wide=True),
        Column(say("field.area_type")),
        Column(say("field.status")),
        Column(say("field.in_workbench")),
        Column(
            Said(f"{say('field.size_m2').en}, m²", f"{say('field.size_m2').km}, ម²"), figures=True
        ),
        Column(say("dossier.distance"), figures=True),
        Column(say("dossier.nearest")),
    )
    rows = [
        Row(
            (
                same(str(row["hazard_id"])),
                _word(row["kind"], "kind_one", KINDS),
                same(str(row["area_type"])) if is_known(row["area_type"]) else DASH,
                _word(row["status"], "status", ("open", "worked_on", "closed")),
                say("dossier.waits" if row["in_workbench"] else "register.accepted"),
                whole(row["size_m2"]),
                same(metres(row["distance_m"])),
                same(str(row["nearest_id"])),
            )
        )
        for _, row in facts.neighbours.iterrows()
    ]
    return Listing(columns, tuple(rows), title=_near_said())


def points_tables(points: pd.DataFrame) -> Listing | None:
    """Return turning points, ring by ring; None where there are none."""
    if points.empty:
        return None
    zones = sorted(set(points["utm_zone"]))
    zone = zones[0] if len(zones) == 1 else "/".join(zones)
    columns = (
        Column(say("dossier.point"), figures=True),
        Column(say("dossier.latitude"), figures=True),
        Column(say("dossier.longitude"), figures=True),
        Column(say("dossier.easting", zone=zone), figures=True),
        Column(say("dossier.northing"), figures=True),
        Column(say("dossier.mgrs")),
        Column(say("dossier.bearing"), figures=True),
        Column(say("dossier.distance"), figures=True),
    )
    rows: list[Row] = []
    for (hazard, part, ring), own in points.groupby(["hazard_id", "part", "ring"], sort=False):
        hole = str(ring).partition("hole ")[2]
        which = say("dossier.hole", number=hole) if hole else say("dossier.outer")
        heading = say("dossier.part", id=str(hazard), part=str(part), ring=which)
        rows.append(Row((heading,), heading=True))
        rows += [_point(point) for point in own.itertuples()]
    return Listing(columns, tuple(rows))


def _point(point: Any) -> Row:
    bearing = say("dossier.same_place")
    if not np.isnan(point.bearing_deg):
        bearing = same(f"{point.bearing_deg:.{BEARING_DECIMALS}f}")
    return Row(
        (
            same(str(point.point_number)),
            same(f"{point.latitude:.7f}"),
            same(f"{point.longitude:.7f}"),
            same(f"{point.easting:.2f}"),
            same(f"{point.northing:.2f}"),
            same(point.mgrs),
            bearing,
            same(f"{point.distance_m:.2f}"),
        )
    )


def closed_said(facts: Facts) -> Said:
    """Say of which hazards nothing remains; nothing where something remains of each."""
    gone = facts.hazards[~facts.hazards["remains"]]["hazard_id"]
    return say("dossier.points_closed", ids=", ".join(map(str, gone))) if len(gone) else NOTHING
