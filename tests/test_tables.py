"""Tables: what is documented is what comes, also when there is nothing, and never another's."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from tests.support.factories import Clients
from tests.support.postgres import DatabaseUrls, Emptier
from tests.support.shop import Shop, drawing
from tests.support.world import Servers, Standin, flush_redis, runtime_on
from visualizer_core import tables
from visualizer_core.db.models import ProviderCall, UsageDay, Worker
from visualizer_core.db.session import Database
from visualizer_core.domain.ids import CollectionId, new_id
from visualizer_core.errors import NotFound
from visualizer_core.services import catalogue, curation, delivery, inspiration, review
from visualizer_core.workspace import Runtime, Workspace

OF_CLIENT: dict[str, Callable[[Workspace, CollectionId], pd.DataFrame]] = {
    "assets": tables.assets,
    "calls": lambda ws, _: tables.calls(ws),
    "collections": lambda ws, _: tables.collections(ws),
    "exports": lambda ws, _: tables.exports(ws),
    "inspirations": tables.inspirations,
    "matches": tables.matches,
    "products": lambda ws, _: tables.products(ws),
    "usage": lambda ws, _: tables.usage(ws),
}
OF_OPERATOR = {"clients": tables.clients, "workers": tables.workers}

_KINDS = {
    "UUID": "object",
    "text": "object",
    "date": "object",
    "int": "int64",
    "float": "float64",
    "bool": "bool",
    "time": "datetime64[us, UTC]",
}


def documented(name: str) -> dict[str, str]:
    """Columns and types as the docstring lists them."""
    doc = inspect.getdoc(getattr(tables, name)) or ""
    section = doc.split("Columns\n-------\n", 1)[1].split("\n\n", 1)[0]
    lines = (line.split(" : ") for line in section.splitlines() if not line.startswith(" "))
    return {name: _KINDS[kind] for names, kind in lines for name in names.split(", ")}


def shape(frame: pd.DataFrame) -> dict[str, str]:
    return {str(column): str(kind) for column, kind in frame.dtypes.items()}


@dataclass(frozen=True)
class World:
    """One program with clients; tables only read, so that all tests share it."""

    runtime: Runtime
    clients: Clients
    urls: DatabaseUrls
    collection: CollectionId
    shop: Shop

    def new_shop(self) -> Shop:
        """Another client."""
        return _new_shop(self.runtime, self.clients, self.urls)


def _new_shop(runtime: Runtime, clients: Clients, urls: DatabaseUrls) -> Shop:
    return Shop(runtime.workspace(clients.make(), actor="test"), clients, urls)


@pytest.fixture(scope="module")
def world(
    doors: tuple[Database, Emptier], servers: Servers, database_urls: DatabaseUrls
) -> Iterator[World]:
    database, emptier = doors
    emptier.empty()
    Standin(servers.env["GEMINI_BASE_URL"]).reset()  # what an earlier test scripted ends here
    flush_redis(servers.env)
    with runtime_on(servers.settings(database_urls)) as runtime:
        clients = Clients(database)
        for table in OF_OPERATOR.values():  # nothing is there yet
            assert len(table(runtime)) == 0
            assert shape(table(runtime)) == documented(table.__name__)
        shop = _new_shop(runtime, clients, database_urls)
        yield World(runtime, clients, database_urls, _filled(shop), shop)


@pytest.fixture
def shop(world: World) -> Shop:
    """A client who has one of everything a table shows."""
    return world.shop


@pytest.fixture
def collection(world: World) -> CollectionId:
    """Where the client has it."""
    return world.collection


def _filled(shop: Shop) -> CollectionId:
    ws = shop.ws
    made = curation.create_collection(ws, "Spring")
    chair = shop.product("CH-1", price="99.5", width_cm=45.5, photo=drawing(1))
    curation.add_products(ws, made, [chair])
    room = inspiration.add_upload(ws, made, drawing(2), "room.jpg").id
    curation.match_products(ws, made)
    shop.result(made, chair, scene=room)
    shop.clients.asset(ws.client_id, made, chair)
    inspiration.analyse_scenes(ws, made)
    delivery.export_to_storage(ws, delivery.ExportRequest(made))
    with ws.begin() as session:
        day = datetime.now(UTC).date()
        session.add(UsageDay(client_id=ws.client_id, day=day, used=3, reserved=1))
    with ws.runtime.begin() as session:
        session.add(Worker(id="host:1:client", role="client", version="1"))
    return made


@pytest.mark.parametrize("name", [*OF_CLIENT, *OF_OPERATOR])
def test_the_columns_are_those_of_the_docstring_full_or_empty(world: World, name: str) -> None:
    wanted = documented(name)
    assert len(wanted) > 3
    if name in OF_OPERATOR:
        frame = OF_OPERATOR[name](world.runtime)
    else:
        frame = OF_CLIENT[name](world.shop.ws, world.collection)
        nobody = world.new_shop().ws
        empty = OF_CLIENT[name](nobody, curation.create_collection(nobody, "Empty"))
        if name != "collections":
            assert len(empty) == 0
        assert shape(empty) == wanted
    assert len(frame) > 0
    assert shape(frame) == wanted


def test_every_table_is_under_this_test() -> None:
    assert {*OF_CLIENT, *OF_OPERATOR, "coverage"} == set(tables.__all__)


def test_no_table_shows_another_clients_rows(world: World) -> None:
    stranger, collection = world.new_shop().ws, world.collection
    for name, table in OF_CLIENT.items():
        if name == "matches":
            with pytest.raises(NotFound):
                table(stranger, collection)
        else:
            assert len(table(stranger, collection)) == 0, name
    with pytest.raises(NotFound):
        tables.coverage(stranger, collection)


def test_figures_are_numbers_people_can_add_up(shop: Shop, collection: CollectionId) -> None:
    ws = shop.ws
    [product] = tables.products(ws).to_dict("records")
    assert (product["price"], product["width_cm"], product["photos"], product["pictures"]) == (
        99.5,
        45.5,
        1,
        1,
    )
    pictures = tables.assets(ws, collection)
    assert pictures["cost_usd"].sum() == pytest.approx(0.04)
    assert pictures["status"].tolist() == ["completed", "pending"]
    assert pd.isna(pictures["width"]).tolist() == [False, True]
    [collected] = tables.collections(ws).to_dict("records")
    assert (collected["products"], collected["inspirations"], collected["pending"]) == (1, 1, 1)
    assert collected["cost_usd"] == pytest.approx(0.04)
    [call] = tables.calls(ws).to_dict("records")
    assert call["purpose"] == "scene_analysis"
    assert call["cost_usd"] > 0
    assert call["seconds"] >= 0
    [room] = tables.inspirations(ws, collection).to_dict("records")
    assert (room["title"], room["products"], room["analysis"]) == ("room.jpg", 1, "done")
    [export] = tables.exports(ws).to_dict("records")
    assert (export["collection"], export["status"], export["pictures"]) == (
        "Spring",
        "completed",
        1,
    )


def test_calls_can_be_those_of_one_collection(shop: Shop, collection: CollectionId) -> None:
    assert len(tables.calls(shop.ws)) == 1
    assert len(tables.calls(shop.ws, collection)) == 0


def test_usage_has_the_days_that_only_cost_something(world: World) -> None:
    ws = world.new_shop().ws
    today = datetime.now(UTC).replace(hour=0, minute=1)
    call = {"client_id": ws.client_id, "model": "m", "purpose": "product_analysis"}
    with ws.begin() as session:
        session.add(UsageDay(client_id=ws.client_id, day=today.date(), used=3, reserved=1))
        for cost in (1_000, 2_000):
            sent = {"sent_at": today - timedelta(days=2), "cost_micros": cost}
            session.add(ProviderCall(**call, **sent))
    before, now = tables.usage(ws).to_dict("records")
    assert before["day"] == today.date() - timedelta(days=2)
    assert (before["used"], before["reserved"], before["cost_usd"]) == (0, 0, 0.003)
    assert (now["used"], now["reserved"], now["cost_usd"]) == (3, 1, 0)


def test_trashed_things_are_not_shown(world: World) -> None:
    shop = world.new_shop()
    made = curation.create_collection(shop.ws, "Spring")
    chair, table = shop.product("CH-1"), shop.product("TA-1")
    curation.add_products(shop.ws, made, [chair, table])
    result = shop.result(made, chair)
    review.trash(shop.ws, [result])
    assert len(tables.assets(shop.ws, made)) == 0
    assert tables.products(shop.ws)["pictures"].tolist() == [0, 0]
    catalogue.delete_products(shop.ws, [chair])
    assert tables.products(shop.ws)["sku"].tolist() == ["TA-1"]
    assert tables.collections(shop.ws)["products"].tolist() == [1]
    curation.delete_collection(shop.ws, made)
    assert len(tables.collections(shop.ws)) == 0


class TestCoverage:
    def test_it_is_a_grid_of_scores_with_what_was_chosen(
        self, shop: Shop, collection: CollectionId
    ) -> None:
        frame = tables.coverage(shop.ws, collection)
        assert frame.index.tolist() == ["CH-1"]
        assert frame.columns.tolist() == ["room.jpg"]
        assert shape(frame) == {"room.jpg": "float64"}
        assert frame.to_numpy().min() >= 0
        assert frame.to_numpy().max() <= 1
        assert frame.attrs["chosen"] == {"CH-1": "room.jpg"}

    def test_things_of_the_same_name_are_kept_apart(self, world: World) -> None:
        shop = world.new_shop()
        made = shop.clients.collection(shop.ws.client_id)
        twins = [
            shop.clients.product(
                shop.ws.client_id, name="Stool", sku=None, import_key=f"handle:{n}"
            )
            for n in range(2)
        ]
        curation.add_products(shop.ws, made, twins)
        for _ in range(2):
            shop.clients.inspiration(shop.ws.client_id, made, title="room.jpg")
        curation.match_products(shop.ws, made)
        frame = tables.coverage(shop.ws, made)
        assert frame.index.tolist() == ["Stool", "Stool (2)"]
        assert frame.columns.tolist() == ["room.jpg", "room.jpg (2)"]
        assert set(frame.attrs["chosen"]) == {"Stool", "Stool (2)"}
        assert set(frame.attrs["chosen"].values()) <= set(frame.columns)

    def test_an_empty_collection_gives_an_empty_grid(self, world: World) -> None:
        shop = world.new_shop()
        empty = shop.clients.collection(shop.ws.client_id)
        frame = tables.coverage(shop.ws, empty)
        assert frame.shape == (0, 0)
        assert frame.attrs["chosen"] == {}
        with pytest.raises(NotFound):
            tables.coverage(shop.ws, CollectionId(new_id()))
