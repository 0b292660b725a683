from hypothesis import given
from hypothesis import strategies as st

from visualizer_core.domain.catalogue.variants import Look, is_colour_like, visual_groups


def look(sku: str | None, image: str | None = None, **options: str) -> Look:
    return Look(sku, tuple(options.items()), image)


def test_colours_with_their_own_skus_are_products_of_their_own() -> None:
    looks = [look("A", Color="Blue"), look("B", Color="Red")]
    assert visual_groups(looks) == ((0,), (1,))


def test_sizes_of_one_colour_stay_together() -> None:
    looks = [
        look("A", Color="Blue", Size="S"),
        look("B", Color="Red", Size="S"),
        look("C", Color="Blue", Size="L"),
    ]
    assert visual_groups(looks) == ((0, 2), (1,))


def test_variants_without_skus_stay_together() -> None:
    assert visual_groups([look(None, Color="Blue"), look(None, Color="Red")]) == ((0, 1),)
    assert visual_groups([look("A", Color="Blue"), look(None, Color="Red")]) == ((0, 1),)


def test_colours_that_share_a_sku_stay_together() -> None:
    looks = [look("404.038.96", color=colour) for colour in ("mustard", "mint", "pearl")]
    assert visual_groups(looks) == ((0, 1, 2),)


def test_variants_with_their_own_images_are_products_of_their_own() -> None:
    looks = [look("A", "two-seater.jpg", Size="2"), look("B", "three-seater.jpg", Size="3")]
    assert visual_groups(looks) == ((0,), (1,))


def test_an_image_shared_by_all_variants_sets_none_apart() -> None:
    assert visual_groups([look("A", "x.jpg", Size="S"), look("B", "x.jpg", Size="L")]) == ((0, 1),)


def test_a_missing_image_is_no_difference() -> None:
    assert visual_groups([look("A", "x.jpg", Size="S"), look("B", None, Size="L")]) == ((0, 1),)


def test_the_same_colour_with_two_images_is_two_looks() -> None:
    looks = [
        look("A", "blue.jpg", Color="Blue", Logo="No"),
        look("B", "red.jpg", Color="Red", Logo="No"),
        look("C", "blue-logo.jpg", Color="Blue", Logo="Yes"),
    ]
    assert visual_groups(looks) == ((0,), (1,), (2,))


def test_options_are_colour_like_in_many_languages_and_sizes_never() -> None:
    assert all(map(is_colour_like, ["Color", "Colour", "Farbe", "Bezug", "Frame colour", "Szín"]))
    assert not any(map(is_colour_like, ["Size", "Größe", "Storage", "Title", "Logo", ""]))


LOOKS = st.lists(
    st.builds(
        Look,
        st.sampled_from([None, "A", "B", "C"]),
        st.lists(
            st.tuples(st.sampled_from(["Color", "Size"]), st.sampled_from(["1", "2"])), max_size=2
        ).map(tuple),
        st.sampled_from([None, "x.jpg", "y.jpg"]),
    ),
    min_size=1,
    max_size=8,
)


@given(LOOKS)
def test_every_variant_is_in_exactly_one_group(looks: list[Look]) -> None:
    groups = visual_groups(looks)
    assert sorted(index for group in groups for index in group) == list(range(len(looks)))


@given(LOOKS)
def test_products_that_are_set_apart_never_share_a_sku(looks: list[Look]) -> None:
    groups = visual_groups(looks)
    if len(groups) > 1:
        skus = [{looks[index].sku for index in group} for group in groups]
        everyone: list[str | None] = [sku for group in skus for sku in group]
        assert None not in everyone
        assert len(everyone) == len(set(everyone))
