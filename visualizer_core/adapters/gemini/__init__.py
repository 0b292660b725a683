"""The picture and analysis provider: Gemini, or anything that speaks its protocol."""

from visualizer_core.adapters.gemini.provider import CALL_HEADER, GeminiProvider

__all__ = ["CALL_HEADER", "GeminiProvider"]
