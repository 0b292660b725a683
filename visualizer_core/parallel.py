"""Many small jobs that mostly wait, a few at a time; the first error stops the rest."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from visualizer_core.errors import VisualizerError

__all__ = ["in_parallel"]

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_parallel(
    work: Callable[[Item], Result], items: Iterable[Item], *, at_once: int, name: str
) -> Iterator[Result]:
    """Do `work` on every item in threads; results come in the order of the items.

    Parameters
    ----------
    at_once : int
        Threads.
    name : str
        Of the threads, for logs.

    Raises
    ------
    VisualizerError
        The first one `work` raised. What is under way then is finished, nothing more is begun: a
        wrong key must not be tried for five hundred products.
    """
    failed: list[VisualizerError] = []

    def one(item: Item) -> Result:
        if failed:
            raise failed[0]
        try:
            return work(item)
        except VisualizerError as error:
            failed.append(error)
            raise

    with ThreadPoolExecutor(at_once, thread_name_prefix=name) as pool:
        yield from pool.map(one, items)
