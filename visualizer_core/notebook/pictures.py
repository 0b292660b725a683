"""Pictures in a notebook: small copies inside the output, so that it survives without servers."""

import base64
import html
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import pandas as pd

from visualizer_core.domain.keys import thumbnail_key
from visualizer_core.imaging.compare import THUMBNAIL_WIDTH_PX
from visualizer_core.workspace import Workspace

__all__ = ["MOST_SHOWN", "PictureGrid", "grid_of"]

MOST_SHOWN = 100  # about 4 MB of thumbnails in the notebook's file


@dataclass(frozen=True)
class PictureGrid:
    """Pictures with what is known of them; draws itself in a notebook.

    Attributes
    ----------
    figures : tuple of (str, bytes)
        Caption and WebP of each.
    width : int
        Of one picture on the page, in pixels.
    """

    figures: tuple[tuple[str, bytes], ...]
    width: int

    def __repr__(self) -> str:
        return f"<{len(self.figures)} pictures>"

    def _repr_html_(self) -> str:
        drawn = "".join(self._figure(caption, data) for caption, data in self.figures)
        return f'<div style="display:flex;flex-wrap:wrap;gap:12px">{drawn}</div>'

    def _figure(self, caption: str, data: bytes) -> str:
        source = f"data:image/webp;base64,{base64.b64encode(data).decode()}"
        words = html.escape(caption)
        return (
            f'<figure style="margin:0;width:{self.width}px">'
            f'<img src="{source}" alt="{words}" style="width:100%;border-radius:4px">'
            f'<figcaption style="font-size:80%">{words}</figcaption></figure>'
        )


def grid_of(ws: Workspace, assets: pd.DataFrame, *, width: int) -> PictureGrid:
    """Read the thumbnails of finished pictures, rows of `tables.assets`."""
    finished = assets[assets["status"] == "completed"]
    figures = [
        (_caption(row), ws.store.get(thumbnail_key(str(row["key"]), THUMBNAIL_WIDTH_PX)))
        for row in finished.head(MOST_SHOWN).to_dict("records")
    ]
    return PictureGrid(tuple(figures), width)


def _caption(row: Mapping[Hashable, object]) -> str:
    name = row["sku"] or row["product"]
    return " · ".join(str(part) for part in (name, row["scene"], f"#{row['variant']}") if part)
