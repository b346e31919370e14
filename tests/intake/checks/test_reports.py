"""Checks of reports that need nothing but the reports."""

import geopandas as gpd
import pandas as pd
import shapely

from mine_geo.intake.checks import check_reports


def reports(rows: list[dict]) -> gpd.GeoDataFrame:
    usual = {"event_id": None, "hazard_id": "AP-1", "event_type": "cleared"}
    usual |= {"happened_on": "2024-05-03", "geometry": shapely.box(103, 13, 103.01, 13.01)}
    table = pd.DataFrame([usual | row for row in rows])
    table["event_id"] = table["event_id"].astype("str").where(table["event_id"].notna(), None)
    table["happened_on"] = pd.to_datetime(table["happened_on"]).astype("datetime64[ms]")
    return gpd.GeoDataFrame(table, crs=4326)


def test_the_same_report_twice_is_said() -> None:
    turned = shapely.box(103, 13, 103.01, 13.01, ccw=False)
    rows = [
        {},
        {"hazard_id": "AP-2"},
        {"geometry": turned, "event_id": "r-1"},
        {"event_type": "reduced"},
        {"happened_on": "2024-05-04"},
        {"geometry": None},
        {"geometry": None},
    ]
    found = check_reports(reports(rows)).query("code == 'duplicate_report'")
    assert found[["record", "severity"]].values.tolist() == [[1, "warning"], [3, "warning"]]  # noqa: PD011
    assert found["message"].iloc[0].startswith("hazard, type, day and land as in record 3")
