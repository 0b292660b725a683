"""Plots of a collection, drawn by Bokeh from what the page itself carries: no internet is needed.

HoloViews is imported at the first plot; it takes seconds.
"""

from collections import Counter
from importlib import import_module
from typing import Any

import pandas as pd

__all__ = ["analysis_plot", "coverage_plot"]

_CELL_PX = 34  # of the heat map: a label still fits beside it
_SCORES = (0.0, 1.0)  # what a match score can be; the same colours in every plot
_MOST_BARS = 12  # a kind of product beyond these is rare


def _holoviews() -> Any:
    """HoloViews with the Bokeh backend, its JavaScript put into the notebook once."""
    hv: Any = import_module("holoviews")  # takes seconds, and few sessions plot
    if hv.Store.current_backend != "bokeh" or not hv.extension._loaded:  # noqa: SLF001  # no public name
        hv.extension("bokeh", logo=False, inline=True)
    return hv


def coverage_plot(coverage: pd.DataFrame) -> Any:
    """How well every scene fits every product, with the chosen ones marked.

    Parameters
    ----------
    coverage : DataFrame
        As `tables.coverage` makes it.

    Returns
    -------
    holoviews.Overlay
        Heat map of the score 0-1, and a mark for each match; hover shows the figures.
    """
    hv = _holoviews()
    long = [
        (scene, product, score)
        for product, scores in reversed(list(zip(coverage.index, coverage.to_numpy(), strict=True)))
        for scene, score in zip(coverage.columns, scores, strict=True)
    ]
    chosen = [(scene, product) for product, scene in coverage.attrs["chosen"].items()]
    rows, columns = coverage.shape
    heat = hv.HeatMap(long, ["scene", "product"], "score").opts(
        cmap="YlGnBu", clim=_SCORES, colorbar=True, tools=["hover"], xrotation=45,
        width=240 + 2 * _CELL_PX * columns, height=180 + _CELL_PX * rows * 2 // 3,
        xlabel="", ylabel="", title="Match score; the ring marks the chosen scene",
    )  # fmt: skip
    marks = hv.Points(chosen, ["scene", "product"]).opts(
        marker="o", size=11, fill_alpha=0, line_width=2, line_color="#b91c1c"
    )
    return heat * marks


def analysis_plot(products: pd.DataFrame) -> Any:
    """How many products there are by room, style and kind.

    Parameters
    ----------
    products : DataFrame
        Columns room, style and kind, as `tables.products` makes them.

    Returns
    -------
    holoviews.Layout
        Three bar charts.
    """
    hv = _holoviews()
    charts = [_bars(hv, products[column].dropna(), column) for column in ("room", "style", "kind")]
    return hv.Layout(charts).opts(shared_axes=False).cols(3)


def _bars(hv: Any, values: pd.Series, column: str) -> Any:
    counted = Counter(values).most_common(_MOST_BARS)
    return hv.Bars(list(reversed(counted)), column, "products").opts(
        invert_axes=True, width=330, height=120 + 24 * len(counted), xlabel="", color="#0f766e",
        title=f"by {column}", tools=["hover"], ylim=(0, None),
    )  # fmt: skip
