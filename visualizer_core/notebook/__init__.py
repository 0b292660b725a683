"""The analyst's door: the whole job from a notebook or a script, in five lines.

A thin layer over services and tables: it opens the stack, shows progress and draws; what it does
not offer is a function of a service, called with `OpenWorkspace.workspace`.
"""

from visualizer_core.notebook.answers import CatalogueImport, RunResult, SavedExport
from visualizer_core.notebook.collection import OpenCollection
from visualizer_core.notebook.opening import SampleCatalogue, open_workspace, sample_catalogue
from visualizer_core.notebook.workspace import OpenWorkspace

__all__ = [
    "CatalogueImport",
    "OpenCollection",
    "OpenWorkspace",
    "RunResult",
    "SampleCatalogue",
    "SavedExport",
    "open_workspace",
    "sample_catalogue",
]
