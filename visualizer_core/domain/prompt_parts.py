"""What a prompt is made of, and what it becomes: parts in the order they are sent."""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from visualizer_core.domain.analysis import ProductAnalysis, SceneAnalysis
from visualizer_core.domain.analysis_text import CatalogueText, product_from_text
from visualizer_core.domain.corrections import RetryHint, ReviewReason
from visualizer_core.domain.generation_settings import FlowGenerationSettings

__all__ = [
    "BuiltPrompt",
    "PromptImage",
    "PromptInput",
    "PromptInspiration",
    "PromptProduct",
    "PromptText",
    "Section",
]

Section = Literal["preserve", "scene", "preserve_again", "label"]


@dataclass(frozen=True, slots=True)
class PromptText:
    """Words of the request and which of the three parts they belong to."""

    text: str
    section: Section


@dataclass(frozen=True, slots=True)
class PromptImage:
    """A place for a picture; the caller puts the bytes of `id` here.

    Parameters
    ----------
    number : int
        As the text calls it, from 1.
    id : UUID
        Of the product photo or of the inspiration.
    kind : str
        ``product`` or ``inspiration``; ``subject`` in an analysis.
    """

    number: int
    id: UUID
    kind: Literal["product", "inspiration", "subject"]


@dataclass(frozen=True, slots=True)
class PromptProduct:
    """What is known about the product; sizes in cm."""

    name: str
    category: str = ""
    description: str = ""
    analysis: ProductAnalysis | None = None
    width_cm: float | None = None
    depth_cm: float | None = None
    height_cm: float | None = None

    def described(self) -> ProductAnalysis:
        """The analysis, or what the catalogue's text tells."""
        return self.analysis or product_from_text(
            CatalogueText(
                name=self.name,
                category=self.category,
                description=self.description,
                width_cm=self.width_cm,
                depth_cm=self.depth_cm,
                height_cm=self.height_cm,
            )
        )


@dataclass(frozen=True, slots=True)
class PromptInspiration:
    """One inspiration; without `send_pixels` only its description takes part."""

    id: UUID
    role: Literal["composition", "style", "subject"] = "composition"
    send_pixels: bool = True
    analysis: SceneAnalysis | None = None


@dataclass(frozen=True, slots=True)
class PromptInput:
    """Everything a prompt is made of.

    Parameters
    ----------
    settings : FlowGenerationSettings
        Resolved.
    product : PromptProduct
    photos : tuple of UUID
        Product photos, the primary first; the builder uses only the first few.
    inspirations : tuple of PromptInspiration
        In the order they are shown.
    variant : int
        From 1 to ``settings.variants``.
    reasons : tuple of ReviewReason
        What was wrong with the picture this one replaces.
    instruction : str
        What a person asks to be different this time.
    hint : RetryHint, optional
        After a call that gave no usable picture.
    """

    settings: FlowGenerationSettings
    product: PromptProduct
    photos: tuple[UUID, ...]
    inspirations: tuple[PromptInspiration, ...] = ()
    variant: int = 1
    reasons: tuple[ReviewReason, ...] = ()
    instruction: str = ""
    hint: RetryHint | None = None


@dataclass(frozen=True, slots=True)
class BuiltPrompt:
    """A prompt.

    Parameters
    ----------
    parts : tuple
        In the order they are sent.
    text : str
        For people and for the recipe: the words, with ``[Image n: kind]`` where pictures stand.
    trace : dict
        Name of a decision to what was decided, for example ``{"class": "dining chair"}``.
    version : int
        Of the words; part of the recipe.
    """

    parts: tuple[PromptText | PromptImage, ...]
    text: str
    trace: dict[str, str] = field(default_factory=dict[str, str])
    version: int = 0

    def section(self, name: Section) -> str:
        """The words of one part."""
        return "\n".join(
            part.text
            for part in self.parts
            if isinstance(part, PromptText) and part.section == name
        )
