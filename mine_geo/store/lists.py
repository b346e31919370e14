"""Lists beside the ledger: declarations, accidents, evidence, weight sets, programmes, and so on.

Each is a table that is only added to. An entry that is wrong is withdrawn by a later row, which
says why; what was known before stays to be seen with `known_at`. An entry is known by its own id,
or by a hash of what it says: added again it changes nothing. Points and polygons are in EPSG:4326,
m² are m², days those of Cambodia. No list has a column for the name of a person who was hurt.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Date, Double, Integer, select

from mine_geo.errors import (
    ConflictError,
    GeometryError,
    NotSyntheticError,
    RecordError,
    UnknownNameError,
    choose,
    some,
)
from mine_geo.geo.cells import (
    moment_of,
    read_days,
    read_flags,
    read_numbers,
    read_texts,
    refuse_unfit,
)
from mine_geo.geo.crs import require_lonlat
from mine_geo.geo.geometry import find_faults, to_multipolygons
from mine_geo.geo.hazards import PLACE_COLUMNS, located
from mine_geo.store.ledger import spot_tasks
from mine_geo.store.ledger.entries import id_of, next_id, text_of
from mine_geo.store.ledger.judging import Base
from mine_geo.store.schema import content, gpkg, rows
from mine_geo.store.schema.models import (
    ACCIDENT,
    DECLARATION,
    DECLARED_LEVELS,
    EVIDENCE,
    HAZARD,
    INSPECTION,
    OPERATOR_TOTAL,
    PROGRAMME,
    VERDICTS,
    WEIGHT_SET,
)
from mine_geo.store.schema.rows import Shape
from mine_geo.terms import EVIDENCES, KINDS, OUTCOMES

if TYPE_CHECKING:
    import os
    from datetime import date, datetime

    from sqlalchemy import Connection, Table

    from mine_geo.ledger.events import Moment
    from mine_geo.store.ledger.judging import View


@dataclass(frozen=True)
class _List:
    table: Table
    needed: tuple[str, ...]
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """What an entry says, in order, its geometry last."""
        names = [each.name for each in self.table.columns if each.name not in _OF_THE_ROW]
        return sorted(names, key=lambda name: name == "geometry")

    @property
    def shape(self) -> str | None:
        """What its geometry is; None where it has none."""
        of = self.table.columns.get("geometry")
        return of.type.geometry_type if of is not None and isinstance(of.type, Shape) else None


_OF_THE_ROW: Final = frozenset(
    {"fid", "entry_id", "recorded_at", "recorded_by", "synthetic", "withdraws", "reason"}
)
_LISTS: Final = {
    "declarations": _List(
        DECLARATION, ("level", "code", "declared_on"), {"level": DECLARED_LEVELS}
    ),
    "accidents": _List(ACCIDENT, ("happened_on",)),
    "evidence": _List(EVIDENCE, ("found_on",), {"evidence": EVIDENCES}),
    "weights": _List(WEIGHT_SET, ("name", "weights_hash", "weights")),
    "programmes": _List(PROGRAMME, ("programme", "baseline_on", "hazard_id")),
    "inspections": _List(
        INSPECTION, ("hazard_id", "inspected_on", "verdict"), {"verdict": VERDICTS}
    ),
    "operator_totals": _List(
        OPERATOR_TOTAL,
        ("operator", "outcome", "year", "source"),
        {"outcome": OUTCOMES, "kind": KINDS},
    ),
}
NAMES: Final = tuple(_LISTS)
"""What the lists are called."""
_FIGURES: Final = {"district": 4, "commune": 6, "village": 8}
"""How many figures the code of a unit has: a spreadsheet takes the first zero away."""


@dataclass(frozen=True)
class Entered:
    """What entering a table into a list does."""

    list_name: str
    added: int
    """Entries that are new."""
    unchanged: int
    """Entries that were there already with the same content."""
    entry_ids: tuple[str, ...]
    """The id of each row, in the order of the table."""
    left_out: tuple[str, ...] = ()
    """Columns of the table that the list has no place for."""
    written: bool = field(default=True, compare=False)
    """Whether it was written: False for a dry run, and where nothing is new."""


@dataclass(frozen=True)
class _Rows:
    """Rows judged for a list."""

    of: Table
    columns: dict[str, list[Any]]
    rows: None = None

    def write(self, connection: Connection, now: datetime, *, synthetic: bool) -> None:
        count = len(self.columns["entry_id"])
        told: dict[str, list[Any]] = {
            "recorded_at": [now] * count,
            "synthetic": [synthetic] * count,
        }
        rows.insert_rows(connection, self.of, self.columns | told)
        drawn = [each for each in self.columns.get("geometry", ()) if each is not None]
        bounds = shapely.total_bounds(drawn).tolist() if drawn else None
        gpkg.touch(connection, self.of.name, now, bounds)


class ListMethods(Base):
    """The lists of a store: only added to; an entry is withdrawn by a later one."""

    def add_entries(
        self,
        list_name: str,
        table: pd.DataFrame,
        *,
        recorded_by: str | None = None,
        dry_run: bool = False,
    ) -> Entered:
        """Add entries to a list: all of a table, or none.

        Parameters
        ----------
        list_name
            `declarations`, `accidents`, `evidence`, `weights`, `programmes`, `inspections` or
            `operator_totals`.
        table
            A row an entry, by the columns of the list (see `listed`), and if there is one an
            `entry_id` of your own. Places are points in EPSG:4326, or `lon` and `lat` in degrees;
            samples of inspections are polygons. Columns that the list does not have are left out,
            and named: no list keeps names of persons who were hurt.
        recorded_by
            Who enters them.
        dry_run
            Judge them, and write nothing.

        Returns
        -------
        Entered
            How many are new; rows that say the same are one entry.

        Raises
        ------
        OptionError
            If there is no such list.
        RecordError
            If a column or a value is missing, a day is none or has not come yet, a word is outside
            the vocabulary, a number is none; the message names the rows.
        UnknownNameError
            If a hazard is not in the register.
        GeometryError, CRSError
            If a geometry is of another type, invalid, or not in EPSG:4326.
        ConflictError
            If an `entry_id` is there with other content.
        NotSyntheticError
            If invented entries would be mixed with real ones.

        Examples
        --------
        >>> accidents = pd.DataFrame(
        ...     {"happened_on": ["2021-02-03"], "district": ["Samlout"], "injured": [1],
        ...      "lon": [103.01], "lat": [13.005]})
        >>> done = store.add_entries("accidents", accidents)
        >>> done.added, store.add_entries("accidents", accidents).added
        (1, 0)
        """
        of = _LISTS[choose(list_name, NAMES, "list")]
        checked = _checked(table, list_name, of, synthetic=self.synthetic)
        who = text_of(recorded_by, "recorded_by")
        return self._judging(
            lambda view: _enter(view, list_name, of, checked, who), dry_run=dry_run
        )

    def listed(
        self, list_name: str, *, known_at: Moment = None, withdrawn: bool = False
    ) -> pd.DataFrame:
        """Return the entries of a list that stand, in the order in which they were recorded.

        Parameters
        ----------
        list_name
            As for `add_entries`.
        known_at
            As it was recorded by this moment: a datetime with its time zone.
        withdrawn
            Those that were withdrawn too, with `withdrawn_at` and `withdrawn_why`.

        Returns
        -------
        pandas.DataFrame
            `entry_id`, the columns of the list, `comment`, `recorded_at` (UTC), `recorded_by`. A
            GeoDataFrame in EPSG:4326 for accidents, evidence and inspections.

        Raises
        ------
        OptionError
            If there is no such list.
        RecordError
            If `known_at` has no time zone.

        Examples
        --------
        >>> targets = pd.DataFrame({"programme": ["Strategy"], "baseline_on": ["2021-12-31"],
        ...     "hazard_id": ["AP-1"], "target_year": [2025]})
        >>> done = store.add_entries("programmes", targets)
        >>> store.listed("programmes")[["programme", "hazard_id", "target_year"]].values.tolist()
        [['Strategy', 'AP-1', 2025]]
        """
        of = _LISTS[choose(list_name, NAMES, "list")]
        moment = moment_of(known_at)
        with self._reading() as connection:
            found = _read(connection, of.table)
        if moment is not None:
            found = found[found["recorded_at"] <= pd.Timestamp(moment)]
        later = found[found["withdraws"].notna()].set_index("withdraws")
        stands = found[found["withdraws"].isna()]
        if withdrawn:
            of_entries = later.reindex(stands["entry_id"]).set_axis(stands.index)
            stands = stands.assign(
                withdrawn_at=of_entries["recorded_at"], withdrawn_why=of_entries["reason"]
            )
        else:
            stands = stands[~stands["entry_id"].isin(later.index)]
        invented = ["synthetic"] if stands["synthetic"].any() else []
        last = [name for name in of.columns if name in {"comment", "geometry"}]
        order = [
            "entry_id", *(name for name in of.columns if name not in last), *last[:1],
            "recorded_at", "recorded_by", *(["withdrawn_at", "withdrawn_why"] * withdrawn),
            *invented, *last[1:],
        ]  # fmt: skip
        return stands[order].reset_index(drop=True)

    def withdraw_entry(
        self,
        list_name: str,
        entry_id: str,
        *,
        reason: str,
        recorded_by: str | None = None,
        dry_run: bool = False,
    ) -> pd.DataFrame:
        """Withdraw an entry of a list, from now on: a later row says so, and why.

        Parameters
        ----------
        list_name
            As for `add_entries`.
        entry_id
            The entry.
        reason
            Why it does not hold.
        recorded_by
            Who withdraws it.
        dry_run
            Judge it, and write nothing.

        Returns
        -------
        pandas.DataFrame
            The entry that is withdrawn, as `listed` gives it.

        Raises
        ------
        OptionError
            If there is no such list.
        UnknownNameError
            If there is no such entry.
        ConflictError
            If it was withdrawn already, for another reason.

        Examples
        --------
        >>> said = pd.DataFrame({"level": ["village"], "code": ["02090101"],
        ...     "declared_on": ["2022-05-01"], "entry_id": ["D-1"]})
        >>> done = store.add_entries("declarations", said)
        >>> gone = store.withdraw_entry("declarations", "D-1", reason="another village")
        >>> gone["code"].tolist(), len(store.listed("declarations"))
        (['02090101'], 0)
        """
        of = _LISTS[choose(list_name, NAMES, "list")]
        name, why = id_of(entry_id, "entry_id"), id_of(reason, "reason")
        who = text_of(recorded_by, "recorded_by")
        before = self.listed(list_name, withdrawn=True)
        self._judging(lambda view: _withdraw(view, of, name, why, who), dry_run=dry_run)
        entry = before[before["entry_id"] == name].drop(columns=["withdrawn_at", "withdrawn_why"])
        return entry.reset_index(drop=True)


def read_list_file(path: str | os.PathLike[str], layer: str | None = None) -> pd.DataFrame:
    r"""Read a file of entries for `Store.add_entries`.

    Parameters
    ----------
    path
        A CSV or XLSX file with one table, every cell as text; or any vector file, in EPSG:4326.
    layer
        The layer, where a vector file has several.

    Raises
    ------
    FileError, LayerError
        If it cannot be read, or holds several tables.

    Examples
    --------
    >>> path = folder / "declarations.csv"
    >>> _ = path.write_text("level,code,declared_on\ndistrict,209,2022-05-01\n")
    >>> read_list_file(path)["code"].tolist()
    ['209']
    """
    if layer is None:
        return spot_tasks.read_table(path, "one list")
    from mine_geo.geo.vector import read_vector  # noqa: PLC0415 - GDAL, only for a file

    return read_vector(path, layer)


def weight_set(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Return the row of a weight set for the list `weights`: its file whole, known by its hash.

    Raises
    ------
    FileError
        If the file cannot be read, or is none of a weight set; all faults at once.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> weight_set(sample.path("weights"))[["entry_id", "name"]].map(len).values.tolist()
    [[64, 7]]
    """
    from pathlib import Path  # noqa: PLC0415

    from mine_geo.planning.weights import read_weights  # noqa: PLC0415 - planning, only for these

    found = read_weights(path)
    said = {
        "entry_id": found.hash,
        "name": found.name,
        "weights_hash": found.hash,
        "decided_by": found.decided_by,
        "decided_on": found.decided_on,
        "weights": Path(path).read_text(encoding="utf-8"),
    }
    return pd.DataFrame([said])


def _checked(
    table: pd.DataFrame, list_name: str, of: _List, *, synthetic: bool
) -> tuple[dict[str, list[Any]], tuple[str, ...]]:
    """Return the columns of entries as the table has them, with their ids, and what is left out."""
    geometry = _geometry(table, list_name, of)
    plain = pd.DataFrame(table).reset_index(drop=True)
    if isinstance(table, gpd.GeoDataFrame):
        plain = plain.drop(columns=table.geometry.name)
    plain = plain.rename(columns={name: str(name).strip().lower() for name in plain.columns})
    refuse_unfit(plain, f"row of {list_name}", "entry_id")
    _refuse_invented(plain, list_name, synthetic=synthetic)
    known = [name for name in of.columns if name != "geometry"]
    missing = [name for name in of.needed if name not in plain]
    if missing:
        raise RecordError(
            f"{list_name}: no column {some(missing)}; there are: {some(plain.columns, 20)}; the "
            f"list has {', '.join(known)}"
        )
    placed = {"lon", "lat"} if of.shape == "POINT" else set()
    mine = {*known, *placed, "entry_id", "synthetic"}
    left = tuple(name for name in plain.columns if name not in mine)
    columns: dict[str, list[Any]] = {}
    texts: dict[str, pd.Series[Any]] = {}
    for name in known:
        cells = plain.get(name, pd.Series(None, index=plain.index, dtype="str"))
        kind = of.table.columns[name].type
        if isinstance(kind, Date):
            columns[name] = _days(cells, name, list_name)
        elif isinstance(kind, Integer | Double):
            columns[name] = _numbers(cells, name, list_name, whole=isinstance(kind, Integer))
        else:
            texts[name] = _coded(name, read_texts(cells), plain)
    if set(PLACE_COLUMNS) & set(texts):
        none = pd.Series(None, index=plain.index, dtype="str")
        place = pd.DataFrame({name: texts.get(name, none) for name in PLACE_COLUMNS})
        texts |= {name: found for name, found in located(place).items() if name in texts}
    for name, column in texts.items():
        columns[name] = column.astype(object).where(column.notna(), None).tolist()
    _refuse_gaps(columns, list_name, of)
    if geometry is not None:
        columns["geometry"] = geometry
    columns["entry_id"] = _ids(plain, columns, list_name, of)
    return columns, left


def _refuse_invented(table: pd.DataFrame, list_name: str, *, synthetic: bool) -> None:
    """Refuse invented entries where the store is for real ones."""
    if synthetic or "synthetic" not in table:
        return
    invented, unread = read_flags(table["synthetic"])
    places = np.flatnonzero(invented | unread)
    if len(places):
        raise NotSyntheticError(
            f"{list_name}: row {some(places + 1)} is invented sample data, and this is not a "
            "synthetic store; leave it out"
        )


def _coded(name: str, cells: pd.Series[Any], table: pd.DataFrame) -> pd.Series[Any]:
    """Return codes of units with the zero that a spreadsheet took away."""
    if name == "code":
        width = table["level"].map(_FIGURES) if "level" in table else None
    else:
        width = pd.Series(_FIGURES.get(name.removesuffix("_code"), 0), index=cells.index)
    if width is None or not name.endswith("code"):
        return cells
    figures = cells.str.isdecimal().fillna(value=False).astype(bool) & width.notna()
    padded = [
        text.zfill(int(most)) if plain else text
        for text, most, plain in zip(cells, width, figures, strict=True)
    ]
    return pd.Series(padded, index=cells.index, dtype="str")


def _days(cells: pd.Series[Any], name: str, list_name: str) -> list[date | None]:
    days, bad = read_days(cells)
    _refuse_cells(cells, np.asarray(bad, dtype=bool), name, list_name, "is no day; as 2022-12-31")
    return [None if pd.isna(day) else day.date() for day in days]


def _numbers(cells: pd.Series[Any], name: str, list_name: str, *, whole: bool) -> list[Any]:
    numbers, bad = read_numbers(cells, whole=whole)
    said = "is no whole number" if whole else "is no number that can be"
    _refuse_cells(cells, bad, name, list_name, said)
    return [None if np.isnan(each) else int(each) if whole else float(each) for each in numbers]


def _refuse_cells(cells: pd.Series[Any], bad: Any, name: str, list_name: str, said: str) -> None:
    places = np.flatnonzero(bad)
    if len(places):
        raise RecordError(
            f"{list_name}: {name} of row {some(places + 1)} ({some(cells.iloc[places], 3)}) {said}"
        )


def _refuse_gaps(columns: dict[str, list[Any]], list_name: str, of: _List) -> None:
    """Refuse rows that lack what the list needs, or say a word that it does not know."""
    for name in of.needed:
        gaps = [place for place, value in enumerate(columns[name], 1) if value is None]
        if gaps:
            raise RecordError(f"{list_name}: row {some(gaps)} says no {name}; give it")
    for name, words in of.words.items():
        strange = sorted({value for value in columns[name] if value not in {None, *words}})
        if strange:
            raise RecordError(
                f"{list_name}: {name} {some(strange)} is unknown; valid: {', '.join(words)}"
            )


def _geometry(table: pd.DataFrame, list_name: str, of: _List) -> list[Any] | None:
    """Return points or polygons in EPSG:4326, None where a row has none."""
    if of.shape is None:
        return None
    what = f"the places of {list_name}"
    if not isinstance(table, gpd.GeoDataFrame):
        return _from_degrees(table, list_name) if of.shape == "POINT" else [None] * len(table)
    require_lonlat(table, what)
    shapes = [
        None if each is None or each.is_empty else shapely.force_2d(each) for each in table.geometry
    ]
    if of.shape == "POINT":
        points = [None if each is None else shapely.get_parts(each)[0] for each in shapes]
        wrong = [
            place
            for place, each in enumerate(shapes, 1)
            if each is not None and (shapely.get_num_geometries(each) != 1)
        ]
        wrong += [n for n, p in enumerate(points, 1) if p is not None and p.geom_type != "Point"]
        if wrong:
            raise GeometryError(
                f"{list_name}: row {some(wrong)} is no point; give a layer of points"
            )
        return points
    drawn = [each for each in shapes if each is not None]
    faults = find_faults(drawn, [what] * len(drawn))
    if len(faults):
        raise GeometryError(f"{list_name}: {some(faults['message'], 3)}; mend it in its source")
    polygons = iter(to_multipolygons(drawn))
    return [None if each is None else next(polygons) for each in shapes]


def _from_degrees(table: pd.DataFrame, list_name: str) -> list[Any]:
    names = {str(name).strip().lower(): name for name in table.columns}
    if not {"lon", "lat"} & set(names):
        return [None] * len(table)
    none = pd.Series(None, index=table.index, dtype="str")
    texts = [
        read_texts(table[names[name]] if name in names else none).reset_index(drop=True)
        for name in ("lon", "lat")
    ]
    lon, lat = (pd.to_numeric(each, errors="coerce").to_numpy(dtype=float) for each in texts)
    there = texts[0].notna().to_numpy(dtype=bool) | texts[1].notna().to_numpy(dtype=bool)
    good = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)  # False for what is not a number
    wrong = np.flatnonzero(there & ~good)
    if len(wrong):
        raise GeometryError(
            f"{list_name}: lon and lat of row {some(wrong + 1)} are no place; give both in degrees "
            "of WGS 84"
        )
    return [
        shapely.Point(x, y) if known else None for x, y, known in zip(lon, lat, there, strict=True)
    ]


def _ids(
    table: pd.DataFrame, columns: dict[str, list[Any]], list_name: str, of: _List
) -> list[str]:
    own = table["entry_id"].tolist() if "entry_id" in table else [None] * len(table)
    hashed = _hashes(of, columns)
    ids = [text_of(given, "entry_id") or each for given, each in zip(own, hashed, strict=True)]
    said = pd.Series(hashed).groupby(pd.Series(ids)).nunique() if ids else pd.Series(dtype=int)
    if (said > 1).any():
        raise RecordError(
            f"{list_name}: entry_id {some(said.index[said > 1])} stands twice with other content"
        )
    return ids


def _hashes(of: _List, columns: dict[str, list[Any]]) -> list[str]:
    """Hash what entries say; two with the same content have the same."""
    names = [name for name in of.columns if name != "geometry"]
    shapes = columns.get("geometry", [None] * len(columns[names[0]]))
    values = zip(*(columns[name] for name in names), strict=True)
    return [
        content.digest(
            of.table.name,
            content.to_json({n: content.plain_value(v) for n, v in zip(names, row, strict=True)}),
            _drawn(shape),
        )
        for row, shape in zip(values, shapes, strict=True)
    ]


def _drawn(shape: Any) -> str:
    if shape is None:
        return ""
    if shape.geom_type == "Point":  # which has no edge to be hashed by
        return f"{shape.x + 0.0!r} {shape.y + 0.0!r}"
    return content.geometry_hashes(gpd.GeoSeries([shape]))[0]


def _read(connection: Connection, table: Table) -> pd.DataFrame:
    """Read a list whole, withdrawals too; whole numbers may be missing."""
    columns = [each for each in table.columns if each.name != "fid"]
    found = rows.read(connection, columns, order_by=[table.c.fid])
    whole = [each.name for each in columns if isinstance(each.type, Integer)]
    return found.astype(dict.fromkeys(whole, "Int64"))


def _enter(
    view: View,
    list_name: str,
    of: _List,
    checked: tuple[dict[str, list[Any]], tuple[str, ...]],
    recorded_by: str | None,
) -> Entered:
    columns, left = checked
    _refuse_future(view, columns, list_name, of)
    _refuse_strangers(view, columns, list_name)
    there = _there(view.connection, of)
    gone = set(view.connection.scalars(select(of.table.c.withdraws)))
    hashed = _hashes(of, columns)
    ids: list[str] = []
    new: dict[str, int] = {}
    for place, (given, digest) in enumerate(zip(columns["entry_id"], hashed, strict=True)):
        name = given
        while there.get(name) == digest and name in gone:
            name = next_id(name)  # withdrawn, and said again: another entry
        if name in there and there[name] != digest:
            raise ConflictError(
                f"{list_name}: entry {name} is there with other content; withdraw it, or give this "
                "one another entry_id"
            )
        ids.append(name)
        if name not in there:
            new.setdefault(name, place)
    if new:
        places = list(new.values())
        picked = {name: [values[place] for place in places] for name, values in columns.items()}
        told: dict[str, list[Any]] = {
            "entry_id": list(new),
            "recorded_by": [recorded_by] * len(new),
        }
        view.add(_Rows(of.table, picked | told))
    done = Entered(list_name, len(new), len(ids) - len(new), tuple(ids), left)
    return replace(done, written=view.writes and bool(new))


def _there(connection: Connection, of: _List) -> dict[str, str]:
    """Return the hash of what each entry says, by its id."""
    found = _read(connection, of.table)
    found = found[found["withdraws"].isna()]
    columns: dict[str, list[Any]] = {}
    for name in of.columns:
        values = found[name].astype(object)
        plain = values.where(found[name].notna(), None).tolist()
        if isinstance(of.table.columns[name].type, Date):
            plain = [None if each is None else each.date() for each in plain]
        columns[name] = plain
    return dict(zip(found["entry_id"], _hashes(of, columns), strict=True))


def _refuse_future(view: View, columns: dict[str, list[Any]], list_name: str, of: _List) -> None:
    for name in of.columns:
        if not isinstance(of.table.columns[name].type, Date):
            continue
        ahead = [n for n, day in enumerate(columns[name], 1) if day and day > view.today]
        if ahead:
            raise RecordError(
                f"{list_name}: {name} of row {some(ahead)} is in the future (today is "
                f"{view.today}); check the day"
            )


def _refuse_strangers(view: View, columns: dict[str, list[Any]], list_name: str) -> None:
    """Refuse entries of hazards that are not in the register."""
    ids = {each for each in columns.get("hazard_id", ()) if each is not None}
    if not ids:
        return
    strange = ids - set(view.connection.scalars(select(HAZARD.c.hazard_id)))
    if strange:
        raise UnknownNameError(
            f"{list_name}: no hazard {some(sorted(strange))} in this store; register it first, or "
            "correct the id"
        )


def _withdraw(view: View, of: _List, entry_id: str, why: str, recorded_by: str | None) -> None:
    c = of.table.c
    query = select(c.entry_id).where(c.entry_id == entry_id, c.withdraws.is_(None))
    if view.connection.scalar(query) is None:
        raise UnknownNameError(f"no entry {entry_id} in that list; mine-geo list shows them")
    before = view.connection.scalar(select(c.reason).where(c.withdraws == entry_id))
    if before == why:
        return
    if before is not None:
        raise ConflictError(f"entry {entry_id} is withdrawn already: {before}")
    row: dict[str, list[Any]] = {
        "entry_id": [content.digest("withdrawn", entry_id, why)],
        "recorded_by": [recorded_by],
        "withdraws": [entry_id],
        "reason": [why],
    }
    view.add(_Rows(of.table, row))
