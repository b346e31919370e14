"""What the authority sets for public outputs, and the editions that were written."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import func, insert, select

from mine_geo.disclosure.settings import USUAL, PublicSettings
from mine_geo.disclosure.withholding import drawn, nearer, remains
from mine_geo.errors import ConflictError, OptionError, UnknownNameError, some
from mine_geo.geo.cells import day_of, moment_of
from mine_geo.geo.geometry import as_geometries, size_m2
from mine_geo.store.engines import last_moment, next_moment
from mine_geo.store.ledger.entries import text_of
from mine_geo.store.ledger.judging import Base
from mine_geo.store.schema import content, gpkg, rows
from mine_geo.store.schema.models import EDITION, EDITION_LAND, EDITION_RECALL, SETTING
from mine_geo.terms import CRS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from sqlalchemy import Connection

    from mine_geo.ledger.events import Day, Moment


Figures = dict[str, int | None]
"""Hazards by unit, kind and zone as they are shown; None: left out."""

LEAST_LOST_M2: Final = 1
"""What of a polygon is drawn no more counts from this size on."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """What an edition tells beside the earlier ones. Restricted: for the officer alone."""

    number: int
    """The number that the edition would have."""

    withheld: pd.DataFrame
    """What an earlier edition drew and this one withholds: `edition` (the last that drew it),
    `hazard_id` of the land, `outcome`, `lost_m2`, and `concerns`: the hazards that remain or wait
    there, by id."""

    figures: pd.DataFrame
    """Figures that tell more beside an earlier edition: `edition`, `figure`, `before`, `now`, and
    `why`: shown in one and left out in the other, or the difference is of fewer hazards than the
    least count."""

    parameters: list[int]
    """Earlier editions that were made with other parameters."""

    def lines(self, most: int = 20) -> list[str]:
        """Say it in lines for the officer. Restricted: they name hazards."""
        found = [
            f"edition {self.number}, beside the earlier ones (RESTRICTED, not to be passed on)"
        ]
        if self.parameters:
            found.append(
                f"other parameters than in edition {some(self.parameters)}: figures of several "
                "sets together tell more than those of one"
            )
        found.append(
            f"{len(self.withheld):,} released polygons that an earlier edition drew are withheld"
            + (": each says that something was reported there since" if len(self.withheld) else "")
        )
        found += [
            f"  land of {row['hazard_id']} ({row['outcome']}, {row['lost_m2']:,} m², edition "
            f"{row['edition']}): concerns {row['concerns'] or 'not known which'}"
            for row in self.withheld.head(most).to_dict("records")
        ]
        found += _and_more(len(self.withheld), most)
        found.append(
            f"{len(self.figures):,} figures tell more beside those of an earlier edition than alone"
        )
        found += [
            f"  {row['figure']}: {_count(row['before'])} in edition {row['edition']}, now "
            f"{_count(row['now'])}; {row['why']}"
            for row in self.figures.head(most).to_dict("records")
        ]
        return [*found, *_and_more(len(self.figures), most)]


def _count(value: Any) -> str:
    return "left out" if pd.isna(value) else f"{int(value):,}"


def _and_more(count: int, most: int) -> list[str]:
    return [f"  ... and {count - most:,} more"] if count > most else []


@dataclass(frozen=True)
class Edition:
    """An edition of public outputs as it is recorded."""

    number: int
    made_at: datetime
    as_of: date
    asked_by: str
    approved_by: str
    settings: PublicSettings
    files: dict[str, str]
    """The SHA-256 of each file by its name."""


class Publisher(Base):
    """The parameters of public outputs, and their editions. Nothing of it is ever changed."""

    def public_settings(self) -> PublicSettings:
        """Return how public outputs are made: what was set last, else what is usual.

        Examples
        --------
        >>> store.public_settings().threshold_m
        7000.0
        """
        with self._reading() as connection:
            return _settings(connection)

    def set_public_settings(
        self,
        changes: Mapping[str, Any] | None = None,
        *,
        settings: PublicSettings | None = None,
        set_by: str,
    ) -> PublicSettings:
        """Set how public outputs are made from now on; what was set before is kept.

        Parameters
        ----------
        changes
            Values by the names of `PublicSettings`; the others stay as they are.
        settings
            The whole set instead.
        set_by
            Who sets it. On PostgreSQL it is whoever is logged in, whatever is said here.

        Returns
        -------
        PublicSettings
            What holds now. Where it held already, nothing is written.

        Raises
        ------
        OptionError
            If a value is none that can be, a name is unknown, or nobody is named.

        Examples
        --------
        >>> store.set_public_settings({"least_count": 5}, set_by="Sok Dara").least_count
        5
        """
        who = _person(set_by, "set_by")
        with self._writing() as connection:
            before = _settings(connection)
            made = settings or before
            unknown = set(changes or {}) - set(PublicSettings.__dataclass_fields__)
            if unknown:
                known = ", ".join(PublicSettings.__dataclass_fields__)
                raise OptionError(f"public settings: {sorted(unknown)} unknown; there are {known}")
            made = replace(made, **(changes or {}))
            if made != before or not connection.scalar(select(func.count()).select_from(SETTING)):
                now = next_moment(connection)
                values = {"set_at": now, "set_by": who, "parameters": made.to_json()}
                connection.execute(insert(SETTING).values(**values))
                gpkg.touch(connection, SETTING.name, now)
        return made

    def public_settings_history(self) -> pd.DataFrame:
        """Return every set of parameters that was set: `set_at`, `set_by`, and its values.

        Examples
        --------
        >>> _ = store.set_public_settings({"least_count": 5}, set_by="Sok Dara")
        >>> store.public_settings_history()[["set_by", "least_count"]].values.tolist()
        [['Sok Dara', 5]]
        """
        with self._reading() as connection:
            c = SETTING.c
            found = connection.execute(
                select(c.set_at, c.set_by, c.parameters).order_by(c.fid)
            ).all()
        told = [
            {"set_at": at, "set_by": who, **json.loads(parameters)} for at, who, parameters in found
        ]
        names = ["set_at", "set_by", *PublicSettings.__dataclass_fields__]
        return pd.DataFrame(told, columns=names)

    def compare_edition(
        self,
        land: gpd.GeoDataFrame,
        figures: Figures,
        restricted: gpd.GeoDataFrame,
        settings: PublicSettings,
    ) -> Comparison:
        """Say what an edition would tell beside the earlier ones, recalled or not.

        Parameters
        ----------
        land
            The released polygons that it draws (EPSG:4326).
        figures
            Its figures of hazards as they are shown.
        restricted
            All that remains or waits, as `restricted` returns it.
        settings
            What it is made with.

        Returns
        -------
        Comparison
            Restricted: it names hazards.

        Raises
        ------
        ClockError
            If the clock cannot be right.

        Examples
        --------
        >>> land = gpd.GeoDataFrame(
        ...     {"hazard_id": [], "outcome": []}, geometry=[], crs=4326)
        >>> found = store.compare_edition(
        ...     land, {}, store.restricted(), store.public_settings())
        >>> found.number, len(found.withheld)
        (1, 0)
        """
        with self._reading() as connection:
            number = _next_number(connection)
            next_moment(connection)  # a clock that is wrong is refused before anything is written
            c = EDITION.c
            earlier = connection.execute(
                select(c.number, c.parameters, c.figures).order_by(c.number)
            ).all()
            before = rows.read(
                connection,
                [
                    EDITION_LAND.c[name]
                    for name in ("edition", "hazard_id", "outcome", "geometry_hash", "geometry")
                ],
                order_by=[EDITION_LAND.c.edition, EDITION_LAND.c.fid],
            )
        changed = [
            pd.DataFrame(
                _changed(json.loads(told), figures, settings.least_count),
                columns=["figure", "before", "now", "why"],
            ).assign(edition=edition)
            for edition, _, told in earlier
        ]
        columns = ["edition", "figure", "before", "now", "why"]
        table = pd.concat(changed, ignore_index=True) if changed else pd.DataFrame(columns=columns)
        return Comparison(
            number=number,
            withheld=_withheld(before, land, restricted, settings.clearance_m),
            figures=table[columns],
            parameters=[
                edition
                for edition, parameters, _ in earlier
                if PublicSettings.of_json(parameters) != settings
            ],
        )

    def record_edition(
        self,
        *,
        number: int,
        as_of: Day,
        known_at: Moment = None,
        asked_by: str,
        approved_by: str,
        settings: PublicSettings,
        files: Mapping[str, str],
        land: gpd.GeoDataFrame,
        figures: Figures,
        despite: int = 0,
        last_record: datetime | None = None,
    ) -> Edition:
        """Enter an edition that was compared and is ready; see `editions.release`.

        Parameters
        ----------
        number
            The number that the comparison gave.
        as_of, known_at
            The day and moment of its data.
        asked_by, approved_by
            Two persons, as for `two_persons`.
        settings
            What it was made with.
        files
            The SHA-256 of each file by its name.
        land
            The released polygons that it draws: `hazard_id`, `outcome`, polygons in EPSG:4326.
        figures
            Its figures as they are shown.
        despite
            How many polygons it withholds that an earlier edition drew.
        last_record
            The last moment of the register when it was read.

        Raises
        ------
        OptionError
            If it is not two persons, or there is no day.
        ConflictError
            If an edition was entered, something recorded, or the parameters set meanwhile.

        Examples
        --------
        >>> land = gpd.GeoDataFrame(
        ...     {"hazard_id": [], "outcome": []}, geometry=[], crs=4326)
        >>> made = store.record_edition(
        ...     number=1, as_of="2022-12-31", asked_by="Sok Dara", approved_by="Chan Sophea",
        ...     settings=store.public_settings(), files={}, land=land, figures={},
        ...     last_record=store.last_moment())
        >>> made.number, str(made.as_of)
        (1, '2022-12-31')
        """
        asked, approved = self.two_persons(asked_by, approved_by)
        day, moment = day_of(as_of), moment_of(known_at)
        if day is None:
            raise OptionError("an edition needs the day of its data (as_of)")
        with self._writing() as connection:
            meanwhile = (
                number != _next_number(connection)
                or last_record != last_moment(connection)
                or settings != _settings(connection)
            )
            if meanwhile:
                raise ConflictError(
                    "the register, its public settings or its editions changed while the edition "
                    "was made; nothing was recorded: make it again"
                )
            now = next_moment(connection)
            connection.execute(
                insert(EDITION).values(
                    number=number,
                    made_at=now,
                    as_of=day,
                    known_at=moment,
                    asked_by=asked,
                    approved_by=approved,
                    parameters=settings.to_json(),
                    files=json.dumps(dict(files), sort_keys=True),
                    figures=json.dumps(figures, ensure_ascii=False),
                    despite=despite,
                )
            )
            _keep_land(connection, number, land, now)
            gpkg.touch(connection, EDITION.name, now)
        return Edition(number, now, day, asked, approved, settings, dict(files))

    def two_persons(self, asked_by: str, approved_by: str) -> tuple[str, str]:
        """Return who asks for an edition and who approves it; one person alone is refused.

        On PostgreSQL whoever is logged in approves, whatever is said: the server writes that name
        itself. Who asked is what is said, on either backend.

        Parameters
        ----------
        asked_by
            Who asks for the edition.
        approved_by
            Who approves it: somebody else.

        Raises
        ------
        OptionError
            If it is one person, however written, or nobody is named.

        Examples
        --------
        >>> store.two_persons("Sok Dara", " Chan  Sophea ")
        ('Sok Dara', 'Chan Sophea')
        >>> store.two_persons("Sok Dara", "sok  dara")
        Traceback (most recent call last):
        mine_geo.errors.OptionError: an edition needs two persons: Sok Dara asked, and another ...
        """
        asked, approved = _person(asked_by, "asked_by"), _person(approved_by, "approved_by")
        one = {approved.casefold()}
        with self._reading() as connection:
            if connection.dialect.name == "postgresql":
                approved = str(connection.scalar(select(func.session_user())))
        if asked.casefold() in one | {approved.casefold()}:
            raise OptionError(
                f"an edition needs two persons: {asked} asked, and another one approves it"
            )
        return asked, approved

    def editions(self) -> pd.DataFrame:
        """Return the editions: number, moment, day, persons, files, parameters, and any recall.

        Examples
        --------
        >>> len(store.editions())
        0
        """
        with self._reading() as connection:
            e, r = EDITION.c, EDITION_RECALL.c
            query = select(
                e.number, e.made_at, e.as_of, e.asked_by, e.approved_by, e.parameters, e.files,
                e.despite, r.recalled_at, r.recalled_by, r.reason,
            )  # fmt: skip
            joined = EDITION.outerjoin(EDITION_RECALL, e.number == r.edition)
            found = connection.execute(query.select_from(joined).order_by(e.number)).all()
        names = ["number", "made_at", "as_of", "asked_by", "approved_by", "parameters", "files"]
        names += ["despite", "recalled_at", "recalled_by", "reason"]
        table = pd.DataFrame([tuple(row) for row in found], columns=names)
        return table.assign(files=[json.loads(each) for each in table["files"]])

    def recall_edition(self, number: int, *, reason: str, recalled_by: str) -> None:
        """Say that an edition is not to be used any more; it stays in the list with the reason.

        On PostgreSQL whoever is logged in recalls it, whatever `recalled_by` says.

        Parameters
        ----------
        number
            That of the edition, as `editions` lists it.
        reason
            Why it is not to be used.
        recalled_by
            Who says so.

        Raises
        ------
        UnknownNameError
            If there is no edition of that number.
        ConflictError
            If it is recalled already.
        OptionError
            If there is no reason, or nobody is named.

        Examples
        --------
        >>> store.recall_edition(7, reason="a wrong day", recalled_by="Sok Dara")
        Traceback (most recent call last):
        mine_geo.errors.UnknownNameError: no edition 7; there are: none yet
        """
        who, why = _person(recalled_by, "recalled_by"), _person(reason, "reason")
        with self._writing() as connection:
            there = connection.scalars(select(EDITION.c.number)).all()
            if number not in there:
                known = ", ".join(map(str, sorted(there))) or "none yet"
                raise UnknownNameError(f"no edition {number}; there are: {known}")
            before = connection.scalar(
                select(EDITION_RECALL.c.reason).where(EDITION_RECALL.c.edition == number)
            )
            if before is not None:
                raise ConflictError(f"edition {number} is recalled already: {before}")
            now = next_moment(connection)
            values = {"edition": number, "recalled_at": now, "recalled_by": who, "reason": why}
            connection.execute(insert(EDITION_RECALL).values(**values))
            gpkg.touch(connection, EDITION_RECALL.name, now)


def _person(text: str, what: str) -> str:
    found = " ".join((text_of(text, what) or "").split())
    if not found:
        raise OptionError(f"{what}: say it; it is kept with the record")
    return found


def _settings(connection: Connection) -> PublicSettings:
    c = SETTING.c
    told = connection.scalar(select(c.parameters).order_by(c.fid.desc()).limit(1))
    return USUAL if told is None else PublicSettings.of_json(told)


def _next_number(connection: Connection) -> int:
    return int(connection.scalar(select(func.max(EDITION.c.number))) or 0) + 1


def _keep_land(connection: Connection, number: int, land: gpd.GeoDataFrame, now: datetime) -> None:
    if not len(land):
        return
    shapes = gpd.GeoSeries(
        [shapely.multipolygons(shapely.get_parts(each)) for each in as_geometries(land)], crs=CRS
    )
    columns: dict[str, list[Any]] = {
        "edition": [number] * len(land),
        "hazard_id": [None if pd.isna(each) else str(each) for each in land["hazard_id"]],
        "outcome": [str(each) for each in land["outcome"]],
        "geometry_hash": content.geometry_hashes(shapes),
        "geometry": list(shapes),
    }
    rows.insert_rows(connection, EDITION_LAND, columns)
    gpkg.touch(connection, EDITION_LAND.name, now, shapes.total_bounds.tolist())


def _withheld(
    before: gpd.GeoDataFrame,
    land: gpd.GeoDataFrame,
    restricted: gpd.GeoDataFrame,
    clearance_m: float,
) -> pd.DataFrame:
    """Return what earlier editions drew of which something is drawn no more."""
    columns = ["edition", "hazard_id", "outcome", "lost_m2", "concerns"]
    last = pd.DataFrame(before).drop_duplicates("geometry_hash", keep="last")
    now = as_geometries(land) if len(land) else np.empty(0, dtype=object)
    hashes = set(content.geometry_hashes(gpd.GeoSeries(now, crs=CRS))) if len(now) else set()
    gone = last[~last["geometry_hash"].isin(hashes)]
    if gone.empty:
        return pd.DataFrame(columns=columns)
    left = restricted[remains(restricted) & drawn(restricted)]
    shapes, ids = as_geometries(left), left["hazard_id"].astype(object).to_numpy()
    tree = shapely.STRtree(now)
    found = []
    for edition, hazard_id, outcome, shape in zip(
        gone["edition"], gone["hazard_id"], gone["outcome"], gone["geometry"], strict=True
    ):
        touching = now[tree.query(shape, predicate="intersects")]
        lost = shapely.difference(shape, shapely.union_all(touching)) if len(touching) else shape
        size = int(size_m2(gpd.GeoSeries([lost], crs=CRS))[0]) if not lost.is_empty else 0
        if size < LEAST_LOST_M2:
            continue
        near = nearer(shapes, [shapely.convex_hull(shape)], clearance_m) | (ids == hazard_id)
        concerns = sorted({str(each) for each in ids[near]})
        told = None if pd.isna(hazard_id) else hazard_id
        found.append((int(edition), told, outcome, size, ", ".join(concerns)))
    return pd.DataFrame(found, columns=columns)


def _changed(before: Figures, now: Figures, least: int) -> list[tuple[str, Any, Any, str]]:
    """Return the figures that tell more beside those of an earlier edition."""
    found: list[tuple[str, Any, Any, str]] = []
    for name in sorted(before.keys() | now.keys()):
        one, other = before.get(name, 0), now.get(name, 0)
        if (one is None) != (other is None):
            found.append((name, one, other, "shown in one, left out in the other"))
        elif one is not None and other is not None and 0 < abs(one - other) < least:
            found.append((name, one, other, f"the difference is of fewer than {least} hazards"))
    return found
