"""Making, naming, deleting and reading collections."""

from typing import Any

from sqlalchemy import Row, text

from visualizer_core.db.collection import NO_COLLECTION, lock_collection
from visualizer_core.db.plan import CollectionPlan, load_plan
from visualizer_core.domain.catalogue.text import one_line
from visualizer_core.domain.ids import CollectionId, new_id
from visualizer_core.errors import Conflict, InvalidInput, NotFound
from visualizer_core.workspace import Workspace

__all__ = [
    "MAX_NAME_CHARS",
    "create_collection",
    "delete_collection",
    "find_collection",
    "plan",
    "rename_collection",
    "restore_collection",
]

MAX_NAME_CHARS = 120  # fits a card and a file name


def _clean_name(name: str) -> str:
    cleaned = one_line(name)
    if not 0 < len(cleaned) <= MAX_NAME_CHARS:
        raise InvalidInput(
            f"A collection's name has 1 to {MAX_NAME_CHARS} characters; this one has "
            f"{len(cleaned)}."
        )
    return cleaned


_CREATE = text("INSERT INTO app.collections (id, name) VALUES (:id, :name)")


def create_collection(ws: Workspace, name: str) -> CollectionId:
    """Make an empty collection; names need not be unique.

    Raises
    ------
    InvalidInput
        When the name is empty or too long.
    """
    collection_id = CollectionId(new_id())
    cleaned = _clean_name(name)
    with ws.begin() as session:
        session.execute(_CREATE, {"id": collection_id, "name": cleaned})
    return collection_id


_FIND = text("""
    SELECT id FROM app.collections WHERE name = :name AND deleted_at IS NULL
    ORDER BY created_at, id LIMIT 1
""")


def find_collection(ws: Workspace, name: str) -> CollectionId | None:
    """The oldest collection of that name."""
    with ws.begin() as session:
        found = session.execute(_FIND, {"name": one_line(name)}).scalar_one_or_none()
    return None if found is None else CollectionId(found)


_CHANGE_NAME = text("""
    UPDATE app.collections SET name = :name, updated_at = now(), version = version + 1
    WHERE id = :collection_id AND deleted_at IS NULL RETURNING 1
""")


def rename_collection(ws: Workspace, collection_id: CollectionId, name: str) -> None:
    """Change a collection's name.

    Raises
    ------
    InvalidInput
        When the name is empty or too long.
    NotFound
        When this client has no such collection.
    """
    cleaned = _clean_name(name)
    with ws.begin() as session:
        changed = session.execute(_CHANGE_NAME, {"collection_id": collection_id, "name": cleaned})
        _must_exist(changed.one_or_none())


def _must_exist(found: Row[Any] | None) -> None:
    if found is None:
        raise NotFound(NO_COLLECTION)


_OPEN = text("""
    SELECT count(*) FROM app.generated_assets
    WHERE collection_id = :collection_id AND status IN ('pending', 'generating')
""")
_DELETE = text("""
    UPDATE app.collections SET deleted_at = now(), updated_at = now(), version = version + 1
    WHERE id = :collection_id
""")
_RESTORE = text("""
    UPDATE app.collections SET deleted_at = NULL, updated_at = now(), version = version + 1
    WHERE id = :collection_id AND deleted_at IS NOT NULL RETURNING 1
""")


def delete_collection(ws: Workspace, collection_id: CollectionId) -> None:
    """Put a collection with its pictures into the trash, where it stays 30 days.

    Raises
    ------
    NotFound
        When this client has no such collection.
    Conflict
        While pictures of it are waiting or being made.
    """
    with ws.begin() as session:
        lock_collection(session, collection_id)
        unfinished = session.execute(_OPEN, {"collection_id": collection_id}).scalar_one()
        if unfinished:
            raise Conflict(
                f"{unfinished} pictures of this collection are not made yet. Cancel its run first, "
                "or wait for its end."
            )
        session.execute(_DELETE, {"collection_id": collection_id})


def restore_collection(ws: Workspace, collection_id: CollectionId) -> None:
    """Take a collection out of the trash.

    Raises
    ------
    NotFound
        When it is not in this client's trash (any more).
    """
    with ws.begin() as session:
        _must_exist(session.execute(_RESTORE, {"collection_id": collection_id}).one_or_none())


def plan(ws: Workspace, collection_id: CollectionId) -> CollectionPlan:
    """Products, scenes, matches and resolved settings with their trace.

    Raises
    ------
    NotFound
        When this client has no such collection.
    """
    with ws.begin() as session:
        return load_plan(session, collection_id)
