"""Finding products, their own settings, and the trash."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.expression import bindparam

from visualizer_core.db.locks import queue_up
from visualizer_core.domain.generation_settings import SettingsOverrides
from visualizer_core.domain.ids import ProductId
from visualizer_core.errors import InvalidInput, NotFound
from visualizer_core.workspace import Workspace

__all__ = ["delete_products", "find_products", "restore_products", "set_default_settings"]

MAX_FOUND = 10_000  # a list to act on; more belongs into several catalogues
MAX_SEARCH_CHARS = 200  # nobody types more, and names are hardly longer

_FIND = text("""
    SELECT id FROM app.products
    WHERE deleted_at IS NULL
      AND (:search = '' OR search_text LIKE '%' || :search || '%')
      AND (NOT :with_photo OR EXISTS (SELECT 1 FROM app.product_images i
                                      WHERE i.product_id = products.id))
    ORDER BY created_at, id LIMIT :most
""")


def find_products(
    ws: Workspace, *, search: str = "", with_photo: bool = False, most: int = MAX_FOUND
) -> list[ProductId]:
    """Ids of products whose name or SKU contains `search`, oldest first, at most `most`.

    Raises
    ------
    InvalidInput
        When `search` has more than 200 characters.
    """
    wanted = search.replace("\0", "").strip().casefold()
    if len(wanted) > MAX_SEARCH_CHARS:
        raise InvalidInput(f"Search for at most {MAX_SEARCH_CHARS} characters.")
    escaped = wanted.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    with ws.begin() as session:
        rows = session.execute(
            _FIND,
            {"search": escaped, "with_photo": with_photo, "most": min(max(most, 0), MAX_FOUND)},
        ).scalars()
        return [ProductId(row) for row in rows]


_DEFAULTS = text("""
    UPDATE app.products SET default_settings = :settings, updated_at = now(), version = version + 1
    WHERE id = ANY(CAST(:ids AS uuid[])) AND deleted_at IS NULL RETURNING 1
""").bindparams(bindparam("settings", type_=JSONB))


def set_default_settings(
    ws: Workspace, product_ids: Sequence[ProductId], settings: SettingsOverrides
) -> None:
    """Replace what these products change of the settings, in every collection.

    Raises
    ------
    InvalidInput
        When the settings name inspirations, which belong to one collection, or a model that makes
        no pictures.
    NotFound
        When one of the products is not there; nothing is changed.
    """
    if settings.inspirations:
        raise InvalidInput("Inspirations belong to a collection. Set them for the product there.")
    if settings.model and ws.runtime.registry.get(settings.model).kind != "image":
        raise InvalidInput(f"Model “{settings.model}” makes no pictures. Choose an image model.")
    wanted = set(product_ids)
    stored = settings.model_dump(mode="json", exclude_none=True)
    with ws.begin() as session:
        changed = session.execute(
            _DEFAULTS, {"ids": [str(value) for value in wanted], "settings": stored}
        ).all()
        if len(changed) < len(wanted):
            raise NotFound(f"{len(wanted) - len(changed)} of these products do not exist.")


_TRASH = text("""
    UPDATE app.products SET deleted_at = now(), import_key = 'trash:' || id || ':' || import_key,
           updated_at = now(), version = version + 1
    WHERE id = ANY(CAST(:ids AS uuid[])) AND deleted_at IS NULL RETURNING 1
""")
# Of several in the trash that are the same product, the one deleted last comes back.
_RESTORE = text("""
    WITH wanted AS (
      SELECT DISTINCT ON (key) id, key FROM (
        SELECT id, sku, deleted_at, substr(import_key, length('trash:' || id || ':') + 1) AS key
        FROM app.products
        WHERE id = ANY(CAST(:ids AS uuid[])) AND deleted_at IS NOT NULL) t
      WHERE NOT EXISTS (SELECT 1 FROM app.products q
                        WHERE q.deleted_at IS NULL AND (q.import_key = t.key OR q.sku = t.sku))
      ORDER BY key, deleted_at DESC, id
    )
    UPDATE app.products p SET deleted_at = NULL, import_key = wanted.key,
           updated_at = now(), version = version + 1
    FROM wanted WHERE p.id = wanted.id
    RETURNING 1
""")


def delete_products(ws: Workspace, product_ids: Sequence[ProductId]) -> int:
    """Put products into the trash, where they stay 30 days. Returns how many.

    Their pictures stay, and collections leave them out.
    """
    with ws.begin() as session:
        found = session.execute(_TRASH, {"ids": [str(value) for value in product_ids]})
        return len(found.all())


def restore_products(ws: Workspace, product_ids: Sequence[ProductId]) -> int:
    """Take products out of the trash, unless they were imported anew since. Returns how many."""
    with ws.begin() as session:
        queue_up(session, "catalogue", ws.client_id)  # an import may be making the same product
        found = session.execute(_RESTORE, {"ids": [str(value) for value in product_ids]})
        return len(found.all())
