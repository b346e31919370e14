"""The vocabulary: the words, columns and constants that the whole project shares.

Words follow IMAS 04.10 (glossary) and IMAS 07.11 (land release). Imports nothing of ours.
"""

from __future__ import annotations

from typing import Final, Literal

Kind = Literal["ap_minefield", "av_minefield", "cluster_munition", "other_erw"]
AreaType = Literal["SHA", "CHA"]
Outcome = Literal["cancelled", "reduced", "cleared"]
Status = Literal["open", "worked_on", "closed"]
Difficulty = Literal["high", "medium", "low"]
Zone = Literal["near", "far"]
Rule = Literal["edge", "centroid", "majority", "area"]
Workbench = Literal["include", "exclude", "only"]
Neighbour = Literal["THA", "LAO", "VNM"]
Size = Literal["computed", "reported"]
"""Our size of the polygon, or as the operator wrote it."""
Group = Literal[
    "province",
    "province_code",
    "district",
    "district_code",
    "commune",
    "commune_code",
    "village",
    "village_code",
    "kind",
    "area_type",
    "status",
    "in_workbench",
    "difficulty",
    "operator",
    "survey_method",
    "evidence",
    "residual",
    "zone",
]
"""The columns of ours by which totals and movements can be grouped. A further column of a file can
be named too; no type checker knows that one."""
ReleaseGroup = Literal[Group, "year", "outcome"]
"""Those by which releases can be."""
RowKind = Literal["data", "total", "compared"]
EventType = Literal[
    "registered",
    "described",
    "confirmed",
    "amended",
    "transferred",
    "cancelled",
    "reduced",
    "cleared",
    "retracted",
]

KINDS: Final = ("ap_minefield", "av_minefield", "cluster_munition", "other_erw")
AREA_TYPES: Final = ("SHA", "CHA")
OUTCOMES: Final = ("cancelled", "reduced", "cleared")
STATUSES: Final = ("open", "worked_on", "closed")
DIFFICULTIES: Final = ("high", "medium", "low")
SURVEY_METHODS: Final = ("baseline", "cmrs", "nts", "ts", "other")
"""How a hazard was surveyed: the baseline survey of 2009 to 2020, a cluster munition remnants
survey, a non-technical or a technical one."""
EVIDENCES: Final = ("direct", "indirect")
"""What speaks for a hazard: a mine seen, an accident on it; or a belief, a battle, a word."""
ZONES: Final = ("near", "far")
RULES: Final = ("edge", "centroid", "majority", "area")
ROW: Final = "row"
"""The column of a table with totals that says what a row is: a `RowKind`."""
WORKBENCH: Final = ("include", "exclude", "only")
SIZES: Final = ("computed", "reported")
NEIGHBOURS: Final = ("THA", "LAO", "VNM")
NEIGHBOUR_NAMES: Final = {"THA": "Thailand", "LAO": "Lao PDR", "VNM": "Viet Nam"}
EVENT_TYPES: Final = (
    "registered",
    "described",
    "confirmed",
    "amended",
    "transferred",
    "cancelled",
    "reduced",
    "cleared",
    "retracted",
)
"""The types of an event, in the order in which events of one day are folded."""
BORDER_KINDS: Final = ("land", "coast")

CRS: Final = "EPSG:4326"
"""The one reference system in which polygons and lines travel (longitude, latitude)."""

TIME_ZONE: Final = "Asia/Phnom_Penh"
"""Where a day begins and ends."""

THRESHOLD_M: Final = 7000.0
"""The distance of the Executive Order of 4 January 2022, metres."""

NO_UNIT: Final = "no unit recorded"
"""What stands in a table for the province or district of hazards that record none."""

PERSONAL: Final = "personal_"
"""What the name of a column begins with that a profile says is personal: it stays with the column
through the store, and no output holds such a column unless it is asked for by name."""

SYNTHETIC: Final = "SYNTHETIC SAMPLE: invented minefields, not for operations"
"""What every table, map and file says that holds invented data."""

HAZARD_COLUMNS: Final = (
    "hazard_id",
    "kind",
    "also",
    "area_type",
    "status",
    "in_workbench",
    "province",
    "province_code",
    "district",
    "district_code",
    "commune",
    "commune_code",
    "village",
    "village_code",
    "difficulty",
    "operator",
    "survey_method",
    "evidence",
    "residual",
    "surveyed_on",
    "reported_size_m2",
    "size_m2",
    "geometry",
)
"""The columns of a hazard table, in order; further columns of a file follow them."""

VILLAGE_COLUMNS: Final = (
    "village_code",
    "village",
    "village_km",
    "commune_code",
    "commune",
    "commune_km",
    "district_code",
)
"""What is kept of a village; codes are those of NCDD."""
BORDER_COLUMNS: Final = (
    "kind",
    "neighbour",
    "border_name",
    "border_version",
    "accuracy_m",
    "geometry",
)
"""The columns of a border table."""

ADMIN_COLUMNS: Final = (
    "province",
    "province_code",
    "province_km",
    "district",
    "district_code",
    "district_km",
    "geometry",
)
"""The columns of a district table; `_km` are the Khmer names."""

SPLIT_COLUMNS: Final = (
    "border_distance_m",
    "border_margin_m",
    "neighbour",
    "zone",
    "near_size_m2",
    "far_size_m2",
    "threshold_m",
    "rule",
    "include_coast",
    "border_name",
    "border_version",
)
"""What `border_split` adds; the last five are provenance."""

PROVENANCE_COLUMNS: Final = (
    "threshold_m",
    "rule",
    "include_coast",
    "border_name",
    "border_version",
)

WEIGHT_COLUMNS: Final = (
    "weights_name",
    "weights_hash",
    "weights_decided_by",
    "weights_decided_on",
    "weights_frozen",
    "caution",
)
"""What a ranking says of the weights that made it, and of what a score is not."""

TOTAL_COLUMNS: Final = (
    "hazards",
    "size_m2",
    "near_hazards",
    "near_size_m2",
    "far_hazards",
    "far_size_m2",
)

EVENT_COLUMNS: Final = (
    "event_id",
    "hazard_id",
    "event_type",
    "happened_on",
    "recorded_at",
    "recorded_by",
    "operator",
    "report_ref",
    "reported_size_m2",
    "outside_m2",
    "ap_mines",
    "av_mines",
    "submunitions",
    "uxo",
    "depth_cm",
    "comment",
    "retracts",
    "transfer_id",
    "detail",
    "geometry",
)
"""The columns of an events table, one row an event."""

ITEM_COLUMNS: Final = ("ap_mines", "av_mines", "submunitions", "uxo")
"""Ordnance found, items."""

MOVEMENT_COLUMNS: Final = (
    "registered_m2",
    "amended_m2",
    "transferred_m2",
    "cancelled_m2",
    "reduced_m2",
    "cleared_m2",
)
"""What moves the size of a hazard: the first three add to it, the last three take off."""
OVERRULED: Final = (
    "size_mistaken",
    "mostly_beyond",
    "on_other_hazard",
    "larger_than_left",
    "releases_nothing",
    "figures_twice",
)
"""Errors of a report that may be true all the same: an officer can overrule each by its word, for
records named one by one."""


RESTRICTION_COLUMN: Final = "restriction"
"""The column, field or line in which a table says it."""


RESTRICTED_WORD: Final = "RESTRICTED"
"""What every restricted output begins its own description with."""


__all__ = [
    "ADMIN_COLUMNS",
    "AREA_TYPES",
    "BORDER_COLUMNS",
    "BORDER_KINDS",
    "CRS",
    "DIFFICULTIES",
    "EVENT_COLUMNS",
    "EVENT_TYPES",
    "EVIDENCES",
    "HAZARD_COLUMNS",
    "ITEM_COLUMNS",
    "KINDS",
    "MOVEMENT_COLUMNS",
    "NEIGHBOURS",
    "NEIGHBOUR_NAMES",
    "NO_UNIT",
    "OUTCOMES",
    "OVERRULED",
    "PERSONAL",
    "PROVENANCE_COLUMNS",
    "RESTRICTED_WORD",
    "RESTRICTION_COLUMN",
    "ROW",
    "RULES",
    "SIZES",
    "SPLIT_COLUMNS",
    "STATUSES",
    "SURVEY_METHODS",
    "SYNTHETIC",
    "THRESHOLD_M",
    "TIME_ZONE",
    "TOTAL_COLUMNS",
    "VILLAGE_COLUMNS",
    "WEIGHT_COLUMNS",
    "WORKBENCH",
    "ZONES",
    "AreaType",
    "Difficulty",
    "EventType",
    "Group",
    "Kind",
    "Neighbour",
    "Outcome",
    "ReleaseGroup",
    "RowKind",
    "Rule",
    "Size",
    "Status",
    "Workbench",
    "Zone",
]


def __dir__() -> list[str]:
    return sorted(__all__)
