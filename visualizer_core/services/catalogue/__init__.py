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
from visualizer_core.services.catalogue.photo_addresses import (
    FetchRun,
    MissingPhoto,
    fetch_photos,
    missing_photos,
)
from visualizer_core.services.catalogue.photo_choice import remove_photo, set_primary_photo
from visualizer_core.services.catalogue.photos import (
    FolderPhotos,
    PhotoRun,
    PhotoSource,
    RejectedPhoto,
    ZipPhotos,
    add_photos,
    preview_photos,
)
from visualizer_core.services.catalogue.products import (
    delete_products,
    find_products,
    restore_products,
    set_default_settings,
)

__all__ = [
    "FetchRun",
    "FolderPhotos",
    "Imported",
    "MissingPhoto",
    "PhotoRun",
    "PhotoSource",
    "ProductRun",
    "RejectedPhoto",
    "ZipPhotos",
    "add_photos",
    "analyse_products",
    "apply_import",
    "delete_products",
    "dry_run",
    "edit_analysis",
    "fetch_photos",
    "find_products",
    "import_products",
    "missing_photos",
    "preview_photos",
    "remove_photo",
    "restore_products",
    "save_mapping",
    "set_default_settings",
    "set_primary_photo",
]
