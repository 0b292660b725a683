"""The core of Visualizer Workbench."""

__version__ = "0.1.0"
__all__ = ["__version__"]
