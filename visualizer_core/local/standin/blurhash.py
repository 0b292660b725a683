"""The blur hash a photo service sends for placeholders: a few cosines, written in base 83.

Follows the published algorithm (Wolt, blurha.sh): the mean colour in linear light and the cosine
coefficients around it, each quantised to 19 steps a channel.
"""

import math

import numpy as np
import numpy.typing as npt
from PIL import Image

__all__ = ["blurhash"]

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
_ACROSS, _DOWN = 4, 3
_SRGB_KNEE, _LINEAR_KNEE = 0.04045, 0.0031308  # where the sRGB curve becomes a line


def blurhash(image: Image.Image) -> str:
    """Make the hash of a small RGB picture."""
    factors = _factors(np.asarray(image, dtype=np.float64) / 255)
    mean, *details = factors
    top = max(float(np.abs(factor).max()) for factor in details)
    quantised = min(max(math.floor(top * 166 - 0.5), 0), 82)
    scale = (quantised + 1) / 166
    red, green, blue = (_srgb(float(channel)) for channel in mean)
    return (
        _base83(_ACROSS - 1 + (_DOWN - 1) * 9, 1)
        + _base83(quantised, 1)
        + _base83((red << 16) + (green << 8) + blue, 4)
        + "".join(_detail(factor / scale) for factor in details)
    )


def _factors(pixels: npt.NDArray[np.float64]) -> list[npt.NDArray[np.float64]]:
    linear = np.where(pixels <= _SRGB_KNEE, pixels / 12.92, ((pixels + 0.055) / 1.055) ** 2.4)
    height, width, _ = linear.shape
    found: list[npt.NDArray[np.float64]] = []
    for down in range(_DOWN):
        for across in range(_ACROSS):
            wave_x = np.cos(np.pi * across * np.arange(width, dtype=np.float64) / width)
            wave_y = np.cos(np.pi * down * np.arange(height, dtype=np.float64) / height)
            weight = 1.0 if across == down == 0 else 2.0
            wave = np.outer(wave_y, wave_x)[:, :, None]
            found.append(weight * (linear * wave).mean(axis=(0, 1)))
    return found


def _srgb(linear: float) -> int:
    value = min(max(linear, 0.0), 1.0)
    curved = value * 12.92 if value <= _LINEAR_KNEE else 1.055 * value ** (1 / 2.4) - 0.055
    return round(curved * 255)


def _detail(channels: npt.NDArray[np.float64]) -> str:
    red, green, blue = (
        min(max(math.floor(math.copysign(abs(float(c)) ** 0.5, float(c)) * 9 + 9.5), 0), 18)
        for c in channels
    )
    return _base83(red * 19 * 19 + green * 19 + blue, 2)


def _base83(value: int, length: int) -> str:
    return "".join(_DIGITS[value // 83**power % 83] for power in reversed(range(length)))
