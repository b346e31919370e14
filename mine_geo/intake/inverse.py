"""The way back: records in our words into those of a source, by the profile that reads them.

The inverse of `mapping`. Each of our columns gets the first name that the profile has for it, each
of our words the first word that means it, numbers are divided by what they were multiplied with,
days are written as the source writes them. What was written is read again before it is given away:
a record that would not come back as it was is refused, by its id.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from mine_geo.errors import RecordError, some, visible
from mine_geo.geo.cells import EPOCH, EXCEL, read_days, read_texts
from mine_geo.intake.columns import fold, heading, match, names_of, read_words
from mine_geo.intake.mapping import UNITS, is_state, to_candidates, to_reports
from mine_geo.intake.profiles import DAYS, FLAGS, NUMBERS, OURS
from mine_geo.intake.received import SAID_COLUMNS, STATES
from mine_geo.terms import CRS, HAZARD_COLUMNS, ITEM_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mine_geo.intake.received import Fields, Profile, What


RECEIVED, _, VALIDATED, REJECTED = STATES
DIGITS: Final = 13
"""Of a number that a factor made: so many are read again (`cells.read_numbers`)."""
_IN_WORDS: Final = {VALIDATED: "yes", RECEIVED: "no"}
"""What a column of a flag says."""


@dataclass(frozen=True)
class Written:
    """Records in the words of a source."""

    table: gpd.GeoDataFrame
    """In EPSG:4326, RangeIndex."""
    names: Mapping[str, str]
    """Our columns, and what the source calls them."""
    notes: tuple[str, ...] = ()
    """What cannot be said in the words of the source."""


def to_source(table: gpd.GeoDataFrame, profile: Profile, what: What = "hazards") -> Written:
    """Return records in the words of the source that a profile reads.

    Read again with the same profile they are the same records, to the last bit of a coordinate;
    numbers that have a factor to 13 digits.

    Parameters
    ----------
    table
        Hazards in EPSG:4326 (sizes in m²), the canonical columns and further ones; or reports,
        `received.REPORT_COLUMNS`. A column `approval`, one of `received.STATES`, is what the source
        shall take a record for; else `in_workbench` says it. May have any index.
    profile
        How the source calls its columns and words.
    what
        Which of the two it is.

    Returns
    -------
    Written
        The columns of ours, then the further ones under their own names.

    Raises
    ------
    RecordError
        If a record would not come back as it is, or two columns of ours would have one name.

    Examples
    --------
    >>> import shapely
    >>> from mine_geo.geo.hazards import to_hazards
    >>> from mine_geo.intake.profiles import load
    >>> hazards = to_hazards(gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"], "kind": "ap_minefield", "area_type": "SHA"},
    ...     geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326))
    >>> back = to_source(hazards, load("imsma_core"))
    >>> back.table[["hazard_localid", "kind", "sys_workflow_status"]].values.tolist()
    [['AP-1', 'AP', 'Validated']]
    """
    frame = table.reset_index(drop=True)
    fields = profile.hazards if what == "hazards" else profile.reports
    state = _state_column(profile)
    ours = [
        name
        for name in OURS[what]
        if name in frame
        and not (what == "reports" and name in SAID_COLUMNS)
        and not (name == "in_workbench" and state)
    ]
    names, notes = _names(ours, fields, profile, frame)
    columns = {names[each]: _cells(frame[each], each, fields, names[each]) for each in names}
    if state:
        columns[state] = _approvals(frame, profile, flag=state in profile.states.flags)
    further = _further(frame, columns, names, fields, profile, what)
    made = gpd.GeoDataFrame(
        pd.DataFrame(columns | further, index=frame.index), geometry=frame.geometry, crs=CRS
    )
    _refuse_clashes(made, names, fields, profile, what)
    asked = {each: _factor(each, fields, name) for each, name in names.items()}
    notes += _read_again(
        made, frame, asked | ({"in_workbench": 1.0} if state else {}), profile, what
    )
    return Written(made, names, tuple(notes))


def _names(
    ours: Sequence[str], fields: Fields, profile: Profile, frame: pd.DataFrame
) -> tuple[dict[str, str], list[str]]:
    """Return what the source calls our columns, and which it has no column for."""
    found: dict[str, str] = {}
    notes = []
    used: set[str] = set()
    for each in ours:
        known = (*fields.sums.get(each, ()), *names_of(fields, each))
        free = [name for name in known if fold(name) not in used and not _is_state(name, profile)]
        if free:
            found[each] = free[0]
            used.add(fold(free[0]))
        elif frame[each].notna().any():
            count = int(frame[each].notna().sum())
            notes.append(f"{each} of {count:,} records: the profile has no column for it; left out")
    return found, notes


def _is_state(name: str, profile: Profile) -> bool:
    return is_state(name, (*(profile.states.columns or ()), *profile.states.flags))


def _state_column(profile: Profile) -> str | None:
    """Return the column in which the source says that a record is approved; None if it has none."""
    whole = [name for name in profile.states.columns or () if "*" not in name]
    return next(iter((*whole, *profile.states.flags)), None)


def _approvals(frame: pd.DataFrame, profile: Profile, *, flag: bool) -> pd.Series[Any]:
    """Return the state of approval of each record in the source's word."""
    waits = frame.get("in_workbench", pd.Series(False, index=frame.index)).eq(True)
    states = waits.map({True: RECEIVED, False: VALIDATED})
    if "approval" in frame:
        states = frame["approval"].where(frame["approval"].notna(), states)
    words = {state: _word(profile.states.words, state) for state in STATES}
    if flag:
        words |= _IN_WORDS
    return states.map(words).astype("str")


def _word(meanings: Mapping[str, str], ours: str) -> str:
    """Return the first word of a source that is read as ours; ours where there is none."""
    for word, meaning in meanings.items():
        if meaning == ours and read_words(pd.Series([word]), meanings)[0] == ours:
            return word
    return ours


def _cells(cells: pd.Series[Any], ours: str, fields: Fields, name: str) -> pd.Series[Any]:
    """Return a column of ours in the words, numbers and days of the source."""
    if ours in DAYS:
        return _days(cells, fields.dates)
    if ours in NUMBERS:
        factor = _factor(ours, fields, name)
        if factor == 1:
            return cells
        return cells.astype("float64").map(
            lambda value: float(f"{value / factor:.16g}"), na_action="ignore"
        )
    meanings: Mapping[str, str] = fields.values.get(ours, {})  # noqa: PD011  (a field, no frame)
    if ours in FLAGS and not meanings:
        return cells
    texts = cells.map(
        lambda value: str(value).lower() if isinstance(value, bool | np.bool_) else value,
        na_action="ignore",
    ).astype("str")
    different = {each: _word(meanings, each) for each in texts.dropna().unique()}
    return texts.map(different, na_action="ignore").astype("str")


def _factor(ours: str, fields: Fields, name: str) -> float:
    """Return by what a number is multiplied when it is read."""
    unit = heading(name)[1] if ours.endswith(("_m2", "_cm")) else 1.0
    return fields.factors.get(ours, unit)


def _days(cells: pd.Series[Any], formats: Sequence[str]) -> pd.Series[Any]:
    """Return days as the source writes them; in ISO where its own way does not bring one back."""
    days = read_days(cells)[0]
    if not formats:
        return days
    written = formats[0]
    if written == EPOCH:
        texts = days.map(lambda day: str(int(day.timestamp() * 1000)), na_action="ignore")
    elif written in EXCEL:
        first = pd.Timestamp(EXCEL[written])
        texts = days.map(lambda day: str((day - first).days), na_action="ignore")
    else:
        texts = days.map(lambda day: day.strftime(written), na_action="ignore")
    again = read_days(texts.astype("str"), tuple(formats))[0]
    iso = days.map(lambda day: day.strftime("%Y-%m-%d"), na_action="ignore")
    return texts.where((again == days) | days.isna(), iso).astype("str")


def _further(
    frame: pd.DataFrame,
    columns: Mapping[str, Any],
    names: Mapping[str, str],
    fields: Fields,
    profile: Profile,
    what: What,
) -> dict[str, pd.Series[Any]]:
    """Return the columns that are none of ours, under their own names, as far as they still hold.

    A state of approval that the source said once is none any more, and the name of a unit in
    another language is that of the unit that was recorded with it.
    """
    ours = {*HAZARD_COLUMNS, *OURS[what], "approval"}
    used = {fold(name) for name in columns} | {"geometry"}
    others = {
        fold(name): unit for unit in UNITS if unit in names for name in names_of(fields, unit)
    }
    found: dict[str, pd.Series[Any]] = {}
    for name in frame.columns:
        text = str(name)
        if text in ours or fold(text) in used or _is_state(text, profile):
            continue
        used.add(fold(text))
        unit = others.get(fold(text))
        column = frame[name]
        found[text] = column if unit is None else column.where(frame[unit].notna(), None)
    return found


def _refuse_clashes(
    made: pd.DataFrame, names: Mapping[str, str], fields: Fields, profile: Profile, what: What
) -> None:
    """Refuse names that would be read as other columns of ours than they were written for."""
    written = [str(name) for name in made.columns if name != "geometry"]
    # As `mapping` reads them: items that are summed have the names of their parts.
    summed = {ours: known for ours, known in fields.sums.items() if names.get(ours) in known}
    asked = type(fields)(columns={**fields.columns, **summed})
    wanted = {name: ours for ours, name in names.items()}
    read = {each.source: each.ours for each in match(written, asked, OURS[what]) if each.ours}
    wrong = [
        f"{name} (written for {wanted.get(name, 'none of ours')}, read as {read.get(name)})"
        for name in written
        if read.get(name) != wanted.get(name)
    ]
    if wrong:
        raise RecordError(
            f"profile {profile.name}: {some(wrong)}; give each of our columns a name of its own in "
            f"[{what}.columns]"
        )


def _read_again(
    made: gpd.GeoDataFrame,
    frame: gpd.GeoDataFrame,
    factors: Mapping[str, float],
    profile: Profile,
    what: What,
) -> list[str]:
    """Refuse records that do not come back; say which figures of a report are read once only."""
    mapped = (to_candidates if what == "hazards" else to_reports)(made, profile)
    once = {each.record for each in mapped.findings if each.code == "figures_repeated"}
    figures = ("reported_size_m2", *ITEM_COLUMNS)
    wrong: list[str] = []
    for name, factor in factors.items():
        if name not in frame or (name == "in_workbench" and "approval" in frame):
            continue
        was, now = frame[name], mapped.table[name]
        if name in DAYS:
            was = read_days(was)[0]
        elif name not in (*NUMBERS, *FLAGS):
            was = read_texts(was)  # in Unicode NFC, as every text that is read
        if name == "event_id":
            was = was.str.strip("{}").str.lower() if len(was) else was
            now = now.str.lower() if len(now) else now
        missing = was.isna().to_numpy(dtype=bool)
        same = (was.astype(object) == now.astype(object)).to_numpy(dtype=bool)
        if factor != 1:
            same = _rounded(was) == _rounded(now)
        same = np.where(missing | now.isna().to_numpy(dtype=bool), missing & now.isna(), same)
        for place in np.flatnonzero(~same):
            if once and name in figures:
                continue
            told = "nothing" if pd.isna(now.iloc[place]) else repr(now.iloc[place])
            wrong.append(
                f"{frame['hazard_id'].iloc[place]}: {name} {visible(was.iloc[place])!r} would be "
                f"read again as {visible(told)}"
            )
    if wrong:
        raise RecordError(
            f"{some(wrong, 3)}; correct the record, or the words and constants of profile "
            f"{profile.name}"
        )
    said = "reports stand on several rows, and are read as those of the whole report, once"
    return [f"figures of {len(once):,} {said}"] if once else []


def _rounded(values: pd.Series[Any]) -> Any:
    numbers = values.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    return np.array([float(f"{each:.{DIGITS}g}") for each in numbers])
