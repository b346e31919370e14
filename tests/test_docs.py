"""What docs/ says is so: each code block runs, each link leads somewhere, each word is ours.

A page is a session (tests/pages.py) in a folder of its own, which holds docs/examples and, unless
the page begins with none, the register that own-data.md makes of them. Of `sh` blocks, which need
a server or another night, each command and option is held to be there.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import tomllib
from inspect import getdoc
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
import yaml
from click.testing import CliRunner

import mine_geo
from mine_geo import words
from mine_geo.cli import main
from mine_geo.intake import profiles
from scripts import reference
from tests.pages import DOCS, FENCE, blocks, steps, trimmed, wrong
from tests.test_house import COMMANDS, PUBLIC

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
PAGES = sorted(DOCS.glob("*.md"))
README = ROOT / "README.md"
EMPTY = "<!-- starts with no register -->"


@pytest.fixture(scope="session")
def office_register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the register that docs/own-data.md makes, before any release."""
    folder = tmp_path_factory.mktemp("office")
    examples = DOCS / "examples"
    loads = f"""
        init
        load border {examples}/border.geojson --name office --version 2024 --accuracy 5
        load admin {examples}/districts.geojson --name office --version 2024
        load hazards {examples}/office.csv --assign-units --profile {examples}/office.toml
    """
    store = folder / "mine_geo.gpkg"
    for line in loads.strip().splitlines():
        result = CliRunner().invoke(main, ["--database", str(store), *line.split()])
        assert result.exit_code == 0, result.output
    return store


RUN = [path for path in PAGES if path.stem != "tutorial"]
"""The tutorial is run in tests/cli/test_demo.py, with the demonstration that it begins with."""


@pytest.mark.untraced
@pytest.mark.parametrize("path", RUN, ids=lambda path: path.stem)
def test_each_code_block_of_a_page_does_what_it_shows(
    path: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MINE_GEO_DATABASE_URL", raising=False)
    for example in (DOCS / "examples").iterdir():
        shutil.copy(example, tmp_path)
    languages = {block.language for block in blocks(path)}
    if EMPTY not in path.read_text(encoding="utf-8") and languages & {"console", "python"}:
        shutil.copy(request.getfixturevalue("office_register"), tmp_path)
    assert wrong(path) == []


KNOWN = {"console", "python", "toml", "sh", "text", "json", "sql"}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_each_code_block_says_what_it_is_and_can_be_read(path: Path) -> None:
    for block in blocks(path):
        assert block.language in KNOWN, f"{path.name}:{block.line} is of no language that is tested"
        if block.language == "toml":
            tomllib.loads(block.text)
        if block.language == "json":
            json.loads(block.text)
        if block.language == "sh":
            done = subprocess.run(["sh", "-n"], input=block.text, text=True, check=False)
            assert done.returncode == 0, f"{path.name}:{block.line}"


def asked(text: str) -> Iterator[list[str]]:
    """Give the words of each call of our command in a text of the shell."""
    for line in text.replace("\\\n", " ").splitlines():
        for call in re.findall(r"(?:^|[\s;(])mine-geo ([^;|&>]+)", line.split(" #")[0]):
            yield shlex.split(call)


def refused(words: list[str]) -> str | None:
    """Return why the command cannot be called so: a name or an option that it does not know."""
    command: click.Command = main
    context = click.Context(main, info_name="mine-geo")
    options = [each for each in main.params if isinstance(each, click.Option)]
    switches = {name for each in options if each.is_flag for name in each.opts}
    while isinstance(command, click.Group):
        while words and words[0].startswith("-"):
            words = words[1 if words[0] in switches else 2 :]
        name, *rest = words or [""]
        found = command.get_command(context, name)
        if found is None:
            found = command.get_command(context, "hazards")  # check FILE
            rest = words
        if found is None:
            return f"no command {name!r}"
        command, words = found, rest
        context = click.Context(command, info_name=name, parent=context)
    try:
        command.make_parser(context).parse_args(list(words))
    except click.UsageError as error:
        return error.format_message()
    return None


@pytest.mark.parametrize("path", [*PAGES, README], ids=lambda path: path.stem)
def test_each_command_of_a_shell_block_is_there_with_its_options(path: Path) -> None:
    told = [
        f"{path.name}:{block.line}: mine-geo {' '.join(words)}: {why}"
        for block in blocks(path)
        if block.language in {"sh", "", "console"}
        for words in asked(block.text)
        if (why := refused(words))
    ]
    assert told == []


def test_the_readme_begins_with_installing_a_command_its_output_and_a_picture() -> None:
    first = README.read_text(encoding="utf-8").split("\n## ")[0]
    assert first.index("pip install") < first.index("mine-geo demo") < first.index("make demo")
    shown = first.split("$ mine-geo demo\n")[1].split("...\n```")[0]
    (demo,) = (
        shown
        for block in blocks(DOCS / "tutorial.md")
        if block.language == "console"
        for command, shown in steps(block)
        if command == "mine-geo demo"
    )
    assert len(shown.splitlines()) == 10
    assert trimmed(demo).startswith(trimmed(shown))
    assert "](docs/images/" in first


def test_the_readme_names_only_what_the_library_has() -> None:
    python = "\n".join(block.text for block in blocks(README) if block.language == "python")
    compile(python, "README", "exec")
    for name in set(re.findall(r"\bmg((?:\.\w+)+)", python)):
        thing: object = mine_geo
        for part in name.strip(".").split("."):
            thing = getattr(thing, part)
    methods = set(re.findall(r"\bstore\.(\w+)\(", python))
    assert [name for name in methods if not hasattr(mine_geo.Store, name)] == []


def anchors(path: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub and the site make them."""
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    heads = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


@pytest.mark.parametrize("path", [*PAGES, README, ROOT / "CONTRIBUTING.md"], ids=lambda p: p.stem)
def test_each_link_leads_to_something(path: Path) -> None:
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    made = {page.name for page in reference.PAGES}
    dead = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        target, _, anchor = link.partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        goal = path.parent / target if target else path
        if target in made and path.parent == DOCS:
            continue
        if not goal.exists() or (anchor and anchor not in anchors(goal)):
            dead.append(link)
    assert dead == []


def test_a_page_of_the_site_links_to_nothing_beyond_the_site() -> None:
    # Opened from a folder it stands alone: what lies outside docs/ is named by its address.
    beyond = [
        f"{path.name}: {link}"
        for path in PAGES
        for link in re.findall(r"\]\((\.\./[^)]*)\)", path.read_text(encoding="utf-8"))
    ]
    assert beyond == []


SITE = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))


def listed(nav: list[dict[str, object]]) -> Iterator[str]:
    for entry in nav:
        for goal in entry.values():
            if isinstance(goal, list):
                yield from listed(goal)
            else:
                yield str(goal)


def test_the_site_lists_pages_that_are_there() -> None:
    made = {page.name for page in reference.PAGES}
    named = list(listed(SITE["nav"]))
    assert [name for name in named if name not in made and not (DOCS / name).is_file()] == []
    assert len(named) == len(set(named))
    assert made <= set(named)


def test_the_site_asks_no_other_host() -> None:
    assert SITE["theme"]["font"] is False
    assert SITE["use_directory_urls"] is False
    assert "offline" in SITE["plugins"]
    for name in (*SITE["extra"]["polyfills"], *SITE["extra_css"]):
        assert (DOCS / name).is_file(), name


def test_the_reference_has_every_command_with_its_help() -> None:
    text = reference.commands()
    for name, command in COMMANDS.items():
        assert f"\n#{'#' * len(name.split()[1:])} {name}\n" in text
        assert command.get_short_help_str(limit=40).rstrip(".")[:30] in text


def test_the_reference_has_every_public_name() -> None:
    text = "\n".join(page.text() for page in reference.PAGES)
    shown = set(re.findall(r"^::: mine_geo\.([\w.]+)$", text, re.MULTILINE))
    modules = {"checks": "intake.checks", "sample": "geo.sample"}
    assert {modules.get(name, name) for name in mine_geo.__all__} <= shown
    assert {name for name in PUBLIC if not name.startswith("Store.")} <= shown
    assert "Store" in shown  # with its methods, inherited ones too: mkdocs.yml
    options = SITE["plugins"]["mkdocstrings"]["handlers"]["python"]["options"]
    assert options["inherited_members"] is True


def test_the_facade_groups_every_name_that_it_gives() -> None:
    groups = reference.groups(getdoc(mine_geo) or "")
    assert sorted(name for names in groups.values() for name in names) == sorted(mine_geo.__all__)


def test_the_reference_has_every_exit_code() -> None:
    text = reference.exit_codes()
    for error, code in mine_geo.errors.EXIT_CODES.items():
        assert re.search(rf"^\| {code} \| `{error.__name__}` \|", text, re.MULTILINE)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_each_profile_that_a_page_shows_is_one(path: Path, tmp_path: Path) -> None:
    for block in blocks(path):
        if block.language == "toml" and block.title and block.title != "wrong.toml":
            shown = tmp_path / block.title
            shown.write_text(block.text, encoding="utf-8")
            assert profiles.load(shown).title == tomllib.loads(block.text)["title"]
            example = DOCS / "examples" / block.title
            assert not example.exists() or example.read_text(encoding="utf-8") == block.text


NONE = "\N{EN DASH}"
ROW = re.compile(r"^\| \*\*(.+?)\*\* \| (.+?) \| (.+?) \| (.*?) \|$", re.MULTILINE)
GLOSSARY = {
    english: (khmer, code)
    for english, khmer, code, _ in ROW.findall((DOCS / "glossary.md").read_text(encoding="utf-8"))
}


def test_the_glossary_has_every_word_of_the_vocabulary() -> None:
    terms = mine_geo.terms
    codes = " ".join(code for _, code in GLOSSARY.values())
    vocabulary = {
        *terms.KINDS,
        *terms.AREA_TYPES,
        *terms.OUTCOMES,
        *terms.STATUSES,
        *terms.ZONES,
        *terms.EVENT_TYPES,
        *terms.RULES,
        *terms.BORDER_KINDS,
        *terms.DIFFICULTIES,
        *terms.EVIDENCES,
        "in_workbench",
        "size_m2",
        "border_distance_m",
        "threshold_m",
        "as_of",
        "known_at",
    }
    assert [word for word in vocabulary if f"`{word}`" not in codes] == []


def test_the_khmer_words_of_the_glossary_are_those_of_the_maps() -> None:
    spoken = {pair[1] for pair in words.table().values()}
    strange = {khmer for khmer, _ in GLOSSARY.values() if khmer != NONE and khmer not in spoken}
    assert strange == set()
    assert sum(khmer != NONE for khmer, _ in GLOSSARY.values()) > 25
