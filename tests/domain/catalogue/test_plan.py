import csv
import io
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.domain.catalogue.make import CHAIR, chair, file_of, known_by_handle
from visualizer_core.domain.catalogue.plan import bad_rows_csv, plan_import
from visualizer_core.domain.catalogue.problems import BadRow, Findings, ProblemCode, Severity
from visualizer_core.domain.catalogue.rows import (
    ImageRef,
    KeyKind,
    Layout,
    ProductKey,
    RefKind,
    fingerprint,
)
from visualizer_core.errors import InvalidInput


def test_unknown_products_are_created() -> None:
    report = plan_import(file_of([chair("A"), chair("B")]), {})
    assert [planned.row.sku for planned in report.create] == ["A", "B"]
    assert report.create[0].existing_key is None
    assert (report.counts.create, report.counts.update, report.counts.unchanged) == (2, 0, 0)


def test_importing_the_same_file_again_changes_nothing() -> None:
    file = file_of([chair("A"), chair("B"), known_by_handle("oak-chair")])
    first = plan_import(file, {})
    stored = {planned.row.key: planned.fingerprint for planned in first.create}
    again = plan_import(file, stored)
    assert (again.counts.create, again.counts.update, again.counts.unchanged) == (0, 0, 3)


def test_a_changed_row_is_an_update_of_its_product() -> None:
    old = chair("A")
    new = replace(old, price=Decimal("99.00"))
    report = plan_import(file_of([new]), {old.key: fingerprint(old)})
    assert [planned.existing_key for planned in report.update] == [old.key]
    assert report.update[0].fingerprint == fingerprint(new)


def test_a_product_that_gets_a_sku_later_is_still_the_same() -> None:
    old = known_by_handle("oak-chair")
    report = plan_import(file_of([CHAIR]), {old.key: fingerprint(old)})
    assert [planned.existing_key for planned in report.update] == [old.key]
    assert not report.create


def test_a_stored_product_is_given_to_one_row_only() -> None:
    old = known_by_handle("oak-chair")
    blue = replace(CHAIR, key=ProductKey(KeyKind.SKU, "BLUE"), sku="BLUE", barcode=None)
    red = replace(CHAIR, key=ProductKey(KeyKind.SKU, "RED"), sku="RED", barcode=None)
    report = plan_import(file_of([blue, red]), {old.key: "old"})
    assert [planned.row.sku for planned in report.update] == ["BLUE"]
    assert [planned.row.sku for planned in report.create] == ["RED"]


def test_a_barcode_does_not_rename_a_product_that_has_a_sku() -> None:
    stored = {ProductKey(KeyKind.SKU, "OLD"): "x"}
    assert plan_import(file_of([CHAIR]), stored).counts.create == 1


def test_what_cannot_stand_in_a_room_is_left_out_unless_asked_for() -> None:
    file = file_of([chair("A"), replace(chair("GIFT"), is_placeable=False)])
    report = plan_import(file, {})
    assert [planned.row.sku for planned in report.left_out] == ["GIFT"]
    assert report.counts.left_out == 1
    assert plan_import(file, {}, with_unplaceable=True).counts.create == 2


def test_the_figures_of_a_report_add_up() -> None:
    report = plan_import(file_of([chair("A")], bad=[BadRow(3, ("", "x"), "why")]), {})
    assert report.counts.records == 2
    assert (report.counts.bad_rows, report.counts.errors, report.counts.warnings) == (1, 1, 1)


def test_a_fingerprint_ignores_where_a_row_stood_and_how_a_price_was_written() -> None:
    moved = replace(CHAIR, lines=(99,), layout=Layout.SHOPIFY, price=Decimal("129.0"))
    assert fingerprint(moved) == fingerprint(CHAIR)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Ash chair"},
        {"price": None},
        {"price": Decimal(0)},
        {"width_cm": None},
        {"tags": ()},
        {"is_published": False},
        {"image_refs": (ImageRef(RefKind.FILE, "other.jpg", 1),)},
    ],
)
def test_a_fingerprint_notices_every_change(change: dict[str, object]) -> None:
    assert fingerprint(replace(CHAIR, **change)) != fingerprint(CHAIR)  # pyright: ignore[reportArgumentType]  # one field at a time, each of its own type


def test_a_key_is_stored_as_text_and_comes_back() -> None:
    for key in (ProductKey(KeyKind.SKU, "404.038.96"), ProductKey(KeyKind.HANDLE, "a:b|Color=Red")):
        assert ProductKey.parse(str(key)) == key
    assert str(CHAIR.key) == "sku:CH-100"
    for text in ("CH-100", "sku:", "id:3"):
        with pytest.raises(InvalidInput, match="not a product key"):
            ProductKey.parse(text)


def test_bad_rows_come_back_as_a_csv_that_no_spreadsheet_runs() -> None:
    bad = [BadRow(3, ("=1+1", "Chair, oak\nsecond"), "No key."), BadRow(7, ("raw",), "Broken.")]
    data = bad_rows_csv(plan_import(file_of([chair("A")], bad=bad), {}))
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert rows == [
        ["sku", "name", "Line in the file", "Why it was refused"],
        ["'=1+1", "Chair, oak\nsecond", "3", "No key."],
        ["raw", "", "7", "Broken."],
    ]


def test_warnings_beyond_the_limit_are_counted_by_kind() -> None:
    findings = Findings()
    for line in range(6_000):
        findings.add(ProblemCode.SHORT_ROW, line, detail="1 cell")
    findings.add(ProblemCode.MISSING_KEY, 9_999)
    problems = findings.all_problems()
    assert len(problems) == 5_002
    assert [p.line for p in problems if p.severity is Severity.ERROR] == [9_999]
    assert problems[-1].message == "1000 more warnings of the kind “short_row” are not listed."


def test_every_kind_of_problem_has_a_message_and_a_remedy() -> None:
    for code in ProblemCode:
        problem = Findings().add(code, 1, column="{C}", value="{V}" * 200, detail="{D}")
        assert problem.message
        assert problem.remedy.endswith(".")
        assert len(problem.value) <= 120
