"""The analyst's objects on a stack of their own, started once for all these tests."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pandas as pd
import pytest

import visualizer_core as vc
from tests.notebooks.processes import wait_until_gone
from visualizer_core import tables
from visualizer_core.errors import InvalidInput, NotFound
from visualizer_core.local.state import DEFAULT_STATE, temporary_state
from visualizer_core.notebook import OpenWorkspace
from visualizer_core.notebook.opening import STATE_FOLDER
from visualizer_core.notebook.pictures import PictureGrid

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("notebooks")]


@pytest.fixture(scope="module")
def stack_state() -> Iterator[Path]:
    with temporary_state() as state:
        yield state
        assert wait_until_gone(state) == []


@pytest.fixture(scope="module")
def ws(small_catalogue: Path, stack_state: Path) -> Iterator[OpenWorkspace]:
    with vc.open_workspace("demo", state=stack_state) as opened:
        first = opened.import_catalogue(
            small_catalogue / "catalogue.csv", photos=small_catalogue / "photos"
        )
        assert (first.created, first.photos_added) == (4, 4)
        yield opened


def _page(shown: Any) -> str:
    """What a notebook puts on the page."""
    return shown._repr_html_()


def test_the_state_folder_is_the_one_of_the_command_line() -> None:
    assert DEFAULT_STATE.name == STATE_FOLDER


@pytest.mark.usefixtures("ws")
def test_an_unknown_client_is_answered_with_those_there_are(stack_state: Path) -> None:
    with pytest.raises(NotFound, match=r"no client 'nobody'\. There are: demo"):
        vc.open_workspace("nobody", state=stack_state)


def test_opening_again_shares_the_stack_and_closing_leaves_it_to_the_others(
    ws: OpenWorkspace, stack_state: Path
) -> None:
    again = vc.open_workspace("demo", state=stack_state)
    assert again.workspace.runtime is ws.workspace.runtime
    again.close()
    assert repr(again) == "<workspace of demo, closed>"
    assert len(ws.products()) == 4


def test_importing_again_changes_nothing(ws: OpenWorkspace, small_catalogue: Path) -> None:
    again = ws.import_catalogue(
        small_catalogue / "catalogue.csv", photos=small_catalogue / "photos"
    )
    assert (again.created, again.updated, again.unchanged) == (0, 0, 4)
    assert (again.photos_added, again.photos_known) == (0, 4)
    assert again.problems.empty


def test_problems_of_an_import_are_a_table(ws: OpenWorkspace, tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("sku,name,price\nODD-1,Chair,ten\n,,\n", encoding="utf-8")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "ODD-1.jpg").write_bytes(b"no picture at all")
    done = ws.import_catalogue(tmp_path / "odd.csv", photos=tmp_path / "photos")
    assert set(done.problems["what"]) >= {"ten", "ODD-1.jpg"}
    assert set(done.problems["severity"]) <= {"error", "warning"}
    assert "ODD-1.jpg" in _page(done)


def test_a_file_that_is_not_there_is_named(ws: OpenWorkspace) -> None:
    with pytest.raises(InvalidInput, match=r"There is no missing\.csv"):
        ws.import_catalogue("missing.csv")


def test_products_are_named_by_table_sku_or_id(ws: OpenWorkspace) -> None:
    products = ws.products()
    chosen = products[products["sku"].isin(["SKU-000", "SKU-001"])]
    named = ws.collection(f"named {uuid4()}")
    assert named.add_products(chosen) == 2
    assert named.add_products(["SKU-001", "SKU-002"]) == 1
    assert named.add_products(list(products["product_id"].head(1))) == 0
    assert named.add_products([str(products["product_id"].iloc[3])]) == 1
    assert list(named.products()["sku"]) == ["SKU-000", "SKU-001", "SKU-002", "SKU-003"]


@pytest.mark.parametrize(
    ("products", "error", "message"),
    [
        (["SKU-000", "NO-SUCH"], NotFound, "no product NO-SUCH"),
        ("SKU-000", InvalidInput, r"\['SKU-000'\]"),
        (pd.DataFrame({"name": ["Chair"]}), InvalidInput, "product_id or sku"),
    ],
)
def test_products_nobody_knows_are_named(
    ws: OpenWorkspace, products: list[str], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        ws.collection("unknown", products=products)


def test_rooms_that_are_no_pictures_are_left_out_with_a_warning(
    ws: OpenWorkspace, small_catalogue: Path, tmp_path: Path
) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no picture at all")
    (tmp_path / "notes.txt").write_text("not looked at", encoding="utf-8")
    good = small_catalogue / "rooms" / "living-room-0.jpg"
    (tmp_path / "room.jpg").write_bytes(good.read_bytes())
    rooms = ws.collection(f"rooms {uuid4()}")
    with pytest.warns(UserWarning, match=r"broken\.jpg is left out"):
        assert rooms.add_rooms(tmp_path) == 1
    assert rooms.add_rooms(good) == 0, "the same picture is in it already"
    with pytest.raises(InvalidInput, match="holds no pictures"):
        rooms.add_rooms(small_catalogue / "catalogue.csv")


def test_a_run_makes_every_picture_once_and_tells_what_it_did(
    ws: OpenWorkspace, small_catalogue: Path, tmp_path: Path
) -> None:
    trial = ws.collection("Run", products=["SKU-000", "SKU-001"], rooms=small_catalogue / "rooms")
    estimate = trial.estimate(variants=2).iloc[0]
    assert (estimate["pictures"], estimate["existing"]) == (4, 0)

    run = trial.generate(variants=2)
    assert (run.started, run.existing, run.completed, run.failed, run.waiting) == (4, 0, 4, 0, 0)
    assert run.cost_usd == pytest.approx(trial.calls()["cost_usd"].sum())
    again = trial.generate(variants=2)
    assert (again.started, again.existing, again.completed) == (0, 4, 4)
    more = trial.generate(lighting="Golden Hour", wait=False)
    assert more.started == 2
    assert trial.wait().completed == 6
    assert repr(trial) == "<collection 'Run': 2 products, 2 scenes, completed>"

    grid = trial.show(n=3)
    assert repr(grid) == "<3 pictures>"
    assert _page(grid).count("data:image/webp;base64,") == 3
    only = trial.table().query("sku == 'SKU-001'")
    assert repr(trial.show(pictures=only)) == "<3 pictures>"

    saved = trial.export(tmp_path / "run.zip")
    with zipfile.ZipFile(saved.path) as archive:
        pictures = [name for name in archive.namelist() if name.endswith(".jpg")]
    assert len(pictures) == saved.pictures == 6
    with pytest.raises(InvalidInput, match="There is no folder"):
        trial.export(tmp_path / "nowhere" / "run.zip")


def test_matches_say_why_and_coverage_shows_every_choice(
    ws: OpenWorkspace, small_catalogue: Path
) -> None:
    trial = ws.collection(
        "Matched", products=ws.products().head(4), rooms=small_catalogue / "rooms"
    )
    assert set(trial.analyse()["analysis"]) == {"done"}
    matches = trial.match()
    assert all(len(reasons) > 2 for reasons in matches["reasons"])
    assert trial.coverage().shape == (4, 2)
    scores = trial.coverage().to_numpy()
    assert ((scores > 0) & (scores <= 1)).all()


def test_settings_say_who_decided(ws: OpenWorkspace) -> None:
    trial = ws.collection("Settings", products=["SKU-000"])
    settings = trial.settings("SKU-000")
    assert settings.loc["aspect_ratio", "value"] == "1:1"
    assert settings.loc["aspect_ratio", "decided_by"] == "builtin"
    with pytest.raises(NotFound, match="SKU-003 is not in 'Settings'"):
        trial.settings("SKU-003")


@pytest.mark.parametrize(
    ("changes", "named"),
    [({"lightning": "Golden Hour"}, "lightning"), ({"aspect_ratio": "7:5"}, "aspect_ratio")],
)
def test_a_setting_that_does_not_exist_is_refused_by_name(
    ws: OpenWorkspace, changes: dict[str, Any], named: str
) -> None:
    trial = ws.collection("Wishes", products=["SKU-000"])
    with pytest.raises(InvalidInput, match=named):
        trial.estimate(**changes)


def test_the_core_handle_opens_everything_else(ws: OpenWorkspace) -> None:
    assert list(tables.products(ws.workspace)["sku"]) == list(ws.products()["sku"])


def test_words_from_a_catalogue_cannot_become_a_page() -> None:
    grid = PictureGrid((("<script>alert(1)</script>", b"picture"),), width=10)
    assert "<script>" not in _page(grid)
