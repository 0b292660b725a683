import re
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.domain.strategies import hostile_text, numbered, some
from visualizer_core.domain.naming import (
    DEFAULT_TEMPLATE,
    FIELDS,
    NameFields,
    check_template,
    plan_names,
    preview_names,
    safe_part,
)
from visualizer_core.errors import InvalidInput


def fields(number: int = 1, **changes: object) -> NameFields:
    known: dict[str, object] = {"sku": "ACM-12", "scene": "Living Room", "n": 1}
    return NameFields(id=numbered(number << 96), **(known | changes))  # pyright: ignore[reportArgumentType]  # cases name fields freely


def name_of(template: str, changes: dict[str, object]) -> str:
    (name,) = plan_names(template, [fields(1, **changes)], "jpg").names
    return name


texts = hostile_text | st.sampled_from(["CON", "aux.txt", "..", "/", "a/b", "C:\\x", "", "..."])
many_fields = st.lists(
    st.builds(
        NameFields,
        id=st.uuids(),
        sku=texts,
        name=texts,
        category=texts,
        scene=st.sampled_from(["", "Room", "ROOM", "Bed\nroom"]),
        collection=texts,
        preset=texts,
        date=st.none() | st.dates(),
        n=st.integers(-2, 120),
    ),
    max_size=8,
)
pieces = st.sampled_from(
    [
        *(f"{{{name}}}" for name in FIELDS),
        "{n:02}",
        "-",
        "/",
        "..",
        "../",
        "x",
        " ",
        "\\",
        "~",
        "é",
    ]
)
templates = st.lists(pieces, min_size=1, max_size=6).map("".join)


@pytest.mark.parametrize(
    ("template", "changes", "expected"),
    [
        (DEFAULT_TEMPLATE, {}, "ACM-12-Living-Room-01.jpg"),
        ("{sku}_{n}", {"n": 12}, "ACM-12_12.jpg"),
        ("{sku}_{n:04}", {"n": 7}, "ACM-12_0007.jpg"),
        ("{category}/{sku}-{n:02}", {"category": "Tische & Stühle"}, "Tische-Stuhle/ACM-12-01.jpg"),
        ("{category}/{sku}", {"category": ""}, "ACM-12.jpg"),
        ("{sku}-{date}", {"date": date(2026, 11, 22)}, "ACM-12-2026-11-22.jpg"),
        ("{sku}", {"sku": "../../etc/passwd"}, "etc-passwd.jpg"),
        ("../{sku}", {}, "ACM-12.jpg"),
        ("{sku}", {"sku": "Straße Ærø №5"}, "Strasse-AEro-No5.jpg"),
        ("{sku}", {"sku": "椅子"}, "00000001.jpg"),
        ("{sku}", {"sku": "con"}, "con_.jpg"),
        ("{sku}", {"sku": "LPT1.final"}, "LPT1_.final.jpg"),
        ("{sku}", {"sku": "a...b--__c."}, "a.b_c.jpg"),
        ("{id}", {}, "00000001-0000-0000-0000-000000000000.jpg"),
    ],
)
def test_a_template_makes_a_safe_readable_name(
    template: str, changes: dict[str, object], expected: str
) -> None:
    assert name_of(template, changes) == expected


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("{skus}", "“skus”, which is not a field"),
        ("{sku.__class__}", "not a field"),
        ("{sku[0]}", "not a field"),
        ("{}", "not a field"),
        ("{0}", "not a field"),
        ("{sku!r}", "formats “sku”"),
        ("{sku:>1000000}", "formats “sku”"),
        ("{n:3}", "formats “n”"),
        ("{n:0999999}", "formats “n”"),
        ("{n:{sku}}", "formats “n”"),
        ("{sku", "does not close"),
        ("sku}", "does not close"),
        ("picture", "name every file alike"),
        ("{{sku}}", "name every file alike"),
        ("", "name every file alike"),
        ("{sku}" + "x" * 300, "longer than"),
        ("a/b/c/d/e/{sku}", "more than 4 folders"),
    ],
)
def test_a_template_that_cannot_name_files_is_refused_with_the_reason(
    template: str, told: str
) -> None:
    with pytest.raises(InvalidInput, match=re.escape(told)):
        check_template(template)


def test_an_unknown_field_names_those_there_are() -> None:
    with pytest.raises(InvalidInput, match="sku, name, category, scene, collection"):
        check_template("{title}")


def test_two_pictures_with_the_same_name_get_numbers_and_are_reported() -> None:
    items = [fields(1, sku="A"), fields(2, sku="B"), fields(3, sku="a"), fields(4, sku="A")]

    plan = plan_names("{sku}", items, "png")

    assert plan.names == ("A.png", "B.png", "a-2.png", "A-3.png")
    (collision,) = plan.collisions
    assert collision.wanted == "A.png"
    assert collision.given == ("A.png", "a-2.png", "A-3.png")


def test_a_number_for_one_picture_never_takes_the_name_of_another() -> None:
    items = [fields(1, sku="A"), fields(2, sku="A"), fields(3, sku="A-2")]

    assert plan_names("{sku}", items, "jpg").names == ("A.jpg", "A-3.jpg", "A-2.jpg")


def test_the_same_name_with_another_ending_is_no_collision() -> None:
    items = [fields(1, sku="A"), fields(2, sku="A")]

    plan = plan_names("{sku}", items, ["jpg", "webp"])

    assert plan.names == ("A.jpg", "A.webp")
    assert plan.collisions == ()


def test_a_folder_never_has_the_name_of_a_file() -> None:
    items = [fields(1, category="", sku="X"), fields(2, category="X.jpg", sku="Y")]

    assert plan_names("{category}/{sku}", items, "jpg").names == ("X.jpg", "X-jpg/Y.jpg")


def test_a_preview_shows_a_few_names_and_every_collision() -> None:
    items = [fields(n, sku="A" if n > 5 else f"S{n}") for n in range(1, 9)]

    preview = preview_names("{sku}", items, "jpg", count=2)

    assert preview.names == ("S1.jpg", "S2.jpg")
    assert len(preview.collisions[0].given) == 3


def test_a_very_long_name_keeps_its_number() -> None:
    name = name_of("{name}-{n:02}", {"name": "x" * 500})

    assert name.endswith("-01.jpg")
    assert len(name) <= 104


@some
@given(templates, many_fields, st.sampled_from(["jpg", "PNG", "we/bp", ""]))
def test_names_never_collide_climb_out_or_are_empty(
    template: str, items: list[NameFields], extension: str
) -> None:
    assume(any(f"{{{name}" in template for name in FIELDS) and template.count("/") <= 4)

    plan = plan_names(template, items, extension)

    assert len(plan.names) == len(items)
    assert len({name.casefold() for name in plan.names}) == len(items)
    for name in plan.names:
        assert re.fullmatch(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*", name)
        assert len(name) <= 260
        for part in name.split("/"):
            assert not part.startswith((".", "-"))
            assert not part.endswith(".")
            assert not re.fullmatch(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?", part)
    folders = {"/".join(name.split("/")[:depth]) for name in plan.names for depth in range(1, 6)}
    assert not {name.casefold() for name in plan.names} & {
        folder.casefold() for folder in folders - set(plan.names)
    }


@some
@given(many_fields)
def test_the_same_list_gets_the_same_names(items: list[NameFields]) -> None:
    assert plan_names("{sku}-{scene}", items, "jpg") == plan_names("{sku}-{scene}", items, "jpg")


@some
@given(hostile_text)
def test_a_safe_part_is_safe_already(text: str) -> None:
    part = safe_part(text)

    assert safe_part(part) == part
