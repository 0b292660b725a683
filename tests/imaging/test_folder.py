"""A folder of anything is judged file by file, and nothing in it can stop that."""

import os
from pathlib import Path

import pytest

from tests.imaging.pictures import jpeg, photo, png, webp
from visualizer_core.errors import ImageRejected, InvalidInput
from visualizer_core.imaging.folder import check_folder, read_picture_file
from visualizer_core.imaging.sandbox import Sandbox


def test_files_are_listed_by_name_with_outcome_and_reason(tmp_path: Path, sandbox: Sandbox) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "chair.jpg").write_bytes(jpeg())
    (tmp_path / "a.webp").write_bytes(webp(photo(100, 60)))
    (tmp_path / "c.png").write_bytes(png()[:500])
    (tmp_path / ".hidden").write_bytes(b"x")
    found = check_folder(tmp_path, sandbox)
    assert [(c.name, c.outcome, c.code) for c in found] == [
        ("a.webp", "normalise", "too_small_for_catalogue"),
        ("b/chair.jpg", "accept", "ok"),
        ("c.png", "reject", "corrupt"),
    ]
    chair = found[1]
    assert (chair.width, chair.height, chair.source_format) == (400, 300, "JPEG")
    assert chair.bytes == len(jpeg())
    assert found[2].message.startswith("“c.png” is damaged")


def test_nothing_that_can_lie_in_a_folder_stops_the_check(tmp_path: Path, sandbox: Sandbox) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "itself").symlink_to("itself")
    (tmp_path / "loop").symlink_to(".")
    (tmp_path / "gone.jpg").symlink_to("nowhere.jpg")
    (tmp_path / "zeros.png").symlink_to("/dev/zero")
    with (tmp_path / "huge.tif").open("wb") as file:
        file.truncate(5 << 30)
    (tmp_path / "empty.heic").touch()
    Path(os.fsdecode(bytes(tmp_path) + b"/\xff\xfe.jpg")).write_bytes(jpeg())
    (tmp_path / "note.txt").write_text("not a picture")
    found = {c.name: c.code for c in check_folder(tmp_path, sandbox)}
    assert found == {
        "pipe.jpg": "not_a_file",
        "itself": "unreadable",
        "loop": "unreadable",
        "gone.jpg": "unreadable",
        "zeros.png": "not_a_file",
        "huge.tif": "too_many_bytes",
        "empty.heic": "empty",
        "??.jpg": "ok",
        "note.txt": "type_unknown",
    }


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_listed_as_unreadable(tmp_path: Path, sandbox: Sandbox) -> None:
    (tmp_path / "locked").mkdir(mode=0)
    (tmp_path / "secret.jpg").touch(mode=0)
    found = {c.name: c.code for c in check_folder(tmp_path, sandbox)}
    assert found == {"locked": "unreadable", "secret.jpg": "unreadable"}


def test_one_file_may_be_given_instead_of_a_folder(tmp_path: Path, sandbox: Sandbox) -> None:
    (tmp_path / "chair.jpg").write_bytes(jpeg())
    (tmp_path / "other.jpg").write_bytes(jpeg())
    assert [c.name for c in check_folder(tmp_path / "chair.jpg", sandbox)] == ["chair.jpg"]


def test_an_empty_folder_has_nothing_to_say(tmp_path: Path, sandbox: Sandbox) -> None:
    assert check_folder(tmp_path, sandbox) == []


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path, sandbox: Sandbox) -> None:
    with pytest.raises(InvalidInput, match=r"no folder .*photoz"):
        check_folder(tmp_path / "photoz", sandbox)


def test_a_whole_disk_given_by_mistake_is_refused(tmp_path: Path, sandbox: Sandbox) -> None:
    for index in range(31):
        (tmp_path / f"{index}.jpg").touch()
    with pytest.raises(InvalidInput, match="more than 30 files"):
        check_folder(tmp_path, sandbox, max_files=30)


def test_reading_never_takes_more_than_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "big.jpg"
    with path.open("wb") as file:
        file.truncate((20 << 20) + 1)
    with pytest.raises(ImageRejected) as refusal:
        read_picture_file(path)
    assert refusal.value.code == "too_many_bytes"
