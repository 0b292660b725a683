"""Ending work: finish, hand back, cancel, close the collection.

Reservations belong to open assets: leaving ``pending``/``generating`` happens once, and gives back
once what is left of them. Every transaction here and in `services.generation` locks in one order,
collection, assets (by `seq`), usage, counts, so that no two of them wait for each other.
"""

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import bindparam

from visualizer_core.db.jobs.values import ClaimedAsset, Finished, HandBack, Handed, Leased, Picture
from visualizer_core.domain.ids import ClientId, CollectionId
from visualizer_core.domain.status import AssetStatus

__all__ = ["cancel_open", "close_collection", "finish", "hand_back"]

# One statement each, so that the collection's lock is held for no round trip but the commit's: in a
# burst, every worker waits for it. The lock comes before everything else.
_FINISH = text("""
    WITH locked AS MATERIALIZED (
      SELECT client_id, id FROM app.collections
      WHERE client_id = :client_id AND id = :collection_id FOR NO KEY UPDATE
    ), done AS (
      UPDATE app.generated_assets a SET
        status = 'completed', image_id = :image_id, progress = 100, completed_at = now(),
        updated_at = now(), lease_token = NULL, lease_until = NULL, leased_by = NULL,
        error_code = NULL, error_message = NULL, cancel_requested = false, hold = NULL,
        prompt = :prompt, prompt_trace = :prompt_trace, recipe = :recipe,
        recipe_hash = :recipe_hash
      FROM locked
      WHERE a.client_id = locked.client_id AND a.collection_id = locked.id
        AND a.id = :asset_id AND a.lease_token = :lease
      RETURNING a.client_id, a.collection_id, a.reserved_day, a.reserved_month, a.reserved_micros
    ), picture AS (
      INSERT INTO app.images (client_id, id, kind, s3_key, sha256, phash, mime, width, height,
                              bytes, thumbnail_widths)
      SELECT client_id, :image_id, 'generated', :s3_key, :sha256, :phash, :mime, :width, :height,
             :bytes, :thumbnail_widths
      FROM done
    ), used AS (
      UPDATE app.usage_days u SET used = used + 1, reserved = reserved - 1
      FROM done WHERE u.client_id = done.client_id AND u.day = done.reserved_day
    ), spent AS (
      UPDATE app.budget_months b SET reserved_micros = b.reserved_micros - done.reserved_micros
      FROM done WHERE b.client_id = done.client_id AND b.month = done.reserved_month
    )
    SELECT app.close_collection(client_id, collection_id) AS closed FROM done
""").bindparams(
    bindparam("thumbnail_widths", type_=JSONB),
    bindparam("prompt_trace", type_=JSONB),
    bindparam("recipe", type_=JSONB),
)


def finish(session: Session, asset: ClaimedAsset, picture: Picture) -> Finished | None:
    """Complete an asset, settle what was reserved for it, close its collection if it was the last.

    What its calls cost was booked when they were closed (`ledger.close_call`).

    Returns
    -------
    Finished or None
        None when the lease was lost: nothing was written.
    """
    closed = session.execute(
        _FINISH,
        {
            "client_id": asset.client_id,
            "collection_id": asset.collection_id,
            "asset_id": asset.id,
            "lease": asset.lease,
            "image_id": picture.id,
            "s3_key": picture.s3_key,
            "sha256": picture.sha256,
            "phash": picture.phash,
            "mime": picture.mime,
            "width": picture.width,
            "height": picture.height,
            "bytes": picture.bytes,
            "thumbnail_widths": list(picture.thumbnail_widths),
            "prompt": picture.prompt,
            "prompt_trace": picture.prompt_trace,
            "recipe": picture.recipe,
            "recipe_hash": picture.recipe_hash,
        },
    ).scalar_one_or_none()
    return None if closed is None else Finished(closed)


_HAND_BACK = text("""
    WITH locked AS MATERIALIZED (
      SELECT client_id, id, run_state FROM app.collections
      WHERE client_id = :client_id AND id = :collection_id FOR NO KEY UPDATE
    ), back AS (
      UPDATE app.generated_assets a SET
        status = CASE WHEN a.cancel_requested AND :status = 'pending' THEN 'cancelled'
                      ELSE :status END,
        hold = CASE WHEN :status <> 'pending' OR a.cancel_requested THEN NULL
                    WHEN locked.run_state = 'paused' AND a.priority = 0 THEN 'paused' END,
        run_after = now() + make_interval(secs => :delay_s),
        attempts = greatest(a.attempts + :attempts, 0), deferrals = a.deferrals + :deferrals,
        crashes = a.crashes + :crashes, recalls = a.recalls + :recalls, hint = :hint,
        paid_call_id = nullif(a.paid_call_id, CAST(:useless_call AS uuid)),
        progress = 0, error_code = :error_code, error_message = :error_message,
        updated_at = now(), lease_token = NULL, lease_until = NULL, leased_by = NULL
      FROM locked
      WHERE a.client_id = locked.client_id AND a.collection_id = locked.id
        AND a.id = :asset_id AND a.lease_token = :lease
      RETURNING a.client_id, a.collection_id, a.status, a.reserved_day, a.reserved_month,
                a.reserved_micros
    ), unused AS (
      UPDATE app.usage_days u SET reserved = u.reserved - 1
      FROM back WHERE back.status <> 'pending'
        AND u.client_id = back.client_id AND u.day = back.reserved_day
    ), unspent AS (
      UPDATE app.budget_months b SET reserved_micros = b.reserved_micros - back.reserved_micros
      FROM back WHERE back.status <> 'pending'
        AND b.client_id = back.client_id AND b.month = back.reserved_month
    )
    SELECT status,
           status <> 'pending' AND app.close_collection(client_id, collection_id) AS closed
    FROM back
""")


def hand_back(session: Session, asset: Leased, how: HandBack) -> Handed | None:
    """Give a leased asset back; releases its reservation unless it stays pending.

    Returns
    -------
    Handed or None
        None when the lease was lost: nothing was written.
    """
    row = session.execute(
        _HAND_BACK,
        {
            "client_id": asset.client_id,
            "collection_id": asset.collection_id,
            "asset_id": asset.id,
            "lease": asset.lease,
            "status": how.status,
            "hint": how.hint,
            "delay_s": how.delay_s,
            "attempts": how.attempts,
            "deferrals": how.deferrals,
            "crashes": how.crashes,
            "recalls": how.recalls,
            "useless_call": how.useless_call,
            "error_code": how.error_code,
            "error_message": how.error_message,
        },
    ).one_or_none()
    return None if row is None else Handed(AssetStatus(row.status), row.closed)


_CLOSE_COLLECTION = text("SELECT app.close_collection(:client_id, :collection_id)")


def close_collection(session: Session, client_id: ClientId, collection_id: CollectionId) -> bool:
    """Mark a collection completed when nothing of it is open; True when that happened now.

    The caller holds the collection's lock.
    """
    where = {"client_id": client_id, "collection_id": collection_id}
    return session.execute(_CLOSE_COLLECTION, where).scalar_one()


_END_PENDING = text("""
    WITH ended AS (
      UPDATE app.generated_assets SET status = 'cancelled', hold = NULL, updated_at = now(),
             error_code = NULL, error_message = NULL
      WHERE client_id = :client_id AND collection_id = :collection_id AND status = 'pending'
      RETURNING job_id, client_id, reserved_day, reserved_month, reserved_micros
    ), unused AS (
      UPDATE app.usage_days u SET reserved = u.reserved - e.n
      FROM (SELECT client_id, reserved_day, count(*) AS n FROM ended GROUP BY 1, 2) e
      WHERE u.client_id = e.client_id AND u.day = e.reserved_day
    ), unspent AS (
      UPDATE app.budget_months b SET reserved_micros = b.reserved_micros - e.reserved
      FROM (SELECT client_id, reserved_month, sum(reserved_micros) AS reserved
            FROM ended GROUP BY 1, 2) e
      WHERE b.client_id = e.client_id AND b.month = e.reserved_month
    )
    SELECT job_id FROM ended
""")
_ASK_CANCEL = text("""
    UPDATE app.generated_assets a SET cancel_requested = true, updated_at = now()
    FROM (SELECT client_id, id FROM app.generated_assets
          WHERE client_id = :client_id AND collection_id = :collection_id AND status = 'generating'
          ORDER BY seq FOR NO KEY UPDATE) mine
    WHERE a.client_id = mine.client_id AND a.id = mine.id
    RETURNING 1
""")


def cancel_open(
    session: Session, client_id: ClientId, collection_id: CollectionId
) -> tuple[list[str], int]:
    """End what is pending and ask what runs to stop before its next call.

    Returns
    -------
    tuple of list of str and int
        Job ids that ended now; how many still run.
    """
    where = {"client_id": client_id, "collection_id": collection_id}
    ended = [row.job_id for row in session.execute(_END_PENDING, where)]
    running = len(session.execute(_ASK_CANCEL, where).all())
    return ended, running
