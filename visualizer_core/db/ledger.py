"""The ledger of provider calls: written before the call, closed after it, never forgotten."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import bindparam

from visualizer_core.db.jobs.values import ClaimedAsset
from visualizer_core.domain.ids import AssetId, CallId, ClientId
from visualizer_core.domain.outcomes import CallOutcome, Charge
from visualizer_core.domain.status import CallState

__all__ = [
    "PaidAnswer",
    "StoredAnswer",
    "close_call",
    "open_analysis_call",
    "open_picture_call",
    "paid_answer",
]


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """Where a call's answer was put before the ledger says that it is paid."""

    raw_key: str | None = None
    picture_key: str | None = None
    picture_sha256: str | None = None
    picture_mime: str | None = None


@dataclass(frozen=True, slots=True)
class PaidAnswer:
    """A paid picture an earlier try left behind."""

    call_id: CallId
    picture_key: str
    picture_sha256: str
    picture_mime: str


_OPEN_PICTURE = text("SELECT app.open_call(:asset_id, :lease, :call_id, :model, :lane, :estimated)")


def open_picture_call(
    session: Session, asset: ClaimedAsset, call_id: CallId, *, estimated_micros: int
) -> bool:
    """Write down that a call is about to be made; False means: do not make it.

    It is refused, in one statement, when the lease is lost, a cancel was asked for, or the asset
    already has a paid answer or a call under way.
    """
    opened = session.execute(
        _OPEN_PICTURE,
        {
            "asset_id": asset.id,
            "lease": asset.lease,
            "call_id": call_id,
            "model": asset.model,
            "lane": asset.lane,
            "estimated": estimated_micros,
        },
    ).scalar_one_or_none()
    return opened is not None


_OPEN_ANALYSIS = text("""
    INSERT INTO app.provider_calls (client_id, id, purpose, subject_id, model, estimated_micros)
    VALUES (:client_id, :call_id, :purpose, :subject_id, :model, :estimated)
""")


def open_analysis_call(
    session: Session,
    client_id: ClientId,
    call_id: CallId,
    *,
    purpose: str,
    subject_id: UUID | None,
    model: str,
    estimated_micros: int,
) -> None:
    """Write down that an analysis is about to be asked for."""
    session.execute(
        _OPEN_ANALYSIS,
        {
            "client_id": client_id,
            "call_id": call_id,
            "purpose": purpose,
            "subject_id": subject_id,
            "model": model,
            "estimated": estimated_micros,
        },
    )


_STATE_OF_CHARGE = {
    Charge.PAID: CallState.PAID,
    Charge.NONE: CallState.REJECTED,
    Charge.MAYBE: CallState.UNKNOWN,
}

# The payment is a fact, whoever holds the lease now and whatever became of the asset: its cost and
# its month's budget grow here and nowhere else, by what this closing adds, so that closing twice
# counts once. What an open asset had reserved turns into what is used. The first paid picture is
# adopted; when its asset has ended without one, a retry takes it and pays nothing again.
# Locks: the asset before its call, as everywhere, or the reaper and a late answer would deadlock.
_CLOSE = text("""
    WITH asset AS MATERIALIZED (
      SELECT a.client_id, a.id, a.status, a.reserved_month, a.reserved_micros
      FROM app.provider_calls c
      JOIN app.generated_assets a ON a.client_id = c.client_id AND a.id = c.asset_id
      WHERE c.client_id = :client_id AND c.id = :call_id
      FOR NO KEY UPDATE OF a
    ), call AS MATERIALIZED (
      SELECT c.client_id, c.id, CAST(:cost_micros AS bigint) - c.cost_micros AS added
      FROM app.provider_calls c LEFT JOIN asset ON true
      WHERE c.client_id = :client_id AND c.id = :call_id
      FOR NO KEY UPDATE OF c
    ), closed AS (
      UPDATE app.provider_calls c SET
        state = :state, charge = :charge, outcome = :outcome, message = :message,
        http_status = :http_status, latency_ms = :latency_ms, usage = :usage,
        prompt_tokens = :prompt_tokens, output_tokens = :output_tokens,
        image_tokens = :image_tokens, thought_tokens = :thought_tokens, cost_micros = :cost_micros,
        raw_key = :raw_key, picture_key = :picture_key, picture_sha256 = :picture_sha256,
        picture_mime = :picture_mime, done_at = now()
      FROM call WHERE c.client_id = call.client_id AND c.id = call.id
    ), change AS MATERIALIZED (
      SELECT asset.client_id, asset.id, asset.reserved_month, call.added, call.id AS call_id,
             asset.status IN ('pending', 'generating') AS open,
             CASE WHEN asset.status IN ('pending', 'generating')
                  THEN least(asset.reserved_micros, greatest(call.added, 0)) ELSE 0 END AS moved,
             CAST(:picture_key AS text) IS NOT NULL AND asset.status <> 'completed' AS pictured
      FROM asset CROSS JOIN call
    ), paid AS (
      UPDATE app.generated_assets a SET
        cost_micros = a.cost_micros + change.added,
        reserved_micros = a.reserved_micros - change.moved,
        paid_call_id = CASE WHEN change.pictured THEN coalesce(a.paid_call_id, change.call_id)
                            ELSE a.paid_call_id END,
        progress = CASE WHEN change.pictured AND change.open THEN greatest(a.progress, 60)
                        ELSE a.progress END,
        error_message = CASE WHEN change.pictured AND NOT change.open THEN :late
                             ELSE a.error_message END,
        updated_at = now()
      FROM change WHERE a.client_id = change.client_id AND a.id = change.id
        AND (change.added <> 0 OR change.pictured)
    )
    UPDATE app.budget_months b SET used_micros = b.used_micros + change.added,
           reserved_micros = b.reserved_micros - change.moved
    FROM change WHERE b.client_id = change.client_id AND b.month = change.reserved_month
      AND change.added <> 0
""").bindparams(
    bindparam("usage", type_=JSONB),
    late="Its picture arrived late and is paid for. Retry to take it; nothing is paid again.",
)

MAX_MESSAGE_CHARS = 2_000  # providers sometimes answer with a whole web page


def close_call(
    session: Session,
    client_id: ClientId,
    call_id: CallId,
    outcome: CallOutcome,
    *,
    cost_micros: int,
    stored: StoredAnswer | None = None,
) -> None:
    """Write down what a call came to, unconditionally; a paid picture is adopted by its asset.

    Doing it twice is as good as once.
    """
    answer = stored or StoredAnswer()
    usage = outcome.usage
    session.execute(
        _CLOSE,
        {
            "client_id": client_id,
            "call_id": call_id,
            "state": _STATE_OF_CHARGE[outcome.charge],
            "charge": outcome.charge,
            "outcome": outcome.kind,
            "message": outcome.message[:MAX_MESSAGE_CHARS] or None,
            "http_status": outcome.http_status,
            "latency_ms": round(outcome.latency_s * 1000),
            "usage": outcome.usage_json,
            "prompt_tokens": usage.prompt_tokens if usage else 0,
            "output_tokens": usage.output_tokens if usage else 0,
            "image_tokens": (usage.output_image_tokens or 0) if usage else 0,
            "thought_tokens": usage.thought_tokens if usage else 0,
            "cost_micros": cost_micros,
            "raw_key": answer.raw_key,
            "picture_key": answer.picture_key,
            "picture_sha256": answer.picture_sha256,
            "picture_mime": answer.picture_mime,
        },
    )


_PAID_ANSWER = text("""
    SELECT p.id AS call_id, p.picture_key, p.picture_sha256, p.picture_mime
    FROM app.generated_assets a
    JOIN app.provider_calls p ON p.client_id = a.client_id AND p.id = a.paid_call_id
    WHERE a.client_id = :client_id AND a.id = :asset_id AND p.picture_key IS NOT NULL
""")


def paid_answer(session: Session, client_id: ClientId, asset_id: AssetId) -> PaidAnswer | None:
    """The paid picture an asset goes on from, if it has one."""
    row = (
        session.execute(_PAID_ANSWER, {"client_id": client_id, "asset_id": asset_id})
        .mappings()
        .one_or_none()
    )
    return None if row is None else PaidAnswer(**row)
