"""Products: imports with a dry run, photos to SKUs, analyses that can be corrected."""

from visualizer_core.services.catalogue.analyses import (
    ProductRun,
    analyse_products,
    edit_analysis,
)
from visualizer_core.services.catalogue.imports import (
    Imported,
    apply_import,
    dry_run,
    import_products,
    save_mapping,
)
from visualizer_core.services.catalogue.photos import (
    PhotoRun,
    add_photos,
    preview_photos,
)
from visualizer_core.services.catalogue.products import (
    delete_products,
    find_products,
    restore_products,
)

__all__ = [
    "Imported",
    "PhotoRun",
    "ProductRun",
    "add_photos",
    "analyse_products",
    "apply_import",
    "delete_products",
    "dry_run",
    "edit_analysis",
    "find_products",
    "import_products",
    "preview_photos",
    "restore_products",
    "save_mapping",
]
