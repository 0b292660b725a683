"""Who decides what: every level of the settings, from the client to one product, with its trace."""

import pytest

from tests.support.shop import Shop, drawing
from visualizer_core.db.plan import PlannedProduct
from visualizer_core.domain.analysis import ProductAnalysis, SceneAnalysis
from visualizer_core.domain.generation_settings import InspirationUse, SettingsOverrides
from visualizer_core.domain.ids import InspirationId, ProductId, new_id
from visualizer_core.domain.resolve import Level
from visualizer_core.errors import InvalidInput, NotFound
from visualizer_core.services import accounts, catalogue, curation, inspiration
from visualizer_core.workspace import Workspace

SCENE = SceneAnalysis(
    scene_type="Bedroom",
    indoor=True,
    styles=["Japandi"],
    lighting="Golden Hour",
    colours=["#102030", "#405060"],
    props=["books"],
)
PRODUCT = ProductAnalysis(
    generic_class="bed",
    placement="floor",
    indoor=True,
    outdoor=False,
    rooms=["Bedroom"],
    styles=["Coastal / Mediterranean"],
    moods=["Cozy"],
    colours=["#ffffff"],
)


class Setup:
    """One collection with two products in one scene."""

    def __init__(self, ws: Workspace, shop: Shop) -> None:
        self.ws = ws
        self.bed = shop.product("BED", category="Beds")
        self.lamp = shop.product("LAMP", category="Lamps")
        self.collection = curation.create_collection(ws, "Spring")
        curation.add_products(ws, self.collection, [self.bed, self.lamp])
        self.scene = inspiration.add_upload(ws, self.collection, drawing(1), "room.jpg").id

    def planned(self, product: ProductId) -> PlannedProduct:
        plan = curation.plan(self.ws, self.collection)
        return next(planned for planned in plan.products if planned.id == product)

    def style(self, product: ProductId) -> tuple[str, Level | list[Level]]:
        resolved = self.planned(product).resolved
        return resolved.settings.style, resolved.trace["style"]


@pytest.fixture
def setup(ws: Workspace, shop: Shop) -> Setup:
    return Setup(ws, shop)


def test_each_level_wins_over_those_before_it(ws: Workspace, setup: Setup) -> None:
    bed, lamp, collection = setup.bed, setup.lamp, setup.collection
    assert setup.style(bed) == ("Contemporary", Level.BUILTIN)
    accounts.set_generation_defaults(ws, SettingsOverrides(style="Client"))
    assert setup.style(bed) == ("Client", Level.CLIENT)
    accounts.set_brand_kit(ws, SettingsOverrides(style="Brand"))
    assert setup.style(bed) == ("Brand", Level.BRAND_KIT)
    accounts.set_category_defaults(ws, "beds", SettingsOverrides(style="Category"))
    assert setup.style(bed) == ("Category", Level.CATEGORY)
    assert setup.style(lamp) == ("Brand", Level.BRAND_KIT)
    catalogue.edit_analysis(ws, bed, PRODUCT)
    curation.derive_base_settings(ws, collection)
    assert setup.style(bed) == ("Coastal / Mediterranean", Level.COLLECTION)
    curation.set_base_settings(ws, collection, SettingsOverrides(style="Base"))
    assert setup.style(lamp) == ("Base", Level.COLLECTION)
    curation.derive_base_settings(ws, collection)  # derives anew, below what a person set
    assert setup.style(lamp) == ("Base", Level.COLLECTION)
    inspiration.edit_analysis(ws, setup.scene, SCENE)
    curation.assign(ws, collection, [bed], setup.scene)
    assert setup.style(bed) == ("Japandi", Level.SCENE)
    catalogue.set_default_settings(ws, [bed], SettingsOverrides(style="Product"))
    assert setup.style(bed) == ("Product", Level.PRODUCT)
    curation.set_overrides(ws, collection, [bed], SettingsOverrides(style="Override"))
    assert setup.style(bed) == ("Override", Level.OVERRIDE)
    assert setup.style(lamp) == ("Base", Level.COLLECTION)
    curation.set_overrides(ws, collection, [bed], SettingsOverrides())
    assert setup.style(bed) == ("Product", Level.PRODUCT)


def test_lists_add_up_over_the_levels(ws: Workspace, setup: Setup) -> None:
    accounts.set_brand_kit(
        ws, SettingsOverrides(palette=("#aa0000",), negative_instructions=("no people",))
    )
    curation.set_base_settings(ws, setup.collection, SettingsOverrides(props=("plant", "books")))
    inspiration.edit_analysis(ws, setup.scene, SCENE)
    curation.assign(ws, setup.collection, [setup.bed], setup.scene)
    resolved = setup.planned(setup.bed).resolved
    assert resolved.settings.props == ("plant", "books")
    assert resolved.settings.palette == ("#aa0000", "#102030", "#405060")
    assert resolved.trace["palette"] == [Level.BRAND_KIT, Level.SCENE]
    assert resolved.settings.negative_instructions == ("no people",)


def test_the_matched_scene_is_what_the_picture_is_composed_after(
    ws: Workspace, setup: Setup
) -> None:
    curation.assign(ws, setup.collection, [setup.bed], setup.scene)
    [use] = setup.planned(setup.bed).resolved.settings.inspirations
    assert (use.inspiration_id, use.role, use.send_pixels) == (setup.scene, "composition", True)
    assert setup.planned(setup.lamp).resolved.settings.inspirations == ()


def test_the_base_settings_follow_what_products_and_scenes_agree_on(
    ws: Workspace, setup: Setup
) -> None:
    catalogue.edit_analysis(ws, setup.bed, PRODUCT)
    inspiration.edit_analysis(ws, setup.scene, SCENE)
    derived = curation.derive_base_settings(ws, setup.collection)
    assert (derived.scene_type, derived.lighting, derived.style) == (
        "Bedroom",
        "Golden Hour",
        "Japandi",
    )
    assert derived.mood == "Cozy"
    resolved = setup.planned(setup.lamp).resolved
    assert resolved.settings.lighting == "Golden Hour"
    assert resolved.trace["lighting"] is Level.COLLECTION


def test_without_analyses_nothing_is_derived(ws: Workspace, setup: Setup) -> None:
    assert curation.derive_base_settings(ws, setup.collection) == SettingsOverrides()


class TestRefusals:
    def test_overrides_for_a_product_outside_change_nothing(
        self, ws: Workspace, other: Workspace, shop: Shop, setup: Setup
    ) -> None:
        foreign = shop.clients.product(other.client_id)
        for outside in (foreign, shop.product("OUT"), ProductId(new_id())):
            with pytest.raises(NotFound, match="1 of these products are not in this collection"):
                curation.set_overrides(
                    ws, setup.collection, [setup.bed, outside], SettingsOverrides(style="X")
                )
        assert setup.style(setup.bed)[1] is Level.BUILTIN

    def test_settings_cannot_name_an_inspiration_from_elsewhere(
        self, ws: Workspace, other: Workspace, shop: Shop, setup: Setup
    ) -> None:
        there = shop.clients.collection(other.client_id)
        foreign = shop.clients.inspiration(other.client_id, there)
        mine = curation.create_collection(ws, "Autumn")
        elsewhere = inspiration.add_upload(ws, mine, drawing(3), "x.jpg").id
        for scene in (foreign, elsewhere, InspirationId(new_id())):
            wishes = SettingsOverrides(inspirations=(InspirationUse(inspiration_id=scene),))
            with pytest.raises(NotFound, match="not in this collection"):
                curation.set_base_settings(ws, setup.collection, wishes)
            with pytest.raises(NotFound, match="not in this collection"):
                curation.set_overrides(ws, setup.collection, [setup.bed], wishes)
        own = SettingsOverrides(inspirations=(InspirationUse(inspiration_id=setup.scene),))
        curation.set_overrides(ws, setup.collection, [setup.bed], own)

    def test_a_model_that_makes_no_pictures_is_refused_when_it_is_set(
        self, ws: Workspace, setup: Setup
    ) -> None:
        for model, message in (
            (ws.runtime.analysis_model, "makes no pictures"),
            ("gpt-42", "is not in the registry"),
        ):
            with pytest.raises(InvalidInput, match=message):
                curation.set_base_settings(ws, setup.collection, SettingsOverrides(model=model))

    def test_more_scenes_than_a_picture_can_hold_are_refused(self) -> None:
        uses = tuple(InspirationUse(inspiration_id=new_id()) for _ in range(5))
        with pytest.raises(ValueError, match="at most 4 items"):
            SettingsOverrides(inspirations=uses)


def test_two_clients_settings_never_meet(other: Workspace, shop: Shop, setup: Setup) -> None:
    accounts.set_generation_defaults(other, SettingsOverrides(style="Theirs"))
    theirs = Setup(other, Shop(other, shop.clients, shop.urls))
    assert theirs.style(theirs.bed) == ("Theirs", Level.CLIENT)
    assert setup.style(setup.bed) == ("Contemporary", Level.BUILTIN)
