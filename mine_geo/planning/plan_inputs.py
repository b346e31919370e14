"""What a plan rests on, from one TOML file: capacity, cost, shares, inflow, and what is blocked.

Sizes in m², rates in m² a year, cost in USD a m². A file that cannot be planned with is refused in
one line that names every fault and where it stands.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from mine_geo.errors import (
    FileError,
    GeometryError,
    MineGeoError,
    UnknownNameError,
    choose,
    some,
)
from mine_geo.geo import admin_names
from mine_geo.geo.geometry import refuse_invalid
from mine_geo.geo.vector import read_vector
from mine_geo.intake.profiles import Faults
from mine_geo.terms import KINDS

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    import geopandas as gpd

    from mine_geo.terms import Kind

    Key = tuple[str, ...]

Order = Literal["far_first", "near_first", "together"]
ORDERS: Final = ("far_first", "near_first", "together")
_KEYS: Final = (
    "name", "kind", "start", "horizon", "order", "capacity", "cost", "shares", "inflow", "blocked",
    "spread", "scenarios",
)  # fmt: skip
SCALED: Final = ("capacity", "inflow", "cost")
"""What a scenario multiplies."""
MOST_M2: Final = 3_000_000_000
"""A year's capacity or inflow, and a stock, at most: more is a slip of units."""


@dataclass(frozen=True)
class Capacity:
    """So many m² a year, in one province or wherever land is left."""

    m2: int
    province_code: str | None = None
    operator: str | None = None
    years: Mapping[int, int] = field(default_factory=dict)
    """Single years that differ."""

    def of(self, year: int) -> int:
        """Return the m² of a year."""
        return self.years.get(year, self.m2)


@dataclass(frozen=True)
class Shares:
    """How much of what is released survey cancels and reduces; the rest is cleared."""

    cancelled: float = 0.0
    reduced: float = 0.0


@dataclass(frozen=True)
class Spread:
    """How far each input may be off, for `simulate`: a factor between 1 - x and 1 + x."""

    capacity: float = 0.0
    inflow: float = 0.0
    cancelled: float = 0.0
    cost: float = 0.0
    border_m: float = 0.0
    """How far the border may lie from where it is drawn, metres."""


@dataclass(frozen=True)
class PlanInputs:
    """All that a plan rests on but the register; see `read_plan`."""

    name: str
    start: date
    """The first day of the plan; the register is as of the evening before."""
    capacity: tuple[Capacity, ...]
    horizon: int = 2030
    """The year by whose end all ought to be released."""
    kind: Kind | None = None
    order: Order = "far_first"
    usd_m2: float | None = None
    """USD a m² released; None: unknown, and so is the cost."""
    usd_m2_by_province: Mapping[str, float] = field(default_factory=dict)
    relative_cost: Mapping[str, float] = field(default_factory=dict)
    """What a m² of an outcome costs, as a share of one cleared; 1 where nothing is said."""
    shares: Shares = Shares()
    shares_by_province: Mapping[str, Shares] = field(default_factory=dict)
    inflow_m2: int = 0
    """Newly found land a year, divided as the stock of the start."""
    inflow_by_province: Mapping[str, int] = field(default_factory=dict)
    blocked_distance_m: float | None = None
    """Hazards nearer to the border than this are blocked."""
    belt: gpd.GeoDataFrame | None = field(default=None, compare=False)
    """Polygons, EPSG:4326; what lies in them is blocked."""
    spread: Spread = Spread()
    scenarios: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Of each name the factors of capacity, inflow and cost."""
    digest: str = ""
    """SHA-256 of the file, so that an output says from which it was made."""

    def provinces(self) -> set[str]:
        """Return the codes of all provinces that the inputs name."""
        named = {each.province_code for each in self.capacity if each.province_code}
        return named.union(
            self.usd_m2_by_province, self.shares_by_province, self.inflow_by_province
        )

    def factor(self, scenario: str | None, what: str) -> float:
        """Return by what a scenario multiplies capacity, inflow or cost; None is the plan itself.

        Raises
        ------
        OptionError
            If there is no such scenario.
        """
        if scenario is None:
            return 1.0
        return self.scenarios[choose(scenario, tuple(self.scenarios), "scenario")].get(what, 1.0)


def read_plan(path: str | os.PathLike[str]) -> PlanInputs:
    """Read what a plan rests on from a TOML file.

    Sizes are in m², rates in m² a year, cost in USD a m².

    Parameters
    ----------
    path
        The file: `name`, `start` (a day), `[[capacity]]` (`m2` a year, and if wanted `province`,
        `operator`, `years`), and if wanted `kind`, `horizon` (a year), `order` (one of `ORDERS`),
        `[cost]` (`usd_m2`, `by_province`, `relative`), `[shares]` (`cancelled`, `reduced`,
        `by_province`), `[inflow]` (`m2` a year, `by_province`), `[blocked]` (`distance_m`,
        `polygons`: a file, as seen from this one), `[spread]` and `[scenarios.NAME]`.

    Returns
    -------
    PlanInputs
        To be handed to `make_plan`.

    Raises
    ------
    FileError
        If the file cannot be read, or a value in it cannot be: shares over 1, a province that is
        not there, negative capacity; every fault in one line.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> inputs = read_plan(sample.path("workplan_2023"))
    >>> inputs.start, inputs.capacity[0].of(2023), inputs.capacity[0].of(2024), inputs.usd_m2
    (datetime.date(2023, 1, 1), 345284511, 168000000, 0.257)
    """
    path = Path(path)
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8")
        data = tomllib.loads(text)
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror or error}") from error
    except ValueError as error:  # no UTF-8, no TOML, or a number of thousands of figures
        raise FileError(f"{path}: not TOML: {error}") from error
    reader = _Reader(text, path)
    inputs = reader.inputs(data, hashlib.sha256(raw).hexdigest())
    reader.faults.raise_for(path)
    return inputs


class _Reader:
    """Reads the tables of a plan; each value that cannot be is noted, and a plain one stands in."""

    def __init__(self, text: str, path: Path) -> None:
        self.faults = Faults(text)
        self._path = path

    def inputs(self, data: Mapping[str, Any], digest: str) -> PlanInputs:
        faults = self.faults
        faults.keys((), data, _KEYS)
        kind = faults.text(("kind",), data)
        order = faults.text(("order",), data) or "far_first"
        if kind:
            faults.word(("kind",), kind, KINDS)
        faults.word(("order",), order, ORDERS)
        cost, shares, inflow = (self._table(data, name) for name in ("cost", "shares", "inflow"))
        blocked, spread = self._table(data, "blocked"), self._table(data, "spread")
        faults.keys(("cost",), cost, ("usd_m2", "by_province", "relative"))
        faults.keys(("inflow",), inflow, ("m2", "by_province"))
        faults.keys(("blocked",), blocked, ("distance_m", "polygons"))
        faults.keys(("shares",), shares, ("cancelled", "reduced", "by_province"))
        name = faults.text(("name",), data)
        if not name:
            faults.add(("name",), "missing; say what the plan is called")
        return PlanInputs(
            name=name,
            start=self._start(data),
            capacity=self._capacity(data),
            horizon=self._year(("horizon",), data.get("horizon", 2030)),
            kind=kind or None,  # type: ignore[arg-type]  # one of KINDS, or a fault is noted
            order=order,  # type: ignore[arg-type]  # one of ORDERS, or a fault is noted
            usd_m2=self._number(("cost", "usd_m2"), cost["usd_m2"]) if "usd_m2" in cost else None,
            usd_m2_by_province=self._by_province(("cost", "by_province"), cost),
            relative_cost=self._relative(cost),
            shares=self._shares(("shares",), shares),
            shares_by_province=self._shares_by_province(shares),
            inflow_m2=self._whole(("inflow", "m2"), inflow.get("m2", 0)),
            inflow_by_province={
                code: round(rate)
                for code, rate in self._by_province(("inflow", "by_province"), inflow).items()
            },
            blocked_distance_m=self._number(("blocked", "distance_m"), blocked["distance_m"])
            if "distance_m" in blocked
            else None,
            belt=self._belt(blocked),
            spread=self._spread(spread),
            scenarios=self._scenarios(data),
            digest=digest,
        )

    def _table(self, data: Mapping[str, Any], name: str) -> dict[str, Any]:
        return self.faults.table((name,), data)

    def _start(self, data: Mapping[str, Any]) -> date:
        start = data.get("start")
        if isinstance(start, date) and not isinstance(start, datetime):
            return start
        self.faults.add(("start",), "not a day; write it without quotes, start = 2023-01-01")
        return date(2000, 1, 1)

    def _capacity(self, data: Mapping[str, Any]) -> tuple[Capacity, ...]:
        lines = data.get("capacity")
        if not isinstance(lines, list) or not lines or not all(isinstance(i, dict) for i in lines):
            self.faults.add(("capacity",), "missing; write [[capacity]] and m2 = ... below")
            return ()
        found = []
        for line in lines:
            self.faults.keys(("capacity",), line, ("m2", "province", "operator", "years"))
            years = self.faults.table(("capacity", "years"), line)
            province = self.faults.text(("capacity", "province"), line)
            found.append(
                Capacity(
                    self._whole(("capacity", "m2"), line.get("m2")),
                    self._province(("capacity", "province"), province) if province else None,
                    self.faults.text(("capacity", "operator"), line) or None,
                    {
                        self._year(("capacity", "years"), year): self._whole(
                            ("capacity", "years", year), value
                        )
                        for year, value in years.items()
                    },
                )
            )
        return tuple(found)

    def _belt(self, blocked: Mapping[str, Any]) -> gpd.GeoDataFrame | None:
        """Read the polygons of a blocked belt, from a path as seen from the plan."""
        key = ("blocked", "polygons")
        name = self.faults.text(key, blocked)
        if not name:
            return None
        try:
            found = read_vector(self._path.parent / name)
        except MineGeoError as error:
            self.faults.add(key, str(error))
            return None
        types = sorted(set(found.geom_type.astype(str)))
        if not types or not set(types) <= {"Polygon", "MultiPolygon"}:
            self.faults.add(key, f"{name} holds {some(types) or 'nothing'}; it must hold polygons")
            return None
        try:
            refuse_invalid(found, name)
        except GeometryError as error:
            self.faults.add(key, str(error))
        return found

    def _number(self, key: Key, value: Any, most: float = MOST_M2) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most:
            return float(value)
        self.faults.add(key, f"{value!r} is not a number from 0 to {most:,g}")
        return 0.0

    def _whole(self, key: Key, value: Any) -> int:
        return round(self._number(key, value))

    def _year(self, key: Key, value: Any) -> int:
        text = str(value)
        if not isinstance(value, bool) and text.isdecimal() and len(text) == 4:
            return int(text)
        self.faults.add(key, f"{value!r} is not a year of four digits")
        return 2030

    def _province(self, key: Key, name: str) -> str:
        try:
            return admin_names.province_code(name)
        except UnknownNameError as error:
            self.faults.add(key, str(error))
            return ""

    def _by_province(self, key: Key, table: Mapping[str, Any]) -> dict[str, float]:
        found: dict[str, float] = {}
        for name, value in self.faults.table(key, table).items():
            found[self._once((*key, name), name, found)] = self._number((*key, name), value)
        return found

    def _once(self, key: Key, name: str, found: Mapping[str, Any]) -> str:
        """Return the code of a province that no other name of the table stands for."""
        code = self._province(key, name)
        if code and code in found:
            self.faults.add(key, f"{admin_names.province_name(code)} stands twice; leave one")
        return code

    def _relative(self, cost: Mapping[str, Any]) -> dict[str, float]:
        key = ("cost", "relative")
        table = self.faults.table(key, cost)
        self.faults.keys(key, table, ("cancelled", "reduced"))
        return {name: self._number((*key, name), value, 10) for name, value in table.items()}

    def _shares(self, key: Key, table: Mapping[str, Any]) -> Shares:
        found = Shares(
            *(
                self._number((*key, each), table.get(each, 0), 1)
                for each in ("cancelled", "reduced")
            )
        )
        if found.cancelled + found.reduced > 1:
            self.faults.add(
                key,
                f"cancelled and reduced together are {found.cancelled + found.reduced:g}, over 1",
            )
        return found

    def _shares_by_province(self, shares: Mapping[str, Any]) -> dict[str, Shares]:
        key = ("shares", "by_province")
        found: dict[str, Shares] = {}
        for name in self.faults.table(key, shares):
            of = self.faults.table((*key, name), shares["by_province"])
            self.faults.keys((*key, name), of, ("cancelled", "reduced"))
            found[self._once((*key, name), name, found)] = self._shares((*key, name), of)
        return found

    def _spread(self, table: Mapping[str, Any]) -> Spread:
        names = ("capacity", "inflow", "cancelled", "cost")
        self.faults.keys(("spread",), table, (*names, "border_m"))
        of = {name: self._number(("spread", name), table.get(name, 0), 1) for name in names}
        return Spread(**of, border_m=self._number(("spread", "border_m"), table.get("border_m", 0)))

    def _scenarios(self, data: Mapping[str, Any]) -> dict[str, dict[str, float]]:
        found = {}
        scenarios = self._table(data, "scenarios")
        for name in scenarios:
            key = ("scenarios", name)
            table = self.faults.table(key, scenarios)
            self.faults.keys(key, table, SCALED)
            found[name] = {
                what: self._number((*key, what), value, 100) for what, value in table.items()
            }
        return found
