"""Every real catalogue beside the checkout, through the service and again."""

from pathlib import Path

import pytest

from tests.support.shop import Shop
from visualizer_core.errors import InvalidInput
from visualizer_core.services import catalogue
from visualizer_core.workspace import Workspace

DATA = Path(__file__).parents[4] / "shared" / "data"
CATALOGUES = DATA / "catalogues"

pytestmark = pytest.mark.skipif(
    not CATALOGUES.is_dir(),
    reason="the real catalogues (../shared/data) are not beside the checkout",
)

PRODUCTS = {
    "shopify_product_csvs/apparel.csv": 20,
    "shopify_product_csvs/home-and-garden.csv": 20,
    "shopify_product_csvs/jewelery.csv": 20,
    "woocommerce_sample/sample_products.csv": 19,
    "woocommerce_sample/sample_products_override.csv": 19,
    "vendure/products.csv": 54,
    "tailwindtraders/ProductItems.csv": 70,
    "tailwindtraders/PopularProducts.csv": 3,
    "../products.csv": 80,
}


def read(name: str) -> tuple[bytes, str]:
    path = CATALOGUES / name
    return path.read_bytes(), path.name


@pytest.mark.parametrize("name", PRODUCTS)
def test_a_real_catalogue_comes_in_and_then_changes_nothing(
    ws: Workspace, shop: Shop, name: str
) -> None:
    data, filename = read(name)
    done = catalogue.import_products(ws, data, filename)
    assert done.created == len(done.product_ids) == PRODUCTS[name]
    assert shop.one("SELECT count(*) FROM app.products") == PRODUCTS[name]
    again = catalogue.import_products(ws, data, filename)
    assert (again.created, again.updated, again.unchanged) == (0, 0, PRODUCTS[name])
    assert again.product_ids == done.product_ids


def test_all_of_them_live_side_by_side(ws: Workspace, shop: Shop) -> None:
    for name in PRODUCTS:
        catalogue.import_products(ws, *read(name))
    # The two WooCommerce files are one shop's; the popular three are named by ids of their own.
    live = shop.one("SELECT count(*) FROM app.products")
    assert live <= sum(PRODUCTS.values())
    for name in reversed(PRODUCTS):
        catalogue.import_products(ws, *read(name))
    assert shop.one("SELECT count(*) FROM app.products") == live


@pytest.mark.parametrize("name", ["odoo_xml/product_demo.xml", "SOURCES.csv"])
def test_a_file_without_products_is_refused_by_name(ws: Workspace, shop: Shop, name: str) -> None:
    data, filename = read(name)
    with pytest.raises(InvalidInput, match=filename):
        catalogue.import_products(ws, data, filename)
    assert shop.one("SELECT count(*) FROM app.products") == 0
