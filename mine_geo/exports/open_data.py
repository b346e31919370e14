"""Open data: public figures as a folder that other programs understand without asking.

Two tables in CSV, of what remains and of released land, by country, province and district; beside
them `datapackage.json`, a data package of the Frictionless standard (version 2), which says of each
column what it is. The second line of each table holds the hashtags of the Humanitarian Exchange
Language (HXL 1.1); the package names it as a line of comment.

They are figures of `Disclosed` alone: no record, no polygon, no text of a record. A figure that is
not shown is empty, and `suppressed` says why; sizes are whole m², rounded as the settings say.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from mine_geo import __version__
from mine_geo.disclosure import restriction
from mine_geo.disclosure.disclosed import Disclosed
from mine_geo.disclosure.layers import EVERYTHING
from mine_geo.disclosure.settings import metadata, not_counted
from mine_geo.errors import FileError, OptionError
from mine_geo.geo.cells import day_of, guarded
from mine_geo.maps.provenance import NOT_RECORDED, sources
from mine_geo.terms import OUTCOMES, SYNTHETIC

if TYPE_CHECKING:
    import os

    from mine_geo.disclosure.layers import Selection


PACKAGE: Final = "datapackage.json"
SCHEMA: Final = "https://datapackage.org/profiles/2.0/datapackage.json"
"""Names the version of the standard; nothing is fetched."""
TABLES: Final = {
    "remaining": "Hazards that remain, near and far from the border",
    "released": "Land released by year and outcome",
}
_UNIT: Final[dict[str, tuple[str, str, str]]] = {
    "level": ("string", "#meta+level", "national, province or district"),
    "province": ("string", "#adm1+name", "Province; empty: the country, or none recorded"),
    "province_code": ("string", "#adm1+code", "Its code of NCDD"),
    "province_km": ("string", "#adm1+name+i_km", "Its name in Khmer"),
    "district": ("string", "#adm2+name", "District; empty: the province, or none recorded"),
    "district_code": ("string", "#adm2+code", "Its code of NCDD"),
    "district_km": ("string", "#adm2+name+i_km", "Its name in Khmer"),
    "kind": ("string", "#cause+kind", "Kind of contamination; kinds are never added up"),
}
_FIGURES: Final[dict[str, tuple[str, str, str]]] = {
    "hazards": ("integer", "#indicator+hazards+num", "Hazards that remain"),
    "size_m2": ("integer", "#indicator+size+m2", "Their size, m²"),
    "near_hazards": ("integer", "#indicator+hazards+near+num", "Those nearer than the threshold"),
    "near_size_m2": ("integer", "#indicator+size+near+m2", "Their size, m²"),
    "far_hazards": ("integer", "#indicator+hazards+far+num", "Those at the threshold or farther"),
    "far_size_m2": ("integer", "#indicator+size+far+m2", "Their size, m²"),
    "suppressed": ("string", "#meta+suppressed", "Why figures of this row are not shown"),
}
_LAND: Final[dict[str, tuple[str, str, str]]] = {
    "year": ("integer", "#date+year", "Year of the release; empty: not recorded"),
    "outcome": ("string", "#activity+outcome", "cancelled, reduced or cleared"),
    "releases": ("integer", "#output+releases+num", "Releases"),
    "released_m2": ("integer", "#output+released+m2", "Land released, m²"),
}
COLUMNS: Final = {"remaining": _UNIT | _FIGURES, "released": _UNIT | _LAND}
"""Of each table: its columns, each with type, hashtag and what it is."""


def open_data(disclosed: Disclosed) -> dict[str, pd.DataFrame]:
    """Return the tables of open data, by name, as `COLUMNS` says.

    Examples
    --------
    >>> from mine_geo import intake
    >>> from mine_geo.disclosure.disclosed import disclose
    >>> from mine_geo.geo import sample
    >>> from mine_geo.split import zones
    >>> fields = intake.read_hazards(sample.path("minefields"))
    >>> fields = fields[fields["province"] == "Pailin"]
    >>> split = zones.border_split(fields, intake.read_border(sample.path("border")))
    >>> table = open_data(disclose(split, restricted=split))["remaining"]
    >>> table[["hazards", "near_hazards", "size_m2"]].head(1).to_numpy().tolist()
    [[267, 208, 14560000]]
    """
    upper = {"remaining": disclosed.upper, "released": disclosed.upper_yearly}
    lower = {
        "remaining": pd.DataFrame(disclosed.aggregates.drop(columns="geometry")),
        "released": disclosed.yearly,
    }
    found = {}
    for name, columns in COLUMNS.items():
        parts = [upper[name], lower[name].assign(level="district")]
        parts = [part.reindex(columns=list(columns)) for part in parts if len(part)]
        table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*columns])
        kinds: dict[str, Any] = {"integer": "Int64", "string": object}
        found[name] = table.astype({each: kinds[told[0]] for each, told in columns.items()})
    return found


def write_open_data(
    disclosed: Disclosed,
    folder: str | os.PathLike[str],
    *,
    title: str | None = None,
    selection: Selection = EVERYTHING,
) -> list[str]:
    """Write open data into a folder: a data package of Frictionless with tags of HXL.

    Parameters
    ----------
    disclosed
        As `disclosure.disclose` gives it.
    folder
        A folder that is not there yet, is empty, or holds such a package, which is replaced.
    title
        What the package is called.
    selection
        How the split was asked for; what waits on the workbench is in no figure.

    Returns
    -------
    list of str
        The names of the files.

    Raises
    ------
    OptionError
        If `disclosed` is not what it should be.
    FileError
        If the folder holds something else, or cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from mine_geo import intake
    >>> from mine_geo.disclosure.disclosed import disclose
    >>> from mine_geo.geo import sample
    >>> from mine_geo.split import zones
    >>> fields = intake.read_hazards(sample.path("minefields"))
    >>> fields = fields[fields["province"] == "Pailin"]
    >>> split = zones.border_split(fields, intake.read_border(sample.path("border")))
    >>> write_open_data(disclose(split, restricted=split), Path(tempfile.mkdtemp(), "open"))
    ['remaining.csv', 'released.csv', 'datapackage.json']
    """
    if not isinstance(disclosed, Disclosed):
        raise OptionError(
            "disclosed must be what disclose() returned, which knows no hazard, not a "
            f"{type(disclosed).__name__}"
        )
    place = Path(folder)
    check(place)
    chosen = selection.accepted()
    tables = open_data(disclosed)
    files = {f"{name}.csv": _as_csv(name, table).encode() for name, table in tables.items()}
    told = _package(disclosed, tables, files, title, chosen)
    files[PACKAGE] = (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()
    try:
        restriction.make_folder(place, public=True)
    except OSError as error:
        raise FileError(f"{place}: cannot be made ({error.strerror}); choose another") from error
    for name, content in files.items():
        restriction.write_file(place / name, content, public=True)
    return list(files)


def check(folder: Path) -> None:
    """Refuse a folder that holds anything but such a package.

    Raises
    ------
    FileError
        If it does, or the folder above it is not there.

    Examples
    --------
    >>> check(Path("no such folder", "open"))
    Traceback (most recent call last):
    mine_geo.errors.FileError: ...open: there is no folder no such folder; make it first
    """
    ours = {PACKAGE, *(f"{name}.csv" for name in TABLES)}
    if folder.exists():
        others = [] if not folder.is_dir() else [each.name for each in folder.iterdir()]
        if not folder.is_dir() or set(others) - ours:
            raise FileError(
                f"{folder}: is there and holds other things; open data needs a folder of its own"
            )
    elif not folder.absolute().parent.is_dir():
        raise FileError(f"{folder}: there is no folder {folder.parent}; make it first")


def _as_csv(name: str, table: pd.DataFrame) -> str:
    """Return a table with its hashtags in the second line; what is not shown is empty."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerow(tag for _, tag, _ in COLUMNS[name].values())
    for row in table.astype(object).itertuples(index=False):
        writer.writerow("" if pd.isna(each) else guarded(each) for each in row)
    return written.getvalue()


def _package(
    disclosed: Disclosed,
    tables: dict[str, pd.DataFrame],
    files: dict[str, bytes],
    title: str | None,
    chosen: Selection,
) -> dict[str, Any]:
    """Return what the package says of itself and of each column."""
    kinds = set(tables["remaining"]["kind"].dropna()) | set(tables["released"]["kind"].dropna())
    english, khmer = not_counted(kinds, waiting=True)
    synthetic = chosen.synthetic or disclosed.synthetic
    settings, figures = disclosed.settings, disclosed.aggregates
    day = day_of(disclosed.as_of)
    border = {
        name: next(iter(figures[name].dropna()), None) if name in figures else None
        for name in ("border_name", "border_version")
    }
    moment, known = chosen.moment, chosen.known_on
    of, then = (NOT_RECORDED if each is None else each.isoformat() for each in (day, known))
    notices = metadata(of, then, chosen.standing_text)
    name = title or "Mine action: what remains near and far from the border, and what was released"
    head: dict[str, Any] = {
        "$schema": SCHEMA,
        "name": "mine-action-figures",
        "title": f"{name} ({SYNTHETIC})" if synthetic else name,
        "description": "\n".join([english, khmer, *(text for _, text in notices)]),
        "keywords": ["mine action", "hxl", "open data"],
    }
    if day is not None or known is not None:
        head["version"] = str(day or known)
    credits_ = [{"title": each} for each in sources(figures)]
    if credits_:
        head["sources"] = credits_
    return head | {
        "mine_geo": {
            "product_version": __version__,
            "synthetic": synthetic,
            "as_of": None if day is None else day.isoformat(),
            "known_at": None
            if moment is None
            else moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "threshold_m": settings.threshold_m,
            "rule": settings.rule,
            "include_coast": settings.include_coast,
            **border,
            "least_count": settings.least_count,
            "round_m2": settings.round_m2,
        },
        "resources": [_resource(each, files[f"{each}.csv"]) for each in TABLES],
    }


def _resource(name: str, content: bytes) -> dict[str, Any]:
    fields: list[dict[str, Any]] = [
        {"name": column, "type": kind, "description": text, "hxl": tag}
        for column, (kind, tag, text) in COLUMNS[name].items()
    ]
    for field in fields:
        if field["name"] == "outcome":
            field["constraints"] = {"enum": list(OUTCOMES)}
    return {
        "name": name,
        "title": TABLES[name],
        "path": f"{name}.csv",
        "type": "table",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "dialect": {"headerRows": [1], "commentRows": [2]},
        "schema": {"fields": fields, "missingValues": [""]},
    }
