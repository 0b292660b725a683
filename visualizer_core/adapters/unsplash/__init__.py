"""Stock photos from Unsplash, or none."""

from visualizer_core.adapters.unsplash.off import NoInspirationSearch
from visualizer_core.adapters.unsplash.photos import Credit, credit_for
from visualizer_core.adapters.unsplash.search import UnsplashSearch

__all__ = ["Credit", "NoInspirationSearch", "UnsplashSearch", "credit_for"]
