"""Makes the pictures: composed from the inputs, or taken from a pool drawn ahead."""

import asyncio
import hashlib
import io
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

from visualizer_core.errors import InvalidInput
from visualizer_core.local.compositor import compose
from visualizer_core.local.standin.briefing import brief_of
from visualizer_core.local.standin.pool_pictures import PicturePool, draw_picture
from visualizer_core.local.standin.rendered import Rendered, rendered
from visualizer_core.local.standin.workers import DrawingProcesses

__all__ = ["Order", "PictureMode", "Studio", "parse_mode"]

_MEMORY_BYTES = 256 * 1024 * 1024  # about 500 pictures of 1K
_DISK_BYTES = 1024 * 1024 * 1024  # pruned to this at start
_MAX_POOL = 512


class PictureMode(BaseModel):
    """Body of ``POST /_control/picture-mode``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Literal["compose", "pool"]
    count: int = Field(default=32, ge=1, le=_MAX_POOL, description="distinct pictures in the pool")


def parse_mode(text: str) -> PictureMode:
    """Read ``compose`` or ``pool:32``.

    Raises
    ------
    InvalidInput
        When it is neither.
    """
    mode, _, count = text.partition(":")
    if mode == "compose" and not count:
        return PictureMode(mode="compose")
    if mode == "pool" and count.isdigit() and 1 <= int(count) <= _MAX_POOL:
        return PictureMode(mode="pool", count=int(count))
    raise InvalidInput(f"“{text}” is no picture mode. Give compose, or pool:32 (1 to {_MAX_POOL}).")


@dataclass(frozen=True)
class Order:
    """One picture to make.

    Parameters
    ----------
    product, scene : bytes or None
        Files as sent.
    width, height : int
        Pixels of the result.
    seed : int
    prompt : str
        Read for size, noun and place in the drawing process.
    """

    product: bytes | None
    scene: bytes | None
    width: int
    height: int
    seed: int
    prompt: str

    def key(self) -> str:
        """Digest of all that decides the picture."""
        digest = hashlib.sha256()
        for data in (self.product, self.scene):
            digest.update(hashlib.sha256(data or b"").digest())
        digest.update(repr((self.width, self.height, self.seed, self.prompt)).encode())
        return digest.hexdigest()


class Studio:
    """Picture maker with a memory.

    Parameters
    ----------
    processes : DrawingProcesses
    cache_dir : Path or None
        Where composed pictures are kept over restarts; None keeps them in memory only.
    """

    def __init__(self, processes: DrawingProcesses, cache_dir: Path | None) -> None:
        self._processes = processes
        self._cache_dir = cache_dir
        if cache_dir is not None:
            _prune(cache_dir)
        self._memory: OrderedDict[str, Rendered] = OrderedDict()
        self._memory_bytes = 0
        self._under_way: dict[str, asyncio.Future[Rendered]] = {}
        self.mode = PictureMode(mode="compose")
        self._pools: dict[tuple[int, int], asyncio.Future[PicturePool]] = {}

    async def change(self, mode: PictureMode) -> None:
        """Switch the mode; a pool is drawn before this returns."""
        self._pools.clear()
        self.mode = mode
        if mode.mode == "pool":
            await self._pool(1024, 1024)

    async def picture(self, order: Order) -> Rendered:
        """Make one picture; equal orders give equal bytes, except in pool mode.

        Raises
        ------
        InvalidInput
            When the compositor cannot use an input although it decodes.
        """
        if self.mode.mode == "pool":
            return (await self._pool(order.width, order.height)).next()
        key = order.key()
        if key in self._memory:
            self._memory.move_to_end(key)
            return self._memory[key]
        if key not in self._under_way:
            self._under_way[key] = asyncio.ensure_future(self._make(key, order))
        try:
            return await asyncio.shield(self._under_way[key])
        finally:
            if key in self._under_way and self._under_way[key].done():
                del self._under_way[key]

    async def _make(self, key: str, order: Order) -> Rendered:
        kept = self._cache_dir / f"{key}.jpg" if self._cache_dir else None
        if kept is not None and kept.exists():
            made = rendered(kept.read_bytes())
        else:
            data = await self._processes.run(render, order)
            if data is None:
                raise InvalidInput("The pictures of the request cannot be composed.")
            if kept is not None:
                kept.parent.mkdir(parents=True, exist_ok=True)
                partial = kept.with_suffix(".part")
                partial.write_bytes(data)
                partial.replace(kept)
            made = rendered(data)
        self._remember(key, made)
        return made

    def _remember(self, key: str, made: Rendered) -> None:
        self._memory[key] = made
        self._memory_bytes += _weight(made)
        while self._memory_bytes > _MEMORY_BYTES:
            _, oldest = self._memory.popitem(last=False)
            self._memory_bytes -= _weight(oldest)

    async def _pool(self, width: int, height: int) -> PicturePool:
        size = (width, height)
        if size not in self._pools:
            self._pools[size] = asyncio.ensure_future(self._draw_pool(width, height))
        return await asyncio.shield(self._pools[size])

    async def _draw_pool(self, width: int, height: int) -> PicturePool:
        pictures = await asyncio.gather(
            *(
                self._processes.run(draw_picture, width, height, number)
                for number in range(self.mode.count)
            )
        )
        return PicturePool(list(pictures))


def render(order: Order) -> bytes | None:
    """Compose one picture, None when the inputs cannot be used; runs in a drawing process."""
    try:
        return compose(
            order.product or _blank_product(),
            order.scene,
            width=order.width,
            height=order.height,
            seed=order.seed,
            brief=brief_of(order.prompt),
        )
    except InvalidInput:  # errors with a code do not survive the way back between processes
        return None


def _blank_product() -> bytes:
    """Draw what stands for the product when the request has no picture at all."""
    out = io.BytesIO()
    Image.new("RGB", (64, 64), "#9a8f80").save(out, "PNG")
    return out.getvalue()


def _weight(picture: Rendered) -> int:
    return sum(len(piece) for piece in picture.base64)


def _prune(folder: Path) -> None:
    """Delete the pictures used longest ago until the folder is within bounds."""
    kept = 0
    newest_first = sorted(folder.glob("*.jpg"), key=lambda file: -file.stat().st_mtime)
    for file in newest_first:
        kept += file.stat().st_size
        if kept > _DISK_BYTES:
            file.unlink()
