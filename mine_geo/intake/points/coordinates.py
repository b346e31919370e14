"""Columns of coordinates to places: longitude and latitude, UTM, MGRS.

Degrees as people write them, to numbers: decimal, degrees-minutes-seconds, degrees-minutes.

Text in, numbers out, row by row; what cannot be read is NaN with a reason, never an exception.
Nothing here changes a datum.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal

import mgrs
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyproj
from pyproj.database import query_utm_crs_info

from mine_geo.errors import CRSError, OptionError, some
from mine_geo.geo.cells import DIGITS
from mine_geo.terms import CRS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Texts = pd.Series[Any]


Axis = Literal["lon", "lat"]
MOST_DEGREES: Final = {"lon": 180.0, "lat": 90.0}
SIDES: Final = {"lon": ("E", "W"), "lat": ("N", "S")}

_MARKS: Final = (
    ("\u00c2?[°\u00ba\u02da\u2218]", "°"),  # UTF-8 read as Windows-1252 leaves the first
    ("''|[\u2033\u201c\u201d\u201e\u02ba]", '"'),
    ("[\u2018\u2019\u2032\u00b4`\u02b9]", "'"),
    ("[\u2212\u2012\u2013\u2014]", "-"),
    ("[\\s\u00a0\u2009\u202f\ufeff]+", " "),
    ("^ | $", ""),
    ("''", '"'),
)
"""Spellings of one mark: degree, second, minute, minus, space."""
PLAIN: Final = r"[+-]?(?:[0-9]{1,20}\.?[0-9]{0,40}|\.[0-9]{1,40})(?:[eE]-[0-9]{1,3})?"

_SIDE: Final = "(?:NORTH|SOUTH|EAST|WEST|[Nn]orth|[Ss]outh|[Ee]ast|[Ww]est|[NSEWnew])"
# A small s alone does not mean south: it marks seconds.
_BEGIN: Final = rf"^(?P<before>{_SIDE})?[ :]{{0,2}}(?P<sign>[+-])? ?"
_END: Final = rf" ?(?P<after>{_SIDE})?$"
_PART: Final = r"(?:\.[0-9]{0,40})?"
_D: Final = rf"(?P<d>[0-9]{{1,3}}{_PART})"
_M: Final = rf"(?P<m>[0-9]{{1,2}}{_PART})"
_S: Final = rf"(?P<s>[0-9]{{1,2}}{_PART})"
_MARKED: Final = (
    rf"{_BEGIN}{_D}"
    rf"(?:(?: ?[°:-] ?| ){_M}(?:(?: ?[':-] ?| ){_S}(?: ?[\"'])?| ?')?| ?°)?{_END}"
)
_LETTERED: Final = (
    rf"{_BEGIN}{_D} ?(?:d|deg|DEG|degrees)\.?"
    rf"(?: ?{_M} ?(?:m|min|MIN|minutes|')\.?(?: ?{_S} ?(?:s|sec|SEC|seconds|\")?\.?)?)?{_END}"
)
_PACKED: Final = {
    axis: rf"^(?P<before>{_SIDE})? ?(?P<sign>[+-])?(?P<d>[0-9]{{{digits}}})"
    rf"(?P<m>[0-9]{{2}}{_PART})(?P<s>[0-9]{{2}}{_PART})?{_END}"
    for axis, digits in (("lon", 3), ("lat", 2))
}


@dataclass(frozen=True)
class Numbers:
    """Numbers read from text, row by row."""

    number: pd.Series[float]
    """NaN where a text cannot be read; index of the texts."""
    reasons: pd.Series[Any]
    """Why not, as text; null where it was read."""


def degrees(texts: Texts, axis: Axis) -> Numbers:
    r"""Read longitudes or latitudes, in degrees.

    Parameters
    ----------
    texts
        Decimal degrees (13.358, 13,358, 13.358 N, N13.358°), degrees and minutes
        (13°21.508'), degrees, minutes and seconds with marks, spaces, hyphens or colons
        (13°21'30.5"N, 13 21 30.5, 13-21-30.5 N, 13d21m30.5s), or packed with their letter
        (132130.5N, 1045230.5E, 1321.508N); digits may be Khmer. Letters N, S, E, W before or
        after; S and W are negative, and so is a minus without a letter.
    axis
        What the column holds: "lon" or "lat". A letter of the other one is not read.

    Returns
    -------
    Numbers
        Degrees. Not read: a number beyond 180 (90), 60 minutes and more, a sign together with S
        or W, a part of degrees beside minutes.

    Examples
    --------
    >>> texts = pd.Series(["13°21'30\"N", "13 21.5", "13,3583", "104.5 E", "13 61 00"])
    >>> read = degrees(texts, "lat")
    >>> read.number.round(6).tolist()
    [13.358333, 13.358333, 13.3583, nan, nan]
    >>> read.reasons[3]
    "'104.5 E' is no latitude: E"
    """
    written = as_written(texts)
    number, other = plain_numbers(written)
    reasons = pd.Series(None, index=texts.index, dtype="str")
    if other.any():
        read = _angles(normal(written[other]).str.replace(",", ".", regex=False), axis)
        number[other], reasons[other] = read.number, read.reasons
    most, name = MOST_DEGREES[axis], {"lon": "longitude", "lat": "latitude"}[axis]
    reasons = reasons.mask(number.abs() > most, f"beyond {most:g} degrees")
    bad = number.isna() | reasons.notna()
    reasons[bad] = (quoted(written[bad]) + f" is no {name}: " + reasons[bad]).fillna(
        f"{name} is empty"
    )
    return Numbers(number.mask(bad), reasons)


def plain_numbers(written: Texts) -> tuple[pd.Series[float], pd.Series[bool]]:
    """Return the numbers that are written plainly, with a point; and which others hold text."""
    plain = written.str.fullmatch(PLAIN).fillna(value=False).astype(bool)
    number = pd.Series(np.nan, index=written.index)
    number[plain] = written[plain].astype(float)
    return number, ~plain & written.notna()


def as_written(texts: Texts) -> Texts:
    """Return texts as dtype str, null where they are blank."""
    written = texts.astype("str")
    return written.mask(written.str.strip() == "")


def quoted(written: Texts) -> Texts:
    """Return texts in quotes for a message, long ones cut."""
    shown = written.str.replace("\\s+", " ", regex=True)
    return "'" + shown.where(~(shown.str.len() > 40), shown.str.slice(0, 40) + "...") + "'"


def normal(texts: Texts) -> Texts:
    """Return texts trimmed, with one spelling of each mark, and Khmer digits as 0 to 9."""
    khmer = texts.str.contains("[\u17e0-\u17e9]").fillna(value=False).astype(bool)
    if khmer.any():
        texts = texts.where(~khmer, texts.str.translate(DIGITS))
    for spellings, mark in _MARKS:
        texts = texts.str.replace(spellings, mark, regex=True)
    return texts


def groups(texts: Texts, pattern: str, names: tuple[str, ...]) -> pd.DataFrame:
    """Return the named groups of a pattern, null in rows that do not match, "" for an unused one.

    Arrow's regular expressions (RE2): ten times as fast as those of Python on a column.
    """
    found = pc.extract_regex(pa.array(texts, type=pa.large_string(), from_pandas=True), pattern)
    if isinstance(found, pa.ChunkedArray):
        found = found.combine_chunks()
    matched = found.is_valid().to_numpy(zero_copy_only=False)
    columns: Mapping[str, Any] = {
        name: pd.Series(found.field(name).to_pandas(), dtype="str").to_numpy(dtype=object)
        for name in names
    }
    frame = pd.DataFrame(columns, index=texts.index, dtype="str")
    return frame.where(pd.Series(matched, index=texts.index), None)


def _angles(plain: Texts, axis: Axis) -> Numbers:
    """Read what is more than a decimal number; reasons say what is wrong with it."""
    names = ("before", "sign", "d", "m", "s", "after")
    marked = groups(plain, _MARKED, names)
    lettered = groups(plain, _LETTERED, names)
    packed = groups(plain, _PACKED[axis], names)
    packed = packed.where((packed["before"] != "") ^ (packed["after"] != ""))
    parts = marked.where(marked["d"].notna(), lettered).where(
        marked["d"].notna() | lettered["d"].notna(), packed
    )
    readable = parts["d"].notna()
    parts = parts.fillna("")
    side = (parts["before"] + parts["after"]).str.slice(0, 1).str.upper()
    d, m, s = (parts[name].replace("", "0").astype(float) for name in "dms")
    has_m, has_s = parts["m"] != "", parts["s"] != ""
    inner = (has_m & parts["d"].str.contains(".", regex=False)) | (
        has_s & parts["m"].str.contains(".", regex=False)
    )
    reasons = pd.Series(None, index=plain.index, dtype="str")
    faults = (
        (((side != "") & ~side.isin(SIDES[axis])), side),
        ((m > 60) | (s > 60), "minutes or seconds beyond 60"),
        (inner, "decimals before its last part"),
        ((parts["sign"] == "-") & (side != ""), "a minus and a letter"),
        ((parts["before"] != "") & (parts["after"] != ""), "a letter at both ends"),
        (~readable, "written in no way that is known"),
    )
    for mask, reason in faults:
        reasons = reasons.mask(mask, reason)
    negative = side.isin(("S", "W")) | (parts["sign"] == "-")
    number: pd.Series[float] = (d + m / 60 + s / 3600) * np.where(negative, -1.0, 1.0)
    return Numbers(number.mask(reasons.notna()), reasons)


MOST_SQUARE_M: Final = 10
"""The largest MGRS square that is taken for a turning point, metres."""
EASTINGS_M: Final = (100_000.0, 900_000.0)
"""Where UTM is used at all."""
NORTHINGS_M: Final = (0.0, 10_000_000.0)
BANDS: Final = "CDEFGHJKLMNPQRSTUVWX"
"""Latitude bands of UTM and MGRS, 8 degrees each from 80 degrees south."""
_SLACK: Final = 0.05
"""Degrees by which another datum may move a place out of its band."""
_ZONE: Final = (
    r"^(?:WGS ?-?(?:19)?84)?[ /]*(?:UTM)?[ /:-]*(?:ZONE)?[ :]*(?P<zone>[0-9]{1,2})(?:\.0)?[ -]?"
    r"(?P<letter>[C-HJ-NP-X]|NORTH|SOUTH)?(?: ?HEMISPHERE)?$"
)
_MGRS: Final = (
    r"^(?P<band>[0-9]{1,2} ?[C-HJ-NP-X]) ?(?P<square>[A-HJ-NP-Z]{2})"
    r" ?(?P<first>[0-9]{0,10})(?: (?P<second>[0-9]{1,5}))?$"
)
_GROUPED_BY_COMMA: Final = r"[+-]?[1-9][0-9]{0,2},[0-9]{3}"
_GROUPED_BY_POINT: Final = r"[+-]?[1-9][0-9]{0,2}[.][0-9]{3}"
_LETTERS: Final = {"easting": "^E ?| ?M?E$", "northing": "^N ?| ?M?N$"}
_UNIT: Final = r" ?(?:M|MTRS?|METERS?|METRES?)?\.?$"


@dataclass(frozen=True)
class Places:
    """Places read from text, row by row."""

    xy: NDArray[np.float64]
    """Shape (n, 2): longitude and latitude, or easting and northing; NaN where not read."""
    reasons: pd.Series[Any]
    """Why not, as text; null where it was read. Index of the texts."""
    crs: pyproj.CRS | None
    """Of `xy`; None where nothing says it."""


def lon_lat(lon: Texts, lat: Texts, crs: pyproj.CRS | None = None) -> Places:
    """Read longitude and latitude columns; see `angles.degrees` for the ways of writing.

    Longitude and latitude are never exchanged: a letter that says so makes a reason.

    Examples
    --------
    >>> read = lon_lat(pd.Series(["104°30'E", "13.2N"]), pd.Series(["13.2N", "104.5E"]))
    >>> read.xy.tolist()
    [[104.5, 13.2], [nan, nan]]
    >>> read.reasons[1]
    "'13.2N' is no longitude: N; '104.5E' is no latitude: E"
    """
    x, y = degrees(lon, "lon"), degrees(lat, "lat")
    return _pair(x, y, crs)


def plane(
    x: Texts, y: Texts, crs: pyproj.CRS | None = None, *, decimal: str | None = None
) -> Places:
    """Read x and y of a system that the caller knows, written as `numbers` has it."""
    return _pair(numbers(x, decimal=decimal), numbers(y, decimal=decimal), crs)


def numbers(texts: Texts, *, decimal: str | None = None) -> Numbers:
    """Read numbers with decimal comma or point, and thousands where they are plain to see.

    `1.234.567,8`, `1,234,567.8` and `1 234 567,8` are read; one comma before three digits
    (`12,345`) may be either and is not, unless `decimal` says which sign is before the tenths;
    one point is decimal unless `decimal` is a comma. A unit of metres may follow.

    Examples
    --------
    >>> read = numbers(pd.Series(["12,5", "1 435 123.5", "1.435.123", "12,345", "7 m", "x"]))
    >>> read.number.tolist()
    [12.5, 1435123.5, 1435123.0, nan, 7.0, nan]
    >>> read.reasons[3]
    "'12,345' is no number: decimals or thousands?"
    """
    return _numbers(texts, "number", decimal)


def utm(
    easting: Texts,
    northing: Texts,
    zone: Texts,
    datum: str | None = "WGS 84",
    *,
    decimal: str | None = None,
) -> Places:
    """Read UTM coordinates.

    Parameters
    ----------
    easting, northing
        Metres, as `numbers` has it, with or without E and N; an easting of `483,123` is
        483,123 m, since 483.123 m cannot be an easting.
    zone
        Zone with hemisphere or latitude band: `48N`, `48P`, `48`, `UTM zone 48 North`. A letter N
        is the northern hemisphere (as is band N), no letter too; other letters are bands, which
        the latitude must agree with; S alone may be either and is not read.
    datum
        Datum of the coordinates, as EPSG names it ("WGS 84", "Indian 1960"); None where nobody
        says it.
    decimal
        The sign before the tenths, where the numbers leave it open.

    Returns
    -------
    Places
        Easting and northing where all rows are of one zone, in its system (None without a
        datum); longitude and latitude on the datum where the rows are of several.

    Raises
    ------
    OptionError
        If EPSG has no UTM system on that datum.
    CRSError
        If the rows are of several zones and no datum is said.

    Examples
    --------
    >>> read = utm(pd.Series(["500000"]), pd.Series(["1 435 123,5"]), pd.Series(["48P"]))
    >>> read.xy.tolist(), read.crs.to_epsg()
    ([[500000.0, 1435123.5]], 32648)
    """
    x = _numbers(easting, "easting", decimal, between=EASTINGS_M)
    y = _numbers(northing, "northing", decimal, between=NORTHINGS_M)
    names, bands, unclear = _zones(zone, datum)
    read = _pair(x, y, None)
    both = read.reasons.notna() & unclear.notna()
    reasons = read.reasons.fillna(unclear).mask(both, read.reasons + "; " + unclear)
    zones = sorted(names[reasons.isna()].unique())
    xy = np.where(reasons.isna().to_numpy()[:, None], read.xy, np.nan)
    around = _around(xy, names, zones, datum or "WGS 84")
    strange = reasons.isna() & _out_of_band(around[:, 1], bands)
    reasons[strange] = quoted(zone[strange].astype("str")) + " is not the band of that latitude"
    good = reasons.isna().to_numpy()[:, None]
    if len(zones) > 1 and datum is None:
        raise CRSError(
            f"turning points in UTM zones {some(zones)} and on no datum; say which: "
            'crs="EPSG:4326" for WGS 84, crs="EPSG:4131" for Indian 1960'
        )
    if datum is None or not zones:
        return Places(np.where(good, xy, np.nan), reasons, None)
    system = _system(datum, zones[0])
    if len(zones) > 1:
        return Places(np.where(good, around, np.nan), reasons, system.geodetic_crs)
    return Places(np.where(good, xy, np.nan), reasons, system)


def grid(texts: Texts, most_square_m: float = MOST_SQUARE_M) -> Places:
    """Read MGRS grid references: the middle of the square, longitude and latitude on WGS 84.

    References are cut off, not rounded (NGA.STND.0037), so that the middle is at most half a
    square away from what was measured. NGA's GEOTRANS gives the middle too.

    Parameters
    ----------
    texts
        48P VV 45822 59307, with or without spaces, in any case.
    most_square_m
        The largest square that is taken for a point, metres; a reference of fewer digits gives a
        larger one and is not read.

    Examples
    --------
    >>> read = grid(pd.Series(["48P VV 45822 59307", "48PVV4559", "48P VV 4582 593"]))
    >>> read.xy.round(4).tolist()
    [[104.5, 13.2], [nan, nan], [nan, nan]]
    >>> read.reasons[1]
    "'48PVV4559' is a square of 1000 m, too large for a point"
    """
    written = as_written(texts)
    parts = groups(normal(written).str.upper(), _MGRS, ("band", "square", "first", "second"))
    squares = parts["band"].str.replace(" ", "", regex=False) + parts["square"]
    digits = parts["first"] + parts["second"]
    count = digits.str.len()
    halves = (parts["second"] == "") | (parts["first"].str.len() == parts["second"].str.len())
    side = (10.0 ** (5 - count / 2)).where((count % 2 == 0) & halves & (count <= 10))
    fine = side <= most_square_m
    xy = np.full((len(texts), 2), np.nan)
    xy[fine.to_numpy()] = _middles(squares[fine], digits[fine], side[fine])
    bad = ~np.isfinite(xy[:, 0])
    words = pd.Series(" is no MGRS reference", index=texts.index[bad], dtype="str")
    size = side[bad].fillna(0).map("{:.0f}".format).astype("str")
    coarse = " is a square of " + size + " m, too large for a point"
    words = words.mask(side[bad] > most_square_m, coarse)
    reasons = pd.Series(None, index=texts.index, dtype="str")
    reasons[bad] = (quoted(written[bad]) + words).fillna("MGRS reference is empty")
    return Places(xy, reasons, pyproj.CRS(CRS))


def _pair(x: Numbers, y: Numbers, crs: pyproj.CRS | None) -> Places:
    reasons = x.reasons.fillna(y.reasons)
    reasons = reasons.mask(x.reasons.notna() & y.reasons.notna(), x.reasons + "; " + y.reasons)
    xy = np.column_stack([x.number, y.number]).astype(float)
    return Places(np.where(reasons.isna().to_numpy()[:, None], xy, np.nan), reasons, crs)


def _numbers(
    texts: Texts,
    name: str,
    decimal: str | None,
    *,
    between: tuple[float, float] = (-np.inf, np.inf),
) -> Numbers:
    """Read numbers of a column; the comma of an easting of `483,123` cannot be a decimal one."""
    written = as_written(texts)
    number, other = plain_numbers(written)
    if decimal == ",":
        grouped = written.str.fullmatch(_GROUPED_BY_POINT).fillna(value=False).astype(bool)
        number, other = number.mask(grouped), other | grouped
    if decimal is None and name == "easting":
        decimal = "."
    unclear = pd.Series(data=False, index=texts.index)
    if other.any():
        rest = normal(written[other]).str.upper().str.replace(_UNIT, "", regex=True)
        if name in _LETTERS:
            rest = rest.str.replace(_LETTERS[name], "", regex=True)
        rest, unclear[other] = _point_only(rest, decimal)
        number[other] = plain_numbers(rest)[0]
    number = number.mask(unclear)
    bad = ~number.between(*between)
    words = pd.Series(f" is no {name}", index=texts.index[bad], dtype="str")
    words = words.mask(unclear[bad], words + ": decimals or thousands?")
    limits = f": not within {between[0]:,.0f} to {between[1]:,.0f} m"
    words = words.mask(number[bad].notna(), words + limits)
    reasons = pd.Series(None, index=texts.index, dtype="str")
    reasons[bad] = (quoted(written[bad]) + words).fillna(f"{name} is empty")
    return Numbers(number.mask(bad), reasons)


def _point_only(plain: Texts, decimal: str | None) -> tuple[Texts, pd.Series[bool]]:
    """Return numbers without thousands and with a decimal point; and where that is not clear."""

    def like(pattern: str) -> pd.Series[bool]:
        return plain.str.fullmatch(pattern).fillna(value=False).astype(bool)

    spaced = like(r"[+-]?[0-9]{1,3}(?:[ '][0-9]{3})+(?:[.,][0-9]*)?")
    plain = plain.where(~spaced, plain.str.replace("[ ']", "", regex=True))
    by_comma = like(r"[+-]?[0-9]{1,3}(?:(?:,[0-9]{3})+[.][0-9]*|(?:,[0-9]{3}){2,})")
    by_point = like(r"[+-]?[0-9]{1,3}(?:(?:[.][0-9]{3})+,[0-9]*|(?:[.][0-9]{3}){2,})")
    unclear = like(_GROUPED_BY_COMMA) & ~spaced
    if decimal == ",":
        by_point |= like(_GROUPED_BY_POINT) & ~spaced
    if decimal == ".":
        by_comma |= unclear
    plain = plain.where(~by_comma, plain.str.replace(",", "", regex=False))
    plain = plain.where(~by_point, plain.str.replace(".", "", regex=False))
    return plain.str.replace(",", ".", regex=False), unclear & (decimal is None)


def _zones(texts: Texts, datum: str | None) -> tuple[Texts, Texts, Texts]:
    """Return the name of the zone ("48N"), the band where one is written, and what is unclear."""
    place, spellings = pd.factorize(as_written(texts), use_na_sentinel=False)
    written = pd.Series(spellings, dtype="str")
    parts = groups(normal(written).str.upper(), _ZONE, ("zone", "letter"))
    number, letter = pd.to_numeric(parts["zone"]).astype(float), parts["letter"]
    south = (letter == "SOUTH") | letter.isin(tuple("CDEFGHJKLM"))
    whole = number.fillna(0).astype(int).astype("str")
    names = (whole + "N").mask(south, whole + "S").mask(~number.between(1, 60))
    unclear = (quoted(written) + " is no UTM zone").fillna("UTM zone is empty").mask(names.notna())
    unclear = unclear.mask(letter == "S", quoted(written) + " is south or band S: write 48 South")
    if datum is not None:
        missing = "no UTM zone " + names + f" on {datum} in EPSG"
        unclear = unclear.mask(unclear.isna() & ~names.isin(tuple(_codes(datum))), missing)
    bands = letter.where((letter.str.len() == 1) & ~letter.isin(("N", "S")))
    spelled = (column.iloc[place].set_axis(texts.index) for column in (names, bands, unclear))
    names, bands, unclear = spelled
    return names, bands, unclear


def _out_of_band(latitude: NDArray[np.float64], bands: Texts) -> NDArray[np.bool_]:
    """Say which latitudes lie outside the band that is written; False where none is."""
    south = bands.map({band: -80.0 + 8 * place for place, band in enumerate(BANDS)})
    low = south.to_numpy(dtype=float)
    height = np.where(bands == "X", 12, 8)
    return (latitude < low - _SLACK) | (latitude > low + height + _SLACK)


def _around(
    xy: NDArray[np.float64], names: Texts, zones: list[str], datum: str
) -> NDArray[np.float64]:
    """Return longitude and latitude on the datum of UTM coordinates."""
    around = np.full(xy.shape, np.nan)
    for zone in zones:
        system = _system(datum, zone)
        rows = (names == zone).to_numpy() & np.isfinite(xy[:, 0])
        turn = pyproj.Transformer.from_crs(system, system.geodetic_crs, always_xy=True)
        around[rows] = np.column_stack(turn.transform(xy[rows, 0], xy[rows, 1]))
    return around


@lru_cache
def _codes(datum: str) -> dict[str, str]:
    """Return the EPSG codes of the UTM systems on a datum by zone ("48N")."""
    start = f"{datum} / UTM zone "
    found = query_utm_crs_info(datum_name=datum)
    codes = {item.name.removeprefix(start): item.code for item in found if start in item.name}
    if not codes:
        raise OptionError(f"datum {datum!r} has no UTM zones; write it as EPSG does: 'Indian 1960'")
    return codes


def _system(datum: str, zone: str) -> pyproj.CRS:
    return pyproj.CRS.from_epsg(_codes(datum)[zone])


def _middles(squares: Texts, digits: Texts, side: pd.Series[float]) -> NDArray[np.float64]:
    """Return longitude and latitude of the middle of MGRS squares; NaN where there is none."""
    converter = mgrs.MGRS()
    zones, corners = [], np.full((len(squares), 2), np.nan)
    for row, (square, text) in enumerate(zip(squares, digits, strict=True)):
        half = len(text) // 2
        reference = f"{square}{text[:half]:0<5}{text[half:]:0<5}"
        try:
            zone, hemisphere, *corners[row] = converter.MGRSToUTM(reference)
        except mgrs.core.MGRSError:
            zones.append("")
        else:
            zones.append(f"{zone}{hemisphere}")
    # The library gives the corner of a square of 1 m until 1.5, its middle since 1.6.
    middles = np.round(corners - 0.25) + side.to_numpy()[:, None] / 2
    names = pd.Series(zones, index=squares.index, dtype="str")
    return _around(middles, names, sorted(set(zones) - {""}), "WGS 84")
