"""What a survey makes of hazards: confirmed, divided, merged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mine_geo.store import reshaping
from mine_geo.store.base import Base
from mine_geo.store.entries import Facts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

    from mine_geo.events import Day
    from mine_geo.store.judging import Recorded


class Surveyor(Base):
    """Recording what a survey found; each call is one transaction under the write lock.

    With `dry_run=True` it is judged only, see `Officer`.
    """

    def confirm(
        self,
        hazard_id: str,
        *,
        happened_on: Day,
        polygon: Any = None,
        outcome: str | None = None,
        operator: str | None = None,
        report_ref: str | None = None,
        event_id: str | None = None,
        comment: str | None = None,
        recorded_by: str | None = None,
        dry_run: bool = False,
    ) -> Recorded:
        """Record that a SHA is a CHA; with a narrower polygon the rest of it is released.

        Parameters
        ----------
        hazard_id
            The hazard.
        happened_on, operator, report_ref, event_id, comment, recorded_by, dry_run
            As for `record`. The release has the event_id, a colon and the outcome.
        polygon
            What is confirmed, where that is less than what was suspected; as for `record`.
        outcome
            How the rest is released: `cancelled` or `reduced`; required with `polygon`.

        Returns
        -------
        Recorded
            The event_id of the confirmation, with what was released.

        Raises
        ------
        OptionError
            If the outcome is missing, unknown, or given without a polygon.
        RecordError
            If the hazard is a CHA already, or nothing was left of it.
        UnknownNameError, GeometryError, CRSError, ConflictError
            As for `record`.
        """
        facts = Facts.of(
            {
                "operator": operator,
                "report_ref": report_ref,
                "comment": comment,
                "recorded_by": recorded_by,
            }
        )
        return self._judging(
            lambda view: reshaping.confirm(
                view, hazard_id, happened_on, polygon, outcome, facts, event_id
            ),
            dry_run=dry_run,
        )

    def divide(
        self,
        hazard_id: str,
        parts: gpd.GeoDataFrame | Mapping[str, Any],
        *,
        happened_on: Day,
        remainder: str = "refuse",
        operator: str | None = None,
        report_ref: str | None = None,
        event_id: str | None = None,
        comment: str | None = None,
        recorded_by: str | None = None,
        dry_run: bool = False,
    ) -> Recorded:
        """Divide a hazard: its land moves to new hazards, and nothing is released or found.

        Parameters
        ----------
        hazard_id
            The hazard.
        parts
            The new hazards: polygons by id, or a GeoDataFrame in EPSG:4326 with `hazard_id` and
            the attributes that differ. They keep `parent_id`.
        remainder
            What to do when the parts leave land over: `refuse`, or `keep` it as the hazard itself.
        happened_on, operator, report_ref, event_id, comment, recorded_by, dry_run
            As for `record`.

        Returns
        -------
        Recorded
            The transfer_id, which is the event_id of the side that loses land.

        Raises
        ------
        RecordError
            If an id is taken, or nothing was left of the hazard.
        GeometryError
            If parts overlap, take nothing of the hazard, or leave land over.
        OptionError, UnknownNameError, CRSError, ConflictError
            As for `record`.
        """
        facts = Facts.of(
            {
                "operator": operator,
                "report_ref": report_ref,
                "comment": comment,
                "recorded_by": recorded_by,
            }
        )
        return self._judging(
            lambda view: reshaping.divide_hazard(
                view, hazard_id, parts, happened_on, remainder, facts, event_id
            ),
            dry_run=dry_run,
        )

    def merge(
        self,
        hazard_ids: Sequence[str],
        into: str,
        *,
        happened_on: Day,
        operator: str | None = None,
        report_ref: str | None = None,
        event_id: str | None = None,
        comment: str | None = None,
        recorded_by: str | None = None,
        dry_run: bool = False,
    ) -> Recorded:
        """Merge hazards of one kind into one: their land moves, and nothing is released or found.

        Parameters
        ----------
        hazard_ids
            Two or more hazards.
        into
            The hazard that comes of it: a new id, or one of `hazard_ids`.
        happened_on, operator, report_ref, event_id, comment, recorded_by, dry_run
            As for `record`.

        Returns
        -------
        Recorded
            The transfer_id, which is the event_id of the first side that loses land.

        Raises
        ------
        RecordError
            If `into` is another hazard's id, or nothing was left of one.
        MixedError
            If they are of several kinds.
        UnknownNameError, ConflictError
            As for `record`.
        """
        facts = Facts.of(
            {
                "operator": operator,
                "report_ref": report_ref,
                "comment": comment,
                "recorded_by": recorded_by,
            }
        )
        return self._judging(
            lambda view: reshaping.merge_hazards(
                view, hazard_ids, into, happened_on, facts, event_id
            ),
            dry_run=dry_run,
        )
