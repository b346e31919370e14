"""What an office signs of a task: task order, completion report, handover certificate, as DOCX.

A template of the office, written in Word or LibreOffice, is filled with the facts of the task by
docxtpl (`pip install 'mine_geo[docx]'`): `{{ title }}`, `{%tr for point in points %}`. Its
expressions run in Jinja's sandbox, and what is filled in is text, whatever it holds. Default
templates are those of `templates/`, which `python -m scripts.office_templates` makes.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

from mine_geo.disclosure import restriction
from mine_geo.errors import FileError, MineGeoError, OptionError, RecordError, choose, some
from mine_geo.exports.contents import clean
from mine_geo.exports.points import BEARING_DECIMALS
from mine_geo.maps.facts import data_rows
from mine_geo.reports import pictures
from mine_geo.reports.dossier import (
    balance_lines,
    closed_said,
    head_of,
    is_known,
    metres,
    records,
    whole,
)
from mine_geo.reports.facts import BALANCE_COLUMNS, Gatherer
from mine_geo.terms import ITEM_COLUMNS
from mine_geo.words import LANGUAGES, Said, say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from mine_geo.disclosure.layers import Layers
    from mine_geo.reports.facts import Facts


Form = Literal["task-order", "completion", "handover"]
FORMS: Final[tuple[Form, ...]] = ("task-order", "completion", "handover")
TEMPLATES: Final = Path(__file__).with_name("templates")
MAP_MM: Final = (170.0, 118.0)
NEEDED: Final = "restricted"
"""What each template must show: a paper of polygons and records says that it is restricted."""

LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)
"""The moment of every member of a file, so that its bytes do not tell when it was written."""


@dataclass(frozen=True, eq=False)
class Paper:
    """A paper of a task, ready to be written: `save("order.docx")`."""

    facts: Facts
    form: Form
    template: Path
    language: str = "en"
    """`en` or `km`: the language of words that are filled in."""

    def __post_init__(self) -> None:
        """Refuse a form or a language that there is not, and a paper that would say nothing."""
        choose(self.form, FORMS, "paper")
        choose(self.language, LANGUAGES, "language")
        _check(self.facts, self.form)

    @cached_property
    def context(self) -> dict[str, Any]:
        """What a template can show, but for `map`: texts, and lists of rows of texts."""
        facts, language = self.facts, self.language
        head = head_of(facts, language)
        about = dict(data_rows(facts.scene.split, facts.scene, facts.scene.releases))

        def in_words(text: Said) -> str:
            return text.within(language)

        return {
            "title": in_words(say(f"office.{self.form.replace('-', '_')}")),
            "number": facts.number or "",
            "hazards": ", ".join(facts.ids),
            "restricted": in_words(head.standing),
            "restricted_en": head.standing.en,
            "restricted_km": head.standing.km,
            "badges": [in_words(each) for each in head.badges],
            "data": in_words(about[say("about.data")]),
            "known_at": in_words(about[say("about.known_at")]),
            "printed_on": in_words(about.get(say("about.printed_on"), Said("", ""))),
            "provenance": [in_words(each) for each in head.provenance],
            "balance": [in_words(each) for each in balance_lines(facts)],
            "balances": _balances(facts, language),
            "remains": bool(facts.hazards["size_m2"].sum()),
            "closed": in_words(closed_said(facts)),
            "records": _records(facts),
            "released": _released(facts, language),
            "items": _items(facts, language),
            "neighbours": _neighbours(facts, language),
            "access": facts.access.to_dict("records"),
            "points": _points(facts.points),
            "released_points": _points(facts.released_points if len(facts.released) else None),
        }

    def content(self) -> bytes:
        """Return the bytes of the document; the same facts and template give the same ones.

        Raises
        ------
        FileError
            If the template cannot be read, or cannot be filled.
        OptionError
            If it asks for what there is not, or does not say that it is restricted.
        """
        head = head_of(self.facts, self.language)

        def drawn() -> bytes:
            return pictures.detail(self.facts, *MAP_MM, self.language).png(
                head_of(self.facts, self.language)
            )

        return filled(
            self.template,
            self.context,
            title=f"{self.context['title']} {self.facts.number or ''}".strip(),
            subject=head.standing.en.replace(" · ", "; "),
            drawn={"map": drawn},
        )

    def save(self, path: str | Path, *, replace: str | None = None) -> Path:
        """Write the paper; it says that it is restricted, and is its owner's alone.

        Parameters
        ----------
        path
            The file, ending in `.docx`; one that is there is replaced at the very end.
        replace
            "public": of which kind the file that is there may be, where it is not restricted.

        Raises
        ------
        OptionError
            If the ending is another one, or as for `content`.
        FileError
            If the file cannot be written, or as for `content`.
        """
        place = Path(path)
        if place.suffix.casefold() != ".docx":
            raise OptionError(f"{place.name}: a paper is written as .docx; give that ending")
        restriction.check(place, public=False, replace=replace)
        restriction.write_file(place, self.content(), public=False, replace=replace)
        return place


def paper(
    layers: Layers,
    ids: Sequence[str] | str,
    form: Form,
    *,
    number: str | None = None,
    template: str | Path | None = None,
    language: str = "en",
) -> Paper:
    """Return what an office signs of a task.

    Parameters
    ----------
    layers, ids, number
        As for `facts`.
    form
        "task-order": land to be worked on; "completion": what was done; "handover": land that was
        released.
    template
        A DOCX of the office; the default one of the form unless told.
    language
        "en" or "km": the language of words that are filled in.

    Raises
    ------
    OptionError
        If no id is given, or form or language are unknown.
    UnknownNameError
        If there is no such hazard.
    RecordError
        If an id stands twice, nothing is left for an order, or nothing was released for a
        certificate; if a completion or handover is asked for of what the ledger does not hold.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from mine_geo import intake, maps
    >>> from mine_geo.geo import sample
    >>> from mine_geo.split.zones import border_split
    >>> fields = gpd.GeoDataFrame(
    ...     {"hazard_id": ["AP-1"]}, geometry=[shapely.box(103, 13, 103.01, 13.01)], crs=4326)
    >>> layers = maps.layers(border_split(fields, intake.read_border(sample.path("border"))))
    >>> paper(layers, "AP-1", "task-order", number="T-7").context["points"][0]["latitude"]
    '13.0000000'
    >>> paper(layers, "AP-1", "handover")
    Traceback (most recent call last):
    mine_geo.errors.RecordError: AP-1: not in the ledger, so nobody knows what was released ...
    """
    used = TEMPLATES / f"{choose(form, FORMS, 'paper')}.docx" if template is None else template
    return Paper(Gatherer(layers).facts(ids, number=number), form, Path(used), language)


def filled(
    path: Path,
    context: Mapping[str, Any],
    *,
    title: str,
    subject: str,
    drawn: Mapping[str, Callable[[], bytes]] = MappingProxyType({}),
) -> bytes:
    """Return a template with its fields filled in; the same context gives the same bytes.

    Parameters
    ----------
    path
        The template, a DOCX.
    context
        Texts, and lists of rows of texts, by the names of fields.
    title, subject
        What the document says of itself.
    drawn
        Pictures by their fields: what draws each as PNG, asked once the template is known to be
        good.

    Raises
    ------
    FileError
        If the template cannot be read, or cannot be filled.
    OptionError
        If it asks for what there is not, or does not say that it is restricted.
    """
    docxtpl, jinja2 = _libraries()
    template = _opened(path, docxtpl)
    env = jinja2.sandbox.SandboxedEnvironment(autoescape=True)
    cleaned = _clean(dict(context))
    _check_template(path, template, env, {*cleaned, *drawn}, jinja2)
    shown = {
        name: docxtpl.InlineImage(template, io.BytesIO(draw()), width=_emu(MAP_MM[0]))
        for name, draw in drawn.items()
    }
    try:
        template.render({**cleaned, **shown}, env)
    except jinja2.TemplateError as error:
        raise FileError(f"{path}: cannot be filled ({error}); mend it") from error
    about = template.docx.core_properties
    about.title, about.subject = clean(title), clean(subject)
    about.keywords = restriction.KEYWORDS[restriction.RESTRICTED]
    about.author = about.last_modified_by = about.comments = ""
    about.created = about.modified = dt.datetime(*LONG_AGO, tzinfo=dt.UTC)
    written = io.BytesIO()
    template.save(written)
    return steady(written.getvalue())


def _check(facts: Facts, form: Form) -> None:
    """Refuse a paper that would order work on nothing, or hand over land that nobody released."""
    if form == "task-order":
        if not facts.hazards["remains"].any():
            raise RecordError(f"{some(facts.ids)}: closed, nothing remains to be worked on")
        return
    if len(facts.unbooked):
        raise RecordError(
            f"{some(facts.unbooked['hazard_id'])}: not in the ledger, so nobody knows what was "
            "released of it; accept it first, or leave it out"
        )
    if facts.released.empty:
        raise RecordError(f"{some(facts.ids)}: nothing was released; record the release first")


def _libraries() -> tuple[Any, Any]:
    """Return docxtpl and Jinja, loaded when the first paper is asked for."""
    try:
        import docxtpl  # noqa: PLC0415 - an extra
        import jinja2.sandbox  # noqa: PLC0415
    except ImportError as error:
        raise MineGeoError("docxtpl is not installed; pip install 'mine_geo[docx]'") from error
    return docxtpl, jinja2


def _emu(millimetres: float) -> int:
    return round(millimetres * 36_000)


def _opened(path: Path, docxtpl: Any) -> Any:
    """Return a template; refuse what is no document of Word."""
    try:
        with zipfile.ZipFile(path) as archive:
            archive.getinfo("word/document.xml")
        template = docxtpl.DocxTemplate(io.BytesIO(path.read_bytes()))
        template.init_docx()
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror}); give a template") from error
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise FileError(f"{path}: is no .docx; save the template as a Word document") from error
    return template


def _check_template(path: Path, template: Any, env: Any, known: set[str], jinja2: Any) -> None:
    """Refuse a template that asks for what there is not, or does not say what must be said."""
    try:
        asked = _variables(template, env)
    except jinja2.TemplateSyntaxError as error:
        raise FileError(f"{path}: {error}; mend the template") from error
    unknown = sorted(asked - known)
    if unknown:
        raise OptionError(f"{path}: {some(unknown)} is unknown; valid: {some(sorted(known), 40)}")
    if not any(each.startswith(NEEDED) for each in asked):
        raise OptionError(
            f"{path}: does not say that it is restricted; put {{{{ restricted }}}} into its head"
        )


def _variables(template: Any, env: Any) -> set[str]:
    template.template_file.seek(0)
    found: set[str] = template.get_undeclared_template_variables(env)
    template.template_file.seek(0)
    return found


def steady(content: bytes) -> bytes:
    """Return an archive in which nothing tells when it was made.

    Examples
    --------
    >>> made = io.BytesIO()
    >>> with zipfile.ZipFile(made, "w") as archive:
    ...     archive.writestr("a", "text")
    >>> zipfile.ZipFile(io.BytesIO(steady(made.getvalue()))).getinfo("a").date_time
    (1980, 1, 1, 0, 0, 0)
    """
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for member in old.infolist():
            told = zipfile.ZipInfo(member.filename, LONG_AGO)
            told.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(told, old.read(member))
    return written.getvalue()


def _clean(value: Any) -> Any:
    """Return the same without what XML cannot hold."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {name: _clean(each) for name, each in value.items()}
    return [_clean(each) for each in value] if isinstance(value, list) else value


def _balances(facts: Facts, language: str) -> list[dict[str, str]]:
    rows = [(str(row["hazard_id"]), row) for _, row in facts.balance.iterrows()]
    return [
        {"hazard_id": hazard, "kind": _kind(row["kind"], language)}
        | {name: whole(row[name]).en for name in BALANCE_COLUMNS}
        for hazard, row in rows
    ]


def _kind(kind: Any, language: str) -> str:
    said = say(f"kind_one.{kind}") if is_known(kind) else say("about.not_recorded")
    return said.within(language)


def _records(facts: Facts) -> list[dict[str, Any]]:
    return [
        {
            "hazard_id": hazard,
            "rows": [
                {"name": name.en, "name_km": name.km, "value": value.en, "value_km": value.km}
                for name, value in record
            ],
        }
        for hazard, record in zip(facts.ids, records(facts), strict=True)
    ]


def _released(facts: Facts, language: str) -> list[dict[str, str]]:
    return [
        {
            "hazard_id": str(row["hazard_id"]),
            "event_id": str(row["event_id"]),
            "day": f"{row['happened_on']:%Y-%m-%d}",
            "outcome": say(f"outcome.{row['outcome']}").within(language),
            "released_m2": whole(row["released_m2"]).en,
            "reported_m2": whole(row.get("reported_size_m2")).en,
            "operator": _plain(row["operator"]),
            "report_ref": _plain(row["report_ref"]),
        }
        for _, row in facts.released.iterrows()
    ]


def _plain(value: Any) -> str:
    return str(value) if is_known(value) else "\N{EN DASH}"


def _items(facts: Facts, language: str) -> list[dict[str, str]]:
    return [
        {
            "hazard_id": str(row["hazard_id"]),
            "outcome": say(f"outcome.{row['outcome']}").within(language),
            **{name: whole(row[name]).en for name in (*ITEM_COLUMNS, "events", "silent")},
        }
        for _, row in facts.items.iterrows()
    ]


def _neighbours(facts: Facts, language: str) -> list[dict[str, str]]:
    return [
        {
            "hazard_id": str(row["hazard_id"]),
            "kind": _kind(row["kind"], language),
            "size_m2": whole(row["size_m2"]).en,
            "distance_m": metres(row["distance_m"]),
            "nearest_id": str(row["nearest_id"]),
        }
        for _, row in facts.neighbours.iterrows()
    ]


def _points(points: pd.DataFrame | None) -> list[dict[str, str]]:
    if points is None:
        return []
    decimals = {
        "latitude": 7,
        "longitude": 7,
        "easting": 2,
        "northing": 2,
        "bearing_deg": BEARING_DECIMALS,
        "distance_m": 2,
    }
    return [
        {
            name: f"{row[name]:.{decimals[name]}f}" if name in decimals else str(row[name])
            for name in points.columns
        }
        for _, row in points.iterrows()
    ]
