"""Which pieces of infrastructure are external, and the environment everything is built from."""

import json
from collections.abc import Iterable, Mapping
from enum import StrEnum

from visualizer_core.errors import Misconfigured
from visualizer_core.local.state import StateFolder, write_private

__all__ = [
    "OWNER_VARIABLES",
    "Piece",
    "external_pieces",
    "forget_environment",
    "merged",
    "own_variables",
    "read_environment",
    "without_owner",
    "write_environment",
]

# Ways into the database that only migrations need: kept from workers and apps.
OWNER_VARIABLES = frozenset({"VISUALIZER_BOOTSTRAP_DATABASE_URL", "MIGRATION_DATABASE_URL"})


class Piece(StrEnum):
    """A piece of infrastructure that is either embedded or external."""

    POSTGRES = "postgres"
    REDIS = "redis"
    S3 = "s3"
    GEMINI = "gemini"
    UNSPLASH = "unsplash"


# Every variable of a piece. They change together: an address of one server with the password of
# another helps nobody.
_VARIABLES: dict[Piece, tuple[str, ...]] = {
    Piece.POSTGRES: (
        "DATABASE_URL",
        "OPERATOR_DATABASE_URL",
        "AUTH_DATABASE_URL",
        "MIGRATION_DATABASE_URL",
        "VISUALIZER_BOOTSTRAP_DATABASE_URL",
    ),
    Piece.REDIS: ("REDIS_URL",),
    Piece.S3: (
        "AWS_S3_BUCKET",
        "AWS_ENDPOINT_URL",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_REGION",
    ),
    Piece.GEMINI: ("GEMINI_API_KEY", "GEMINI_BASE_URL"),
    Piece.UNSPLASH: ("UNSPLASH_ACCESS_KEY", "UNSPLASH_BASE_URL"),
}
# A region alone is what many shells export for other reasons; it does not choose a storage.
_DO_NOT_DECIDE = frozenset({"AWS_REGION"})
_NEEDED: dict[Piece, tuple[str, ...]] = {
    Piece.POSTGRES: ("DATABASE_URL",),
    Piece.REDIS: ("REDIS_URL",),
    Piece.S3: ("AWS_S3_BUCKET", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    Piece.GEMINI: ("GEMINI_API_KEY",),
    Piece.UNSPLASH: ("UNSPLASH_ACCESS_KEY",),
}


def external_pieces(environ: Mapping[str, str]) -> dict[Piece, str]:
    """Return the pieces that the environment names, each with the variable that decided.

    Empty variables count as unset.

    Raises
    ------
    Misconfigured
        When a piece is named by halves.
    """
    found: dict[Piece, str] = {}
    for piece, names in _VARIABLES.items():
        given = [name for name in names if environ.get(name) and name not in _DO_NOT_DECIDE]
        if not given:
            continue
        missing = [name for name in _NEEDED[piece] if not environ.get(name)]
        if missing:
            raise Misconfigured(
                f"{given[0]} is set, so {piece} is not embedded, but {', '.join(missing)} "
                f"{'is' if len(missing) == 1 else 'are'} missing. Set what is missing, or unset "
                f"{', '.join(given)} to use the embedded one."
            )
        found[piece] = next(name for name in _NEEDED[piece] if environ.get(name))
    return found


def merged(
    environ: Mapping[str, str], own: Mapping[str, str], external: Iterable[Piece]
) -> dict[str, str]:
    """Lay the variables of a stack over an environment, except those of external pieces.

    Parameters
    ----------
    environ : mapping
        The caller's environment; kept for everything the stack says nothing about.
    own : mapping
        Variables of the stack's embedded pieces and its secrets.
    external : iterable of Piece
        Pieces whose variables come from ``environ`` alone.
    """
    outside = set(external)
    kept = {name for piece in outside for name in _VARIABLES[piece]}
    replaced = {name for piece in Piece if piece not in outside for name in _VARIABLES[piece]}
    base = {name: value for name, value in environ.items() if name not in replaced}
    return base | {name: value for name, value in own.items() if name not in kept}


def own_variables(environ: Mapping[str, str], pieces: Iterable[Piece]) -> dict[str, str]:
    """Return the variables of ``pieces`` as ``environ`` has them."""
    names = [name for piece in pieces for name in _VARIABLES[piece]]
    return {name: environ[name] for name in names if environ.get(name)}


def without_owner(env: Mapping[str, str]) -> dict[str, str]:
    """Return ``env`` without the ways into the database that only migrations need."""
    return {name: value for name, value in env.items() if name not in OWNER_VARIABLES}


def write_environment(state: StateFolder, variables: Mapping[str, str]) -> None:
    """Store a running stack's variables for other commands, readable by this account only."""
    write_private(state.path / "environment.json", json.dumps(dict(variables)), durable=False)


def read_environment(state: StateFolder) -> dict[str, str]:
    """Return what `write_environment` stored, nothing if there is none."""
    try:
        found: dict[str, str] = json.loads((state.path / "environment.json").read_text("utf-8"))
    except FileNotFoundError:
        return {}
    return found


def forget_environment(state: StateFolder) -> None:
    """Remove it: its addresses lead nowhere once the stack has stopped."""
    (state.path / "environment.json").unlink(missing_ok=True)
