"""Hypothesis strategies for domain values."""

from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st

from visualizer_core.domain.analysis import ProductAnalysis, SceneAnalysis
from visualizer_core.domain.generation_settings import SettingsOverrides
from visualizer_core.domain.resolve import Level
from visualizer_core.domain.status import Lane
from visualizer_core.domain.vocabulary import (
    ASPECT_RATIOS,
    CAMERA_ANGLES,
    IMAGE_SIZES,
    LIGHTINGS,
    MOODS,
    OUTDOOR_SCENES,
    SCENE_TYPES,
    STYLES,
)

some = settings(max_examples=40, deadline=None)
"""Enough to find what examples miss, and quick; a busy machine must not fail a test."""

hex_colours = st.integers(0, 0xFFFFFF).map("#{:06X}".format)
uuids = st.uuids()
# Any text at all: control characters, direction marks, lone surrogates.
hostile_text = st.text(alphabet=st.characters(), max_size=400)
short_text = st.text(max_size=120)
# Few different entries, so that duplicates in other letter case and blanks turn up.
entries = st.sampled_from(
    [f"{word}{n}" for word in ("vase", "Vase", " vase ", "rug") for n in range(9)]
)


def unique(words: tuple[str, ...], size: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(words), min_size=1, max_size=size, unique=True)


product_analyses = st.builds(
    ProductAnalysis,
    generic_class=st.sampled_from(["dining chair", "sofa", "table lamp", "wall mirror"]),
    placement=st.sampled_from(["floor", "wall", "ceiling", "surface"]),
    indoor=st.booleans(),
    outdoor=st.booleans(),
    rooms=unique(SCENE_TYPES, 5),
    styles=unique(STYLES, 3),
    moods=st.lists(st.sampled_from(MOODS), max_size=3, unique=True),
    materials=st.just([]),
    colours=st.lists(hex_colours, min_size=1, max_size=6),
    camera_angle=st.sampled_from(CAMERA_ANGLES),
    scale=st.sampled_from(["tiny", "small", "medium", "large", "very large"]),
    has_text=st.booleans(),
)


@st.composite
def _scenes(draw: st.DrawFn) -> SceneAnalysis:
    scene_type = draw(st.sampled_from(SCENE_TYPES))
    return SceneAnalysis.model_validate(
        {
            "scene_type": scene_type,
            "indoor": scene_type not in OUTDOOR_SCENES,
            "styles": draw(unique(STYLES, 3)),
            "lighting": draw(st.sampled_from(LIGHTINGS)),
            "camera_angle": draw(st.sampled_from(CAMERA_ANGLES)),
            "moods": draw(st.lists(st.sampled_from(MOODS), max_size=3, unique=True)),
            "colours": draw(st.lists(hex_colours, min_size=1, max_size=6)),
            "props": draw(st.lists(entries, max_size=3)),
            "free_floor": draw(st.floats(0, 1)),
        }
    )


scene_analyses = _scenes()

overrides = st.builds(
    SettingsOverrides,
    scene_type=st.none() | short_text,
    style=st.none() | short_text,
    background=st.none() | short_text,
    props=st.none() | st.lists(entries, max_size=20).map(tuple),
    palette=st.none() | st.lists(hex_colours, max_size=6).map(tuple),
    negative_instructions=st.none() | st.lists(entries, max_size=20).map(tuple),
    variety=st.none() | st.integers(0, 100),
    match_product_colours=st.none() | st.booleans(),
    user_prompt=st.none() | st.text(max_size=200),
    aspect_ratio=st.none() | st.sampled_from(ASPECT_RATIOS),
    image_size=st.none() | st.sampled_from(IMAGE_SIZES),
    variants=st.none() | st.integers(1, 4),
    lane=st.none() | st.sampled_from(list(Lane)),
)
levels = st.lists(st.tuples(st.sampled_from(list(Level)), overrides), max_size=6)


def numbered(number: int) -> UUID:
    """A readable id for examples."""
    return UUID(int=number)
