"""Photos the catalogue names by address: fetched safely, missing ones listed with the reason."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.support.shop import Seen, Shop, drawing
from tests.support.world import MemoryPhotos
from visualizer_core.adapters.safe_fetch import PublicFetcher
from visualizer_core.domain.ids import ProductId, new_id
from visualizer_core.services import catalogue
from visualizer_core.services.catalogue import MissingPhoto
from visualizer_core.workspace import Workspace


@dataclass
class PictureHost:
    """A shop's picture server: 200 with `files`, 404 else, or `status` for everything."""

    origin: str
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    status: int = 200
    asked: list[str] = field(default_factory=list[str])


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[ThreadingHTTPServer, dict[str, PictureHost]]]:
    hosts: dict[str, PictureHost] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host = hosts["now"]
            host.asked.append(self.path)
            data = host.files.get(self.path)
            status = host.status if data is not None or host.status != 200 else 404
            body = data if data is not None and status == 200 else b""
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in the base
            del format, args

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield running, hosts
    running.shutdown()
    running.server_close()
    thread.join(10)


@pytest.fixture
def host(server: tuple[ThreadingHTTPServer, dict[str, PictureHost]]) -> PictureHost:
    running, hosts = server
    hosts["now"] = PictureHost(f"http://127.0.0.1:{running.server_port}")
    return hosts["now"]


@pytest.fixture
def fetching(ws: Workspace, host: PictureHost) -> Workspace:
    """The client, in a program that trusts the picture host."""
    runtime = replace(ws.runtime, fetcher=PublicFetcher(trusted_origins=[host.origin]))
    return runtime.workspace(ws.client_id, actor="test")


def listed(missing: list[MissingPhoto] | tuple[MissingPhoto, ...]) -> list[tuple[str, str]]:
    return [(photo.value.rsplit("/", 1)[-1], photo.reason) for photo in missing]


def with_photos(shop: Shop, host: PictureHost, *names: str, sku: str = "CH-1") -> ProductId:
    image = ", ".join(f"{host.origin}/{name}" for name in names)
    [product] = shop.imported({"sku": sku, "name": f"Chair {sku}", "price": "1", "images": image})
    return product


def test_addresses_are_listed_as_missing_until_they_are_fetched(
    fetching: Workspace, host: PictureHost, shop: Shop
) -> None:
    chair = with_photos(shop, host, "front.jpg", "back.jpg")
    waiting = catalogue.missing_photos(fetching)
    assert listed(waiting) == [
        ("front.jpg", "It was not fetched yet."),
        ("back.jpg", "It was not fetched yet."),
    ]
    assert [(photo.product_id, photo.position) for photo in waiting] == [(chair, 1), (chair, 2)]
    assert host.asked == []
    host.files |= {"/front.jpg": drawing(1), "/back.jpg": drawing(2)}
    seen = Seen()
    done = catalogue.fetch_photos(fetching, on_progress=seen)
    assert (done.added, done.known, done.missing) == (2, 0, ())
    assert seen == [(2, 2)]
    assert shop.rows(
        "SELECT m.source ->> 'file', m.source ->> 'url', i.position, i.is_primary "
        "FROM app.product_images i JOIN app.images m ON m.id = i.image_id ORDER BY i.position"
    ) == [
        ("front.jpg", f"{host.origin}/front.jpg", 1, True),
        ("back.jpg", f"{host.origin}/back.jpg", 2, False),
    ]
    assert catalogue.fetch_photos(fetching).added == 0
    assert sorted(host.asked) == ["/back.jpg", "/front.jpg"]


def test_a_photo_that_fails_costs_neither_its_product_nor_the_others(
    fetching: Workspace, host: PictureHost, shop: Shop
) -> None:
    chair = with_photos(shop, host, "gone.jpg", "page.jpg", "good.jpg")
    host.files |= {"/page.jpg": b"<html>not a picture</html>", "/good.jpg": drawing(1)}
    done = catalogue.fetch_photos(fetching)
    assert done.added == 1
    [gone, page] = done.missing
    assert "holds no picture (404)" in gone.reason
    assert "“page.jpg”" in page.reason
    assert catalogue.find_products(fetching, with_photo=True) == [chair]
    host.files |= {"/gone.jpg": drawing(2), "/page.jpg": drawing(3)}
    again = catalogue.fetch_photos(fetching)
    assert (again.added, again.missing) == (2, ())
    assert shop.one("SELECT count(*) FROM app.product_images") == 3


def test_a_server_in_trouble_is_asked_again_by_the_next_run(
    fetching: Workspace, host: PictureHost, shop: Shop
) -> None:
    with_photos(shop, host, "front.jpg")
    host.files["/front.jpg"], host.status = drawing(1), 503
    [missing] = catalogue.fetch_photos(fetching).missing
    assert "is busy (503)" in missing.reason
    host.status = 200
    assert catalogue.fetch_photos(fetching).added == 1


def test_addresses_of_the_inside_are_never_visited(
    ws: Workspace, host: PictureHost, shop: Shop
) -> None:
    with_photos(shop, host, "front.jpg")
    host.files["/front.jpg"] = drawing(1)
    [missing] = catalogue.fetch_photos(ws).missing
    assert "only https addresses of public servers" in missing.reason
    assert host.asked == []


def test_a_picture_the_product_has_already_is_not_stored_again(
    fetching: Workspace, host: PictureHost, shop: Shop
) -> None:
    chair = with_photos(shop, host, "front.jpg")
    shop.attach(chair, drawing(1))
    host.files["/front.jpg"] = drawing(1)
    done = catalogue.fetch_photos(fetching)
    assert (done.added, done.known, done.missing) == (0, 1, ())
    assert catalogue.fetch_photos(fetching).known == 0
    assert host.asked == ["/front.jpg"]


def test_a_folder_photo_of_the_same_name_stands_for_the_address(
    fetching: Workspace, host: PictureHost, shop: Shop
) -> None:
    with_photos(shop, host, "Front%20View.jpg")
    catalogue.add_photos(fetching, MemoryPhotos({"CH-1/front view.JPG": drawing(1)}))
    assert catalogue.missing_photos(fetching) == []


def test_importing_anew_asks_only_for_what_is_new(
    fetching: Workspace, host: PictureHost, shop: Shop
) -> None:
    host.files |= {"/front.jpg": drawing(1)}
    with_photos(shop, host, "front.jpg", "side.jpg")
    catalogue.fetch_photos(fetching)
    with_photos(shop, host, "front.jpg", "back.jpg")
    assert listed(catalogue.missing_photos(fetching)) == [("back.jpg", "It was not fetched yet.")]


def test_named_files_are_missing_only_while_the_product_has_no_photo(
    ws: Workspace, shop: Shop
) -> None:
    [chair] = shop.imported({"sku": "CH-1", "name": "Chair", "price": "1", "image": "a/x.jpg"})
    [missing] = catalogue.missing_photos(ws)
    assert (missing.value, missing.is_address) == ("a/x.jpg", False)
    assert "not among the added photos" in missing.reason
    done = catalogue.fetch_photos(ws)
    assert (done.added, len(done.missing)) == (0, 1)
    shop.attach(chair, drawing(1))
    assert catalogue.missing_photos(ws) == []


def test_only_this_clients_products_are_looked_at(
    fetching: Workspace, other: Workspace, host: PictureHost, shop: Shop
) -> None:
    chair = with_photos(shop, host, "front.jpg")
    table = with_photos(shop, host, "table.jpg", sku="TA-1")
    assert catalogue.missing_photos(other) == []
    assert catalogue.missing_photos(other, [chair]) == []
    assert catalogue.fetch_photos(other, [chair]).added == 0
    assert host.asked == []
    assert [photo.product_id for photo in catalogue.missing_photos(fetching, [table])] == [table]
    assert catalogue.missing_photos(fetching, [ProductId(new_id())]) == []
    catalogue.delete_products(fetching, [chair, table])
    assert catalogue.missing_photos(fetching) == []
