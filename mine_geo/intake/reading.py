"""A file into hazards or reports: guarded, recognised, brought to WGS 84, mapped.

What the columns of a file say of it as a whole: that it is empty, or not what was asked for.

Everything that there is to say of what was received: the reading and the checks together.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mine_geo.errors import (
    CRSError,
    FileError,
    GeometryError,
    OutsideError,
    RecordError,
    choose,
    some,
    visible,
)
from mine_geo.geo.cells import read_days, read_texts
from mine_geo.geo.crs import shift_to_wgs84, system_given
from mine_geo.geo.hazards import to_hazards
from mine_geo.intake import formats, guard, mapping, profiles
from mine_geo.intake.checks import check_hazards, check_reports
from mine_geo.intake.columns import ID, fold, is_made, match, read_words
from mine_geo.intake.findings import WAITS, Finding, in_words
from mine_geo.intake.formats import esri, maxml, vector
from mine_geo.intake.points.plausible import (
    astray_records,
    check_columns,
    check_on_the_ground,
    check_place,
    swapped_records,
)
from mine_geo.intake.profiles import OURS
from mine_geo.intake.received import NO_PROFILE, REPORT_TYPES, Received, Source, Wanted
from mine_geo.intake.report_words import COMPLETIONS
from mine_geo.terms import AREA_TYPES, DIFFICULTIES, KINDS, OUTCOMES

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    import geopandas as gpd
    import pyproj
    from numpy.typing import NDArray

    from mine_geo.geo.crs import Shift
    from mine_geo.intake.mapping import Approval
    from mine_geo.intake.received import Profile, Raw, What


_LIKELY: Final = re.compile(
    r"(?:^|[^a-z])(?:id|code|no|nr|num|number|name|ref|label)\d*(?:$|[^a-z])|id$"
)
_OUTCOME: Final = re.compile(r"outcome|event.?type|release")
_END: Final = re.compile(r"complet|clear|releas|cancel|reduc")
_LONGEST_ID: Final = 60
"""Characters; a longer text is a description."""
_EMPTY: Final = "no records; choose another layer, or export the file again"


def findings_of_whole(table: gpd.GeoDataFrame, profile: Profile, what: What) -> Iterator[Finding]:
    """Give what is to be said of a file as a whole.

    Parameters
    ----------
    table
        The records in the words of their source.
    profile
        How the source calls its columns and words.
    what
        What the records are read as.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from mine_geo.intake.profiles import load
    >>> table = gpd.GeoDataFrame({"hazard_id": ["A"], "outcome": ["Clearance"]}, geometry=[None])
    >>> [finding.code for finding in findings_of_whole(table, load("plain"), "hazards")]
    ['are_reports']
    """
    if table.empty:
        yield Finding("no_records", _EMPTY)
        return
    cells = table.drop(columns=table.geometry.name)
    fields = profile.hazards if what == "hazards" else profile.reports
    names = [str(column) for column in cells.columns]
    place = {m.ours: n for n, m in enumerate(match(names, fields, OURS[what])) if m.ours}
    if what == "hazards":
        yield from _ids(cells, names, place, profile)
    yield from _differing(cells, names, place)
    if what == "hazards":
        yield from _reports(cells, names, profile)


def _ids(
    cells: pd.DataFrame, names: list[str], place: dict[str, int], profile: Profile
) -> Iterator[Finding]:
    """Say that no column is the id, or one that may be no more than a number of the rows."""
    others = [n for n in range(len(names)) if n not in place.values()]
    able = _able(cells, names, others)
    if ID not in place:
        there = f"no column says the id of a hazard (there are: {some(names, 12) or 'none'})"
        yield Finding("missing_id", f"{there}{_candidates(names, able)}")
        return
    taken = place[ID]
    texts = read_texts(cells.iloc[:, taken])
    if texts.isna().all():
        yield Finding("missing_id", f"column {names[taken]!r} is empty{_candidates(names, able)}")
        return
    # Ids that are 0, 1, 2 ... or 1, 2, 3 ... in the order of the records.
    counts = [[str(n + first) for n in range(len(texts))] for first in (0, 1)]
    serial = len(texts) > 1 and texts.tolist() in counts
    if able and serial and profile.id_column is None and fold(names[taken]) == "id":
        name, first = next((names[n], text) for n, text in able.items())
        yield Finding(
            "serial_id",
            f"the ids of column {names[taken]!r} only count the records ({texts.iloc[0]} to "
            f"{texts.iloc[-1]}), as programs do, and another export may count otherwise; if "
            f"{name!r} ({first}) is the id, read it with {mapping.option_of(name)}",
        )


def _able(cells: pd.DataFrame, names: list[str], places: list[int]) -> dict[int, str]:
    """Return the columns that could be an id, likely ones first, each with its first value.

    Such a column has a short text of its own in every record, no day and no broken number, and is
    not made by a program.
    """
    found: dict[int, str] = {}
    for place in places:
        texts = read_texts(cells.iloc[:, place])
        if is_made(names[place]) or texts.isna().any() or texts.map(fold).duplicated().any():
            continue
        numbers = pd.to_numeric(texts, errors="coerce")
        broken = numbers.notna().all() and (numbers % 1 != 0).any()
        if broken or texts.str.len().max() > _LONGEST_ID or read_days(texts)[0].notna().all():
            continue
        found[place] = str(texts.iloc[0])
    likely = [n for n in found if _LIKELY.search(names[n].lower())]
    return {n: found[n] for n in dict.fromkeys((*likely, *found))}


def _candidates(names: list[str], able: dict[int, str]) -> str:
    """Say which columns could be the id, and how one is taken."""
    made = [name for name in names if is_made(name)]
    said = f"; a program made {some(made, 4)}" if made else ""
    if able:
        shown = some([f"{names[n]} ({text})" for n, text in able.items()], 4)
        name = names[next(iter(able))]
        return (
            f"{said}; these could be it: {shown}; take one with {mapping.option_of(name)}, or name "
            f'it in a profile: [hazards.columns] hazard_id = ["{name}"]'
        )
    if made:
        return (
            f"{said}, and no other has a text of its own in each record; ask for the hazards' own "
            f"ids, or, if they are called by that number, take it with {mapping.option_of(made[0])}"
        )
    return '; name it in a profile: [hazards.columns] hazard_id = ["..."]'


def _differing(cells: pd.DataFrame, names: list[str], place: dict[str, int]) -> Iterator[Finding]:
    """Give the columns that bear the name of one that was taken, and say something else."""
    for ours, taken in place.items():
        for other, name in enumerate(names):
            if other == taken or fold(name) != fold(names[taken]):
                continue
            one, two = (read_texts(cells.iloc[:, n]).map(fold, na_action="ignore")
                        for n in (taken, other))  # fmt: skip
            count = int((two.notna() & (one != two)).sum())
            if count:
                yield Finding(
                    "columns_differ",
                    f"columns {names[taken]!r} and {name!r} differ in {count:,} records, and the "
                    f"first is taken as {ours}; rename the one that does not count",
                )


def _reports(cells: pd.DataFrame, names: list[str], profile: Profile) -> Iterator[Finding]:
    """Give a column that says how land was released: the records are reports, and no hazards."""
    found = _outcomes(cells, names, profile)
    if found is None:
        return
    name, types = found
    if not types.isin(REPORT_TYPES).all():
        return
    said = f"{name} says how land was released ({types.iloc[0]}): "
    if _of_hazards(cells, names, profile) is None:
        yield Finding(
            "are_reports",
            f"{said}these are reports, and their polygons would count as hazards; put it onto the "
            'workbench as reports (what="reports"), or, if they are hazards all the same, say in a '
            "profile that no column is an outcome: reports.columns.event_type = []",
        )
        return
    yield Finding(
        "other_records",
        f"{said}are these reports? "
        'Their polygons would count as hazards; read it with what="reports"',
    )


def _outcomes(
    cells: pd.DataFrame, names: list[str], profile: Profile
) -> tuple[str, pd.Series[Any]] | None:
    """Return the column that says how land was released, and what it says; None if none does."""
    found = match(names, profile.reports, OURS["reports"])
    place = next((n for n, one in enumerate(found) if one.ours == "event_type"), None)
    if place is None:
        return None
    words: Any = profile.reports.values  # noqa: PD011  (a field, no frame)
    types = read_words(read_texts(cells.iloc[:, place]), words.get("event_type", {})).dropna()
    known = types.isin(OUTCOMES).any() or (len(types) and _OUTCOME.search(names[place].lower()))
    return (names[place], types) if known else None


def _ends(cells: pd.DataFrame, names: list[str], profile: Profile) -> str | None:
    """Return a column of days on which work on land was completed; None if there is none."""
    for n, one in enumerate(match(names, profile.reports, OURS["reports"])):
        end = one.ours in COMPLETIONS and _END.search(names[n].lower())
        if end and read_texts(cells.iloc[:, n]).notna().any():
            return names[n]
    return None


def _of_hazards(cells: pd.DataFrame, names: list[str], profile: Profile) -> str | None:
    """Return a column that says what only a hazard is: its kind, its class; None if none does."""
    words: Any = profile.hazards.values  # noqa: PD011  (a field, no frame)
    for n, one in enumerate(match(names, profile.hazards, OURS["hazards"])):
        valid = {"kind": KINDS, "area_type": AREA_TYPES, "difficulty": DIFFICULTIES}.get(
            str(one.ours)
        )
        if valid is None:
            continue
        if read_words(read_texts(cells.iloc[:, n]), words.get(one.ours, {})).isin(valid).any():
            return names[n]
    return None


def sort_of(table: gpd.GeoDataFrame, profile: Profile, kind: str | None) -> tuple[What, str | None]:
    """Say what a table holds where nobody says it, and by what it was told.

    Outcomes, activities and days of completion are of reports; a kind, and SHA or CHA, of hazards.

    Parameters
    ----------
    table
        The records in the words of their source.
    profile
        How the source calls its columns and words.
    kind
        The kind of hazards that the caller gives.

    Returns
    -------
    tuple
        `hazards` or `reports`, and of reports the column that tells it.

    Raises
    ------
    FileError
        If it could be both; without the name of the file.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from mine_geo.intake.profiles import load
    >>> table = gpd.GeoDataFrame({"hazard_id": ["A"], "outcome": ["Clearance"]}, geometry=[None])
    >>> sort_of(table, load("plain"), None)
    ('reports', 'outcome (cleared)')
    """
    cells = table.drop(columns=table.geometry.name)
    names = [str(column) for column in cells.columns]
    outcomes = _outcomes(cells, names, profile)
    of_reports = _ends(cells, names, profile)
    if outcomes is not None:
        of_reports = f"{outcomes[0]} ({outcomes[1].iloc[0]})"
    if of_reports is None:
        return "hazards", None
    of_hazards = "kind=" if kind is not None else _of_hazards(cells, names, profile)
    if of_hazards is None:
        return "reports", of_reports
    raise FileError(
        f"hazards or reports of released land? {of_reports} is of reports, {of_hazards} of "
        'hazards; say which it is: what="hazards" or what="reports"'
    )


_LONGEST: Final = 800
"""Characters of a finding that are said."""
WHATS: Final = ("hazards", "reports")
_RAISED: Final = {
    "more_on_server": FileError,
    **dict.fromkeys(("bad_coordinates", "few_points", "invalid_ring", "bad_point"), GeometryError),
    "outside_country": OutsideError,
}
"""What an error of the reading is raised as; any other is of the record."""
READERS: Final = {
    "vector": vector.read_layer,
    "parquet": vector.read_layer,
    "esri_json": esri.read_answer,
    "maxml": maxml.read_items,
    "sheets": formats.read_tables,
}
"""The reader of each format, by what `recognise` calls it."""
OF_BOTH: Final = ("maxml", "sheets")
"""The formats that can hold hazards and reports in one file."""


class ClosedLeftOutWarning(UserWarning):
    """Closed records of a file were left out: such files keep their full polygon."""


class RejectedLeftOutWarning(UserWarning):
    """Records of a file were left out that their own source rejected."""


class NotValidatedWarning(UserWarning):
    """Records of a file are not validated at their source: they count as on the workbench."""


WARNED: Final = {
    "closed_left_out": ClosedLeftOutWarning,
    "rejected_left_out": RejectedLeftOutWarning,
    "not_validated": NotValidatedWarning,
}
"""What is said of a file as a whole with a warning, where only its records are given back."""


def read(
    path: str | os.PathLike[str],
    *,
    what: What | None = None,
    layer: str | None = None,
    kind: str | None = None,
    crs: str | None = None,
    operation: str | None = None,
    profile: str | os.PathLike[str] | None = None,
    id_column: str | None = None,
    all_hazards: bool = False,
) -> Received:
    """Read a file of hazards or reports as it is: nothing is refused that can be shown.

    Parameters
    ----------
    path
        A file or folder of any supported format, recognised by its content: GeoPackage,
        Shapefile, GeoJSON, FlatGeobuf, KML, file geodatabase, GeoParquet, Esri JSON, Survey123
        or IMSMA NG tables, maXML, a table of turning points or WKT (CSV, XLSX).
    what
        `hazards`, or `reports` of released land. Where it is not said, a table with outcomes,
        activities or days of completion is one of reports, and so is a maXML file that holds
        activities only; a finding says it (`taken_for`).
    layer
        The layer or sheet, where the file has several.
    kind
        The kind of hazards that have none: one of `terms.KINDS`.
    crs
        The reference system of the coordinates, such as "EPSG:32648", where the file says none,
        or a wrong one. It is recorded with a submission.
    operation
        The datum transformation, named or as "EPSG:1542", where the datum is not WGS 84.
    profile
        A bundled profile, or the path of one of your own; by default the one that fits.
    id_column
        The column that is the id of a hazard, where the profile would take another, or none: a
        number that a format or a platform gives its records is never taken unasked.
    all_hazards
        Whether a report that names no hazard is of every hazard that its polygon touches; else it
        is an error.

    Returns
    -------
    Received
        The records in EPSG:4326, what the reading has to say, and how the file was read.

    Raises
    ------
    FileError
        If the file is missing, truncated, too large, hostile, of no supported format, has no
        column `id_column`, or could be of hazards and of reports, and `what` does not say which.
    CRSError
        If there is no reference system, or several, the datum transformation must be named, or
        the coordinates cannot be what the file says they are.
    OptionError
        If `what`, `kind`, or the profile is unknown.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> received = read(sample.path("minefields"))
    >>> len(received.table), received.source.format, received.source.profile
    (7392, 'GeoPackage', 'plain')
    """
    if what is not None:
        choose(what, WHATS, "what")
    file, name = Path(path), str(path)
    given = None if profile is None else profiles.load(profile)
    form = guard.check_file(file).reader
    wanted = Wanted(layer, _with_options(given or NO_PROFILE, crs, id_column), what or "hazards")
    by, itself = None, what is None and form == "maxml"
    if itself:
        raw = maxml.read_items(file, replace(wanted, what=None))  # each item says what it is
        what, by, mixed = maxml.sort_of(raw.table)
        raw = READERS[form](file, replace(wanted, what=what)) if mixed else raw
    else:
        raw = READERS[form](file, wanted)
    chosen = _with_id(given or profiles.choose(raw), raw, id_column, name)
    if what is None:
        try:
            what, by = sort_of(raw.table, chosen, kind)
        except FileError as error:
            raise FileError(f"{name}: {error}") from error
    if by is not None and form in OF_BOTH and not itself:
        raw = READERS[form](file, replace(wanted, what=what))
        chosen = _with_id(given or profiles.choose(raw), raw, id_column, name)
    frame, declared = _declared(raw, chosen, crs, name)
    if form not in OF_BOTH:  # tables are looked through by their readers, point by point
        try:
            check_columns([frame.drop(columns="geometry")], frame.crs, chosen)
        except CRSError as error:
            raise CRSError(f"{name}: {error}") from error
    swapped = swapped_records(frame)
    check_place(frame, name)
    frame, shift = shift_to_wgs84(frame, name, operation)
    check_on_the_ground(frame, name)
    if what == "hazards":
        mapped = mapping.to_candidates(frame, chosen, kind=kind)
    else:
        mapped = mapping.to_reports(frame, chosen, all_hazards=all_hazards)
    checksum, size = guard.checksum(file)
    source = Source(
        path=name,
        name=file.name,
        checksum=checksum,
        bytes=size,
        format=raw.format,
        layer=raw.layer,
        profile=chosen.name,
        crs=declared,
        operation=None if shift is None else shift.text,
        accuracy_m=None if shift is None else shift.accuracy_m,
    )
    said = (*_said(frame, swapped, shift), *findings_of_whole(frame, chosen, what))
    findings = (*_taken_for(by, itself=itself), *said, *raw.findings, *mapped.findings)
    received = Received(what, mapped.table, findings, mapped.columns, source)
    received = _without_rejected(received, mapped.approval)
    return _without_closed(received) if what == "hazards" else received


def _taken_for(by: str | None, *, itself: bool) -> list[Finding]:
    """Say what a file was taken for, where nobody said it and it is not the usual."""
    if by is None:
        return []
    said = f"taken for reports of released land by {by}"
    if not itself:
        said += '; if it is of hazards, read it with what="hazards"'
    return [Finding("taken_for", said)]


def read_hazards(
    path: str | os.PathLike[str],
    *,
    layer: str | None = None,
    kind: str | None = None,
    crs: str | None = None,
    operation: str | None = None,
    profile: str | os.PathLike[str] | None = None,
    id_column: str | None = None,
) -> gpd.GeoDataFrame:
    """Read hazards from a file that is in order; one that is not is refused with the reasons.

    Closed records are left out, with a `ClosedLeftOutWarning`: such files keep their full polygon;
    records that their source rejected too (`RejectedLeftOutWarning`). What is not validated there
    is `in_workbench` (`NotValidatedWarning`).

    Parameters
    ----------
    path, layer, kind, crs, operation, profile, id_column
        As for `intake.read`, which shows also what is not in order.

    Returns
    -------
    geopandas.GeoDataFrame
        The canonical hazard table in EPSG:4326, see `to_hazards`.

    Raises
    ------
    FileError, CRSError, GeometryError, OutsideError, RecordError
        Each names the file, the record and the mend.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> hazards = read_hazards(sample.path("minefields"))
    >>> len(hazards), int(hazards.size_m2.sum())
    (7392, 681284511)
    """
    received = read(
        path,
        what="hazards",
        layer=layer,
        kind=kind,
        crs=crs,
        operation=operation,
        profile=profile,
        id_column=id_column,
    )
    _warn(received)
    return in_order(received)


def read_reports(
    path: str | os.PathLike[str],
    *,
    layer: str | None = None,
    crs: str | None = None,
    operation: str | None = None,
    profile: str | os.PathLike[str] | None = None,
    id_column: str | None = None,
    all_hazards: bool = False,
) -> gpd.GeoDataFrame:
    """Read reports of released land from a file that is in order.

    Reports that their source rejected are left out, with a `RejectedLeftOutWarning`; those that it
    has not validated are refused: they wait on the workbench, see `Store.submit`.

    Parameters
    ----------
    path, layer, crs, operation, profile, id_column, all_hazards
        As for `intake.read`, which shows also what is not in order.

    Returns
    -------
    geopandas.GeoDataFrame
        One row a report, EPSG:4326: the columns of `received.REPORT_COLUMNS` (`event_id` is the
        source's own, `happened_on` a day, sizes m², depth cm, items whole numbers), then the
        file's others. It is what `Store.record_many` takes.

    Raises
    ------
    FileError, CRSError, GeometryError, OutsideError, RecordError
        Each names the file, the record and the mend.

    Examples
    --------
    >>> import geopandas as gpd, shapely, tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp(), "reports.gpkg")
    >>> gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "outcome": ["Clearance"], "happened_on": ["2024-05-03"]},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326).to_file(path)
    >>> read_reports(path)[["hazard_id", "event_type"]].values.tolist()
    [['AP-1', 'cleared']]
    """
    received = read(
        path,
        what="reports",
        layer=layer,
        crs=crs,
        operation=operation,
        profile=profile,
        id_column=id_column,
        all_hazards=all_hazards,
    )
    _warn(received)
    return in_order(received)


def _warn(received: Received) -> None:
    """Warn the caller of `read_hazards` or `read_reports` of what is not in the table."""
    for finding in received.findings:
        if finding.record is None and finding.code in WARNED:
            text = f"{received.source.path}: {finding.message}"
            warnings.warn(text, WARNED[finding.code], stacklevel=3)


def in_order(received: Received) -> gpd.GeoDataFrame:
    """Return received records if all of them are in order.

    Parameters
    ----------
    received
        What came out of the file, as from `read`.

    Returns
    -------
    geopandas.GeoDataFrame
        Hazards as the canonical table, reports as they were received; EPSG:4326, sizes in m².

    Raises
    ------
    FileError
        If the file is not all there is: the answer of a server that stops before the end.
    GeometryError, OutsideError, RecordError
        If a record cannot enter the register; `checks.check_hazards` lists all that is wrong.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> len(in_order(read(sample.path("minefields"))))
    7392
    """
    name = received.source.path
    said = received.said()
    wrong = said[said["severity"] == "error"]
    if received.what == "reports" and wrong.empty:
        wrong = said[said["code"].isin(WAITS) & said["record"].notna()]
        if len(wrong):
            raise RecordError(
                f"{name}: {_sentences(wrong)}; put the file onto the "
                "workbench, where they wait: mine-geo workbench submit FILE --reports"
            )
    # Of reports read as hazards nothing else is worth saying.
    wrong = wrong[wrong["code"] == "are_reports"] if "are_reports" in set(wrong["code"]) else wrong
    if len(wrong):
        kind = next((_RAISED[code] for code in wrong["code"] if code in _RAISED), RecordError)
        raise kind(f"{name}: {_sentences(wrong)}")
    if received.what == "reports":
        return received.table
    try:
        return to_hazards(received.table)
    except (GeometryError, RecordError) as error:
        raise type(error)(f"{name}: {error}") from error


def without_errors(received: Received, found: pd.DataFrame) -> Received:
    """Return received records without those that cannot enter the register.

    Parameters
    ----------
    received
        As from `read`.
    found
        Its findings, with those of the checks: `check_received`, or a `Store`'s `check`.

    Returns
    -------
    Received
        The records of which no finding is an error, with their numbers in the file and what the
        reading said of them.

    Raises
    ------
    RecordError
        If an error is of the file as a whole: then no record of it is known to be good.

    Examples
    --------
    >>> import geopandas as gpd, shapely, tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp(), "two.gpkg")
    >>> gpd.GeoDataFrame({"hazard_id": ["AP-1", None]},
    ...     geometry=[shapely.box(x, 13, x + 0.01, 13.01) for x in (103, 104)],
    ...     crs=4326).to_file(path)
    >>> received = read(path)
    >>> without_errors(received, check_received(received)).table["hazard_id"].tolist()
    ['AP-1']
    """
    wrong = found[found["severity"] == "error"]
    whole = wrong[wrong["record"].isna()]
    if len(whole):
        raise RecordError(f"{received.source.path}: {_sentences(whole)}")
    bad = np.isin(received.numbers + 1, wrong["record"].to_numpy(dtype=np.int64))
    kept = np.flatnonzero(~bad)
    places = {int(old): new for new, old in enumerate(kept)}
    said = tuple(
        finding if finding.record is None else replace(finding, record=places[finding.record])
        for finding in received.findings
        if finding.record is None or finding.record in places
    )
    table = received.table.iloc[kept].reset_index(drop=True)
    return replace(received, table=table, findings=said, numbers=received.numbers[kept])


def _sentences(findings: pd.DataFrame) -> str:
    """Say the first findings whole: a mend that is cut off is none."""
    said = [visible(in_words(row), _LONGEST) for row in findings.head(3).itertuples()]
    more = len(findings) - len(said)
    return ", ".join(said) + (f" and {more} more" if more else "")


def _with_options(profile: Profile, crs: str | None, id_column: str | None) -> Profile:
    """Return a profile that says the caller's system and id: readers of points need them."""
    if crs is not None:
        profile = replace(profile, options={**profile.options, "crs": crs}, crs_given=True)
    return replace(profile, id_column=id_column)


def _with_id(profile: Profile, raw: Raw, id_column: str | None, name: str) -> Profile:
    """Return a profile that takes the caller's column, as the file writes it, as the id."""
    if id_column is None:
        return profile
    columns = [str(column) for column in raw.table.columns.drop("geometry")]
    wanted = id_column.strip()  # _id is not ID: no more than case may differ
    alike = [column for column in columns if column.strip().casefold() == wanted.casefold()]
    found = next((column for column in alike if column.strip() == wanted), None)
    if found is None and len(alike) == 1:
        found = alike[0]
    if found is None:
        raise FileError(f"{name}: no column {id_column!r}; it has: {some(columns, 20)}")
    hazards, reports = (
        replace(fields, columns={**fields.columns, ID: (found,)})
        for fields in (profile.hazards, profile.reports)
    )
    return replace(profile, id_column=found, hazards=hazards, reports=reports)


def _declared(
    raw: Raw, profile: Profile, crs: str | None, name: str
) -> tuple[gpd.GeoDataFrame, str]:
    """Return the records in their declared reference system, and how that was declared."""
    own = raw.table.crs
    if raw.unclear is not None and crs is None:
        raise CRSError(
            f"{name}: {raw.unclear}; ask its maker, and export it in EPSG:4326, or, if one system "
            'holds for all of it, read it with that one, as crs="EPSG:4131"'
        )
    said = crs or (profile.options.get("crs") if own is None else None)
    if said is None:
        return raw.table, _name_of(own)
    try:
        system = system_given(said)
    except CRSError as error:
        raise CRSError(f"{name}: {error}") from error
    if raw.by_zone and own is not None and own.is_projected and own.geodetic_crs == system:
        return raw.table, f"{_name_of(own)}, given"
    if own is not None and own != system:
        by = f"{_name_of(system)}, given; the file says {_name_of(own)}"
    else:
        by = f"{_name_of(system)}, given" if crs else f"{_name_of(system)}, by the profile"
    return raw.table.set_crs(system, allow_override=True), by


def _name_of(system: pyproj.CRS | None) -> str:
    if system is None:
        return "none"
    authority = system.to_authority(min_confidence=100)
    return ":".join(authority) if authority else str(system.name)


def _said(frame: gpd.GeoDataFrame, swapped: Any, shift: Shift | None) -> list[Finding]:
    """Return what bringing the records to WGS 84 has to say."""
    turned = "longitude and latitude look swapped; exchange them in the source"
    found = [Finding("bad_coordinates", turned, record=int(n)) for n in np.flatnonzero(swapped)]
    astray = np.flatnonzero(astray_records(frame) & ~swapped)
    for n, (west, south, east, north) in zip(astray, frame.bounds.to_numpy()[astray], strict=True):
        said = (
            f"not in Cambodia: it reaches from {west:.5f}, {south:.5f} to {east:.5f}, {north:.5f}; "
            "check its coordinates, their signs and their UTM zone"
        )
        found.append(Finding("outside_country", said, record=int(n)))
    if shift is not None:
        found.append(Finding("datum_shift", f"brought to WGS 84 by {shift.text}"))
    return found


def _without_rejected(received: Received, approval: Approval | None) -> Received:
    """Leave out records that their source rejected, and say how many are not validated."""
    if approval is None:
        return received
    waiting = int(approval.waits.sum())
    if waiting:
        verb = "count as on the workbench" if received.what == "hazards" else "wait"
        text = f"{waiting:,} records are not validated at their source, and {verb}"
        said = Finding("not_validated", text)
        received = replace(received, findings=(said, *received.findings))
    rejected = approval.rejected
    if not rejected.any():
        return received
    size = ""
    if received.what == "hazards":
        size = f" ({int(received.table.loc[rejected, 'size_m2'].sum()):,} m²)"
    text = f"{int(rejected.sum()):,} records that their source rejected left out{size}"
    return _left_out(received, rejected, Finding("rejected_left_out", text))


def _without_closed(received: Received) -> Received:
    """Leave out closed records: nothing remains of them, whatever polygon they still carry."""
    closed = (received.table["status"] == "closed").to_numpy(dtype=bool)
    if not closed.any():
        return received
    count, size = int(closed.sum()), int(received.table.loc[closed, "size_m2"].sum())
    said = Finding(
        "closed_left_out",
        f"{count:,} closed records left out; {size:,} m² is what they still carry",
    )
    source = replace(received.source, closed_left_out=count, closed_m2=size)
    return replace(_left_out(received, closed, said), source=source)


def _left_out(received: Received, which: NDArray[np.bool_], said: Finding) -> Received:
    """Leave out records with what is said of them; the others keep their numbers in the file."""
    kept = np.flatnonzero(~which)
    place = np.cumsum(~which) - 1
    findings = [
        f if f.record is None else replace(f, record=int(place[f.record]))
        for f in received.findings
        if f.record is None or not which[f.record]
    ]
    return replace(
        received,
        table=received.table.iloc[kept].reset_index(drop=True),
        numbers=received.numbers[kept],
        findings=(*findings, said),
    )


_OF_BOTH: Final = {
    "hazards": ("outside_country", "not_polygon"),
    "reports": ("outside_country", "unknown_word", "bad_date", "missing_id"),
}
"""What the reading and the checks may both say of a record: once is enough."""


def check_received(
    received: Received,
    *,
    admin: gpd.GeoDataFrame | None = None,
    country: Any = None,
    register: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """List what the reading and the checks have to say of a file.

    Parameters
    ----------
    received
        What came out of the file.
    admin, country, register
        What is known already, EPSG:4326; see `check_hazards`.

    Returns
    -------
    geopandas.GeoDataFrame
        As `findings.as_table`, first what is said of the whole file; `record` is the number in
        the file, from 1.

    Raises
    ------
    CRSError, OptionError
        As for `check_hazards`.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> from mine_geo.intake import read
    >>> found = check_received(read(sample.path("minefields")))
    >>> found["severity"].eq("error").any()
    np.False_
    """
    numbers = received.numbers + 1
    if received.what == "reports":
        found = check_reports(received.table, register=register, numbers=numbers)
    else:
        found = check_hazards(
            received.table, admin=admin, country=country, register=register, numbers=numbers
        )
    said = received.said()
    known = pd.MultiIndex.from_frame(said.loc[said["record"].notna(), ["record", "code"]])
    again = pd.MultiIndex.from_frame(found[["record", "code"]]).isin(known)
    found = found[~(again & found["code"].isin(_OF_BOTH[received.what]))]
    every = pd.concat([said, found], ignore_index=True)
    return every.sort_values(
        ["record", "code"], kind="stable", na_position="first", ignore_index=True
    )
