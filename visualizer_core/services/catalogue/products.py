"""Finding products, and the trash."""

from collections.abc import Sequence

from sqlalchemy import TextClause, text

from visualizer_core.domain.ids import ProductId
from visualizer_core.workspace import Workspace

__all__ = ["delete_products", "find_products", "restore_products"]

_FIND = text("""
    SELECT id FROM app.products
    WHERE deleted_at IS NULL
      AND (:search = '' OR search_text LIKE '%' || :search || '%')
      AND (NOT :with_photo OR EXISTS (SELECT 1 FROM app.product_images i
                                      WHERE i.product_id = products.id))
    ORDER BY created_at, id LIMIT :most
""")


def find_products(
    ws: Workspace, *, search: str = "", with_photo: bool = False, most: int = 10_000
) -> list[ProductId]:
    """Ids of products whose name or SKU contains `search`, oldest first, at most `most`."""
    escaped = search.casefold().strip().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    with ws.begin() as session:
        rows = session.execute(
            _FIND, {"search": escaped, "with_photo": with_photo, "most": most}
        ).scalars()
        return [ProductId(row) for row in rows]


_TRASH = text("""
    UPDATE app.products SET deleted_at = now(), import_key = 'trash:' || id || ':' || import_key,
           updated_at = now(), version = version + 1
    WHERE id = ANY(CAST(:ids AS uuid[])) AND deleted_at IS NULL RETURNING 1
""")
_RESTORE = text("""
    UPDATE app.products p SET deleted_at = NULL,
           import_key = substr(import_key, length('trash:' || id || ':') + 1),
           updated_at = now(), version = version + 1
    WHERE id = ANY(CAST(:ids AS uuid[])) AND deleted_at IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM app.products q WHERE q.deleted_at IS NULL
                      AND q.import_key = substr(p.import_key, length('trash:' || p.id || ':') + 1))
    RETURNING 1
""")


def delete_products(ws: Workspace, product_ids: Sequence[ProductId]) -> int:
    """Put products into the trash, where they stay 30 days. Returns how many."""
    return _change(ws, _TRASH, product_ids)


def restore_products(ws: Workspace, product_ids: Sequence[ProductId]) -> int:
    """Take products out of the trash, unless they were imported anew since. Returns how many."""
    return _change(ws, _RESTORE, product_ids)


def _change(ws: Workspace, statement: TextClause, product_ids: Sequence[ProductId]) -> int:
    with ws.begin() as session:
        return len(session.execute(statement, {"ids": [str(x) for x in product_ids]}).all())
