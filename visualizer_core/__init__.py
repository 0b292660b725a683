"""The core of Visualizer Workbench, and what analysts import from it.

::

    import visualizer_core as vc

    ws = vc.open_workspace("demo")

The names an analyst needs are loaded when they are used: workers import this package too, and need
neither tables nor plots. What they are is told to type checkers in ``__init__.pyi``: an import
here would let everything know everything.
"""

from importlib import import_module

__version__ = "0.1.0"
__all__ = ["__version__"]

_FOR_ANALYSTS = ("OpenCollection", "OpenWorkspace", "open_workspace", "sample_catalogue")


def __getattr__(name: str) -> object:
    """Load one of the names for analysts from `visualizer_core.notebook`."""
    if name not in _FOR_ANALYSTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("visualizer_core.notebook"), name)


def __dir__() -> list[str]:
    """Names to complete."""
    return sorted([*globals(), *_FOR_ANALYSTS])
