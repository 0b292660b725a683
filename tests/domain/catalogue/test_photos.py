import random
from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from visualizer_core.domain.catalogue.photos import (
    PhotoFile,
    PhotoMatches,
    ProductRef,
    match_photos,
)
from visualizer_core.domain.catalogue.rows import ImageRef, RefKind
from visualizer_core.domain.ids import ProductId

_SPACE = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")


def product(
    sku: str | None = None,
    *refs: str,
    barcode: str | None = None,
    handle: str | None = None,
    name: str = "",
) -> ProductRef:
    kind = {True: RefKind.URL, False: RefKind.FILE}
    images = tuple(
        ImageRef(kind["://" in ref], ref, position) for position, ref in enumerate(refs, start=1)
    )
    identity = ProductId(uuid5(_SPACE, f"{sku}{barcode}{handle}{name}"))
    return ProductRef(identity, sku, barcode, handle, name, images)


def match(files: list[str], *products: ProductRef) -> PhotoMatches:
    return match_photos([PhotoFile(path) for path in files], products)


def order(matches: PhotoMatches, of: ProductRef) -> list[str]:
    found = [m for m in matches.matched if m.product_id == of.id]
    assert [m.position for m in found] == list(range(1, len(found) + 1))
    return [m.path for m in found]


def test_the_catalogues_reference_decides_by_the_end_of_the_path() -> None:
    chair = product("CH-1", "products/x.jpg")
    table = product("TB-1", "tables/x.jpg")
    matches = match(["photos/products/x.jpg", "photos/tables/X.JPG"], chair, table)
    assert order(matches, chair) == ["photos/products/x.jpg"]
    assert order(matches, table) == ["photos/tables/X.JPG"]


def test_a_bare_file_name_matches_the_reference_when_only_one_product_has_it() -> None:
    chair = product("CH-1", "products/x.jpg")
    assert order(match(["x.jpg"], chair), chair) == ["x.jpg"]
    table = product("TB-1", "tables/x.jpg")
    matches = match(["x.jpg"], chair, table)
    assert not matches.matched
    assert set(matches.ambiguous[0].product_ids) == {chair.id, table.id}


def test_an_address_matches_by_its_file_name_without_query_and_escapes() -> None:
    chair = product("CH-1", "https://cdn.shop.example/a/b%C3%A9b%C3%A9%202.jpg?v=17")
    assert order(match(["bébé 2.jpg"], chair), chair) == ["bébé 2.jpg"]


def test_the_order_of_the_catalogue_is_the_order_of_the_photos() -> None:
    chair = product("CH-1", "z.jpg", "a.jpg", "m.jpg")
    matches = match(["a.jpg", "m.jpg", "ch1-0.jpg", "z.jpg"], chair)
    assert order(matches, chair) == ["z.jpg", "a.jpg", "m.jpg", "ch1-0.jpg"]


def test_a_picture_that_two_products_name_belongs_to_both() -> None:
    earrings, necklace = product("E", "set.jpg"), product("N", "n.jpg", "set.jpg")
    matches = match(["set.jpg", "n.jpg"], earrings, necklace)
    assert order(matches, earrings) == ["set.jpg"]
    assert order(matches, necklace) == ["n.jpg", "set.jpg"]


def test_another_ending_of_the_named_file_is_accepted() -> None:
    chair = product("CH-1", "photos/x.png")
    matches = match(["x.webp"], chair)
    assert matches.matched[0].reason == "named in the catalogue, nearly"


def test_two_files_with_the_named_name_are_ambiguous() -> None:
    matches = match(["a/x.jpg", "b/x.jpg"], product("CH-1", "x.jpg"))
    assert not matches.matched
    assert [item.path for item in matches.ambiguous] == ["a/x.jpg", "b/x.jpg"]


def test_case_accents_and_separators_do_not_count() -> None:
    chair = product("CH-100é")
    files = ["ch100e.jpg", "CH_100_E-2.jpg", "ch 100 e (3).png", "Ch.100.É.4.webp"]
    assert order(match(files, chair), chair) == files


def test_suffixes_give_the_order() -> None:
    chair = product("404.038.96")
    files = [
        "404.038.96.jpg",
        "404-038-96-1.jpg",
        "40403896_2.jpg",
        "404.038.96 (3).jpg",
        "404.038.96_d.jpg",
        "40403896-10.jpg",
        "404.038.96_side.jpg",
        "404.038.96_detail-2.jpg",
    ]
    shuffled = files.copy()
    random.Random(3).shuffle(shuffled)  # noqa: S311 - a reproducible shuffle
    assert order(match(shuffled, chair), chair) == files


def test_the_longest_key_wins() -> None:
    plain, arm = product("CH-100"), product("CH-100-A")
    matches = match(["CH-100.jpg", "CH-100-A.jpg", "CH-100-A-2.jpg", "CH-1001.jpg"], plain, arm)
    assert order(matches, plain) == ["CH-100.jpg"]
    assert order(matches, arm) == ["CH-100-A.jpg", "CH-100-A-2.jpg"]
    assert [item.path for item in matches.unmatched] == ["CH-1001.jpg"]


def test_a_folder_called_like_the_product_gives_its_photos() -> None:
    chair = product("CH-100")
    files = ["shop/ch100/1.jpg", "shop/ch100/2.jpg", "shop/ch100/DSC_0815.jpg"]
    assert order(match(files, chair), chair) == files


def test_a_barcode_a_handle_and_a_name_match_too() -> None:
    chair = product("A", barcode="4006381333931", handle="modern-cafe-chair", name="Café stool")
    files = ["4006381333931.jpg", "Modern Cafe Chair_2.jpg", "cafe-stool-3.jpg"]
    assert order(match(files, chair), chair) == files


def test_a_name_that_two_products_have_is_ambiguous() -> None:
    one, two = product("X1", name="Armchair"), product("X2", name="armchair")
    matches = match(["Armchair.jpg"], one, two)
    assert set(matches.ambiguous[0].product_ids) == {one.id, two.id}


def test_a_file_that_names_two_products_is_ambiguous() -> None:
    chair, table = product("CH-100"), product("TB-200")
    matches = match(["CH-100_TB-200.jpg", "CH-100/TB-200.jpg"], chair, table)
    assert not matches.matched
    assert all(set(item.product_ids) == {chair.id, table.id} for item in matches.ambiguous)


def test_words_that_could_be_another_sku_make_a_match_doubtful() -> None:
    chair = product("CH-100", handle="sofa")
    matches = match(["CH-100-XL.jpg", "CH-100-2024.jpg", "sofa-bed.jpg"], chair)
    assert not matches.matched
    assert [item.product_ids for item in matches.ambiguous] == [(chair.id,)] * 3


def test_descriptive_words_beside_a_sku_do_not() -> None:
    chair = product("CH-100")
    files = ["CH-100_oak_chair_lifestyle_03.jpg", "IMG_7_CH-100.jpg", "ch100front_1500px.jpg"]
    assert len(match(files, chair).matched) == 3


def test_short_numbers_are_believed_only_at_the_beginning() -> None:
    one, twelve = product("1"), product("12")
    matches = match(["1.jpg", "1-2.jpg", "12.jpg", "armchair-1.jpg"], one, twelve)
    assert order(matches, one) == ["1.jpg", "1-2.jpg"]
    assert order(matches, twelve) == ["12.jpg"]
    assert [item.path for item in matches.unmatched] == ["armchair-1.jpg"]


def test_what_is_no_photo_is_rejected_with_the_reason() -> None:
    files = [
        ".DS_Store", "__MACOSX/CH-100.jpg", "._CH-100.jpg", "notes.txt", "CH-100", "CH-100.psd",
        "../CH-100.jpg", "/CH-100.jpg", "C:\\CH-100.jpg", "a/../CH-100.jpg", "CH-100\0.jpg",
    ]  # fmt: skip
    matches = match([*files, "CH-100.jpg", "CH-100.jpg"], product("CH-100"))
    assert sorted(item.path for item in matches.rejected) == sorted([*files, "CH-100.jpg"])
    assert len(matches.matched) == 1


def test_backslashes_separate_folders() -> None:
    chair = product("CH-100")
    assert order(match(["shop\\CH-100\\1.jpg"], chair), chair) == ["shop\\CH-100\\1.jpg"]


PIECES = st.sampled_from(["CH", "100", "TB", "200", "1", "a", "front", "-", "_", "/", " ", "(2)"])
PATHS = st.lists(PIECES, min_size=1, max_size=6).map(lambda parts: "".join(parts) + ".jpg")


@given(st.lists(PATHS, max_size=12, unique=True), st.randoms(use_true_random=False))
def test_every_file_is_somewhere_and_the_order_of_files_does_not_matter(
    files: list[str], rng: random.Random
) -> None:
    products = [product("CH-100", "a/100.jpg"), product("TB-200"), product("1", handle="front")]
    matches = match(files, *products)
    lists = (matches.matched, matches.ambiguous, matches.unmatched, matches.rejected)
    assert {item.path for items in lists for item in items} == set(files)
    assert sum(map(len, lists)) == len(files)
    shuffled = files.copy()
    rng.shuffle(shuffled)
    assert match(shuffled, *products) == matches
