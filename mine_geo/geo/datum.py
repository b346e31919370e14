"""Datum transformations to WGS 84: which there are, how good, where they are meant for.

PROJ picks one by itself, place by place, and takes a null shift ("ballpark") where it has none: it
puts Indian 1960 (EPSG:4131, 3148) 430 to 505 m off in most of Cambodia, right in its north-east,
without a word. So a transformation is named by a person, and recorded.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from pyproj.exceptions import ProjError
from pyproj.transformer import TransformerGroup

from mine_geo.errors import CRSError
from mine_geo.terms import CRS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyproj


Extent = tuple[float, float, float, float]
"""West, south, east, north, in degrees."""

AS_DECLARED: Final = "as the file declares"
"""The name of a shift that stands in the file's own reference system (TOWGS84, a grid)."""

CAMBODIA: Final[Extent] = (102.3, 9.9, 107.7, 14.7)
"""A box around Cambodia with its islands, in degrees (WGS 84)."""

_MOST: Final = 5  # operations listed in a message


@dataclass(frozen=True)
class Shift:
    """The datum transformation that was named and used."""

    operation: str
    """As EPSG names it; for a shift of the file's own, that and its numbers."""
    accuracy_m: float | None
    """Metres; None where it is not known."""
    area: str
    """Where it is meant for, in the words of EPSG; empty where that is not known."""
    covers: bool
    """Whether that area is known to hold all the data."""
    code: str = ""
    """Like `EPSG:1542`; empty where it has none."""
    ballpark: bool = False
    """Whether it shifts nothing at all."""

    @property
    def text(self) -> str:
        """The operation, its accuracy and its area in one line, for reports.

        Examples
        --------
        >>> Shift("Indian 1960 to WGS 84 (2)", 44.0, "Vietnam", False, "EPSG:1542").text
        'Indian 1960 to WGS 84 (2) (EPSG:1542, 44 m, meant for: Vietnam; the data lie outside)'
        """
        facts = _facts(self.code, self.accuracy_m, self.area, ballpark=self.ballpark)
        if self.area and not self.covers:
            facts += "; the data lie outside"
        return f"{self.operation} ({facts})"


@dataclass(frozen=True)
class _Way:
    """One way of PROJ's from a system to EPSG:4326."""

    name: str
    code: str
    accuracy_m: float | None
    area: str
    box: Extent | None
    ballpark: bool
    grids: tuple[str, ...]
    description: str
    transformer: pyproj.Transformer | None

    def covers(self, extent: Extent | None) -> bool:
        """Say whether the area of use is known to hold the extent.

        EPSG gives an area in words and as a box; the box of Thailand holds half of Cambodia. So
        for data there the words must not speak of other countries alone.
        """
        if self.box is None or extent is None or not _holds(self.box, extent):
            return False
        west, south, east, north = CAMBODIA
        meets = west <= extent[2] and extent[0] <= east and south <= extent[3]
        elsewhere = not (meets and extent[1] <= north)
        return elsewhere or "Cambodia" in self.area or self.area.startswith("World")

    def answers_to(self, operation: str) -> bool:
        """Say whether a caller's words mean this way."""
        said = operation.strip().casefold()
        names = [self.name, self.code, self.description]
        if self.name.startswith(AS_DECLARED):
            names.append(AS_DECLARED)
        return bool(said) and said in {name.casefold() for name in names}


def operations(system: pyproj.CRS, extent: Extent | None = None) -> pd.DataFrame:
    """List the datum transformations from a reference system to WGS 84 (EPSG:4326).

    Parameters
    ----------
    system
        Any reference system: projected, compound, or with a shift of its own (TOWGS84).
    extent
        West, south, east, north of the data in degrees.

    Returns
    -------
    pandas.DataFrame
        One row an operation, those first that hold the extent, null shifts last: `name`, `code`
        (by which it may be named as well; "" where it has none), `accuracy_m` (NaN where not
        known), `area` (text) and its `west`, `south`, `east`, `north` in degrees (NaN where not
        known), `covers` (whether that area is known to hold the extent; for data in Cambodia an
        area of other countries does not, whatever its box; null without an extent), `ballpark` (a
        null shift), `grids` (files that it needs and that are not installed), `description`
        (PROJ's whole way).

    Examples
    --------
    >>> import pyproj
    >>> table = operations(pyproj.CRS("EPSG:3148"), (102.3, 10.4, 107.7, 14.7))
    >>> table[["code", "accuracy_m", "covers", "ballpark"]].values.tolist()[0]
    ['EPSG:1542', 44.0, False, False]
    """
    ways = _ways(system, extent)
    boxes = np.array([way.box or (np.nan,) * 4 for way in ways], dtype=float).reshape(-1, 4)
    covers = [None if extent is None else way.covers(extent) for way in ways]
    return pd.DataFrame(
        {
            "name": pd.Series([way.name for way in ways], dtype="str"),
            "code": pd.Series([way.code for way in ways], dtype="str"),
            "accuracy_m": pd.Series([way.accuracy_m for way in ways], dtype=float),
            "area": pd.Series([way.area for way in ways], dtype="str"),
            **dict(zip(("west", "south", "east", "north"), boxes.T, strict=True)),
            "covers": pd.Series(covers, dtype="boolean"),
            "ballpark": pd.Series([way.ballpark for way in ways], dtype=bool),
            "grids": pd.Series([", ".join(way.grids) for way in ways], dtype="str"),
            "description": pd.Series([way.description for way in ways], dtype="str"),
        }
    )


def choose_operation(
    system: pyproj.CRS, operation: str | None, what: str, extent: Extent | None = None
) -> tuple[pyproj.Transformer, Shift]:
    """Return the one operation that the caller names, as a transformer to EPSG:4326 (x, y).

    Parameters
    ----------
    system
        The reference system of the data.
    operation
        Name, code (`EPSG:1542`) or PROJ's whole description; `AS_DECLARED` for a shift that
        stands in the file itself.
    what
        What the data are, for messages.
    extent
        West, south, east, north of the data in degrees.

    Raises
    ------
    CRSError
        If the operation is not named, is none of those that there are (the message lists them,
        with accuracy and area), or needs a grid that is not installed.

    Examples
    --------
    >>> import pyproj
    >>> way, shift = choose_operation(pyproj.CRS("EPSG:4131"), "EPSG:1542", "old.shp")
    >>> [round(float(value), 5) for value in way.transform(104, 12)]
    [103.99628, 12.00196]
    >>> shift.operation, shift.accuracy_m
    ('Indian 1960 to WGS 84 (2)', 44.0)
    """
    ways = _ways(system, extent)
    if not any(not way.ballpark for way in ways) and operation is None:
        raise CRSError(
            f"{what}: {system.name!r} says no datum that can be brought to WGS 84; ask the "
            "file's maker for its coordinate reference system and set that in the file, or give "
            'it, as crs="EPSG:4131" for Indian 1960'
        )
    if operation is None:
        raise CRSError(
            f"{what}: {system.name} has another datum than WGS 84; name the transformation "
            f"(operation=...): {_listed(ways, extent)}"
        )
    chosen = next((way for way in ways if way.answers_to(operation)), None)
    if chosen is None:
        raise CRSError(
            f"{what}: no operation {operation!r} leads from {system.name} to WGS 84; name one of "
            f"these (operation=...): {_listed(ways, extent) or 'none is known'}"
        )
    if chosen.transformer is None:
        others = [way for way in ways if way.transformer is not None]
        raise CRSError(
            f"{what}: operation {chosen.name!r} needs {_needs(chosen.grids)}; put it into "
            f"PROJ's data folder or name another: {_listed(others, extent) or 'none is known'}"
        )
    shift = Shift(
        chosen.name,
        chosen.accuracy_m,
        chosen.area,
        chosen.covers(extent),
        chosen.code,
        chosen.ballpark,
    )
    return chosen.transformer, shift


def horizontal(system: pyproj.CRS) -> pyproj.CRS:
    """Return a system without its heights, and without a shift that it declares.

    Examples
    --------
    >>> import pyproj
    >>> horizontal(pyproj.CRS("EPSG:3148+5773")).to_epsg()
    3148
    """
    if system.is_compound:
        system = system.sub_crs_list[0]
    if system.is_bound and system.source_crs is not None:
        return horizontal(system.source_crs)
    return system.to_2d() if len(system.axis_info) > 2 else system


def declared_shift(system: pyproj.CRS) -> tuple[float, ...]:
    """Return the numbers of the shift to WGS 84 that a system declares (TOWGS84); often none.

    Examples
    --------
    >>> import pyproj
    >>> declared_shift(pyproj.CRS("+proj=longlat +ellps=evrst30 +towgs84=198,881,317 +type=crs"))
    (198.0, 881.0, 317.0)
    """
    for part in [system, *system.sub_crs_list]:
        if part.is_bound and part.coordinate_operation is not None:
            return tuple(float(number) for number in part.coordinate_operation.towgs84)
    return ()


def short_area(area: str) -> str:
    """Return an area's words for a message: not all the counties of the United States.

    Examples
    --------
    >>> short_area("Vietnam - Con Son Island.")
    'Vietnam - Con Son Island'
    """
    area = area.rstrip(".")
    return area if len(area) <= 90 else f"{area[:90].rsplit(' ', 1)[0]} ..."


def _ways(system: pyproj.CRS, extent: Extent | None) -> list[_Way]:
    """List PROJ's ways to EPSG:4326 that change the datum, the fittest first."""
    ways = _group(system)
    # A system may bring a shift of its own (TOWGS84, a grid). That is one way among those that
    # PROJ has for the bare system, and a person chooses between them.
    bare = horizontal(system)
    if any(part.is_bound for part in [system, *system.sub_crs_list]):
        numbers = ", ".join(f"{number:g}" for number in declared_shift(system))
        # Where the shift that a file brings along is good for, nobody says.
        own = f"TOWGS84[{numbers}]" if numbers else None
        ways = [
            replace(way, name=f"{AS_DECLARED}: {own or way.name}", code="", area="", box=None)
            for way in ways[:1]
        ] + _group(bare)
    # PROJ lists a change of datum once for each way to compute it: of one name the first counts.
    first: dict[str, _Way] = {}
    for way in ways:
        first.setdefault(way.name, way)
    return sorted(
        first.values(),
        key=lambda way: (way.ballpark, not way.covers(extent), bool(way.grids)),
    )


def _group(system: pyproj.CRS) -> list[_Way]:
    try:
        with warnings.catch_warnings():
            # Said in the list: what needs a grid that is not installed.
            warnings.filterwarnings("ignore", message="Best transformation is not available")
            group = TransformerGroup(system, CRS, always_xy=True)
    except ProjError:
        return []
    ready = [_way(way, way, ()) for way in group.transformers]
    lacking = [
        _way(way, None, tuple(grid.short_name for grid in way.grids if not grid.available))
        for way in group.unavailable_operations
    ]
    return [way for way in ready + lacking if way.name]


def _way(way: Any, transformer: pyproj.Transformer | None, grids: tuple[str, ...]) -> _Way:
    """Describe a transformer, or an operation that lacks a grid, by its change of datum."""
    # Only its transformations change the datum: conversions (a projection undone, axes exchanged)
    # are exact, and say nothing of its accuracy.
    written = way.to_json_dict()
    steps = [s for s in written.get("steps", [written]) if s["type"] == "Transformation"]
    ballpark = any(step["name"].startswith("Ballpark") for step in steps)
    known = way.area_of_use is not None and not ballpark
    return _Way(
        name=" + ".join(step["name"] for step in steps),
        code=" + ".join(_code(step) for step in steps if "id" in step),
        accuracy_m=way.accuracy if way.accuracy >= 0 else None,
        area=way.area_of_use.name.rstrip(".") if known else "",
        box=way.area_of_use.bounds if known else None,
        ballpark=ballpark,
        grids=grids,
        description=way.description if transformer is not None else way.name,
        transformer=transformer,
    )


def _code(step: dict[str, Any]) -> str:
    """Return a step's code, without PROJ's remark that it is inverted or made two-dimensional."""
    authority = str(step["id"]["authority"]).split("(")[-1].rstrip(")")
    return f"{authority}:{step['id']['code']}"


def _holds(box: Extent, extent: Extent) -> bool:
    west, south, east, north = box
    if not (south <= extent[1] and extent[3] <= north):
        return False
    if west > east:  # across the antimeridian
        return bool(extent[0] >= west or extent[2] <= east)
    return bool(west <= extent[0] and extent[2] <= east)


def _listed(ways: Sequence[_Way], extent: Extent | None) -> str:
    """List operations for a message, each with its accuracy and area."""
    texts = []
    for way in ways[:_MOST]:
        facts = _facts(way.code, way.accuracy_m, way.area, ballpark=way.ballpark)
        if way.area and extent is not None and not way.covers(extent):
            facts += "; these data lie outside"
        if way.grids:
            facts += f"; needs {_needs(way.grids)}"
        texts.append(f"{way.name!r} ({facts})")
    more = len(ways) - len(texts)
    rest = f"; and {more} more, see mine_geo.geo.datum.operations" if more > 0 else ""
    return "; ".join(texts) + rest


def _facts(code: str, accuracy_m: float | None, area: str, *, ballpark: bool) -> str:
    accuracy = "accuracy not known" if accuracy_m is None else f"{accuracy_m:g} m"
    if ballpark:
        return f"{accuracy}: no shift at all, hundreds of metres may be missing"
    short = short_area(area)
    return ", ".join(
        part
        for part in (code, accuracy, f"meant for: {short}" if short else "area not known")
        if part
    )


def _needs(grids: Sequence[str]) -> str:
    return f"the grid {', '.join(grids)}, which is not installed"
