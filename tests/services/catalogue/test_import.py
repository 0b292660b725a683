"""Importing catalogues: a dry run that tells the truth, and files again and again."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.importing.make import csv_bytes, records_csv
from tests.support.shop import Shop, at_once
from visualizer_core.domain.catalogue.mapping import ColumnMapping
from visualizer_core.domain.catalogue.problems import ProblemCode
from visualizer_core.errors import InvalidInput
from visualizer_core.services import catalogue
from visualizer_core.services.catalogue.imports import MAX_SAVED_MAPPINGS
from visualizer_core.workspace import Workspace

CHAIR = {
    "sku": "CH-1",
    "name": "Oak chair",
    "category": "Chairs",
    "description": "Solid oak.",
    "tags": "oak, dining",
    "width_cm": "45",
    "price": "129",
    "currency": "EUR",
    "image": "ch-1.jpg",
}
TABLE = CHAIR | {"sku": "TA-1", "name": "Oak table", "category": "Tables", "width_cm": "180"}
NAMELESS = CHAIR | {"sku": "", "name": ""}


def file_of(*records: Mapping[str, str]) -> bytes:
    return records_csv(records)


def stored(shop: Shop) -> list[tuple[Any, ...]]:
    return shop.rows("SELECT to_jsonb(p) FROM app.products p ORDER BY created_at, sku")


def test_a_dry_run_says_exactly_what_the_import_then_does(ws: Workspace, shop: Shop) -> None:
    shop.imported(CHAIR, TABLE)
    before = stored(shop)
    data = file_of(CHAIR | {"price": "99"}, TABLE, CHAIR | {"sku": "CH-2"}, NAMELESS)
    told = catalogue.dry_run(ws, data, "spring.csv")
    assert stored(shop) == before
    counts = told.counts
    assert (counts.create, counts.update, counts.unchanged, counts.bad_rows) == (1, 1, 1, 1)
    done = catalogue.import_products(ws, data, "spring.csv")
    assert done.report == told
    assert (done.created, done.updated, done.unchanged) == (1, 1, 1)


def test_importing_the_same_file_again_changes_nothing(ws: Workspace, shop: Shop) -> None:
    first = catalogue.import_products(ws, file_of(CHAIR, TABLE), "c.csv")
    before = stored(shop)
    again = catalogue.import_products(ws, file_of(CHAIR, TABLE), "c.csv")
    assert (again.created, again.updated, again.unchanged) == (0, 0, 2)
    assert again.product_ids == first.product_ids
    assert stored(shop) == before


def test_products_are_named_in_the_order_of_the_file(ws: Workspace, shop: Shop) -> None:
    [chair] = shop.imported(CHAIR)
    more = [TABLE | {"sku": f"TA-{number}"} for number in range(20)]
    done = catalogue.import_products(ws, file_of(*more, CHAIR), "c.csv")
    assert done.product_ids[-1] == chair
    assert catalogue.find_products(ws) == [chair, *done.product_ids[:-1]]


def test_an_update_leaves_alone_what_the_file_has_no_column_for(shop: Shop) -> None:
    shop.imported(CHAIR)
    shop.imported({"sku": "CH-1", "name": "Oak chair", "price": "89"})
    [row] = shop.rows(
        "SELECT description, category, tags, width_cm, currency, image_refs <> '[]', price::float8 "
        "FROM app.products"
    )
    assert row == ("Solid oak.", "Chairs", ["oak", "dining"], 45.0, "EUR", True, 89.0)


def test_a_cell_emptied_in_the_file_is_emptied_in_the_product(shop: Shop) -> None:
    shop.imported(CHAIR)
    shop.imported(CHAIR | {"description": "", "tags": "", "width_cm": "", "price": ""})
    query = "SELECT description, tags, width_cm, price, name FROM app.products"
    assert shop.rows(query) == [("", [], None, None, "Oak chair")]


def test_a_product_that_gets_a_sku_later_is_found_by_its_handle(ws: Workspace, shop: Shop) -> None:
    [first] = shop.imported({"handle": "oak-chair", "name": "Oak chair", "price": "5"})
    [again] = shop.imported(
        {"sku": "CH-1", "handle": "oak-chair", "name": "Oak chair", "price": "5"}
    )
    assert again == first
    assert shop.rows("SELECT sku, import_key FROM app.products") == [("CH-1", "sku:CH-1")]
    assert catalogue.find_products(ws, search="ch-1") == [first]


def test_a_file_without_skus_finds_what_another_file_gave_them(ws: Workspace, shop: Shop) -> None:
    [first] = shop.imported({"handle": "oak-chair", "name": "Oak chair", "price": "5"})
    shop.imported({"sku": "CH-1", "handle": "oak-chair", "name": "Oak chair", "price": "6"})
    [again] = shop.imported({"handle": "oak-chair", "name": "Oak chair", "price": "7"})
    assert again == first
    query = "SELECT sku, import_key, price::int FROM app.products"
    assert shop.rows(query) == [("CH-1", "sku:CH-1", 7)]
    assert catalogue.find_products(ws, search="ch-1") == [first]


def test_a_handle_that_several_products_share_finds_none_of_them(shop: Shop) -> None:
    shared = {"handle": "oak", "name": "Oak", "price": "5"}
    both = shop.imported(shared | {"sku": "A"}, shared | {"sku": "B"})
    [new] = shop.imported(shared)
    assert new not in both


def test_search_looks_at_name_and_sku_and_takes_no_wildcards(ws: Workspace, shop: Shop) -> None:
    chair, table, odd = shop.imported(CHAIR, TABLE, CHAIR | {"sku": "A_100%", "name": "Straße"})
    assert catalogue.find_products(ws, search=" OAK ") == [chair, table]
    assert catalogue.find_products(ws, search="STRASSE") == [odd]
    assert catalogue.find_products(ws, search="a_100%") == [odd]
    assert catalogue.find_products(ws, search="%") == [odd]
    assert catalogue.find_products(ws, search="H_1") == []
    assert catalogue.find_products(ws, most=2) == [chair, table]
    assert catalogue.find_products(ws, with_photo=True) == []
    with pytest.raises(InvalidInput, match="200 characters"):
        catalogue.find_products(ws, search="x" * 201)


ODD = csv_bytes([["Kode", "Ting", "B"], ["K1", "Stol", "45"], ["K2", "Bord", "180"]])
MAPPING = ColumnMapping(sku="Kode", name="Ting", width="B")


def test_a_mapping_is_remembered_for_this_client_and_no_other(
    ws: Workspace, other: Workspace, shop: Shop
) -> None:
    with pytest.raises(InvalidInput, match=r"“odd\.csv” was not recognised"):
        catalogue.dry_run(ws, ODD, "odd.csv")
    catalogue.import_products(ws, ODD, "odd.csv", mapping=MAPPING)
    assert shop.rows("SELECT sku, width_cm FROM app.products ORDER BY sku") == [
        ("K1", 45.0),
        ("K2", 180.0),
    ]
    assert catalogue.dry_run(ws, ODD, "odd.csv").counts.unchanged == 2
    with pytest.raises(InvalidInput, match="was not recognised"):
        catalogue.dry_run(other, ODD, "odd.csv")


def test_a_mapping_of_a_file_that_does_not_come_in_is_not_remembered(
    ws: Workspace, shop: Shop
) -> None:
    wrong = ColumnMapping(sku="Kode", name="Navn")
    with pytest.raises(InvalidInput, match="Navn"):
        catalogue.import_products(ws, ODD, "odd.csv", mapping=wrong)
    assert shop.one("SELECT count(*) FROM app.saved_mappings") == 0


def test_the_longest_unused_mappings_are_forgotten(ws: Workspace, shop: Shop) -> None:
    catalogue.save_mapping(ws, "the oldest", MAPPING)
    for number in range(MAX_SAVED_MAPPINGS):
        catalogue.save_mapping(ws, f"signature {number}", MAPPING)
    kept = {row[0] for row in shop.rows("SELECT header_signature FROM app.saved_mappings")}
    assert len(kept) == MAX_SAVED_MAPPINGS
    assert "the oldest" not in kept


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\x01\x02" * 500,
        b"hello, world",
        b"brand,country\nOak & Co,SE\n",
        b"sku,name\n" + b"," * 1_000_000,
        b"sku,name\nA," + b"x" * 200_000,
        b"PK\x03\x04 no workbook",
        b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><rss>&b;</rss>",
    ],
    ids=["empty", "binary", "prose", "no products", "commas", "long", "zip", "entities"],
)
def test_a_file_that_cannot_be_read_changes_nothing_and_says_why(
    ws: Workspace, shop: Shop, data: bytes
) -> None:
    shop.imported(CHAIR)
    before = stored(shop)
    with pytest.raises(InvalidInput, match=r"bad\.csv"):
        catalogue.import_products(ws, data, "bad.csv")
    assert stored(shop) == before


def test_good_rows_come_in_and_bad_rows_are_told_with_their_line(ws: Workspace, shop: Shop) -> None:
    done = catalogue.import_products(ws, file_of(CHAIR, NAMELESS, TABLE, CHAIR), "c.csv")
    assert (done.created, done.report.counts.bad_rows) == (2, 1)
    told = {(problem.line, problem.code) for problem in done.report.problems}
    assert told == {(3, ProblemCode.MISSING_KEY), (5, ProblemCode.IDENTICAL_ROW)}
    assert all(problem.message and problem.remedy for problem in done.report.problems)
    assert shop.rows("SELECT sku FROM app.products ORDER BY 1") == [("CH-1",), ("TA-1",)]


def test_imports_at_the_same_time_make_every_product_once(ws: Workspace, shop: Shop) -> None:
    data = file_of(*(CHAIR | {"sku": f"CH-{number}"} for number in range(200)))
    done = at_once(4, lambda: catalogue.import_products(ws, data, "c.csv"))
    assert sorted(one.created for one in done) == [0, 0, 0, 200]
    assert len({one.product_ids for one in done}) == 1
    assert shop.one("SELECT count(*) FROM app.products") == 200


def test_clients_with_the_same_skus_never_meet(ws: Workspace, other: Workspace, shop: Shop) -> None:
    mine = shop.imported(CHAIR, TABLE)
    theirs = catalogue.import_products(other, file_of(CHAIR, TABLE), "c.csv")
    assert theirs.created == 2
    assert set(mine).isdisjoint(theirs.product_ids)
    catalogue.import_products(other, file_of(CHAIR | {"name": "Pine chair"}), "c.csv")
    query = "SELECT name FROM app.products WHERE client_id = %s ORDER BY name"
    assert shop.rows(query, ws.client_id) == [("Oak chair",), ("Oak table",)]
    assert shop.rows(query, other.client_id) == [("Oak table",), ("Pine chair",)]
    assert catalogue.find_products(ws, search="pine") == []


def test_what_cannot_stand_in_a_room_is_left_out(ws: Workspace, shop: Shop) -> None:
    columns = ["ID", "Type", "SKU", "Name", "Published", "Regular price", "Tax status"]
    data = csv_bytes(
        [
            columns,
            ["1", "simple", "S1", "Chair", "1", "10", "taxable"],
            ["2", "simple, downloadable, virtual", "S2", "E-book", "1", "10", "taxable"],
        ]
    )
    done = catalogue.import_products(ws, data, "woo.csv")
    assert (done.created, done.report.counts.left_out) == (1, 1)
    assert shop.rows("SELECT sku, source FROM app.products") == [("S1", "woocommerce")]
