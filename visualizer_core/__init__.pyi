from visualizer_core.notebook import (
    OpenCollection,
    OpenWorkspace,
    open_workspace,
    sample_catalogue,
)

__version__: str
__all__ = [
    "OpenCollection",
    "OpenWorkspace",
    "__version__",
    "open_workspace",
    "sample_catalogue",
]
