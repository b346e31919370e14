"""What the title block of a page says: totals, provenance, sources, and what is not real."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from mine_geo.maps import records
from mine_geo.terms import THRESHOLD_M

if TYPE_CHECKING:
    from datetime import date

    import geopandas as gpd

    from mine_geo.maps.subject import Subject

RULE_NAMES: Final = {
    "edge": "nearest edge of the hazard",
    "centroid": "centroid of the hazard",
    "majority": "zone of the larger part",
    "area": "cut at the line; counted in the zone of the larger part",
}
OSM: Final = "© OpenStreetMap contributors (ODbL 1.0)"
GEONAMES: Final = "GeoNames (CC BY 4.0)"


@dataclass(frozen=True)
class Switch:
    """A layer of the page that can be switched: its key, its name, its symbol."""

    key: str
    label: str
    symbol: str
    on: bool = True


@dataclass(frozen=True)
class Facts:
    """All that the title block and the legend say."""

    kind: str
    """`national`, `province`, `district` or `border-zone`."""

    title: str
    title_km: str
    subtitle: str
    badges: list[str]
    groups: list[records.Group]
    mixed: bool
    """Whether several kinds are drawn, which are never added up."""

    workbench: int
    threshold: str
    rows: list[tuple[str, str]]
    sources: list[str]
    symbols: list[tuple[str, str]] = field(default_factory=list)
    switches: list[Switch] = field(default_factory=list)
    order: str = ""

    @property
    def total_hazards(self) -> int:
        """How many hazards are drawn."""
        return sum(group.hazards for group in self.groups)

    @property
    def total_size_m2(self) -> int:
        """Their size in whole m²."""
        return sum(group.size_m2 for group in self.groups)


def _only(frame: pd.DataFrame | None, column: str) -> Any:
    """Return the first value of a column that is not null, else None."""
    if frame is None or column not in frame.columns:
        return None
    values = frame[column].dropna()
    return values.iloc[0] if len(values) else None


def threshold_of(split: pd.DataFrame) -> float:
    """Return the split's threshold in metres; 7,000 where no row says."""
    value = _only(split, "threshold_m")
    return THRESHOLD_M if value is None else float(value)


def _metres(value: float) -> str:
    """Write metres with thousands and no needless decimals.

    Examples
    --------
    >>> _metres(7000.0), _metres(7000.5)
    ('7,000 m', '7,000.5 m')
    """
    return f"{value:,.0f} m" if value == int(value) else f"{value:,} m"


def _day(value: Any) -> str:
    day = pd.Timestamp(value)
    return f"{day.day} {day:%B %Y}"


def data_date(hazards: pd.DataFrame, as_of: date | str | None) -> str:
    """Say of which day the data is: as told, else the latest survey in it."""
    told = as_of if as_of is not None else _only(hazards, "as_of")
    if told is not None:
        return f"as of {_day(told)}"
    if "surveyed_on" not in hazards.columns or hazards["surveyed_on"].isna().all():
        return "no date recorded"
    return f"latest survey {_day(hazards['surveyed_on'].max())}"


def _border_text(split: pd.DataFrame, border: pd.DataFrame | None) -> str:
    for frame in (split, border):
        name = _only(frame, "border_name")
        if name is not None:
            version = _only(frame, "border_version")
            return f"{name}, {version}" if version is not None else str(name)
    return "not recorded"


def _other_border(split: pd.DataFrame, border: pd.DataFrame | None) -> str | None:
    """Name the border that is drawn when it is not the one that the split was made with."""
    measured = (_only(split, "border_name"), _only(split, "border_version"))
    drawn = (_only(border, "border_name"), _only(border, "border_version"))
    if None in measured or None in drawn or measured == drawn:
        return None
    return f"{drawn[0]}, {drawn[1]}; not the one that the zones were made with"


def _credit(text: str) -> list[str]:
    """Return the attributions that a name or licence text calls for."""
    calls = ((OSM, r"openstreetmap|\bosm\b"), (GEONAMES, "geonames"))
    return [credit for credit, words in calls if re.search(words, text, re.IGNORECASE)]


def sources(*frames: pd.DataFrame | None) -> list[str]:
    """Return the attributions due: columns `attribution`, else what names and sources say."""
    found: list[str] = []
    for frame in frames:
        if frame is None:
            continue
        told = _only(frame, "attribution")
        texts = [str(told)] if told is not None else []
        texts += _credit(" ".join(str(column) for column in frame.columns))
        for column in ("border_name", "source", "licence", "license"):
            if column in frame.columns:
                for value in frame[column].dropna().unique():
                    texts += _credit(str(value))
        found += [text for text in texts if text not in found]
    return found


def badges(split: pd.DataFrame, admin: pd.DataFrame | None) -> list[str]:
    """Return the warnings that every page must bear: what is not real."""
    found = []
    if "synthetic" in split.columns and split["synthetic"].eq(True).any():
        found.append("SYNTHETIC SAMPLE")
    if admin is not None and "schematic" in admin.columns and admin["schematic"].eq(True).any():
        found.append("Schematic districts")
    return found


def _subtitle(kind: str, what: str) -> str:
    return {
        "national": "Near and far from the border",
        "border-zone": f"{what} in and beyond the border zone, ranked",
    }.get(kind, f"{what} near and far from the border")


def facts(
    subject: Subject,
    split: gpd.GeoDataFrame,
    border: gpd.GeoDataFrame | None,
    admin: gpd.GeoDataFrame | None,
    places: pd.DataFrame | None,
    *,
    kind: str,
    title: str | None,
    as_of: date | str | None,
) -> Facts:
    """Gather what the page says in words; layers and symbols are added by the composer."""
    ours = records.groups(subject.hazards)
    kinds = list(dict.fromkeys(group.kind for group in ours))
    what = kinds[0] if len(kinds) == 1 else "Hazards"
    where = {"national": f"{what}: national map", "province": f"{subject.name} province"}.get(
        subject.level, f"{subject.name} district, {subject.within} province"
    )
    threshold = threshold_of(split)
    rule = _only(split, "rule")
    coast = _only(split, "include_coast")
    rows = [
        ("Data", data_date(subject.hazards, as_of)),
        ("Border", _border_text(split, border)),
        ("Zone rule", RULE_NAMES.get(str(rule), "not recorded")),
        ("Threshold", _metres(threshold)),
        (
            "Coast",
            "not recorded"
            if coast is None
            else "counts as border"
            if coast
            else "does not count as border",
        ),
    ]
    if (drawn := _other_border(split, border)) is not None:
        rows.append(("Border drawn", drawn))
    held = subject.hazards.get("in_workbench")
    return Facts(
        kind=kind,
        title=title or where,
        title_km=subject.name_km if title is None else "",
        subtitle=_subtitle(kind, what),
        badges=badges(split, admin),
        groups=ours,
        mixed=len(kinds) > 1,
        workbench=0 if held is None else int(held.eq(True).sum()),
        threshold=_metres(threshold),
        rows=rows,
        sources=sources(border, admin, places),
    )
