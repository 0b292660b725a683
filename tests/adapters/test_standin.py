"""The adapters against the stand-in, which validates as strictly as the provider is known to."""

from collections.abc import Iterator

import pytest

from tests.adapters.contracts import (
    AnalystContract,
    ImageGeneratorContract,
    InspirationSearchContract,
    analysis_request,
    picture_request,
)
from visualizer_core.adapters.gemini import GeminiProvider
from visualizer_core.adapters.unsplash import UnsplashSearch
from visualizer_core.domain.analysis import ProductAnalysis, SceneAnalysis
from visualizer_core.domain.outcomes import OutcomeClass
from visualizer_core.domain.registry import ModelEntry, builtin_registry

PICTURE_MODELS = [entry for entry in builtin_registry().models if entry.kind == "image"]


@pytest.fixture
def provider(standin_url: str) -> Iterator[GeminiProvider]:
    provider = GeminiProvider(
        api_key="stand-in-key", registry=builtin_registry(), base_url=standin_url, timeout_s=60
    )
    yield provider
    provider.close()


class TestPictures(ImageGeneratorContract):
    @pytest.fixture
    def generator(self, provider: GeminiProvider) -> GeminiProvider:
        return provider

    @pytest.mark.parametrize("entry", PICTURE_MODELS, ids=lambda entry: entry.id)
    def test_every_model_of_the_registry_takes_our_request(
        self, provider: GeminiProvider, entry: ModelEntry
    ) -> None:
        outcome = provider.generate(picture_request(model=entry.id))
        assert outcome.kind is OutcomeClass.SUCCESS, outcome.message

    def test_a_wish_the_model_cannot_fulfil_is_an_invalid_request(
        self, provider: GeminiProvider
    ) -> None:
        outcome = provider.generate(picture_request(aspect_ratio="7:5"))
        assert outcome.kind is OutcomeClass.INVALID_REQUEST
        assert "The provider says" in outcome.message


class TestAnalyses(AnalystContract):
    @pytest.fixture
    def analyst(self, provider: GeminiProvider) -> GeminiProvider:
        return provider

    @pytest.mark.parametrize("schema", [ProductAnalysis, SceneAnalysis])
    def test_our_own_questions_are_answered_in_our_own_words(
        self, provider: GeminiProvider, schema: type[ProductAnalysis | SceneAnalysis]
    ) -> None:
        outcome = provider.analyse(analysis_request(schema=schema))
        assert outcome.text is not None, outcome.message
        schema.model_validate_json(outcome.text)


class TestPhotos(InspirationSearchContract):
    @pytest.fixture
    def photos(self, standin_url: str) -> Iterator[UnsplashSearch]:
        photos = UnsplashSearch(access_key="stand-in-key", base_url=standin_url)
        yield photos
        photos.close()
