"""Every request of the contract, sent as it stands."""

import httpx2
import pytest

from tests.local.standin import contract
from tests.local.standin.contract import LATER_REQUESTS, body_of, inside, names_in, part, send
from tests.local.standin.control import Control
from visualizer_core.local.standin import RunningStandIn
from visualizer_core.local.standin.loose import as_list, as_mapping

_SERVED = [name for name in names_in("requests") if name not in LATER_REQUESTS]


def test_the_contract_lies_beside_the_checkout() -> None:
    assert contract.shapes()["requests"]


@pytest.mark.parametrize("name", _SERVED)
def test_a_sample_request_gets_the_sample_kind_of_answer(
    name: str, standin: RunningStandIn
) -> None:
    answer = send(standin.base_url, part("requests", name))
    # The one sample that names an uploaded file: nothing was uploaded, which the provider says so.
    assert answer.status_code == (403 if name == "image_generate_with_file_uri" else 200)


@pytest.mark.parametrize("name", sorted(LATER_REQUESTS & set(names_in("requests"))))
def test_a_route_for_later_answers_404_in_the_envelope(name: str, standin: RunningStandIn) -> None:
    answer = send(standin.base_url, part("requests", name))
    error = inside(inside(body_of(answer))["error"])
    assert (answer.status_code, error["code"], error["status"]) == (404, 404, "NOT_FOUND")


def test_a_request_that_names_an_uploaded_file_is_told_that_it_is_missing(
    standin: RunningStandIn,
) -> None:
    answer = send(standin.base_url, part("requests", "image_generate_with_file_uri"))
    sample = part("responses", "file_missing")
    assert (answer.status_code, body_of(answer)) == (sample["status"], sample["body"])


def test_keys_may_be_in_snake_case_at_any_depth(standin: RunningStandIn, control: Control) -> None:
    sample = part("requests", "image_generate")
    snake = {**sample, "body": _snake(sample["body"])}
    assert send(standin.base_url, snake).status_code == 200
    first = control.last_entry()
    assert send(standin.base_url, sample).status_code == 200
    second = control.last_entry()
    assert first["images"] == second["images"]  # URL-safe and standard base64 alike
    assert first["returned"] == second["returned"]


def _snake(value: object) -> object:
    if (elements := as_list(value)) is not None:
        return [_snake(element) for element in elements]
    if (known := as_mapping(value)) is not None:
        return {_snaked(name): _snake(inner) for name, inner in known.items()}
    if isinstance(value, str) and value.startswith("_9j_"):  # a JPEG in the URL-safe alphabet
        return value.replace("_", "/").replace("-", "+")
    return value


def _snaked(name: str) -> str:
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name)


def test_the_other_version_prefix_is_served_too(raw: httpx2.Client) -> None:
    assert raw.get("/v1/models/gemini-nano-banana-2.1").status_code == 200


def test_strict_versions_hide_a_model_from_the_version_that_lacks_it(
    raw: httpx2.Client, control: Control
) -> None:
    control.post("strict", {"versions": True})
    answer = raw.get("/v1/models/gemini-nano-banana-2.1")
    assert answer.status_code == 404
    assert "API version v1," in answer.text
    assert raw.get("/v1beta/models/gemini-nano-banana-2.1").status_code == 200
