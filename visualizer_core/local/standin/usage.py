"""Token counts and money, by the arithmetic the contract gives.

On success ``total = prompt + candidates + thoughts``, and the candidates exceed the picture's own
tokens by some dozens to hundreds. On a blocked answer candidates equal thoughts and are counted
once. Every number is derived from the call, so that a ledger can be checked to the last token.
"""

import hashlib
import math
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from visualizer_core.local.standin.call import Call, Picture, Piece, Text
from visualizer_core.local.standin.exchange import JsonObject

__all__ = [
    "Usage",
    "blocked",
    "pictures",
    "prompt_details",
    "prompt_only",
    "prompt_tokens",
    "words",
]

_CHARACTERS_PER_TOKEN = 4  # of prose, the vendor's rule of thumb
_JSON_CHARACTERS_PER_TOKEN = 3
_LEVELS = {
    "MEDIA_RESOLUTION_LOW": 280,
    "MEDIA_RESOLUTION_MEDIUM": 560,
    "MEDIA_RESOLUTION_HIGH": 1120,
    "MEDIA_RESOLUTION_ULTRA_HIGH": 2240,
}
# Thought tokens of image calls, lowest and spread: about 200 when minimal, 900 at the default.
_IMAGE_THOUGHTS = {"MINIMAL": (160, 120), "LOW": (350, 200), "MEDIUM": (800, 250)}
_IMAGE_THOUGHTS_HIGH = (1500, 600)
_TEXT_THOUGHTS = {"MINIMAL": (16, 24), "LOW": (80, 80), "MEDIUM": (200, 200)}
_TEXT_THOUGHTS_HIGH = (600, 400)
_EXTRA = (88, 542)  # candidates above the pictures' tokens: 88 to 630 were measured
_TIER_FACTOR = {"flex": Decimal("0.5")}  # flex is priced like batch


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call.

    Parameters
    ----------
    text, image : int
        Prompt tokens by modality.
    candidates : int or None
        Output tokens, pictures included; None when the answer has no such field.
    made : int
        Tokens of the pictures among them.
    thoughts : int
    total : int
    detailed : bool
        Whether the answer splits the prompt by modality.
    tier : str or None
        Echoed by successful picture calls only.
    """

    text: int
    image: int
    candidates: int | None
    made: int
    thoughts: int
    total: int
    detailed: bool = True
    tier: str | None = None

    @property
    def prompt(self) -> int:
        """Prompt tokens of all modalities."""
        return self.text + self.image

    def reported(self) -> JsonObject:
        """Build ``usageMetadata``; fields without a value are left out, as on the wire."""
        body: JsonObject = {"promptTokenCount": self.prompt}
        if self.candidates is not None:
            body["candidatesTokenCount"] = self.candidates
        if self.thoughts:
            body["thoughtsTokenCount"] = self.thoughts
        body["totalTokenCount"] = self.total
        if self.detailed:
            body["promptTokensDetails"] = prompt_details(self.text, self.image)
        if self.made:
            body["candidatesTokensDetails"] = [{"modality": "IMAGE", "tokenCount": self.made}]
        if self.tier is not None:
            body["serviceTier"] = self.tier
        return body

    def micros(self, call: Call, day: date) -> int:
        """Price in millionths of a dollar: USD per million tokens is micros per token."""
        price = call.model.price(day)
        text_out = max((self.candidates or 0) - self.made, 0) + self.thoughts
        exact = (
            self.prompt * Decimal(str(price.input))
            + self.made * Decimal(str(price.image_out))
            + text_out * Decimal(str(price.text_out))
        ) * _TIER_FACTOR.get(call.tier, Decimal(1))
        return int(exact.to_integral_value(ROUND_HALF_EVEN))


def prompt_details(text: int, image: int) -> list[JsonObject]:
    """Split of the prompt by modality, without empty ones."""
    details: list[JsonObject] = [{"modality": "TEXT", "tokenCount": text}] if text else []
    if image:
        details.append({"modality": "IMAGE", "tokenCount": image})
    return details


def prompt_tokens(call: Call) -> tuple[int, int]:
    """Text and image tokens of the prompt, system instruction included."""
    text, image = _piece_tokens(call.pieces, call)
    return text + _text_tokens(call.system), image


def _piece_tokens(pieces: tuple[Piece, ...], call: Call) -> tuple[int, int]:
    """Text and image tokens of some pieces under a call's settings."""
    text = sum(_text_tokens(piece.text) for piece in pieces if isinstance(piece, Text))
    image = sum(_picture_tokens(piece, call) for piece in pieces if isinstance(piece, Picture))
    return text, image


def pictures(call: Call, count: int) -> Usage:
    """Usage of an answer with pictures, all of them billed."""
    text, image = prompt_tokens(call)
    made = count * call.model.image_tokens[call.size]
    candidates = made + _spread(call, "extra", *_EXTRA)
    thoughts = _thoughts(call)
    total = text + image + candidates + thoughts
    return Usage(text, image, candidates, made, thoughts, total, tier=call.tier)


def words(call: Call, answer: str, *, structured: bool, detailed: bool = True) -> Usage:
    """Usage of an answer in words or JSON."""
    text, image = prompt_tokens(call)
    per_token = _JSON_CHARACTERS_PER_TOKEN if structured else _CHARACTERS_PER_TOKEN
    candidates = math.ceil(len(answer) / per_token)
    thoughts = _thoughts(call) if structured else 0
    total = text + image + candidates + thoughts
    return Usage(text, image, candidates, 0, thoughts, total, detailed)


def blocked(call: Call) -> Usage:
    """Usage of an answer that was withheld: its candidates are the thoughts, counted once."""
    text, image = prompt_tokens(call)
    thoughts = _thoughts(call)
    return Usage(text, image, thoughts, 0, thoughts, text + image + thoughts)


def prompt_only(call: Call) -> Usage:
    """Usage of an answer without a candidate."""
    text, image = prompt_tokens(call)
    return Usage(text, image, None, 0, 0, text + image, detailed=False)


def _text_tokens(text: str) -> int:
    return math.ceil(len(text) / _CHARACTERS_PER_TOKEN)


def _picture_tokens(picture: Picture, call: Call) -> int:
    level = picture.level or call.config.media_resolution
    if call.model.role == "image" or level is None:
        return call.model.tokens_per_image
    return _LEVELS.get(level, call.model.tokens_per_image)


def _thoughts(call: Call) -> int:
    image = call.model.role == "image"
    table = _IMAGE_THOUGHTS if image else _TEXT_THOUGHTS
    low, spread = table.get(call.thinking, _IMAGE_THOUGHTS_HIGH if image else _TEXT_THOUGHTS_HIGH)
    return _spread(call, "thoughts", low, spread)


def _spread(call: Call, purpose: str, low: int, width: int) -> int:
    """Pick a number between `low` and `low + width` that always is the same for this call."""
    return low + _number_of(f"{purpose}:{call.identity}") % width


def _number_of(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
