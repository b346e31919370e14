"""Findings: what a reader or a check says of a record, one row each, in one vocabulary of codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pandas as pd

from mine_geo.errors import choose
from mine_geo.geo.cells import ID_LENGTH, held
from mine_geo.terms import CRS

if TYPE_CHECKING:
    from collections.abc import Iterable

    import shapely


FINDING_COLUMNS: Final = ("code", "severity", "hazard_id", "message", "record", "place")
LONGEST: Final = 10_000
"""Characters of a message."""
SEVERITIES: Final = ("error", "warning", "note")
"""`error`: cannot enter the register. `warning`: to be looked at first. `note`: to be known."""

EMPTY_LEFT_OUT: Final = (
    "an empty part or hole, left out; look at its source whether a part of the land is lost"
)

CODES: Final = {
    # geometry
    "no_polygon": ("warning", "no polygon: kept, and not in the split"),
    "not_polygon": ("error", "a geometry that is not a polygon"),
    "bad_coordinates": ("error", "a coordinate that is no number, or not on the earth"),
    "few_points": ("error", "a ring of fewer than three points"),
    "invalid_ring": ("error", "a ring that crosses or touches itself"),
    "self_overlap": ("error", "parts of one hazard that overlap"),
    "vertex_gap": ("warning", "an edge longer than 5 km"),
    "zero_size": ("warning", "a polygon of less than half a square metre"),
    "outside_country": ("error", "outside the country"),
    "reaches_outside": ("warning", "a part of it outside the country"),
    "duplicate_polygon": ("error", "the polygon of another hazard of that kind"),
    "overlaps_hazard": ("warning", "90 % of it under another hazard of that kind"),
    "known_polygon": ("error", "the polygon of a hazard that is there already under another id"),
    "another_waits": ("warning", "land of which a record of another operator waits"),
    "overlaps_register": ("warning", "land that is in the register already"),
    "repaired": ("note", "a polygon that was repaired"),
    "empty_part": ("warning", "an empty part or hole of a polygon, left out"),
    "as_polygon": ("note", "arcs, a closed line or a labelled polygon, taken as a polygon"),
    # reports
    "no_land": ("error", "a report without the polygon of its land"),
    "duplicate_report": ("warning", "the same report twice"),
    "known_report": ("warning", "a report that is there already and said something else"),
    "perhaps_known": ("warning", "land that was reported already, perhaps in the same report"),
    "waits_elsewhere": ("warning", "a report that waits in another file and says something else"),
    "same_report": ("note", "a report that the ledger has already"),
    "unknown_hazard": ("error", "a report of a hazard that is not in the register"),
    "size_mistaken": ("error", "a reported size less than half or more than twice the polygon"),
    "beyond_hazard": ("warning", "worked land that never was in the hazard"),
    "mostly_beyond": ("error", "worked land of which most never was in the hazard"),
    "on_other_hazard": ("error", "worked land on a hazard that the report does not release"),
    "worked_again": ("warning", "worked land that was released before"),
    "larger_than_left": ("error", "worked land more than twice what was left of the hazard"),
    "releases_nothing": ("error", "a release that takes nothing off its hazard"),
    "refused": ("error", "a report that the ledger would refuse as it stands"),
    "not_released": ("error", "a report that says that no land, or not all of it, was released"),
    "release_unsaid": ("warning", "a report that does not say that land was released: it waits"),
    "land_surveyed": ("error", "the polygon of land surveyed, of which less was released"),
    "mixed_outcomes": ("error", "one polygon for several outcomes"),
    "several_days": ("note", "several days in one report, and the one that was taken"),
    "over_all": ("note", "a report of every hazard that its polygon touches"),
    "figures_repeated": ("warning", "m² and items of one report on several rows, counted once"),
    "figures_twice": ("warning", "figures of one report in two files, which would count twice"),
    "items_unread": ("warning", "columns that look like items found, and are not counted"),
    "items_unclear": ("error", "columns of one kind of items that say different numbers"),
    "odd_depth": ("warning", "a depth in other units than centimetres, it seems"),
    # turning points
    "point_order": ("warning", "turning points whose numbers repeat or are missing"),
    "stray_hole": ("error", "a hole whose outer ring is unclear"),
    "orphan_points": ("warning", "turning points of a record that is not there"),
    "closure": ("note", "the closure error of a traverse"),
    "bad_closure": ("warning", "a traverse that closes badly"),
    "bad_point": ("error", "a turning point that cannot be read"),
    "rows_mixed": ("error", "rows taken as one report that are of several"),
    "rows_differ": ("warning", "rows of one record that say different things of it"),
    # attributes
    "missing_id": ("error", "no hazard_id"),
    "duplicate_id": ("error", "a hazard_id that stands more than once"),
    "serial_id": ("warning", "ids that only count the records"),
    "odd_id": ("warning", "a hazard_id that a spreadsheet has rounded"),
    "unknown_word": ("error", "a word outside the vocabulary"),
    "bad_date": ("error", "not a day"),
    "future_date": ("error", "a day that has not come yet"),
    "early_date": ("warning", "a day before any survey"),
    "bad_number": ("error", "not a number that can be"),
    "bad_text": ("error", "a text with characters that no store takes, or too long"),
    "direct_evidence": ("warning", "direct evidence recorded as SHA (TN 08.20/02)"),
    "missing_data": ("warning", "minimum data that are missing"),
    "unknown_place": ("warning", "a province or district that is not in the table of names"),
    "code_differs": ("warning", "a name that contradicts its code"),
    "wrong_province": ("warning", "another province than the one it lies in"),
    "wrong_district": ("warning", "another district than the one it lies in"),
    "unit_assigned": ("note", "a province or district that was taken from the polygon"),
    "size_differs": ("warning", "a reported size far from that of the polygon"),
    # border lines
    "land_or_coast": ("error", "a line of which nothing says whether it is land border or coast"),
    "coast_beside": ("error", "a coast with a neighbour"),
    "no_neighbour": ("warning", "land border beside a country that is not said"),
    "long_border": ("warning", "more border beside a neighbour than there is"),
    "arcs_drawn": ("note", "arcs that are read as straight edges"),
    "not_border": ("note", "lines that are no part of the border, left out"),
    # the file as a whole
    "more_on_server": ("error", "the answer of a server that stops before the end"),
    "unknown_state": ("error", "a state of approval that is not known"),
    "not_validated": ("warning", "not validated at its source"),
    "rejected_left_out": ("note", "records that their source rejected, left out"),
    "closed_left_out": ("note", "closed records, left out"),
    "deleted_left_out": ("note", "records that are marked as deleted, left out"),
    "datum_shift": ("note", "a datum transformation that was named"),
    "datum_taken": ("warning", "another datum is named beside coordinates taken as WGS 84"),
    "are_reports": ("error", "reports of released land read as hazards"),
    "taken_for": ("note", "what a file was taken for, where nobody said it"),
    "other_records": ("warning", "records of another sort than was asked for"),
    "no_records": ("warning", "a file without records"),
    "columns_differ": ("warning", "two columns of one name that say different things"),
    "left_over": ("note", "columns that no word of the profile fits"),
    "encoding_taken": ("note", "text whose encoding the file does not say"),
    "no_number": ("note", "stars or a 0 that may stand for a missing number"),
    "short_rows": ("note", "rows that end before their header does"),
    "unread_part": ("warning", "a part of the file that was not read"),
}
"""Severity and meaning of each code."""

WAITS: Final = ("not_validated", "release_unsaid")
"""The codes of records that wait for the word of an officer, who names each of them."""


@dataclass(frozen=True)
class Finding:
    """One finding."""

    code: str
    message: str
    record: int | None = None
    """The place of the record in its table, from 0; None where the whole file is meant."""
    place: shapely.Point | None = None
    """Where, in EPSG:4326."""
    hazard_id: str | None = None

    @property
    def severity(self) -> str:
        """The severity of its code."""
        return CODES[choose(self.code, tuple(CODES), "code")][0]


def in_words(finding: Any) -> str:
    """Say a row of a table of findings in a line; a record without an id by its place in the file.

    Examples
    --------
    >>> found = [Finding("few_points", "2 points", record=2), Finding("no_records", "none")]
    >>> table = as_table(found)
    >>> [in_words(row) for row in table.itertuples()]
    ['record 3: 2 points', 'none']
    """
    if pd.notna(finding.hazard_id):
        return f"{finding.hazard_id}: {finding.message}"
    place = "" if pd.isna(finding.record) else f"record {finding.record}: "
    return f"{place}{finding.message}"


def worst_first(found: pd.DataFrame) -> pd.DataFrame:
    """Return findings as from `as_table` with errors first, then warnings, then notes.

    Examples
    --------
    >>> found = as_table([Finding("left_over", "x"), Finding("few_points", "2 points")])
    >>> worst_first(found)["severity"].tolist()
    ['error', 'note']
    """
    rank = found["severity"].map({"error": 0, "warning": 1, "note": 2})
    order = rank.sort_values(kind="stable").index
    return (
        pd.DataFrame(found.drop(columns="place", errors="ignore")).loc[order].reset_index(drop=True)
    )


def grouped(found: pd.DataFrame) -> pd.DataFrame:
    """Return findings of one code in the very same words as one row, the worst severity first.

    Parameters
    ----------
    found
        As from `as_table`.

    Returns
    -------
    pandas.DataFrame
        `severity`, `findings` (how many, int64), `hazard_id` and `record` of the first, `code`,
        `message`; within a severity in the order of the first of each.

    Examples
    --------
    >>> found = as_table([Finding("left_over", "x"), *(
    ...     Finding("missing_data", "operator", n, hazard_id=f"AP-{n}") for n in range(3))])
    >>> grouped(found)[["severity", "findings", "hazard_id"]].astype(object).values.tolist()
    [['warning', 3, 'AP-0'], ['note', 1, nan]]
    """
    in_order = worst_first(found)
    same = in_order.groupby(["severity", "code", "message"], sort=False)
    first = in_order.loc[~in_order.duplicated(["severity", "code", "message"])]
    counts = same["code"].transform("size").loc[first.index]
    columns = ["severity", "findings", "hazard_id", "record", "code", "message"]
    return first.assign(findings=counts)[columns].reset_index(drop=True)


def as_table(findings: Iterable[Finding]) -> gpd.GeoDataFrame:
    """Return findings as a table, one row each.

    Returns
    -------
    geopandas.GeoDataFrame
        `code`, `severity`, `hazard_id` (str, null where there is none), `message`, `record`
        (Int64: number of the record in its file, from 1; null for the file), `place` (Point in
        EPSG:4326, the active geometry, null where no place is meant).

    Examples
    --------
    >>> table = as_table([Finding("few_points", "2 points", record=0, hazard_id="AP-1")])
    >>> table[["code", "severity", "hazard_id", "record"]].values.tolist()
    [['few_points', 'error', 'AP-1', 1]]
    """
    rows = list(findings)
    numbers = [None if row.record is None else row.record + 1 for row in rows]
    return gpd.GeoDataFrame(
        {
            "code": pd.Series([row.code for row in rows], dtype="str"),
            "severity": pd.Series([row.severity for row in rows], dtype="str"),
            "hazard_id": pd.Series(
                [
                    (None if row.hazard_id is None else held(row.hazard_id, ID_LENGTH, is_id=True))
                    for row in rows
                ],
                dtype="str",
            ),
            "message": pd.Series([held(row.message, LONGEST) for row in rows], dtype="str"),
            "record": pd.Series(numbers, dtype="Int64"),
            "place": gpd.GeoSeries([row.place for row in rows], crs=CRS),
        },
        geometry="place",
        crs=CRS,
    )
