"""Products into the trash and back, and catalogues that come again meanwhile."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.shop import Shop
from visualizer_core.db.locks import queue_up
from visualizer_core.db.models import Product
from visualizer_core.domain.generation_settings import InspirationUse, SettingsOverrides
from visualizer_core.domain.ids import ProductId, new_id
from visualizer_core.errors import InvalidInput, NotFound
from visualizer_core.services import catalogue
from visualizer_core.workspace import Workspace

CHAIR = {"sku": "CH-1", "name": "Oak chair", "price": "129"}


def live(shop: Shop) -> int:
    return shop.one("SELECT count(*) FROM app.products WHERE deleted_at IS NULL")


def test_a_product_comes_back_as_it_was(ws: Workspace, shop: Shop) -> None:
    [chair] = shop.imported(CHAIR)
    assert catalogue.delete_products(ws, [chair, chair]) == 1
    assert catalogue.find_products(ws) == []
    assert catalogue.delete_products(ws, [chair]) == 0
    assert catalogue.restore_products(ws, [chair]) == 1
    assert catalogue.restore_products(ws, [chair]) == 0
    assert shop.imported(CHAIR) == [chair]
    assert shop.one("SELECT import_key FROM app.products") == "sku:CH-1"


def test_a_product_imported_anew_keeps_the_old_one_in_the_trash(ws: Workspace, shop: Shop) -> None:
    [old] = shop.imported(CHAIR)
    catalogue.delete_products(ws, [old])
    [new] = shop.imported(CHAIR)
    assert new != old
    assert catalogue.restore_products(ws, [old]) == 0
    assert catalogue.find_products(ws) == [new]


def test_of_two_in_the_trash_the_one_deleted_last_comes_back(ws: Workspace, shop: Shop) -> None:
    [old] = shop.imported(CHAIR)
    catalogue.delete_products(ws, [old])
    [new] = shop.imported(CHAIR)
    catalogue.delete_products(ws, [new])
    assert catalogue.restore_products(ws, [old, new]) == 1
    assert catalogue.find_products(ws) == [new]


def test_restoring_waits_for_an_import_that_makes_the_same_product(
    ws: Workspace, shop: Shop
) -> None:
    [old] = shop.imported(CHAIR)
    catalogue.delete_products(ws, [old])
    with ThreadPoolExecutor(1) as pool, ws.begin() as importing:
        queue_up(importing, "catalogue", ws.client_id)
        importing.add(
            Product(client_id=ws.client_id, import_key="sku:CH-1", sku="CH-1", name="Oak")
        )
        importing.flush()
        restoring = pool.submit(catalogue.restore_products, ws, [old])
        with pytest.raises(TimeoutError):
            restoring.result(0.3)
        importing.commit()
        assert restoring.result(20) == 0
    assert live(shop) == 1


def test_another_clients_products_are_out_of_reach(
    ws: Workspace, other: Workspace, shop: Shop
) -> None:
    [chair] = shop.imported(CHAIR)
    assert catalogue.delete_products(other, [chair]) == 0
    assert live(shop) == 1
    catalogue.delete_products(ws, [chair])
    assert catalogue.restore_products(other, [chair]) == 0
    with pytest.raises(NotFound):
        catalogue.set_default_settings(other, [chair], SettingsOverrides(style="Japandi"))


def test_default_settings_are_set_for_all_or_none(ws: Workspace, shop: Shop) -> None:
    [chair] = shop.imported(CHAIR)
    japandi = SettingsOverrides(style="Japandi")
    with pytest.raises(NotFound, match="1 of these products"):
        catalogue.set_default_settings(ws, [chair, ProductId(new_id())], japandi)
    assert shop.one("SELECT default_settings FROM app.products") == {}
    catalogue.set_default_settings(ws, [chair], japandi)
    assert shop.one("SELECT default_settings FROM app.products") == {"style": "Japandi"}


def test_default_settings_that_cannot_work_are_refused(ws: Workspace, shop: Shop) -> None:
    [chair] = shop.imported(CHAIR)
    use = SettingsOverrides(inspirations=(InspirationUse(inspiration_id=new_id()),))
    with pytest.raises(InvalidInput, match="belong to a collection"):
        catalogue.set_default_settings(ws, [chair], use)
    analyst = SettingsOverrides(model=ws.runtime.analysis_model)
    with pytest.raises(InvalidInput, match="makes no pictures"):
        catalogue.set_default_settings(ws, [chair], analyst)
