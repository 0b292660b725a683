"""What would become of a folder of pictures, shown to anyone and before anything else."""

import csv
import os
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.support.world import picture


def test_good_and_bad_pictures_are_told_apart_and_neither_is_a_failure(
    alone: Command, tmp_path: Path
) -> None:
    (tmp_path / "pictures" / "below").mkdir(parents=True)
    (tmp_path / "pictures" / "chair.jpg").write_bytes(picture())
    (tmp_path / "pictures" / "below" / "notes.jpg").write_bytes(b"these are only words")
    ran = alone("images", "check", "pictures", "--json")
    assert ran.code == 0
    assert ran.json["counts"] == {"accept": 1, "normalise": 0, "reject": 1}
    found = {one["file"]: one for one in ran.json["images"]}
    assert found["chair.jpg"]["outcome"] == "accept"
    assert found["chair.jpg"]["code"] == "ok"
    assert (found["chair.jpg"]["width"], found["chair.jpg"]["height"]) == (640, 640)
    refused = found["below/notes.jpg"]
    assert refused["outcome"] == "reject"
    assert refused["code"]
    assert "notes.jpg" in refused["message"]
    assert len(ran.out.splitlines()) == 1


def test_people_get_a_table_and_a_sum(alone: Command, tmp_path: Path) -> None:
    (tmp_path / "chair.jpg").write_bytes(picture())
    ran = alone("images", "check", tmp_path)
    assert "chair.jpg" in ran.out
    assert "accept" in ran.out
    assert "1 files: 1 accepted" in ran.told


def test_a_pipe_and_a_name_full_of_terminal_commands_do_no_harm(
    alone: Command, tmp_path: Path
) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    os.mkfifo(folder / "pipe.jpg")
    (folder / "\x1b[2J\x1b]0;owned\x07[red].jpg").write_bytes(b"no picture")
    ran = alone("images", "check", folder)
    assert ran.code == 0
    assert "\x1b" not in ran.out + ran.told
    assert "[red]" in ran.out
    assert alone("images", "check", folder, "--json").json["counts"]["reject"] == 2


def test_an_empty_folder_has_nothing_to_check(alone: Command, tmp_path: Path) -> None:
    ran = alone("images", "check", tmp_path, "--json")
    assert ran.code == 0
    assert ran.json == {"images": [], "counts": {"accept": 0, "normalise": 0, "reject": 0}}


def test_a_folder_that_is_not_there_is_wrong_input(alone: Command) -> None:
    ran = alone("images", "check", "nowhere")
    assert ran.code == 2
    assert "nowhere" in ran.told


@pytest.mark.slow
def test_every_odd_image_comes_out_as_expected(alone: Command, shared_data: Path) -> None:
    with (shared_data / "odd_images.csv").open(encoding="utf-8") as file:
        expected = {
            row["file"].removeprefix("odd_images/"): row["expected"].split()[0].rstrip(":;,")
            for row in csv.DictReader(file)
        }
    ran = alone("images", "check", shared_data / "odd_images", "--json")
    found = {one["file"]: one["outcome"] for one in ran.json["images"]}
    assert ran.code == 0
    assert len(expected) == 75
    assert {name: found.get(name) for name in expected} == expected
