"""One collection in an analyst's hands: fill it, look at it, make its pictures, take them along."""

import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pandas as pd
from pydantic import ValidationError

from visualizer_core import tables
from visualizer_core.domain.generation_settings import SettingsOverrides
from visualizer_core.domain.ids import CollectionId
from visualizer_core.domain.naming import DEFAULT_TEMPLATE
from visualizer_core.errors import ImageRejected, InvalidInput, NotFound
from visualizer_core.notebook.answers import RunResult, SavedExport, estimate_table
from visualizer_core.notebook.bars import bar
from visualizer_core.notebook.choosing import Products, chosen_products, room_pictures
from visualizer_core.notebook.pictures import PictureGrid, grid_of
from visualizer_core.notebook.plots import Plot, analysis_plot, coverage_plot
from visualizer_core.notebook.watching import watch
from visualizer_core.services import catalogue, curation, delivery, generation, inspiration

if TYPE_CHECKING:
    from visualizer_core.notebook.workspace import OpenWorkspace

__all__ = ["OpenCollection"]


class OpenCollection:
    """A collection; made by `OpenWorkspace.collection`.

    Parameters
    ----------
    opened : OpenWorkspace
        Whose collection it is.
    collection_id : CollectionId
        Give it to service functions this class does not wrap, with ``opened.workspace``.
    name : str
        As people call it.
    """

    def __init__(self, opened: "OpenWorkspace", collection_id: CollectionId, name: str) -> None:
        self.id = collection_id
        self.name = name
        self._opened = opened
        self._ws = opened.workspace

    def __repr__(self) -> str:
        plan = curation.plan(self._ws, self.id)
        return (
            f"<collection {self.name!r}: {len(plan.products)} products, {len(plan.scenes)} "
            f"scenes, {plan.status}>"
        )

    # --- filling it ---------------------------------------------------------------------------

    def add_products(self, products: Products) -> int:
        """Add products: a table, SKUs or ids; returns how many were new. Errors as `collection`."""
        chosen = chosen_products(self._ws, products)
        return curation.add_products(self._ws, self.id, chosen).added

    def add_rooms(self, rooms: str | Path) -> int:
        """Add a picture, or a folder of them, as inspirations; returns how many were new.

        Warns of every picture that cannot be used and leaves it out.
        """
        added = 0
        pictures = room_pictures(rooms)
        with bar("rooms") as shown:
            for number, (name, data) in enumerate(pictures, 1):
                try:
                    found = inspiration.add_upload(self._ws, self.id, data, name)
                    added += not found.already
                except ImageRejected as error:
                    warnings.warn(f"{name} is left out: {error}", stacklevel=3)
                shown.show(number, len(pictures))
        return added

    # --- understanding it ---------------------------------------------------------------------

    def analyse(self) -> pd.DataFrame:
        """Describe every product and scene that is not described yet; returns `products`.

        Warns of those described from their texts only.
        """
        chosen = [product.id for product in curation.plan(self._ws, self.id).products]
        with bar("analysing products") as shown:
            products = catalogue.analyse_products(self._ws, chosen, on_progress=shown.show)
        with bar("analysing scenes") as shown:
            scenes = inspiration.analyse_scenes(self._ws, self.id, on_progress=shown.show)
        for reason in (*products.fallback, *scenes.fallback):
            warnings.warn(f"Described from its text only: {reason}", stacklevel=2)
        curation.derive_base_settings(self._ws, self.id)
        return self.products()

    def match(self) -> pd.DataFrame:
        """Give every product its scene, leaving choices by hand alone.

        Returns
        -------
        DataFrame
            `matches`, and the column reasons (list of str, strongest first).
        """
        found = curation.match_products(self._ws, self.id)
        reasons = {match.product_id: [one.text for one in match.reasons] for match in found}
        frame = self.matches()
        frame["reasons"] = frame["product_id"].map(reasons)
        return frame

    def products(self) -> pd.DataFrame:
        """Its products; columns as `tables.products` says."""
        inside = {product.id for product in curation.plan(self._ws, self.id).products}
        frame = tables.products(self._ws)
        return frame[frame["product_id"].isin(inside)].reset_index(drop=True)

    def matches(self) -> pd.DataFrame:
        """The scene of each product; columns as `tables.matches` says."""
        return tables.matches(self._ws, self.id)

    def coverage(self) -> pd.DataFrame:
        """Match score of every product (rows) in every scene (columns), as `tables.coverage`."""
        return tables.coverage(self._ws, self.id)

    def plot_coverage(self) -> Plot:
        """The coverage as a heat map, with the chosen scenes marked."""
        return coverage_plot(self.coverage())

    def plot_analysis(self) -> Plot:
        """Products by room and by style, as bars."""
        return analysis_plot(self.products())

    def settings(self, sku: str) -> pd.DataFrame:
        """The settings one product's pictures would be made with, and who decided each.

        Returns
        -------
        DataFrame
            Index: the setting. Columns: value, decided_by (level of the hierarchy, or levels).

        Raises
        ------
        NotFound
            When no such product is in the collection.
        """
        plan = curation.plan(self._ws, self.id)
        found = next((one for one in plan.products if one.sku == sku), None)
        if found is None:
            raise NotFound(f"{sku} is not in {self.name!r}.")
        values = found.resolved.settings.model_dump(mode="json")
        trace = found.resolved.trace_json()
        frame = pd.DataFrame({"value": values, "decided_by": trace})
        return frame.loc[[name for name in values if name in trace]]

    # --- making pictures ----------------------------------------------------------------------

    def estimate(self, variants: int | None = None, **changes: object) -> pd.DataFrame:
        """Say what `generate` would make and cost; nothing is spent or reserved.

        Returns
        -------
        DataFrame
            One row: pictures (to make), existing, cost_usd, seconds, generations_left (today) and
            budget_left_usd (both empty without a limit), skipped (products, with the reason).
        """
        request = _request(variants, changes)
        return estimate_table(generation.estimate(self._ws, self.id, request))

    def generate(
        self,
        variants: int | None = None,
        *,
        again: bool = False,
        later: bool = False,
        wait: bool = True,
        **changes: object,
    ) -> RunResult:
        """Make the pictures, in the background, and show how far they are.

        What lacks an analysis or a match gets it first. Pictures that exist are not made twice;
        failed ones are tried again. An interrupt ends the watching, not the run: `wait` watches
        again, `cancel` ends it.

        Parameters
        ----------
        variants : int, optional
            Pictures a product, 1-4.
        again : bool
            Make existing pictures once more.
        later : bool
            Let what exceeds today's allowance wait for the next days.
        wait : bool
            False returns at once.
        **changes
            Any field of `FlowGenerationSettings` for this run: ``lighting="Golden Hour"``,
            ``aspect_ratio="4:5"``, ``lane="flex"``.

        Raises
        ------
        InvalidInput
            When there is nothing to make, or a setting does not exist.
        QuotaExceeded
            When the allowance does not suffice; nothing is started.
        """
        request = _request(variants, changes, again=again, later_too=later)
        self.analyse()
        if curation.plan(self._ws, self.id).scenes:
            self.match()
        started = generation.start(self._ws, self.id, request_id=str(uuid4()), request=request)
        return self._follow(started, watched=wait)

    def wait(self) -> RunResult:
        """Watch a run until nothing is left that can happen now."""
        return self._follow(generation.Started(0, 0, 0, 0), watched=True)

    def cancel(self) -> int:
        """End the run; finished pictures stay. Returns how many will not be made."""
        return generation.cancel(self._ws, self.id).ended

    def retry_failed(self) -> RunResult:
        """Try every failed picture again, and watch."""
        again = generation.retry_failed(self._ws, self.id)
        return self._follow(generation.Started(again, 0, 0, 0), watched=True)

    def progress(self) -> generation.Progress:
        """How the run stands now: counts, pace, seconds left, cost so far."""
        return generation.progress(self._ws, self.id)

    def _follow(self, started: generation.Started, *, watched: bool) -> RunResult:
        begun = time.monotonic()
        now = self.progress()
        workers = self._opened.see_to_workers
        if not watched:
            workers()
        elif not now.done:
            with bar("making pictures") as shown:
                shown.show(now.total - now.open, now.total, "starting workers")
                now = watch(self._ws, self.id, shown, see_to_workers=workers, later=started.later)
        return RunResult(
            started=started.created,
            existing=started.existing,
            completed=now.completed,
            failed=now.error,
            waiting=now.open,
            cost_usd=now.cost_micros / 1e6,
            seconds=round(time.monotonic() - begun, 1),
        )

    # --- looking at them ----------------------------------------------------------------------

    def table(self) -> pd.DataFrame:
        """All pictures, whatever became of them; columns as `tables.assets` says."""
        return tables.assets(self._ws, self.id)

    def calls(self) -> pd.DataFrame:
        """The ledger of its pictures; columns as `tables.calls` says."""
        return tables.calls(self._ws, self.id)

    def show(
        self, n: int = 12, *, pictures: pd.DataFrame | None = None, width: int = 240
    ) -> PictureGrid:
        """The first `n` finished pictures, as thumbnails inside the notebook.

        Parameters
        ----------
        n : int
            At most 100 are shown.
        pictures : DataFrame, optional
            Rows of `table` to choose from.
        width : int
            Of one picture on the page, in pixels.
        """
        table = self.table() if pictures is None else pictures
        return grid_of(self._ws, table[table["status"] == "completed"].head(n), width=width)

    def export(
        self, path: str | Path, *, template: str = DEFAULT_TEMPLATE, approved_only: bool = False
    ) -> SavedExport:
        """Write the finished pictures to a ZIP, named after their products, with a manifest.

        Parameters
        ----------
        template : str
            File names, for example ``{sku}_{scene}_{n}``.
        approved_only : bool
            Leave out what nobody approved.

        Raises
        ------
        InvalidInput
            When there is nothing to export, the template is wrong or the folder does not exist.
        """
        place = Path(path).expanduser().resolve()
        if not place.parent.is_dir():
            raise InvalidInput(f"There is no folder {place.parent}. Make it first.")
        request = delivery.ExportRequest(self.id, template=template, approved_only=approved_only)
        done = delivery.export_to_file(self._ws, request, place)
        return SavedExport(place, done.pictures, done.bytes)


def _request(
    variants: int | None,
    changes: dict[str, object],
    *,
    again: bool = False,
    later_too: bool = False,
) -> generation.RunRequest:
    try:
        wanted = SettingsOverrides.model_validate({"variants": variants, **changes})
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}"
            for one in error.errors(include_url=False)
        )
        raise InvalidInput(f"These settings cannot be used: {problems}.") from None
    return generation.RunRequest(changes=wanted, again=again, later_too=later_too)
