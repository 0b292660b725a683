"""Inspirations: pictures that show the wanted scene, from uploads, Unsplash or earlier results."""

from visualizer_core.services.inspiration.adding import (
    AddedInspiration,
    Similar,
    add_from_library,
    add_unsplash,
    add_upload,
    remove,
    search_unsplash,
)
from visualizer_core.services.inspiration.scenes import SceneRun, analyse_scenes, edit_analysis

__all__ = [
    "AddedInspiration",
    "SceneRun",
    "Similar",
    "add_from_library",
    "add_unsplash",
    "add_upload",
    "analyse_scenes",
    "edit_analysis",
    "remove",
    "search_unsplash",
]
