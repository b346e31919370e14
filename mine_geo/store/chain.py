"""The chain of the ledger: what was changed in it, or is missing, past the library.

Each event has a `seq`, without gaps in the order of writing, and a `hash`: SHA-256 over its content
and the hash of the event before it, the same bytes on both backends. On PostgreSQL a trigger
fills both in, as it stamps who is logged in and the server's clock; in a GeoPackage the library
does. So a changed event, one that is missing, and one that was put between are found. Whoever
holds the head of an earlier day, `seq` and `hash`, can tell too whether events were cut off since.

What it cannot prove: who owns the tables (or the file) can write a whole new chain, from the first
changed event to the end. Only a head that lies elsewhere (printed on a map, in a backup, in a
letter) shows that. In a GeoPackage `recorded_by` is what the client said, and the clock is that
of its computer.

The content of an event is, after the words `mine_geo event 1`, its `seq` (8 bytes, the highest
first) and the hash before it (32 bytes; zeros for the first), each column of `CHAINED` in turn: a
byte 0 where it is null, else a byte 1, the length (8 bytes) and the value. Texts are UTF-8; whole
numbers, days and moments are texts (12, 2022-12-31, 2026-01-31T08:15:00.250Z); other numbers IEEE
754 (8 bytes, the highest first); a polygon is well-known binary, little-endian.
"""

from __future__ import annotations

import hashlib
import re
import struct
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pandas as pd
from sqlalchemy import Date, Double, Integer, func, insert, select

from mine_geo.errors import OptionError
from mine_geo.geo.blobs import to_blobs, wkb_of
from mine_geo.store.schema import gpkg, rows
from mine_geo.store.schema.models import EVENT, TAKEN_OVER
from mine_geo.store.schema.rows import Moment, Shape, moment_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection


CHAINED: Final = (
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
    "transfer_id",
    "retracts",
    "detail",
    "geometry",
)
"""The columns that are hashed, in their order; never changed, or old hashes would not hold."""
_BEGIN: Final = b"mine_geo event 1"
_NOTHING: Final = "0" * 64


_HEAD: Final = re.compile(r"(?P<seq>[0-9]{1,18}):(?P<hash>[0-9a-f]{64})")


class Head(NamedTuple):
    """The last link of a chain: the number of events, and the hash that all of them lead to."""

    seq: int
    hash: str

    def __str__(self) -> str:
        """Return it as one gives it to `parse`: seq:hash."""
        return f"{self.seq}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> Head:
        """Read what `str` wrote.

        Raises
        ------
        OptionError
            If it is no head.

        Examples
        --------
        >>> str(Head.parse("12:" + "ab" * 32)) == "12:" + "ab" * 32
        True
        """
        found = _HEAD.fullmatch(text.strip().lower())
        if found is None:
            raise OptionError(
                "a head is SEQ:HASH, the number of events and 64 hexadecimal digits, as db info "
                "shows it"
            )
        return cls(int(found["seq"]), found["hash"])


EMPTY: Final = Head(0, _NOTHING)
"""The head of a ledger without events."""


def head(connection: Connection, known_at: datetime | None = None) -> Head:
    """Return the last link of the chain of a store, or that of what was recorded by a moment.

    Examples
    --------
    >>> with store._reading() as connection:
    ...     head(connection).seq
    2
    """
    last = select(EVENT.c.seq, EVENT.c.hash).where(EVENT.c.seq.is_not(None))
    if known_at is not None:
        last = last.where(EVENT.c.recorded_at <= known_at)
    found = connection.execute(last.order_by(EVENT.c.seq.desc()).limit(1)).one_or_none()
    return EMPTY if found is None else Head(found.seq, found.hash)


def links(last: Head, columns: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
    """Return `seq` and `hash` of events that come after a head, as columns.

    Parameters
    ----------
    last
        The head before them.
    columns
        The columns of the events: plain Python values, and shapely geometries (EPSG:4326); what
        is left out is null.
    """
    wkbs = [None if blob is None else wkb_of(blob) for blob in to_blobs(columns["geometry"])]
    nothing = [None] * len(wkbs)
    parts = (columns.get(name, nothing) for name in CHAINED[:-1])
    found: dict[str, list[Any]] = {"seq": [], "hash": []}
    for values in zip(*parts, wkbs, strict=True):
        last = Head(last.seq + 1, link(last.seq + 1, last.hash, values))
        found["seq"].append(last.seq)
        found["hash"].append(last.hash)
    return found


def link(seq: int, previous: str, values: Sequence[Any]) -> str:
    """Return the hash of one event.

    Parameters
    ----------
    seq
        Its place, from 1.
    previous
        The hash of the event before it; 64 zeros for the first.
    values
        The columns of `CHAINED` as plain Python values; the polygon as well-known binary.
    """
    content = [_BEGIN, struct.pack(">q", seq), bytes.fromhex(previous)]
    for encode, value in zip(_ENCODERS, values, strict=True):
        if value is None:
            content.append(b"\0")
        else:
            data = encode(value)
            content += [b"\1", struct.pack(">q", len(data)), data]
    return hashlib.sha256(b"".join(content)).hexdigest()


def _number(value: float) -> bytes:
    return struct.pack(">d", value + 0.0)  # -0.0 is 0.0


def _encoder(name: str) -> Any:
    kind = EVENT.c[name].type
    if isinstance(kind, Shape):
        return bytes
    if isinstance(kind, Moment):
        return lambda moment: moment_text(moment).encode()
    if isinstance(kind, Double):
        return _number
    if isinstance(kind, Date):
        return lambda day: day.isoformat().encode()
    if isinstance(kind, Integer):
        return lambda number: str(int(number)).encode()
    return str.encode


_ENCODERS: Final = tuple(map(_encoder, CHAINED))


def _read(connection: Connection, order: ColumnElement[Any]) -> Iterator[tuple[Any, ...]]:
    """Give fid, seq, hash, and the columns of `CHAINED` of each event, in an order."""
    dialect = connection.dialect.name
    chosen = [EVENT.c[name] for name in ("fid", "seq", "hash", *CHAINED[:-1])]
    query = select(*chosen, rows.wkb(EVENT.c.geometry, dialect)).order_by(order)
    for *values, shape in connection.execute(query):
        yield (*values, shape if dialect == "postgresql" else wkb_of(shape))


def fill(connection: Connection) -> int:
    """Fill the chain for events that have none, in the order of writing; return how many.

    For a migration: the guards of the ledger are off.
    """
    found: dict[str, list[Any]] = {"fid": [], "seq": [], "hash": []}
    last = EMPTY
    for fid, _, _, *values in _read(connection, EVENT.c.fid):
        last = Head(last.seq + 1, link(last.seq + 1, last.hash, values))
        for name, value in zip(found, (fid, *last), strict=True):
            found[name].append(value)
    rows.update_rows(connection, EVENT, "fid", found)
    return last.seq


def take_over(
    connection: Connection,
    how: str,
    now: datetime,
    *,
    first_seq: int | None = None,
    fid: int | None = None,
) -> None:
    """Mark that what this transaction writes was not recorded here, but taken over.

    Call it before the first row is written: on PostgreSQL no other moments than that of the
    server's clock, and no other names than that of the login, are taken without it.

    Parameters
    ----------
    connection
        A connection with a write transaction.
    how
        One of `models.TAKEN_OVER_HOW`.
    now
        The moment.
    first_seq
        The first event of the chain that comes so; the next one unless told.
    fid
        The key of the mark; the next one unless told.
    """
    first = head(connection).seq + 1 if first_seq is None else first_seq
    by = connection.scalar(select(func.session_user())) if _on_server(connection) else None
    values = {"taken_at": now, "taken_by": by, "how": how, "first_seq": first}
    key = {} if fid is None else {"fid": fid}
    connection.execute(insert(TAKEN_OVER).values(values | key))
    gpkg.touch(connection, TAKEN_OVER.name, now)


def _on_server(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


def broken(connection: Connection, told: Head | None = None) -> pd.DataFrame:
    """Check the chain of a store, event by event.

    Parameters
    ----------
    connection
        A connection to a store.
    told
        A head of an earlier day, which must stand in the chain still.

    Returns
    -------
    pandas.DataFrame
        `seq`, `event_id` and `what`, a row for each fault; empty when the chain is whole.

    Examples
    --------
    >>> with store._reading() as connection:
    ...     len(broken(connection)), len(broken(connection, Head(3, "0" * 64)))
    (0, 1)
    """
    faults = list(_faults(_read(connection, EVENT.c.seq)))
    if told is not None and told != EMPTY:
        kept = select(EVENT.c.hash).where(EVENT.c.seq == told.seq)
        there = connection.scalar(kept)
        if there is None:
            what = (
                "the chain is shorter than this head: events were cut off, or it is another store"
            )
            faults.append((told.seq, None, what))
        elif there != told.hash:
            what = "the chain up to here is another than that of this head: it was written anew"
            faults.append((told.seq, None, what))
    return pd.DataFrame(faults, columns=["seq", "event_id", "what"]).astype(
        {"seq": "Int64", "event_id": "str", "what": "str"}
    )


def _faults(events: Iterable[tuple[Any, ...]]) -> Iterator[tuple[int | None, str | None, str]]:
    last = EMPTY
    for _, seq, kept, *values in events:
        name = values[0]
        if seq is None or kept is None:
            yield None, name, "has no place in the chain: it was put in past the library"
            continue
        if seq != last.seq + 1:
            missing = f"{last.seq + 1}" + (f" to {seq - 1}" if seq > last.seq + 2 else "")
            yield last.seq + 1, None, f"event {missing} is missing before {name}"
        if link(seq, last.hash, values) != kept and seq == last.seq + 1:
            yield seq, name, "was changed, or an event before it was"
        last = Head(seq, kept)
