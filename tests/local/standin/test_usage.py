"""Token counts add up as the contract says, and the bill follows from them."""

import httpx2
import pytest

from tests.local.standin.contract import Json, body_of, inside, items
from tests.local.standin.control import (
    IMAGE_PATH,
    TEXT_PATH,
    Control,
    analysis_request,
    inline,
    picture_request,
    product_png,
)


def _usage(answer: httpx2.Response) -> dict[str, int]:
    usage = inside(inside(body_of(answer))["usageMetadata"])
    return {name: value for name, value in usage.items() if isinstance(value, int)}


def _by_modality(answer: httpx2.Response, name: str) -> dict[object, int]:
    usage = inside(inside(body_of(answer))["usageMetadata"])
    return {
        inside(one)["modality"]: int(str(inside(one)["tokenCount"])) for one in items(usage[name])
    }


def test_a_picture_s_tokens_add_up_and_are_billed(raw: httpx2.Client, control: Control) -> None:
    answer = raw.post(IMAGE_PATH, json=picture_request())
    usage = _usage(answer)
    prompt, made, thoughts = (
        usage[f"{name}TokenCount"] for name in ("prompt", "candidates", "thoughts")
    )
    assert usage["totalTokenCount"] == prompt + made + thoughts
    assert sum(_by_modality(answer, "promptTokensDetails").values()) == prompt
    assert _by_modality(answer, "promptTokensDetails")["IMAGE"] == 2 * 258
    assert _by_modality(answer, "candidatesTokensDetails") == {"IMAGE": 1120}
    assert 88 <= made - 1120 <= 630
    billed = prompt * 1.5 + 1120 * 30 + (made - 1120 + thoughts) * 7.5
    assert control.last_entry()["billed_micros"] == pytest.approx(billed, abs=0.5)


def test_less_thinking_costs_less(raw: httpx2.Client) -> None:
    thoughts: list[int] = []
    for level in ("MINIMAL", "MEDIUM", "HIGH"):
        config = {"thinkingConfig": {"thinkingLevel": level}}
        answer = raw.post(IMAGE_PATH, json=picture_request(config=config))
        thoughts.append(_usage(answer)["thoughtsTokenCount"])
    assert thoughts == sorted(thoughts)
    assert thoughts[0] < 300
    assert thoughts[1] > 700


def test_every_draft_is_billed(raw: httpx2.Client, control: Control) -> None:
    control.fault("image_ok_several_drafts_take_last")
    answer = raw.post(IMAGE_PATH, json=picture_request())
    assert _by_modality(answer, "candidatesTokensDetails") == {"IMAGE": 2240}
    assert int(str(control.last_entry()["billed_micros"])) > 2240 * 30


def test_a_blocked_answer_counts_its_thoughts_once(raw: httpx2.Client, control: Control) -> None:
    control.fault("image_no_image")
    usage = _usage(raw.post(IMAGE_PATH, json=picture_request()))
    assert usage["candidatesTokenCount"] == usage["thoughtsTokenCount"]
    total = usage["promptTokenCount"] + usage["thoughtsTokenCount"]
    assert usage["totalTokenCount"] == total


@pytest.mark.parametrize(
    ("level", "tokens"), [(None, 1120), ("LOW", 280), ("MEDIUM", 560), ("ULTRA_HIGH", 2240)]
)
def test_the_resolution_of_a_part_sets_its_tokens(
    level: str | None, tokens: int, raw: httpx2.Client
) -> None:
    picture: Json = dict(inline(product_png(), "image/png"))
    if level is not None:
        picture = {**picture, "mediaResolution": {"level": f"MEDIA_RESOLUTION_{level}"}}
    schema = {"type": "OBJECT", "properties": {"style": {"type": "STRING"}}}
    answer = raw.post(TEXT_PATH, json=analysis_request(schema, picture))
    assert _by_modality(answer, "promptTokensDetails")["IMAGE"] == tokens


def test_the_flex_tier_is_half_the_price(raw: httpx2.Client, control: Control) -> None:
    raw.post(IMAGE_PATH, json=picture_request())
    standard = int(str(control.last_entry()["billed_micros"]))
    answer = raw.post(IMAGE_PATH, json={**picture_request(), "serviceTier": "flex"})
    assert inside(inside(body_of(answer))["usageMetadata"])["serviceTier"] == "flex"
    assert int(str(control.last_entry()["billed_micros"])) == pytest.approx(standard / 2, abs=1)
