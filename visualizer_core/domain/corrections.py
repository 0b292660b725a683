"""What was wrong with a picture, and what the next prompt says about it."""

from collections.abc import Mapping
from enum import StrEnum

from visualizer_core.domain.outcomes import OutcomeClass

__all__ = ["REASON_LABELS", "RetryHint", "ReviewReason", "corrective_clause", "hint_after"]


class ReviewReason(StrEnum):
    """Why a person rejected a picture."""

    COLOUR = "colour"
    SHAPE = "shape"
    PARTS = "parts"
    TEXTURE = "texture"
    SCALE = "scale"
    PLACEMENT = "placement"
    LIGHTING = "lighting"
    STYLE = "style"
    ARTEFACT = "artefact"
    TEXT = "text"
    OTHER = "other"


class RetryHint(StrEnum):
    """How the prompt of a repeated call differs from the first."""

    RETURN_IMAGE = "return_image"  # the model talked instead
    CHANGED = "changed"  # the picture resembled existing work
    REWORDED = "reworded"  # the words, or the catalogue's, were refused
    NOT_THE_INPUT = "not_the_input"  # the picture failed the checks: an input came back, or a blank
    MORE_TOKENS = "more_tokens"  # the answer was cut: same prompt, higher output limit


REASON_LABELS: Mapping[ReviewReason, str] = {
    ReviewReason.COLOUR: "Colour differs",
    ReviewReason.SHAPE: "Shape or proportions differ",
    ReviewReason.PARTS: "Missing or extra part",
    ReviewReason.TEXTURE: "Texture or pattern differs",
    ReviewReason.SCALE: "Wrong size in the room",
    ReviewReason.PLACEMENT: "Placed badly",
    ReviewReason.LIGHTING: "Lighting does not fit",
    ReviewReason.STYLE: "Style does not fit",
    ReviewReason.ARTEFACT: "Artefacts",
    ReviewReason.TEXT: "Text or logo",
    ReviewReason.OTHER: "Other",
}
"""For the review screen."""

_CLAUSES: Mapping[ReviewReason, str] = {
    ReviewReason.COLOUR: (
        "The product's colour was off: match every colour of the product to the photo exactly, and"
        " keep the scene's light neutral on it."
    ),
    ReviewReason.SHAPE: (
        "The product's shape was off: keep its outline, proportions and angles exactly as in the"
        " photo."
    ),
    ReviewReason.PARTS: (
        "A part of the product was missing or added: count its legs, drawers, doors, cushions,"
        " handles and shades in the photo and show exactly those."
    ),
    ReviewReason.TEXTURE: (
        "The product's surface was off: keep its material, grain, weave and pattern as in the"
        " photo, at the same scale."
    ),
    ReviewReason.SCALE: (
        "The product had the wrong size: fit it to the room by its real size and by the things"
        " around it."
    ),
    ReviewReason.PLACEMENT: (
        "The product was placed badly: give it a free, stable and natural place, with all its"
        " points of contact visible and nothing running into it."
    ),
    ReviewReason.LIGHTING: (
        "The light was off: let the product be lit from the same side, with the same softness and"
        " warmth, as everything around it."
    ),
    ReviewReason.STYLE: (
        "The scene's style was off: keep strictly to the style and mood asked for above."
    ),
    ReviewReason.ARTEFACT: (
        "There were artefacts: render clean edges, straight lines and whole objects, with nothing"
        " melted, doubled or floating."
    ),
    ReviewReason.TEXT: (
        "There was unwanted text: leave every surface of the scene free of letters, numbers, logos"
        " and watermarks."
    ),
    ReviewReason.OTHER: "The last picture was rejected: follow the rules above more closely.",
}

_HINTS: Mapping[OutcomeClass, RetryHint] = {
    OutcomeClass.NO_IMAGE_TEXT: RetryHint.RETURN_IMAGE,
    OutcomeClass.RECITATION: RetryHint.CHANGED,
    OutcomeClass.BLOCKED: RetryHint.REWORDED,
    OutcomeClass.BAD_PICTURE: RetryHint.NOT_THE_INPUT,
    OutcomeClass.TRUNCATED: RetryHint.MORE_TOKENS,
}


def corrective_clause(reason: ReviewReason) -> str:
    """The sentence that asks the next picture to avoid `reason`."""
    return _CLAUSES[reason]


def hint_after(kind: OutcomeClass) -> RetryHint | None:
    """How to change the prompt when the last call of this asset ended as `kind`."""
    return _HINTS.get(kind)
