"""The folder of an atlas: nobody else's file is touched, none of its own is left behind."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from mine_geo.errors import FileError
from mine_geo.maps.atlas.folder import MANIFEST, Folder

PAGES = {"index.html": b"index", "02-a/index.html": b"a", "02-a/0201-b.html": b"b"}


def run(place: Path, pages: dict[str, bytes] = PAGES, *, public: bool = False) -> Folder:
    folder = Folder.open(place, public=public)
    folder.claim(list(pages))
    for name, content in pages.items():
        folder.put(name, content)
    folder.close()
    return folder


def files(place: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(place)): path.read_bytes()
        for path in place.rglob("*")
        if path.is_file() and path.name != MANIFEST
    }


def counts(folder: Folder) -> tuple[int, int, int]:
    return (folder.written, folder.unchanged, folder.removed)


def test_a_second_run_touches_nothing(tmp_path: Path) -> None:
    place = tmp_path / "new" / "atlas"
    assert counts(run(place)) == (3, 0, 0)
    before = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in place.rglob("*.*")}
    assert counts(run(place)) == (0, 3, 0)
    assert {path: (p.st_mtime_ns, p.st_ino) for path in before for p in [path.stat()]} == before
    (place / "index.html").write_bytes(b"by hand")
    assert counts(run(place)) == (1, 2, 0)
    assert files(place) == PAGES


def test_what_no_longer_belongs_goes_unless_it_was_changed(tmp_path: Path) -> None:
    run(tmp_path)
    (tmp_path / "notes.txt").write_bytes(b"mine")
    (tmp_path / "02-a" / "0201-b.html").write_bytes(b"by hand")
    less = {"index.html": b"index"}
    assert counts(run(tmp_path, less)) == (0, 1, 1)
    theirs = {"notes.txt": b"mine", "02-a/0201-b.html": b"by hand"}
    assert files(tmp_path) == less | theirs
    with pytest.raises(FileError, match=r"02-a/0201-b\.html is not of this atlas and in its way"):
        run(tmp_path)
    (tmp_path / "02-a" / "0201-b.html").unlink()
    run(tmp_path)
    assert counts(run(tmp_path, less)) == (0, 1, 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == [MANIFEST, "index.html", "notes.txt"]


def test_a_list_that_leads_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    place, outside = tmp_path / "atlas", tmp_path / "outside.html"
    run(place)
    outside.write_bytes(b"mine")
    listed = json.loads((place / MANIFEST).read_text())
    for name in ("../outside.html", "02-a/../../outside.html", str(outside)):
        listed["files"][name] = None
    (place / MANIFEST).write_text(json.dumps(listed))
    run(place, {"index.html": b"index"})
    assert outside.exists()
    assert set(json.loads((place / MANIFEST).read_text())["files"]) == {"index.html"}


def test_pages_of_a_run_that_was_cut_off_are_the_atlas_s_own(tmp_path: Path) -> None:
    folder = Folder.open(tmp_path, public=False)
    folder.claim(list(PAGES))
    folder.put("02-a/0201-b.html", b"b")
    del folder
    assert counts(run(tmp_path, {"index.html": b"index"})) == (1, 0, 1)
    assert files(tmp_path) == {"index.html": b"index"}
    run(tmp_path)
    # Cut off while pages were written anew: what they were is in the list no more.
    folder = Folder.open(tmp_path, public=False)
    folder.claim(list(PAGES))
    folder.put("02-a/0201-b.html", b"new")
    del folder
    assert counts(run(tmp_path, {"index.html": b"index"})) == (0, 1, 2)


def test_half_written_files_are_swept_when_no_run_writes_them(tmp_path: Path) -> None:
    tmp_path.joinpath(".index.html.77.part").write_bytes(b"half")
    run(tmp_path)
    old = tmp_path / "02-a" / ".0201-b.html.4711.part"
    theirs = tmp_path / ".thesis.4711.part"
    for path in (old, theirs):
        path.write_bytes(b"half")
        os.utime(path, (time.time() - 7200,) * 2)
    run(tmp_path)
    assert not old.exists()
    assert theirs.exists()
    assert (tmp_path / ".index.html.77.part").exists()


def test_what_cannot_hold_an_atlas_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x")
    with pytest.raises(FileError, match="is a file; an atlas needs a folder"):
        run(file)
    with pytest.raises(FileError, match=r"cannot be written .*choose another folder"):
        run(file / "below")
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.docx").write_bytes(b"x")
    with pytest.raises(FileError, match=r"holds other things \(thesis.docx\).*an empty folder"):
        run(other)
    for text in (b"{", b"[]", b'{"what": "other", "files": {}}', b"\xff", b'{"what": {}}'):
        (other / MANIFEST).write_bytes(text)
        with pytest.raises(FileError, match="not the list of an atlas"):
            run(other)
    (other / MANIFEST).write_bytes(b'{"what": "mine_geo atlas", "format": 9, "files": {}}')
    with pytest.raises(FileError, match="of another version"):
        run(other)
    assert sorted(path.name for path in other.iterdir()) == [MANIFEST, "thesis.docx"]


def test_a_folder_where_a_page_should_be_is_said(tmp_path: Path) -> None:
    run(tmp_path)
    (tmp_path / "index.html").unlink()
    (tmp_path / "index.html").mkdir()
    with pytest.raises(FileError, match=r"index\.html: the atlas cannot be written"):
        run(tmp_path)
    assert not list(tmp_path.rglob("*.part"))


def test_public_and_restricted_pages_never_share_a_folder(tmp_path: Path) -> None:
    run(tmp_path / "all", public=True)
    run(tmp_path / "office")
    with pytest.raises(FileError, match="holds a public atlas; a restricted one goes"):
        run(tmp_path / "all")
    with pytest.raises(FileError, match="holds a restricted atlas; a public one goes"):
        run(tmp_path / "office", public=True)
    assert counts(run(tmp_path / "all", public=True)) == (0, 3, 0)
    # Nor where both find the folder empty.
    office, everybody = (Folder.open(tmp_path / "new", public=each) for each in (False, True))
    office.claim(["index.html"])
    with pytest.raises(FileError, match="holds a restricted atlas; a public one goes"):
        everybody.claim(["index.html"])
