"""The words settings and analyses are made of.

Every list is a suggestion to people (each field also takes custom text) except ratio, size and
lane. Analyses use the closed `Literal` types, because a closed list is what a model fills reliably.
"""

from typing import Literal, get_args

__all__ = [
    "ASPECT_RATIOS",
    "CAMERA_ANGLES",
    "COLOUR_SCHEMES",
    "IMAGE_SIZES",
    "LIGHTINGS",
    "MOODS",
    "OUTDOOR_SCENES",
    "SCENE_TYPES",
    "STYLES",
    "SURROUNDINGS",
    "AspectRatio",
    "CameraAngle",
    "ImageSize",
    "Lighting",
    "Mood",
    "Placement",
    "SceneType",
    "Style",
    "ratio_value",
]

SceneType = Literal[
    "Living Room",
    "Bedroom",
    "Dining Room",
    "Kitchen",
    "Bathroom",
    "Home Office",
    "Entryway",
    "Kids Room",
    "Outdoor Patio",
    "Garden",
    "Rooftop Terrace",
    "Poolside Deck",
    "Beach",
    "Studio Set",
    "Cafe",
    "Hotel Lobby",
]
Style = Literal[
    "Modern Minimalist",
    "Scandinavian",
    "Industrial Loft",
    "Mid-Century",
    "Contemporary",
    "Traditional",
    "Rustic / Natural",
    "Bohemian",
    "Coastal / Mediterranean",
    "Vintage / Retro",
    "Luxury / Premium",
    "Japandi",
    "Eclectic",
    "Futuristic / Tech",
    "Artistic Conceptual",
]
Lighting = Literal[
    "Natural Daylight",
    "Morning Light",
    "Golden Hour",
    "Overcast Ambient",
    "Bright Noon",
    "Studio Soft Light",
    "Warm Evening",
    "Candlelight / Warm Interior",
    "Dramatic Side Light",
    "Neon / LED Accent",
]
CameraAngle = Literal[
    "Front", "3/4 View", "Side", "Top-Down", "Eye Level", "Low Angle", "Close-Up", "Wide Shot"
]
Mood = Literal[
    "Calm",
    "Cozy",
    "Elegant",
    "Fresh & Airy",
    "Energetic",
    "Sophisticated",
    "Playful",
    "Dramatic",
]
Placement = Literal["floor", "wall", "ceiling", "surface"]
AspectRatio = Literal[
    "1:1",
    "1:4",
    "4:1",
    "1:8",
    "8:1",
    "2:3",
    "3:2",
    "3:4",
    "4:3",
    "4:5",
    "5:4",
    "9:16",
    "16:9",
    "21:9",
]
ImageSize = Literal["1K", "2K", "4K"]

SCENE_TYPES: tuple[SceneType, ...] = get_args(SceneType)
OUTDOOR_SCENES: frozenset[SceneType] = frozenset(
    {
        "Outdoor Patio",
        "Garden",
        "Rooftop Terrace",
        "Poolside Deck",
        "Beach",
    }
)
STYLES: tuple[Style, ...] = get_args(Style)
LIGHTINGS: tuple[Lighting, ...] = get_args(Lighting)
CAMERA_ANGLES: tuple[CameraAngle, ...] = get_args(CameraAngle)
MOODS: tuple[Mood, ...] = get_args(Mood)
ASPECT_RATIOS: tuple[AspectRatio, ...] = get_args(AspectRatio)
IMAGE_SIZES: tuple[ImageSize, ...] = get_args(ImageSize)
SURROUNDINGS: tuple[str, ...] = ("None", "Minimal", "Styled", "Lifestyle")
COLOUR_SCHEMES: tuple[str, ...] = (
    "Neutral",
    "Warm Earth Tones",
    "Cool Slate & Blues",
    "Vibrant Pop",
    "Soft Pastels",
    "Emerald & Gold",
    "High-Contrast B&W",
    "Scandinavian Whites",
    "Industrial Greys",
)


def ratio_value(ratio: AspectRatio) -> float:
    """Width divided by height of a named ratio."""
    width, height = ratio.split(":")
    return int(width) / int(height)
