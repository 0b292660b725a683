"""The request of one picture: prompt, bytes in order, recipe."""

from dataclasses import dataclass
from uuid import UUID

from visualizer_core.analysing import with_pictures
from visualizer_core.db.jobs import ClaimedAsset
from visualizer_core.domain.corrections import RetryHint, ReviewReason
from visualizer_core.domain.ids import CallId
from visualizer_core.domain.prompts import (
    BuiltPrompt,
    PromptImage,
    PromptInput,
    PromptInspiration,
    PromptProduct,
    build_prompt,
)
from visualizer_core.domain.recipe import InputHash, Recipe, recipe_hash, seed_for
from visualizer_core.domain.status import Lane
from visualizer_core.imaging import compare
from visualizer_core.ports import ImagePart, PictureRequest, TextPart
from visualizer_core.services.generation.inputs import InputPicture, PictureInputs, fetch
from visualizer_core.workspace import Workspace

__all__ = ["Prepared", "prepare"]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request that only lacks its call id."""

    asset: ClaimedAsset
    inputs: PictureInputs
    prompt: BuiltPrompt
    parts: tuple[TextPart | ImagePart, ...]
    fingerprints: tuple[compare.InputHash, ...]
    recipe: dict[str, object]
    recipe_hash: str

    def request(self, call_id: CallId) -> PictureRequest:
        """The request as one call of the ledger."""
        settings = self.inputs.settings
        return PictureRequest(
            call_id=call_id,
            model=self.asset.model,
            parts=self.parts,
            aspect_ratio=settings.aspect_ratio,
            image_size=settings.image_size,
            seed=seed_for(self.asset.id, self.asset.attempts),
            lane=Lane(self.asset.lane),
        )


def prepare(ws: Workspace, asset: ClaimedAsset, inputs: PictureInputs) -> Prepared:
    """Build the prompt, fetch the pictures and write the recipe down.

    Raises
    ------
    NotFound
        When a picture is gone from storage.
    PartMissing
        When storage is away.
    """
    prompt = build_prompt(_prompt_input(asset, inputs))
    pictures = _pictures(inputs)
    fetched = {key: fetch(ws, picture) for key, picture in pictures.items()}
    shown = [part for part in prompt.parts if isinstance(part, PromptImage)]
    recipe = Recipe(
        inputs=tuple(
            InputHash(part.number, part.kind, fetched[part.id].fingerprint.sha256) for part in shown
        ),
        prompt=prompt.text,
        prompt_version=prompt.version,
        model=asset.model,
        settings=inputs.settings,
        variant=asset.variant,
    )
    return Prepared(
        asset=asset,
        inputs=inputs,
        prompt=prompt,
        parts=with_pictures(
            prompt.parts,
            {key: ImagePart(fetched[key].data, picture.mime) for key, picture in pictures.items()},
        ),
        fingerprints=tuple(fetched[part.id].fingerprint for part in shown),
        recipe=recipe.to_json(),
        recipe_hash=recipe_hash(recipe),
    )


def _pictures(inputs: PictureInputs) -> dict[UUID, InputPicture]:
    pictures = {inputs.photo.image_id: inputs.photo}
    for scene in inputs.scenes:
        if scene.picture is not None:
            pictures[scene.inspiration_id] = scene.picture
    return pictures


def _prompt_input(asset: ClaimedAsset, inputs: PictureInputs) -> PromptInput:
    return PromptInput(
        settings=inputs.settings,
        product=PromptProduct(
            name=inputs.name,
            category=inputs.category,
            description=inputs.description,
            analysis=inputs.analysis,
            width_cm=inputs.width_cm,
            depth_cm=inputs.depth_cm,
            height_cm=inputs.height_cm,
        ),
        photos=(inputs.photo.image_id,),
        inspirations=tuple(
            PromptInspiration(
                id=scene.inspiration_id,
                role=scene.role,
                send_pixels=scene.picture is not None,
                analysis=scene.analysis,
            )
            for scene in inputs.scenes
        ),
        variant=asset.variant,
        reasons=tuple(ReviewReason(code) for code in asset.reasons),
        instruction=asset.instruction,
        hint=None if asset.hint is None else RetryHint(asset.hint),
    )
