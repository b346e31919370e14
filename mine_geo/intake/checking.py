"""Everything that there is to say of what was received: the reading and the checks together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from mine_geo.checks import check_hazards, check_reports

if TYPE_CHECKING:
    import geopandas as gpd

    from mine_geo.intake.received import Received


_OF_BOTH: Final = {
    "hazards": ("outside_country", "not_polygon"),
    "reports": ("outside_country", "unknown_word", "bad_date", "missing_id"),
}
"""What the reading and the checks may both say of a record: once is enough."""


def check(
    received: Received,
    *,
    admin: gpd.GeoDataFrame | None = None,
    country: Any = None,
    register: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """List what the reading and the checks have to say of a file.

    Parameters
    ----------
    received
        What came out of the file.
    admin, country, register
        What is known already, EPSG:4326; see `check_hazards`.

    Returns
    -------
    geopandas.GeoDataFrame
        As `findings.as_table`, first what is said of the whole file; `record` is the number in
        the file, from 1.

    Examples
    --------
    >>> from mine_geo import sample
    >>> from mine_geo.intake import read
    >>> found = check(read(sample.path("minefields")))
    >>> found["severity"].eq("error").any()
    np.False_
    """
    numbers = received.numbers + 1
    if received.what == "reports":
        found = check_reports(received.table, register=register, numbers=numbers)
    else:
        found = check_hazards(
            received.table, admin=admin, country=country, register=register, numbers=numbers
        )
    said = received.said()
    known = pd.MultiIndex.from_frame(said.loc[said["record"].notna(), ["record", "code"]])
    again = pd.MultiIndex.from_frame(found[["record", "code"]]).isin(known)
    found = found[~(again & found["code"].isin(_OF_BOTH[received.what]))]
    every = pd.concat([said, found], ignore_index=True)
    return every.sort_values(
        ["record", "code"], kind="stable", na_position="first", ignore_index=True
    )
