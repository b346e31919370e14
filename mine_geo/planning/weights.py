"""Weight sets: a file that says what counts, how much, and who decided it; known by its hash."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
import re
import tomllib
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from mine_geo.errors import FileError, OptionError, UnknownNameError, quoted
from mine_geo.geo.admin_names import province_code
from mine_geo.planning.rasters import HOWS
from mine_geo.planning.rasters import MEASURES as QUANTITIES

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    import pandas as pd

MEASURES: Final = {
    "column": ("column", "order"),
    "joined": ("layer", "key", "column"),
    "distance": ("layer",),
    "count": ("layer", "radius_m", "day", "since", "until", "of_others"),
    "overlap": ("layer",),
    "raster": ("layer", "how", "quantity", "band", "within_m"),
}
"""How a criterion is measured, and what may be said of each."""

NEEDED: Final = {
    "joined": ("layer", "key", "column"),
    "distance": ("layer",),
    "count": ("layer", "radius_m"),
    "overlap": ("layer",),
    "raster": ("layer",),
}
METHODS: Final = ("weights", "rank_order_centroid")
ZONE_ORDER: Final = ("far", "near")
"""What comes first unless a set says otherwise: the Executive Order of 4 January 2022."""
FIRST: Final = ("high", "low")
HASH_LETTERS: Final = 8
"""So many letters of a hash, at least, name a set."""
RASTER_HOWS: Final = tuple(how for how in HOWS if how != "share")
MOST_SAID: Final = 1e15
"""The largest number that a weight set may hold."""
DIVIDED_BY: Final = ("province", "operator")
_WORD: Final = re.compile("[a-z][a-z0-9_]*")
_COMMON: Final = ("name", "weight", "measure", "first")
_TOP: Final = ("hash", "name", "decided_by", "decided_on", "method", "criterion", "allocation")


@dataclass(frozen=True)
class Criterion:
    """One criterion of a weight set, checked.

    `weight` is the part of all weights, 0 to 1. `first` says whether high or low values come first;
    where `order` lists words, they come in its order.
    """

    name: str
    weight: float
    measure: str = "column"
    first: str = "high"
    column: str = ""
    order: tuple[str, ...] = ()
    layer: str = ""
    key: str = ""
    radius_m: float = 0.0
    day: str = "day"
    since: dt.date | None = None
    until: dt.date | None = None
    of_others: bool = False
    how: str = "mean"
    quantity: str = "value"
    band: int = 1
    within_m: float = 0.0


@dataclass(frozen=True)
class Allocation:
    """What part of the land comes from each province or operator, before any order."""

    by: str
    shares: tuple[tuple[str, float], ...]
    """Each with its part; what is left to 1 is for all others."""


@dataclass(frozen=True)
class WeightSet:
    """A weight set: what counts, how much, and who decided it.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> found = read_weights(sample.path("weights"))
    >>> found.decided_on.isoformat(), round(sum(each.weight for each in found.criteria), 12)
    ('2026-11-30', 1.0)
    """

    name: str
    decided_by: str
    decided_on: dt.date
    method: str
    criteria: tuple[Criterion, ...]
    allocation: Allocation | None
    frozen: bool
    """Whether the file holds its own hash, so that no change of it goes unseen."""

    @property
    def hash(self) -> str:
        """SHA-256 of what the set says: another layout or comment of the file changes nothing."""
        said = asdict(self)
        del said["frozen"]
        # Without what is as it is unless told otherwise: what later versions can be told besides
        # leaves the hash of a set that says nothing of it as it is.
        plain = {each.name: each.default for each in fields(Criterion)}
        said["criteria"] = [
            {key: value for key, value in row.items() if value != plain[key]}
            for row in said["criteria"]
        ]
        text = json.dumps(said, sort_keys=True, ensure_ascii=False, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def __str__(self) -> str:
        """Say in a line which set it is, as it stands over every output."""
        draft = "" if self.frozen else ", NOT FROZEN"
        return (
            f"weight set {self.name!r}, decided by {self.decided_by} on "
            f"{self.decided_on.isoformat()}, hash {self.hash[:12]}{draft}"
        )


def read_weights(path: str | os.PathLike[str]) -> WeightSet:
    """Read a weight set from a TOML file.

    Its keys: `name`, `decided_by`, `decided_on` (a day), `method` ("weights": each criterion has
    its `weight`, and they are divided by their sum; "rank_order_centroid": the criteria stand in
    their order of importance, and the i-th of n has the weight sum(1/k, k = i to n) / n, Barron
    1992), a `[[criterion]]` for each criterion, and perhaps `[allocation]` with `by` and `shares`.

    Parameters
    ----------
    path
        The file. docs of a criterion: `name`; `first`, "high" or "low"; `measure` and what belongs
        to it. "column" (the default): `column` of the hazards, with `order` where it holds words.
        "joined": `column` of the `layer`, whose `key` is a column of both. "distance": metres to
        the `layer`. "count": how many of the `layer` lie within `radius_m`, perhaps `since` and
        `until` by the days in its column `day`; `of_others = true` leaves out those of the hazard
        itself by `hazard_id` (released neighbours). "overlap": m² shared with the `layer`.
        "raster": `raster_facts` of the `layer` with `how`, `quantity` (value, count, slope),
        `band`, `within_m`.

    Returns
    -------
    WeightSet
        With its `hash`, and `frozen` where the file holds it.

    Raises
    ------
    FileError
        If the file cannot be read or is no TOML.
    OptionError
        If it says something wrong, all of it in one line; or is not what was frozen.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> [each.name for each in read_weights(sample.path("weights")).criteria][:2]
    ['zone', 'border_distance']
    """
    place = Path(path)
    try:
        text = place.read_text(encoding="utf-8")
    except OSError as error:
        raise FileError(f"weights {place}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise FileError(f"weights {place}: is no TOML ({error}); correct it") from error
    return weights_of(text, place)


def weights_of(text: str, place: object) -> WeightSet:
    """Return the weight set that a text of TOML says; `place` is what messages call it.

    Raises
    ------
    FileError, OptionError
        As for `read_weights`.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> weights_of(sample.path("weights").read_text("utf-8"), "a text").name
    'example'
    """
    try:
        data = tomllib.loads(text)
    except ValueError as error:  # no TOML, or a number of thousands of figures
        raise FileError(f"weights {place}: is no TOML ({error}); correct it") from error
    faults: list[str] = []
    made = _set_of(data, faults)
    if faults or made is None:
        raise OptionError(f"weights {place}: {'; '.join(faults)}")
    if made.frozen and data["hash"] != made.hash:
        raise OptionError(
            f"weights {place}: was changed after it was frozen (its hash is {made.hash[:12]}, the "
            f"frozen one {str(data['hash'])[:12]}); take the frozen file, or take the line hash "
            "out and freeze the new one under a new name and day"
        )
    return made


def frozen(path: str | os.PathLike[str]) -> str:
    """Return the text of a weight set with its hash in the first line, which freezes it.

    Raises
    ------
    FileError, OptionError
        As for `read_weights`.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> frozen(sample.path("weights")).partition(" = ")[0]
    'hash'
    """
    made = read_weights(path)
    text = Path(path).read_text(encoding="utf-8")
    return text if made.frozen else f'hash = "{made.hash}"\n{text}'


def kept(sets: pd.DataFrame, asked: str) -> WeightSet | None:
    """Return the weight set of that name, or whose hash begins so, among those that were kept.

    Parameters
    ----------
    sets
        As `Store.listed("weights")` gives them: `name`, `weights_hash`, `weights` (the TOML). Of
        several of one name the last one counts.
    asked
        A name, or the first eight or more letters of a hash.

    Returns
    -------
    WeightSet or None
        None where none is called so.

    Raises
    ------
    OptionError
        If the text that was kept is not what its hash says.

    Examples
    --------
    >>> import pandas as pd
    >>> kept(pd.DataFrame({"name": [], "weights_hash": [], "weights": []}), "2026") is None
    True
    """
    hashes = sets["weights_hash"].astype("str")
    begins = hashes.str.startswith(asked.lower()) & (len(asked) >= HASH_LETTERS)
    found = sets[(sets["name"] == asked) | begins]
    if found.empty:
        return None
    row = found.iloc[-1]
    made = weights_of(str(row["weights"]), f"{row['name']} of the store")
    if made.hash != row["weights_hash"]:
        raise OptionError(
            f"weights {row['name']} of the store: the text is of hash {made.hash[:12]}, and was "
            f"kept as {str(row['weights_hash'])[:12]}; load the frozen file again"
        )
    return made


def rank_order_centroids(count: int) -> list[float]:
    """Return the weights of criteria of which only the order is known, the first the greatest.

    The centre of all weights that keep the order (Barron 1992): w_i = sum(1/k, k = i..n) / n.

    Examples
    --------
    >>> [round(weight, 4) for weight in rank_order_centroids(3)]
    [0.6111, 0.2778, 0.1111]
    """
    return [
        math.fsum(1 / k for k in range(place, count + 1)) / count for place in range(1, count + 1)
    ]


def _set_of(data: Mapping[str, Any], faults: list[str]) -> WeightSet | None:
    """Return what a file says, and add what is wrong to the faults."""
    _known(data, _TOP, "", faults)
    faults.extend(
        f"{key} is missing: say {key} = ... as a text"
        for key in ("name", "decided_by")
        if not (isinstance(data.get(key), str) and data[key].strip())
    )
    day = data.get("decided_on")
    if not _is_day(day):
        faults.append("decided_on is no day: say decided_on = 2026-01-31")
    method = data.get("method", "weights")
    if method not in METHODS:
        faults.append(f"method {quoted(method)} is unknown; valid: {', '.join(METHODS)}")
    rows = data.get("criterion")
    if not (isinstance(rows, list) and rows and all(isinstance(row, dict) for row in rows)):
        faults.append("there is no criterion: add [[criterion]] with a name")
        rows = []
    names = [row.get("name") for row in rows]
    faults.extend(
        f"criterion {quoted(name)} stands {names.count(name)} times"
        for name in dict.fromkeys(name for name in names if isinstance(name, str))
        if names.count(name) > 1
    )
    weights = _weights(rows, method, faults)
    criteria = [_criterion(row, weight, faults) for row, weight in zip(rows, weights, strict=True)]
    allocation = _allocation(data.get("allocation"), faults)
    if faults or not isinstance(day, dt.date):
        return None
    return WeightSet(
        name=data["name"].strip(),
        decided_by=data["decided_by"].strip(),
        decided_on=day,
        method=method,
        criteria=tuple(each for each in criteria if each is not None),
        allocation=allocation,
        frozen="hash" in data,
    )


def _weights(rows: list[dict[str, Any]], method: object, faults: list[str]) -> list[float]:
    """Return the weights of all criteria, which sum to 1."""
    if method == "rank_order_centroid":
        faults.extend(
            f"criterion {quoted(row.get('name'))}: has a weight, and method "
            "rank_order_centroid takes only their order; leave it out"
            for row in rows
            if "weight" in row
        )
        return rank_order_centroids(len(rows))
    before = len(faults)
    for row in rows:
        weight, name = row.get("weight"), quoted(row.get("name"))
        if weight is None:
            faults.append(f"criterion {name}: has no weight")
        elif not _is_number(weight):
            faults.append(f"criterion {name}: weight {quoted(weight)} is not a number")
        elif weight < 0:
            faults.append(
                f"criterion {name}: weight {weight:g} is negative; turn the order with first"
            )
    if len(faults) > before or not rows:
        return [0.0] * len(rows)
    whole = sum(float(row["weight"]) for row in rows)
    if not 0 < whole < math.inf:
        faults.append(f"all weights together are {whole:g}; give one over 0")
        return [0.0] * len(rows)
    return [row["weight"] / whole for row in rows]


def _criterion(row: dict[str, Any], weight: float, faults: list[str]) -> Criterion | None:
    name = row.get("name")
    if not (isinstance(name, str) and _WORD.fullmatch(name)):
        faults.append(f"criterion {quoted(name)}: its name is no word of a-z, 0-9 and _")
        return None
    before, of = len(faults), f"criterion {name!r}: "
    measure = row.get("measure", "column")
    if not (isinstance(measure, str) and measure in MEASURES):
        faults.append(f"{of}measure {quoted(measure)} is unknown; valid: {', '.join(MEASURES)}")
        return None
    _known(row, (*_COMMON, *MEASURES[measure]), of, faults)
    faults.extend(
        f"{of}measure {measure!r} needs {key}" for key in NEEDED.get(measure, ()) if key not in row
    )
    for field in fields(Criterion):
        if field.name in row and field.name not in ("name", "weight"):
            _check_value(field.name, row[field.name], of, faults)
    order = row.get("order")
    if measure == "column" and row.get("column", name) == "zone" and order is None:
        order = list(ZONE_ORDER)
    if order is not None and "first" in row:
        faults.append(f"{of}has both order and first; the order says what comes first")
    if order is None and row.get("first") not in FIRST:
        faults.append(f'{of}say which values come first: first = "high" or first = "low"')
    _check_summing(row, of, faults)
    if len(faults) > before:
        return None
    known = {field.name for field in fields(Criterion)} - {"name", "weight", "order"}
    said = {key: value for key, value in row.items() if key in known}
    if measure == "column":
        said.setdefault("column", name)
    said |= {key: float(said[key]) for key in ("radius_m", "within_m") if key in said}
    return Criterion(name=name, weight=weight, order=tuple(order or ()), **said)


def _check_summing(row: Mapping[str, Any], of: str, faults: list[str]) -> None:
    """Refuse anything but the sum of counts, and the sum of slopes."""
    how, quantity = row.get("how", "mean"), row.get("quantity", "value")
    if quantity == "count" and how != "sum":
        faults.append(f'{of}counts in cells are summed, never anything else: say how = "sum"')
    if quantity == "slope" and how == "sum":
        faults.append(f'{of}of slopes there is how = "mean", "max" or "min"')


def _check_value(key: str, value: object, of: str, faults: list[str]) -> None:
    """Refuse a value of the wrong sort."""
    if key in ("radius_m", "within_m"):
        good, sort = _is_number(value) and float(str(value)) >= 0, "no distance in metres"
    elif key in ("since", "until"):
        good, sort = _is_day(value), "no day; write it as 2020-01-31"
    elif key == "band":
        good, sort = isinstance(value, int) and value is not True and value >= 1, "no number from 1"
    elif key == "of_others":
        good, sort = isinstance(value, bool), "neither true nor false"
    elif key in ("how", "quantity"):
        valid: tuple[str, ...] = RASTER_HOWS if key == "how" else QUANTITIES
        good, sort = value in valid, f"unknown; valid: {', '.join(valid)}"
    elif key == "order":
        words = value if isinstance(value, list) else []
        good = bool(words) and all(isinstance(word, str) for word in words)
        good, sort = good and len(set(words)) == len(words), "no list of words, each of them once"
    else:
        good, sort = isinstance(value, str) and bool(value), "no text"
    if not good:
        faults.append(f"{of}{key} {quoted(value)} is {sort}")


def _allocation(said: object, faults: list[str]) -> Allocation | None:
    if said is None:
        return None
    if not isinstance(said, dict) or not isinstance(said.get("shares"), dict):
        faults.append('allocation: say by = "province" and [allocation.shares] with a number each')
        return None
    _known(said, ("by", "shares"), "allocation: ", faults)
    before = len(faults)
    if said.get("by") not in DIVIDED_BY:
        faults.append(f"allocation: by {quoted(said.get('by'))}; valid: {', '.join(DIVIDED_BY)}")
    shares = said["shares"]
    for name, share in shares.items():
        if not _is_number(share):
            faults.append(f"allocation: share {quoted(share)} of {name!r} is not a number")
        elif not 0 < share <= 1:
            faults.append(f"allocation: share {share:g} of {name!r} is not over 0 and up to 1")
    if said.get("by") == "province":
        _provinces(shares, faults)
    if len(faults) == before and math.fsum(shares.values()) > 1 + 1e-9:
        faults.append(f"allocation: all shares together are {math.fsum(shares.values()):g}, over 1")
    if len(faults) > before or not shares:
        return None
    return Allocation(
        said["by"], tuple((str(name), float(share)) for name, share in shares.items())
    )


def _provinces(shares: Mapping[str, Any], faults: list[str]) -> None:
    """Refuse names that no province has, and two names of one province."""
    named: dict[str, str] = {}
    for name in shares:
        try:
            code = province_code(name)
        except UnknownNameError as error:
            faults.append(f"allocation: {error}")
            continue
        if code in named:
            faults.append(f"allocation: {named[code]!r} and {name!r} are one province; leave one")
        named[code] = name


def _known(said: Mapping[str, Any], known: tuple[str, ...], of: str, faults: list[str]) -> None:
    faults.extend(
        f"{of}{quoted(key)} is unknown; valid: {', '.join(known)}"
        for key in said
        if key not in known
    )


def _is_day(value: object) -> bool:
    return isinstance(value, dt.date) and not isinstance(value, dt.datetime)


def _is_number(value: object) -> bool:
    # A whole number of TOML may be larger than any float: that is no weight and no distance.
    return (
        isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= MOST_SAID
    )
