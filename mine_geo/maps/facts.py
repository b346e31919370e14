"""What the title block of a page says: totals, provenance, sources, and what is not real."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from mine_geo import __version__
from mine_geo.disclosure import settings
from mine_geo.disclosure.restriction import PUBLIC, RESTRICTED
from mine_geo.geo.admin_names import unit_word, without_word
from mine_geo.geo.cells import day_of, read_days
from mine_geo.maps import grouping
from mine_geo.maps.provenance import first, flagged, sources
from mine_geo.terms import RULES, TIME_ZONE
from mine_geo.words import Said, same, say

if TYPE_CHECKING:
    from datetime import date, datetime

    from mine_geo.maps.ground import Around, Beneath
    from mine_geo.maps.public import Section
    from mine_geo.maps.subject import Nav, Subject, UnitTable


@dataclass(frozen=True)
class Switch:
    """A layer of the page that can be switched: its key, its name, its symbol."""

    key: str
    label: Said
    symbol: str
    on: bool = True

    @property
    def group(self) -> str:
        """Under which heading of the legend it stands: the word `legend.<group>`."""
        groups = {"released": "outcome", "year": "year", "others": "around", "unplaced": "around"}
        return groups.get(self.key.partition("-")[0], "context")


@dataclass(frozen=True)
class Facts:
    """All that the title block and the legend say."""

    kind: str
    """`national`, `province`, `district` or `border-zone`."""

    title: Said
    subtitle: Said
    badges: list[Said]
    groups: list[grouping.Group]
    mixed: bool
    """Whether several kinds are drawn, which are never added up."""

    waiting: list[Said]
    """How many records of each kind are in the workbench."""

    threshold: Said
    rows: list[tuple[Said, Said]]
    sources: list[str]
    switches: list[Switch] = field(default_factory=list)
    order: Said | None = None
    draws: bool = False
    """Whether the page has tools to draw a task."""

    nav: Nav | None = None
    tables: tuple[UnitTable, ...] = ()
    public: tuple[Section, ...] = ()
    """What a page for everybody says instead of hazards; empty on any other."""

    none: Said = field(default_factory=lambda: say("totals.none"))
    """What is said where nothing is drawn."""

    unit: Said = field(default_factory=lambda: say("legend.country"))
    """Whose hazards and releases the figures count."""

    unplaced: tuple[Said, ...] = ()
    """How many hazards of each kind no unit is recorded for: they may be this unit's."""

    veiled: Said | None = None
    """What the veil around the unit hides; None where there is none."""

    restricted: Said | None = None
    """What a restricted page or sheet says of itself; None of one for everybody."""

    @property
    def restricted_whole(self) -> Said | None:
        """The same with the moment at which the data was known, and the program: for metadata."""
        if self.restricted is None:
            return None
        name = say("about.known_at")
        moment = dict(self.rows).get(name, say("about.not_recorded"))
        return Said(
            f"{self.restricted.en} · {name.en} {moment.en} · mine_geo {__version__}",
            f"{self.restricted.km} · {name.km} {moment.km} · mine_geo {__version__}",
        )

    @property
    def access(self) -> str:
        """`public` or `restricted`: what its metadata hold."""
        return PUBLIC if self.restricted is None else RESTRICTED

    not_counted: Said | None = None
    """What figures do not count, for a page for everybody: beside each "none recorded"."""

    standing: tuple[Said, ...] = ()
    """The standing text of a page for everybody, in its parts."""

    outcomes: tuple[tuple[Said, Said], ...] = ()
    """Each outcome of land release and what it means, on a page for everybody."""

    @property
    def headline(self) -> list[tuple[Said, Said]]:
        """The rows that stand below the title: all up to the rule."""
        names = [name for name, _ in self.rows]
        return self.rows[: names.index(say("about.rule")) + 1]

    @property
    def total_hazards(self) -> int | Said:
        """How many hazards are drawn."""
        return grouping.together(self.groups)[0]

    @property
    def total_size_m2(self) -> int | Said:
        """Their size in whole m²."""
        return grouping.together(self.groups)[1]


def _metres(value: float) -> Said:
    """Write metres with thousands and no needless decimals.

    Examples
    --------
    >>> _metres(7000.0).en, _metres(7000.5).en
    ('7,000 m', '7,000.5 m')
    """
    return say("unit.metres", number=f"{value:,.0f}" if value == int(value) else f"{value:,}")


def day_said(value: Any) -> Said:
    """Write a day in words.

    Examples
    --------
    >>> day_said("2022-12-31").en
    '31 December 2022'
    """
    day = day_of(value)
    if day is None:
        return say("about.no_date")
    month = say(f"month.{day.month}")
    return Said(f"{day.day} {month.en} {day.year}", f"{day.day} {month.km} {day.year}")


def data_date(
    hazards: pd.DataFrame, releases: pd.DataFrame | None, as_of: date | str | None
) -> Said:
    """Say of which day the data is: as told, else the latest survey or release in it."""
    told = as_of if as_of is not None else first(hazards, "as_of")
    if told is not None:
        return say("about.as_of", day=day_said(told))
    surveyed, released = _latest(hazards, "surveyed_on"), _latest(releases, "happened_on")
    if released is not None and (surveyed is None or released > surveyed):
        return say("about.latest_release", day=day_said(released))
    if surveyed is None:
        return say("about.no_date")
    return say("about.latest_survey", day=day_said(surveyed))


def _latest(frame: pd.DataFrame | None, column: str) -> pd.Timestamp | None:
    """Return the latest day in a column, None where there is none."""
    if frame is None or column not in frame.columns:
        return None
    latest = read_days(frame[column])[0].max()
    return None if pd.isna(latest) else latest


def _data(hazards: pd.DataFrame, layers: Beneath, released: pd.DataFrame | None) -> Said:
    """Say of which day the data is, and what of the register was left out of it."""
    said, chosen = data_date(hazards, released, layers.as_of), layers.selection
    if chosen.workbench != "include":
        said = say(f"about.workbench_{chosen.workbench}", data=said)
    return said


def moment_said(moment: datetime) -> Said:
    """Say a moment in Cambodia's time, to the millisecond.

    Examples
    --------
    >>> from datetime import datetime
    >>> moment_said(datetime.fromisoformat("2023-01-01T06:00:00.250+00:00")).en
    '1 January 2023, 13:00:00.250 (UTC+07:00)'
    """
    local = pd.Timestamp(moment).tz_convert(TIME_ZONE)
    offset = local.isoformat()[-6:]
    clock = f"{local:%H:%M:%S}.{local.microsecond // 1000:03d}"
    return say("about.moment", day=day_said(local), clock=clock, offset=offset)


def _known_at(layers: Beneath) -> Said:
    """Say at which moment the data was known: as asked for, else that of the last record."""
    chosen = layers.selection
    if chosen.moment is None:
        return say("about.not_recorded")
    why = "about.known_at_last" if chosen.known_at is None else "about.known_at_asked"
    return say(why, moment=moment_said(chosen.moment))


def _known_on(layers: Beneath) -> Said:
    """Say on which day, in Cambodia, the data was known; the moment stands beside it."""
    known = layers.selection.known_on
    return say("about.not_recorded") if known is None else day_said(known)


def _border_text(layers: Beneath) -> Said:
    for frame in (layers.told, layers.border):
        name = first(frame, "border_name")
        if name is not None:
            version = first(frame, "border_version")
            return same(f"{name}, {version}" if version is not None else str(name))
    return say("about.not_recorded")


def _other_border(layers: Beneath) -> Said | None:
    """Name the border that is drawn when it is not the one that the split was made with."""
    measured, drawn = (
        (first(frame, "border_name"), first(frame, "border_version"))
        for frame in (layers.told, layers.border)
    )
    if None in measured or None in drawn or measured == drawn:
        return None
    return say("about.other_border", border=f"{drawn[0]}, {drawn[1]}")


def badges(
    split: pd.DataFrame, admin: pd.DataFrame | None, *, synthetic: bool = False
) -> list[Said]:
    """Return the warnings that every page must bear: what is not real."""
    found = []
    if synthetic or flagged((split,), "synthetic"):
        found.append(say("badge.synthetic"))
    if flagged((admin,), "schematic"):
        found.append(say("badge.schematic"))
    return found


def restricted_said(data: Said) -> Said:
    """Say that a page or sheet is restricted, of which day it is, and that it has no edition.

    Examples
    --------
    >>> restricted_said(same("as of 31 December 2022")).en
    'RESTRICTED, not for publication · Data: as of 31 December 2022 · no edition'
    """
    return say("restricted.said", data=data)


def title_of(subject: Subject, what: Said) -> Said:
    """Return the usual title of a page: what it shows, or the unit's name in both languages."""
    if subject.level == "national":
        return say("title.national", what=what)
    unit = _titled(subject, subject.level, subject.said)
    if subject.level == "province":
        return unit
    outer = _titled(subject, "province", subject.said_within)
    return Said(f"{unit.en}, {outer.en}", f"{unit.km} {outer.km}")


def _titled(subject: Subject, level: str, name: Said) -> Said:
    """Return the name of a unit with the word for what it is, as its code and names say."""
    tables = [table for table in (subject.units, subject.hazards) if table is not None]
    codes = (first(table, f"{level}_code") for table in tables)
    code = next((each for each in codes if each is not None), None)
    word = unit_word(level, code, name.en, name.km)
    return say(f"unit.{word}", name=Said(without_word(name.en)[0], without_word(name.km)[0]))


def _subtitle(kind: str, what: Said) -> Said:
    if kind == "national":
        return say("subtitle.national")
    return say("subtitle.border_zone" if kind == "border-zone" else "subtitle.unit", what=what)


def data_rows(
    hazards: pd.DataFrame, layers: Beneath, released: pd.DataFrame | None
) -> list[tuple[Said, Said]]:
    """Return what the figures rest on: day, border, rule, threshold, coast."""
    unknown = say("about.not_recorded")
    rule, coast = layers.said("rule"), layers.said("include_coast")
    counts = "about.coast_counts" if coast else "about.coast_not"
    rows = [
        (say("about.data"), _data(hazards, layers, released)),
        (say("about.known_at"), _known_at(layers)),
        (say("about.border"), _border_text(layers)),
        (say("about.rule"), say(f"rule.{rule}") if rule in RULES else unknown),
        (say("about.threshold"), _metres(layers.threshold_m)),
        (say("about.coast"), unknown if coast is None else say(counts)),
    ]
    if (head := layers.selection.ledger_head) is not None:
        seq, _, digest = head.partition(":")
        rows.insert(2, (say("about.ledger_head"), same(f"{seq}:{digest[:SHOWN_HASH]}")))
    if (weights := _weights(hazards)) is not None:
        rows.append((say("about.weights"), weights))
    if (drawn := _other_border(layers)) is not None:
        rows.append((say("about.border_drawn"), drawn))
    if (printed := layers.selection.printed_on) is not None:
        rows.insert(2, (say("about.printed_on"), day_said(day_of(printed))))
    return rows


SHOWN_HASH: Final = 12
"""Digits of the hash of a ledger's head on a map; the files for other tools have all of them."""


def _weights(hazards: pd.DataFrame) -> Said | None:
    """Return whose weights ranked the hazards; None where none did."""
    if first(hazards, "weights_hash") is None:
        return None
    told = say(
        "about.weights_set",
        name=str(first(hazards, "weights_name")),
        who=str(first(hazards, "weights_decided_by")),
        day=day_said(first(hazards, "weights_decided_on")),
        hash=str(first(hazards, "weights_hash"))[:12],
    )
    frozen = first(hazards, "weights_frozen")
    return told if frozen else say("about.weights_draft", set=told)


def _in_workbench(hazards: pd.DataFrame) -> pd.Series[int]:
    """Return how many records of each kind are in the workbench."""
    if "in_workbench" not in hazards.columns:
        return pd.Series(dtype="int64")
    held = hazards["in_workbench"].eq(True).astype("int64")
    return held.groupby(grouping.kind_of_rows(hazards)).sum()


def _waiting(workbench: pd.Series[int], *, mixed: bool) -> list[Said]:
    """Say how many records wait; where several kinds are drawn, each by itself."""
    key = "totals.workbench_of" if mixed else "totals.workbench"
    return [
        say(key, count=f"{count:,}", what=grouping.kind_name(str(kind)))
        for kind, count in workbench.items()
        if count
    ]


def _of_kinds(table: pd.DataFrame, counts: pd.Series[int]) -> Said:
    """Say how many there are of each kind; kinds are never added up."""
    pairs = [
        say("around.of_kind", what=grouping.kind_name(str(kind)), count=f"{count:,}")
        for kind, count in counts.groupby(grouping.kind_of_rows(table)).sum().items()
    ]
    return Said("; ".join(pair.en for pair in pairs), "; ".join(pair.km for pair in pairs))


def around_switches(
    others: pd.DataFrame, unplaced: pd.DataFrame, others_released: pd.DataFrame | None
) -> list[Switch]:
    """Return the switches of what is drawn beside the unit's own, with their numbers."""
    found = []
    released = 0 if others_released is None else len(others_released)
    if len(unplaced):
        said = _of_kinds(unplaced, pd.Series(1, index=unplaced.index))
        found.append(Switch("unplaced", say("around.unplaced", hazards=said), "CHA open"))
    if len(others) or released:
        said = _of_kinds(others, pd.Series(1, index=others.index))
        if not len(others):
            said = say("around.no_hazards")
        label = say("around.others", hazards=said, releases=f"{released:,}")
        found.append(Switch("others", label, "CHA open pale"))
    return found


def unplaced_said(
    rows: pd.DataFrame, counts: pd.Series[int], sizes: pd.Series[int], seen: pd.Series[int] | None
) -> tuple[Said, ...]:
    """Say of each kind how many hazards record no unit, and how many of them lie in view."""
    found = []
    kinds = grouping.kind_of_rows(rows)
    for kind in sorted(kinds.unique()):
        mine = kinds.eq(kind)
        told: dict[str, str | Said] = {
            "what": grouping.kind_name(str(kind)),
            "count": f"{int(counts[mine].sum()):,}",
            "size": say("unit.m2", number=f"{int(sizes[mine].sum()):,}"),
        }
        if seen is None:
            found.append(say("around.unplaced_of", **told))
        else:
            found.append(say("around.unplaced_in_view", **told, seen=f"{int(seen[mine].sum()):,}"))
    return tuple(found)


def unplaced_of(subject: Subject, around: Around | None) -> tuple[Said, ...]:
    """Say how many hazards of the split record no unit, and how many of them the frame shows."""
    rows = subject.unplaced
    if rows is None or not len(rows):
        return ()
    ones = pd.Series(1, index=range(len(rows)))
    in_view = None
    if around is not None:
        in_view = pd.Series(around.sees(rows), index=ones.index).astype("int64")
    table = pd.DataFrame(rows.drop(columns=rows.geometry.name)).reset_index(drop=True)
    return unplaced_said(table, ones, table["size_m2"], in_view)


def veiled_said(subject: Subject, *, alone: bool) -> Said:
    """Say what the veil hides: all outside of the unit, or what lies farther away."""
    return say("around.veiled_alone" if alone else "around.veiled", unit=subject.said)


def none_said(what: Said | None, not_counted: Said, *, unsure: bool) -> Said:
    """Say that nothing is recorded, and what is not counted.

    `unsure`: that nobody knows, as hazards without a unit wait.
    """
    if unsure:
        said = say("around.unsure", what=what or say("kind.several"))
    else:
        said = say("totals.none") if what is None else say("totals.none_of", what=what)
    rest = say("standing.not_counted", items=not_counted)
    return Said(f"{said.en} {rest.en}", f"{said.km} {rest.km}")


def _outcomes() -> tuple[tuple[Said, Said], ...]:
    return tuple((Said(*name), Said(*meaning)) for name, meaning in settings.outcomes())


def _not_counted(layers: Beneath, *, unplaced: bool) -> Said:
    """Name what the figures of a page do not count; see `settings.not_counted`."""
    chosen = layers.selection
    told = settings.not_counted(
        set(grouping.kind_of_rows(layers.told)) if chosen.kind is None else {chosen.kind},
        waiting=chosen.workbench == "exclude",
        accepted=chosen.workbench != "only",
        unplaced=unplaced,
    )
    return Said(*told)


def _standing(subject: Subject, layers: Beneath, released: pd.DataFrame | None) -> tuple[Said, ...]:
    """Return the standing text of a page for everybody, in its parts."""
    data, known = _data(subject.hazards, layers, released), _known_on(layers)
    text = layers.selection.standing_text or settings.USUAL_TEXT
    parts = text.paragraphs(data=(data.en, data.km), known=(known.en, known.km))
    return tuple(Said(*part) for part in parts)


def facts(
    subject: Subject,
    layers: Beneath,
    around: Around,
    *,
    kind: str,
    title: str | None,
    groups: list[grouping.Group] | None = None,
    workbench: pd.Series[int] | None = None,
    public: tuple[Section, ...] = (),
    unplaced: tuple[Said, ...] | None = None,
) -> Facts:
    """Gather what the page says in words; layers and symbols are added by the composer.

    Groups, the numbers in the workbench and those without a unit, by kind, are counted from the
    hazards unless they are given.
    """
    ours = grouping.groups(subject.hazards) if groups is None else groups
    if workbench is None:
        workbench = _in_workbench(subject.hazards)
    warnings = badges(layers.told, layers.admin, synthetic=layers.selection.synthetic)
    kinds = list(dict.fromkeys(group.kind for group in ours))
    what = kinds[0] if len(kinds) == 1 else say("kind.several")
    asked = layers.selection.kind
    if asked is not None:
        what = say(f"kind.{asked}")
    if unplaced is None:
        unplaced = unplaced_of(subject, around)
    national = subject.level == "national"
    missing = _not_counted(layers, unplaced=bool(unplaced))
    return Facts(
        kind=kind,
        title=same(title) if title is not None else title_of(subject, what),
        subtitle=_subtitle(kind, what),
        badges=[say("badge.public"), *warnings] if public else warnings,
        groups=ours,
        mixed=len(kinds) > 1,
        # what waits is no part of public figures: "of them" would be wrong
        waiting=_waiting(workbench, mixed=bool(public) or len(kinds) > 1),
        threshold=_metres(layers.threshold_m),
        rows=data_rows(subject.hazards, layers, around.released),
        sources=sources(layers.border, layers.admin, layers.places),
        public=public,
        none=none_said(None if asked is None else what, missing, unsure=bool(unplaced)),
        unit=say("legend.country") if national else subject.said,
        unplaced=unplaced,
        veiled=None if national else veiled_said(subject, alone=bool(public)),
        restricted=None
        if public
        else restricted_said(_data(subject.hazards, layers, around.released)),
        not_counted=missing if public else None,
        standing=_standing(subject, layers, around.released) if public else (),
        outcomes=_outcomes() if public else (),
    )
