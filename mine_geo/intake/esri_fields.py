"""The attributes of Esri JSON: types by the answer's fields, codes by the domains of the layer.

They are taken from the JSON, not from GDAL, which (tried with 3.12) reads a date that is a text as
1970, an object id above 2,147,483,647 as that number, a text in a number field as 0, leaves out
attributes that `fields` does not name, and knows no subtypes.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from mine_geo.cells import iso_moments
from mine_geo.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Values = list[Any]
Codes = dict[str, str]

WHOLE: Final = ("OID", "SmallInteger", "Integer", "BigInteger", "Long")
BROKEN: Final = ("Single", "Double")
"""Types of numbers, without `esriFieldType`."""

FIRST_MS: Final = -62_135_596_800_000
LAST_MS: Final = 253_402_300_799_999
"""The years 1 to 9999, milliseconds from 1970."""


def merge_fields(answers: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the fields of several answers by name, in their order; the first of a name counts."""
    merged: dict[str, dict[str, Any]] = {}
    for answer in answers:
        fields = answer.get("fields")
        for field in fields if isinstance(fields, list) else []:
            if isinstance(field, dict) and isinstance(field.get("name"), str):
                merged.setdefault(field["name"], field)
    return merged


def to_columns(
    attributes: Sequence[Mapping[str, Any]],
    fields: Mapping[str, dict[str, Any]],
    description: Mapping[str, Any],
) -> tuple[dict[str, Any], list[Finding]]:
    """Return the attributes as columns, named and ordered as the fields, then what else there is.

    Parameters
    ----------
    attributes
        One mapping a record.
    fields
        The fields of the answer, by name.
    description
        The description of the layer, or nothing.

    Returns
    -------
    tuple
        Columns by name, and findings (`bad_date`). Whole numbers Int64, others float64; `Date`
        datetime64[ms, UTC] (without zone where the service keeps none: `datesInUnknownTimezone`),
        `DateOnly` datetime64[ms] without zone, `TimestampOffset` datetime64[ms, UTC]; all else
        text. Coded values are replaced by their names; a code that is in no domain stays. A
        column of numbers in which something else stands is text.

    Examples
    --------
    >>> fields = {"day": {"name": "day", "type": "esriFieldTypeDate"},
    ...           "kind": {"name": "kind", "domain": {"type": "codedValue", "codedValues": [
    ...               {"name": "AP mines", "code": 1}]}}}
    >>> columns, findings = to_columns([{"day": -86400000, "kind": 1}], fields, {})
    >>> columns["day"][0], columns["kind"][0]
    (Timestamp('1969-12-31 00:00:00+0000', tz='UTC'), 'AP mines')
    """
    described = merge_fields([description])
    known = {name: described.get(name, {}) | field for name, field in fields.items()}
    names = list(known) + [
        name for name in dict.fromkeys(n for row in attributes for n in row) if name not in known
    ]
    subtypes = _subtypes(attributes, description)
    local = _without_zone(description)
    columns: dict[str, Any] = {}
    findings: list[Finding] = []
    for name in names:
        field = known.get(name) or described.get(name, {})
        kind = str(field.get("type", "")).removeprefix("esriFieldType")
        if kind == "Geometry":
            continue
        values = [row.get(name) for row in attributes]
        domain = field.get("domain") or described.get(name, {}).get("domain")
        codes = [_codes(domain)] * len(values)
        if subtypes is not None:
            codes = [
                subtype.get(name, usual) for subtype, usual in zip(subtypes, codes, strict=True)
            ]
        if any(codes):
            values = [_named(value, words) for value, words in zip(values, codes, strict=True)]
            kind = "Coded"
        column = "geometry_" if name == "geometry" else name  # ours is called so
        columns[column], bad = _column(values, kind, local=local)
        findings += [_bad_day(name, values[record], record) for record in bad]
    return columns, findings


def _column(values: Values, kind: str, *, local: bool) -> tuple[Any, list[int]]:
    """Return a column of one type, and the places of what is no day."""
    values = [None if isinstance(v, float) and math.isnan(v) else v for v in values]
    if kind in ("Date", "TimestampOffset", "DateOnly"):
        return _moments(values, zone=not (kind == "DateOnly" or (local and kind == "Date")))
    there = [value for value in values if value is not None]
    if kind in (*WHOLE, *BROKEN) or (kind == "" and there):
        whole = [int(v) if isinstance(v, float) and v.is_integer() else v for v in there]
        integers = all(type(value) is int and -(2**63) < value < 2**63 for value in whole)
        if integers and (kind in WHOLE or all(type(value) is int for value in there)):
            return pd.array([None if v is None else int(v) for v in values], dtype="Int64"), []
        if all(type(value) in (int, float) and abs(value) < 1e308 for value in there):
            numbers = [math.nan if value is None else float(value) for value in values]
            return pd.Series(numbers, dtype=float), []
    return pd.Series([_text(value) for value in values], dtype="str"), []


def _moments(values: Values, *, zone: bool) -> tuple[pd.Series[Any], list[int]]:
    """Return days and times from milliseconds since 1970 or from ISO texts."""
    numbers = np.array(
        [
            np.datetime64(math.floor(value) if _is_moment(value) else "NaT", "ms")
            for value in values
        ],
        dtype="datetime64[ms]",
    )
    texts = pd.Series([v if isinstance(v, str) else None for v in values], dtype=object)
    said = iso_moments(texts)
    moments = pd.Series(numbers).dt.tz_localize("UTC").fillna(said.astype("datetime64[ms, UTC]"))
    bad = [place for place in np.flatnonzero(moments.isna()) if values[place] is not None]
    return (moments if zone else moments.dt.tz_localize(None)), [int(place) for place in bad]


def _is_moment(value: Any) -> bool:
    return type(value) in (int, float) and FIRST_MS <= value <= LAST_MS


def _bad_day(name: str, value: Any, record: int) -> Finding:
    return Finding("bad_date", f"{name} {_text(value)[:40]!r} is no day", record=record)


def _text(value: Any) -> Any:
    """Return a text; objects, lists and numbers as JSON has them, null as None."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _without_zone(description: Mapping[str, Any]) -> bool:
    """Say whether the service keeps its dates in no known time zone."""
    zone = description.get("dateFieldsTimeReference")
    name = zone.get("timeZone") if isinstance(zone, dict) else None
    unknown = description.get("datesInUnknownTimezone") is True
    return unknown or (isinstance(name, str) and name.lower() == "unknown")


def _key(code: Any) -> str:
    """Return a code as text; 1, 1.0 and "1" are one code."""
    if isinstance(code, float) and code.is_integer():
        code = int(code)
    return str(code).strip()


def _codes(domain: Any) -> Codes:
    """Return the names of a coded-value domain by code; nothing for a range or no domain."""
    if not isinstance(domain, dict) or not isinstance(domain.get("codedValues"), list):
        return {}
    return {
        _key(word["code"]): word["name"]
        for word in domain["codedValues"]
        if isinstance(word, dict) and "code" in word and isinstance(word.get("name"), str)
    }


def _named(value: Any, codes: Codes) -> Any:
    if value is None or isinstance(value, (dict, list)):
        return value
    return codes.get(_key(value), value)


def _subtypes(
    attributes: Sequence[Mapping[str, Any]], description: Mapping[str, Any]
) -> list[dict[str, Codes]] | None:
    """Return for each record the codes that its subtype gives to fields; None without subtypes."""
    field = description.get("typeIdField") or description.get("subtypeField")
    types = description.get("types") or description.get("subtypes")
    if not isinstance(field, str) or not field or not isinstance(types, list):
        return None
    names: Codes = {}
    own: dict[str, dict[str, Codes]] = {}
    for kind in types:
        if not isinstance(kind, dict) or not isinstance(kind.get("name"), str):
            continue
        key = _key(kind.get("id", kind.get("code")))
        names[key] = kind["name"]
        domains = kind.get("domains")
        given = domains.items() if isinstance(domains, dict) else ()
        own[key] = {name: codes for name, domain in given if (codes := _codes(domain))}
    by_type = {key: {field: names} | codes for key, codes in own.items()}
    return [by_type.get(_key(row.get(field)), {}) for row in attributes]
