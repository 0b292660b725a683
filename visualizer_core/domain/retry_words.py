"""What a person reads after a provider call: per outcome a code and the words."""

from collections.abc import Mapping
from dataclasses import dataclass

from visualizer_core.domain.outcomes import OutcomeClass

__all__ = ["WORDS", "Words"]


@dataclass(frozen=True, slots=True)
class Words:
    """Words of one outcome; ``{item}`` is the picture.

    Parameters
    ----------
    code : str
        Stored as `error_code`.
    again : str
        While it is tried again or waits.
    final : str
        When it is given up, or stops work: what happened and what to do.
    """

    code: str
    again: str
    final: str


WORDS: Mapping[OutcomeClass, Words] = {
    OutcomeClass.NO_IMAGE_TEXT: Words(
        "no_image",
        "The model answered {item} with words; it is asked again for a picture.",
        "The model gave no picture for {item}. Change its settings or prompt, then retry.",
    ),
    OutcomeClass.SOFT_FAIL: Words(
        "no_image",
        "The model gave no picture for {item}; it is asked again.",
        "The model gave no picture for {item}. Change its settings or prompt, then retry.",
    ),
    OutcomeClass.BAD_PICTURE: Words(
        "bad_picture",
        "The picture for {item} failed the checks; another is made.",
        "The pictures for {item} failed the checks. Look at its photo and settings, then retry.",
    ),
    OutcomeClass.BLOCKED: Words(
        "blocked",
        "The provider refused {item}; it is asked once more in other words.",
        "The provider refused {item} for its content rules. Change its photo, text or prompt, then"
        " retry.",
    ),
    OutcomeClass.RECITATION: Words(
        "recitation",
        "The picture for {item} was too close to existing work; another prompt is tried.",
        "The pictures for {item} were too close to existing work. Choose another inspiration, then"
        " retry.",
    ),
    OutcomeClass.TRUNCATED: Words(
        "truncated",
        "The answer for {item} was cut; it is asked again with a higher limit.",
        "The answer for {item} was cut even with a higher limit. Shorten its prompt, then retry.",
    ),
    OutcomeClass.UNEXPECTED: Words(
        "unexpected",
        "",
        "The provider's answer for {item} was of a kind this version does not know. The raw answer"
        " is kept; tell support, then retry.",
    ),
    OutcomeClass.INVALID_REQUEST: Words(
        "invalid_request",
        "",
        "The provider cannot work with the request for {item}. Change its photo, ratio, size or"
        " model, then retry.",
    ),
    OutcomeClass.BAD_KEY: Words(
        "bad_key",
        "",
        "The provider does not accept the key, so the run is paused at {item}. Set a valid"
        " GEMINI_API_KEY, then resume.",
    ),
    OutcomeClass.BILLING: Words(
        "billing",
        "",
        "The provider's account has no credit or no billing, so the run is paused at {item}. Settle"
        " that with the provider, then resume.",
    ),
    OutcomeClass.FORBIDDEN: Words(
        "forbidden",
        "",
        "The provider's account may not do this, so the run is paused at {item}. Check the key's"
        " project and rights, then resume.",
    ),
    OutcomeClass.MODEL_GONE: Words(
        "model_gone",
        "",
        "The provider does not know the model of {item} any more, so it is paused. Choose another"
        " model, then resume.",
    ),
    OutcomeClass.NO_ACCESS: Words(
        "no_access",
        "",
        "The provider's account has no access to the model of {item}, so it is paused. Choose"
        " another model or raise the account's tier, then resume.",
    ),
    OutcomeClass.RATE_LIMITED: Words(
        "rate_limited",
        "The provider's rate limit is reached; {item} waits.",
        "{item} waited too long for the provider's rate limit. Lower the rate or retry later.",
    ),
    OutcomeClass.DAY_LIMIT: Words(
        "day_limit",
        "The provider's limit for today is used up; {item} waits for midnight, Pacific time.",
        "{item} waited many days for the provider's daily limit. Raise the account's tier or retry"
        " later.",
    ),
    OutcomeClass.OVERLOADED: Words(
        "overloaded",
        "The provider is overloaded; {item} waits.",
        "The provider was overloaded for hours, so {item} was given up. Retry later.",
    ),
    OutcomeClass.CONNECTION: Words(
        "connection",
        "The provider cannot be reached; {item} waits.",
        "The provider could not be reached for hours, so {item} was given up. Check the network,"
        " then retry.",
    ),
    OutcomeClass.SERVER_ERROR: Words(
        "server_error",
        "The provider had a fault at {item}; it is tried again.",
        "The provider had a fault at {item} every time. Retry later, or use smaller photos.",
    ),
    OutcomeClass.TIMEOUT: Words(
        "timeout",
        "The provider took too long for {item}; it is tried again.",
        "The provider took too long for {item} every time. Retry later, or use fewer photos.",
    ),
    OutcomeClass.CANCELLED: Words(
        "cancelled_by_provider",
        "The provider cancelled the call for {item}; it is tried again.",
        "The provider cancelled the calls for {item}. Retry later.",
    ),
    OutcomeClass.UNKNOWN: Words(
        "outcome_unknown",
        "The connection broke during {item}; it may have been charged, and is tried again.",
        "The connection broke during {item} every time; the calls may have been charged. Look at"
        " the ledger, then retry if you want it.",
    ),
}
