"""Catalogues in and pictures out, one step at a time."""

from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.support.factories import Clients
from tests.support.working import work_off
from tests.support.world import catalogue_csv, collection_of, picture
from visualizer_core import tables
from visualizer_core.services import accounts, generation
from visualizer_core.workspace import Runtime, Workspace


@pytest.fixture
def north(runtime: Runtime) -> Workspace:
    client_id = accounts.create_client(runtime, "North Oak", "north", actor="test")
    return runtime.workspace(client_id, actor="test")


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    file = tmp_path / "chairs.csv"
    file.write_bytes(catalogue_csv(3) + b"\n,,Chairs,Without SKU and name,,,,,\n")
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "SKU-000.jpg").write_bytes(picture())
    (photos / "SKU-001.jpg").write_bytes(b"not a picture")
    (photos / "else.jpg").write_bytes(picture("#2f4f4f"))
    return file


def test_a_dry_run_says_everything_and_changes_nothing(
    command: Command, north: Workspace, catalogue: Path
) -> None:
    ran = command(
        *("import", catalogue, "--client", "north", "--dry-run", "--json"),
        *("--photos", catalogue.parent / "photos"),
    )
    assert ran.code == 0, ran.told
    assert ran.json["dry_run"] is True
    assert ran.json["created"] == 3
    assert ran.json["bad_rows"] == 1
    [problem] = [one for one in ran.json["problems"] if one["severity"] == "error"]
    assert problem["line"] == 5
    assert problem["remedy"]
    assert "line 5" in ran.told
    assert ran.json["photos"] == {"matched": 2, "unmatched": ["else.jpg"], "ambiguous": []}
    assert len(tables.products(north)) == 0


def test_an_import_brings_good_rows_and_good_photos_in_and_hands_bad_ones_back(
    command: Command, north: Workspace, catalogue: Path, tmp_path: Path
) -> None:
    words = ("import", catalogue, "--client", "north", "--photos", catalogue.parent / "photos")
    ran = command(*words, "--bad-rows", tmp_path / "bad.csv", "--json")
    assert ran.code == 0, ran.told
    assert (ran.json["created"], ran.json["bad_rows"]) == (3, 1)
    assert ran.json["photos"]["added"] == 1
    [refused] = ran.json["photos"]["rejected"]
    assert refused["file"] == "SKU-001.jpg"
    assert "Without SKU and name" in (tmp_path / "bad.csv").read_text("utf-8-sig")
    assert sorted(tables.products(north)["photos"]) == [0, 0, 1]
    again = command(*words, "--json")
    assert (again.json["created"], again.json["unchanged"]) == (0, 3)
    assert (again.json["photos"]["added"], again.json["photos"]["known"]) == (0, 1)


def test_a_file_that_is_missing_or_no_catalogue_is_wrong_input(
    command: Command, north: Workspace, tmp_path: Path
) -> None:
    assert north
    missing = command("import", "nowhere.csv", "--client", "north")
    assert missing.code == 2
    assert "nowhere.csv" in missing.told
    (tmp_path / "empty.csv").write_bytes(b"")
    assert command("import", "empty.csv", "--client", "north").code == 2


def test_a_client_nobody_knows_is_wrong_input(command: Command, catalogue: Path) -> None:
    ran = command("import", catalogue, "--client", "nope")
    assert ran.code == 2
    assert "nope" in ran.told


def test_products_and_collections_are_listed_of_one_client_only(
    command: Command, runtime: Runtime, north: Workspace, clients: Clients
) -> None:
    collection_of(north, 2, name="Spring")
    collection_of(runtime.workspace(clients.make(), actor="test"), 1, name="Foreign")
    products = command("products", "--client", "north", "--json").json["products"]
    assert [one["sku"] for one in products] == ["SKU-000", "SKU-001"]
    assert products[0]["photos"] == 1
    [listed] = command("collections", "--client", "north", "--json").json["collections"]
    assert (listed["name"], listed["products"]) == ("Spring", 2)
    assert "SKU-001" in command("products", "--client", "north").out


def test_finished_pictures_are_exported_by_name_or_id(
    command: Command, runtime: Runtime, north: Workspace, tmp_path: Path
) -> None:
    collection_id, _ = collection_of(north, 1, name="Spring")
    words = ("export", "--client", "north", "--out", tmp_path / "spring.zip")
    nothing = command(*words, "--collection", "Spring")
    assert nothing.code == 2
    assert not (tmp_path / "spring.zip").exists()
    generation.start(north, collection_id, request_id="one")
    work_off(runtime)
    ran = command(*words, "--collection", "Spring", "--json")
    assert ran.code == 0, ran.told
    assert ran.json["pictures"] == 1
    assert (tmp_path / "spring.zip").stat().st_size == ran.json["bytes"]
    assert command(*words, "--collection", collection_id, "--approved-only").code == 2


def test_an_export_of_an_unknown_collection_or_into_no_folder_is_wrong_input(
    command: Command, north: Workspace
) -> None:
    collection_of(north, 1, name="Spring")
    unknown = command("export", "--client", "north", "--collection", "Autumn", "--out", "a.zip")
    assert unknown.code == 2
    assert "Autumn" in unknown.told
    nowhere = command(
        *("export", "--client", "north", "--collection", "Spring", "--out", "nowhere/a.zip")
    )
    assert nowhere.code == 2
    assert "nowhere" in nowhere.told
