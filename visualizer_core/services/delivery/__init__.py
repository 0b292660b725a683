"""Exports: finished pictures in a streamed ZIP, named, labelled and listed in a manifest."""

from visualizer_core.services.delivery.exporting import (
    Exported,
    delete_export,
    download_url,
    export_to_file,
    export_to_storage,
)
from visualizer_core.services.delivery.packing import ManifestEntry
from visualizer_core.services.delivery.selecting import ExportRequest, preview_names

__all__ = [
    "ExportRequest",
    "Exported",
    "ManifestEntry",
    "delete_export",
    "download_url",
    "export_to_file",
    "export_to_storage",
    "preview_names",
]
