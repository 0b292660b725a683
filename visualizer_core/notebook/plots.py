"""Plots of a collection, drawn by Bokeh from what the notebook itself carries: nothing is fetched.

HoloViews is imported at the first plot; it takes seconds.
"""

from collections import Counter
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pandas as pd

__all__ = ["Plot", "analysis_plot", "coverage_plot"]

_CELL_PX = 34  # of the heat map: a label still fits beside it
_SCORES = (0.0, 1.0)  # what a match score can be; the same colours in every plot
_MOST_BARS = 12  # what is rarer than these does not show


def _holoviews() -> Any:
    """HoloViews with the Bokeh backend; its JavaScript is put into a notebook once."""
    hv: Any = import_module("holoviews")  # takes seconds, and few sessions plot
    if hv.Store.current_backend != "bokeh" or not hv.extension._loaded:  # noqa: SLF001  # no public name
        hv.extension("bokeh", logo=False, inline=True)
    return hv


@dataclass(frozen=True)
class Plot:
    """A plot that draws itself in a notebook.

    Shown by itself, HoloViews would wrap it in a layout whose style sheets come from the internet.

    Attributes
    ----------
    figure : HoloViews object
        To compose with others, to change with ``.opts``, to save with ``holoviews.save``.
    """

    figure: Any

    def _repr_mimebundle_(self, **_: object) -> Any:
        model = _holoviews().render(self.figure, backend="bokeh")
        import_module("bokeh.document").Document().add_root(model)
        return import_module("panel.io.notebook").render_model(model)


def coverage_plot(coverage: pd.DataFrame) -> Plot:
    """How well every scene fits every product, with the chosen ones marked.

    Parameters
    ----------
    coverage : DataFrame
        As `tables.coverage` makes it.

    Returns
    -------
    Plot
        Heat map of the score 0-1, and a ring for each match; hover shows the figures.
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
    return Plot(heat * marks)


def analysis_plot(products: pd.DataFrame) -> Plot:
    """How many products there are by room and by style.

    Parameters
    ----------
    products : DataFrame
        Columns room and style, as `tables.products` makes them.
    """
    hv = _holoviews()
    charts = [_bars(hv, products[column].dropna(), column) for column in ("room", "style")]
    return Plot(hv.Layout(charts).opts(shared_axes=False, toolbar=None).cols(2))


def _bars(hv: Any, values: pd.Series, column: str) -> Any:
    counted = Counter(values).most_common(_MOST_BARS)
    most = max((count for _, count in counted), default=0)
    return hv.Bars(list(reversed(counted)), column, "products").opts(
        invert_axes=True, width=400, height=90 + 26 * max(len(counted), 2), xlabel="",
        ylim=(0, most + 1), color="#0f766e", title=f"Products by {column}", toolbar=None,
        hooks=[_count_whole],
    )  # fmt: skip


def _count_whole(plot: Any, _element: Any) -> None:
    plot.state.xaxis[0].ticker.min_interval = 1
    plot.state.xaxis[0].ticker.num_minor_ticks = 0
