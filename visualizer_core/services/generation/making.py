"""Making one claimed picture: inputs, prompt, one paid call, checks, storage, finish.

The money rules: the ledger row is written before the call; the answer's bytes are stored before
the ledger says paid; what is paid is gone on from, never bought again.
"""

import gzip
import hashlib
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from visualizer_core.db.allowance import reserve_rest
from visualizer_core.db.jobs import ClaimedAsset, HandBack, Picture, finish, hand_back
from visualizer_core.db.ledger import (
    StoredAnswer,
    close_call,
    open_picture_call,
    paid_answer,
)
from visualizer_core.domain.ids import CallId, ImageId, derived_id, new_id
from visualizer_core.domain.keys import generated_key, raw_key, thumbnail_key
from visualizer_core.domain.outcomes import CallOutcome, Charge, OutcomeClass
from visualizer_core.domain.registry import ModelEntry
from visualizer_core.domain.status import AssetStatus
from visualizer_core.errors import InvalidInput, NotFound, PartMissing, QuotaExceeded
from visualizer_core.imaging.compare import THUMBNAIL_WIDTH_PX, PictureVerdict, judge_picture
from visualizer_core.ports import PictureRequest
from visualizer_core.services.generation.booking import with_margin
from visualizer_core.services.generation.handling import after_call
from visualizer_core.services.generation.inputs import PictureInputs, load_inputs
from visualizer_core.services.generation.requests import Prepared, prepare
from visualizer_core.workspace import Workspace

__all__ = ["Made", "make"]

PATIENCE_S = 600.0  # paid bytes are worth holding for ten minutes while storage is away
RAW_COMPRESSION = 1  # the answer without its pictures is small; speed matters more than size
RETRY_BASE_S = 0.5
AWAY_S = 10.0  # until a part that is away is asked for again
CONTESTED_S = 5.0  # until the ledger knows how the other call of this asset ended
RETRY_MOST_S = 15.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Made:
    """How making a claimed asset ended.

    Attributes
    ----------
    outcome : CallOutcome or None
        Of the call, when one was made; the caller adjusts the pace by it.
    cost_micros : int
        Of that call.
    """

    status: AssetStatus | None  # None: the lease was lost
    outcome: CallOutcome | None = None
    cost_micros: int = 0


@dataclass(frozen=True, slots=True)
class _Paid:
    """A paid picture in storage, with its bytes."""

    call_id: CallId
    key: str
    data: bytes
    prepared: Prepared
    outcome: CallOutcome | None
    cost_micros: int


def make(ws: Workspace, asset: ClaimedAsset) -> Made:
    """Make a claimed picture, or find out why it cannot be made.

    Raises
    ------
    PartMissing
        When the database or storage is away for longer than a worker waits; the lease runs out
        and the asset is taken up again.
    """
    model = ws.runtime.registry.get(asset.model)
    call_id = CallId(new_id())
    try:
        with ws.begin() as session:
            inputs = load_inputs(session, asset)
        prepared = prepare(ws, asset, inputs)
        paid = _resume(ws, asset, prepared)
        opened = paid is None and _open(ws, asset, model, prepared.request(call_id))
    except (InvalidInput, NotFound) as error:
        return _fail(ws, asset, "bad_input", str(error))
    except QuotaExceeded as error:
        return _fail(ws, asset, "budget", str(error))
    except PartMissing as error:
        # Nothing was called yet: it is nobody's failure and no crash, only a wait.
        return _back(ws, asset, _waiting(AWAY_S, "part_missing", str(error)), None, 0)
    if paid is None:
        # Not opened: the lease is lost, a cancel was asked for, or somebody paid meanwhile.
        paid = (
            _buy(ws, asset, model, prepared, prepared.request(call_id))
            if opened
            else _back(ws, asset, _waiting(CONTESTED_S), None, 0)
        )
    return paid if isinstance(paid, Made) else _deliver(ws, asset, model, inputs, paid)


def _waiting(seconds: float, code: str | None = None, message: str | None = None) -> HandBack:
    return HandBack(
        AssetStatus.PENDING,
        delay_s=seconds,
        attempts=-1,
        error_code=code,
        error_message=message,
    )


def _resume(ws: Workspace, asset: ClaimedAsset, prepared: Prepared) -> "_Paid | Made | None":
    if asset.paid_call_id is None:
        return None
    with ws.begin() as session:
        answer = paid_answer(session, ws.client_id, asset.id)
    if answer is None:
        return None
    log.info("asset %s goes on from the paid call %s", asset.id, answer.call_id)
    try:
        data = ws.store.get(answer.picture_key)
    except NotFound:
        message = "Its paid picture is gone from storage. Retry to have it made, and paid, anew."
        how = HandBack(
            AssetStatus.ERROR,
            useless_call=CallId(answer.call_id),
            error_code="picture_lost",
            error_message=message,
        )
        return _back(ws, asset, how, None, 0)
    return _Paid(CallId(answer.call_id), answer.picture_key, data, prepared, None, 0)


def _open(ws: Workspace, asset: ClaimedAsset, model: ModelEntry, request: PictureRequest) -> bool:
    """Write into the ledger that a call is about to be made."""
    estimate = model.estimate_micros(request.image_size, request.lane)
    with ws.begin() as session:
        if not reserve_rest(session, asset, with_margin(estimate)):
            raise QuotaExceeded(
                f"Another try may cost ${estimate / 1_000_000:.2f}, more than is left of this "
                "month's budget. Ask for a larger budget, then retry.",
                left=0,
            )
        return open_picture_call(session, asset, CallId(request.call_id), estimated_micros=estimate)


def _buy(
    ws: Workspace,
    asset: ClaimedAsset,
    model: ModelEntry,
    prepared: Prepared,
    request: PictureRequest,
) -> "_Paid | Made":
    call_id = CallId(request.call_id)
    outcome = ws.runtime.generator.generate(request)
    cost = _cost(model, request, outcome)
    stored = _keep(ws, asset, call_id, outcome)
    _insist(
        f"closing call {call_id}",
        lambda: _close(ws, call_id, outcome, cost, stored),
    )
    if outcome.kind is not OutcomeClass.SUCCESS or outcome.picture is None:
        return _after_failure(ws, asset, prepared.inputs, outcome, cost)
    if stored is None or stored.picture_key is None:
        raise AssertionError("a picture is stored before its call is closed")
    return _Paid(call_id, stored.picture_key, outcome.picture.data, prepared, outcome, cost)


def _cost(model: ModelEntry, request: PictureRequest, outcome: CallOutcome) -> int:
    """What a call cost; the estimate where it is paid and the answer does not say."""
    if outcome.usage is not None:
        return model.cost_micros(outcome.usage, request.lane)
    if outcome.charge is Charge.PAID:
        return model.estimate_micros(request.image_size, request.lane)
    return 0


def _close(
    ws: Workspace, call_id: CallId, outcome: CallOutcome, cost: int, stored: StoredAnswer | None
) -> None:
    with ws.begin() as session:
        close_call(session, ws.client_id, call_id, outcome, cost_micros=cost, stored=stored)


def _keep(
    ws: Workspace, asset: ClaimedAsset, call_id: CallId, outcome: CallOutcome
) -> StoredAnswer | None:
    """Store an answer's picture under its final key, and the rest of the answer as raw."""
    if outcome.charge is Charge.NONE:
        return None
    raw = raw_key(ws.client_id, call_id)
    picture_key: str | None = None
    if outcome.picture is not None:
        image_id = ImageId(derived_id(asset.id, str(call_id)))
        picture_key = generated_key(ws.client_id, image_id, outcome.picture.mime)
        picture, key = outcome.picture, picture_key
        _insist(f"storing {key}", lambda: ws.store.put(key, picture.data, picture.mime))
    body = gzip.compress(outcome.raw, RAW_COMPRESSION)
    _insist(f"storing {raw}", lambda: ws.store.put(raw, body, "application/gzip"))
    return StoredAnswer(
        raw_key=raw,
        picture_key=picture_key,
        picture_sha256=hashlib.sha256(outcome.picture.data).hexdigest()
        if outcome.picture
        else None,
        picture_mime=outcome.picture.mime if outcome.picture else None,
    )


def _insist(what: str, action: Callable[[], None]) -> None:
    """Repeat until it works: what is paid must not be lost because a part is away for a minute."""
    deadline = time.monotonic() + PATIENCE_S
    delay_s = RETRY_BASE_S
    while True:
        try:
            action()
        except PartMissing as error:
            if time.monotonic() + delay_s > deadline:
                raise
            log.warning("%s: %s; trying again", what, error)
            time.sleep(delay_s * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
            delay_s = min(delay_s * 2, RETRY_MOST_S)
        else:
            return


def _deliver(
    ws: Workspace, asset: ClaimedAsset, model: ModelEntry, inputs: PictureInputs, paid: _Paid
) -> Made:
    settings = inputs.settings
    width, height = model.pixels(settings.aspect_ratio, settings.image_size)
    verdict = judge_picture(
        paid.data,
        expected_ratio=width / height,
        expected_long_side=max(width, height),
        input_hashes=paid.prepared.fingerprints,
    )
    if not verdict.ok or verdict.thumbnail is None:
        bad = CallOutcome(
            kind=OutcomeClass.BAD_PICTURE, charge=Charge.PAID, message=verdict.message
        )
        made = _after_failure(ws, asset, inputs, bad, paid.cost_micros, useless=paid.call_id)
        return Made(made.status, paid.outcome, paid.cost_micros)
    small, key = verdict.thumbnail, thumbnail_key(paid.key, THUMBNAIL_WIDTH_PX)
    _insist(f"storing {key}", lambda: ws.store.put(key, small, "image/webp"))
    return _insisted_finish(ws, asset, paid, verdict)


def _insisted_finish(
    ws: Workspace, asset: ClaimedAsset, paid: _Paid, verdict: PictureVerdict
) -> Made:
    finished: list[AssetStatus | None] = []

    def write() -> None:
        with ws.begin() as session:
            finished[:] = [_finish(session, asset, paid, verdict)]

    _insist(f"finishing asset {asset.id}", write)
    status = finished[0]
    if status is not None:
        fields = {"status": status, "progress": "100"}
        ws.runtime.mirror.show(ws.app, asset.job_id, fields, final=True)
    return Made(status, paid.outcome, paid.cost_micros)


def _finish(
    session: Session, asset: ClaimedAsset, paid: _Paid, verdict: PictureVerdict
) -> AssetStatus | None:
    picture = Picture(
        id=ImageId(derived_id(asset.id, str(paid.call_id))),
        s3_key=paid.key,
        sha256=verdict.sha256,
        phash=None if verdict.phash is None else f"{verdict.phash:016x}",
        mime=verdict.mime,
        width=verdict.width,
        height=verdict.height,
        bytes=len(paid.data),
        thumbnail_widths=(THUMBNAIL_WIDTH_PX,),
        prompt=paid.prepared.prompt.text,
        prompt_trace=paid.prepared.prompt.trace,
        recipe=paid.prepared.recipe,
        recipe_hash=paid.prepared.recipe_hash,
    )
    done = finish(session, asset, picture)
    return None if done is None else AssetStatus.COMPLETED


def _after_failure(
    ws: Workspace,
    asset: ClaimedAsset,
    inputs: PictureInputs,
    outcome: CallOutcome,
    cost_micros: int,
    *,
    useless: CallId | None = None,
) -> Made:
    how = replace(after_call(ws, asset, inputs, outcome), useless_call=useless)
    return _back(ws, asset, how, outcome, cost_micros)


def _fail(ws: Workspace, asset: ClaimedAsset, code: str, message: str) -> Made:
    how = HandBack(AssetStatus.ERROR, error_code=code, error_message=message)
    return _back(ws, asset, how, None, 0)


def _back(
    ws: Workspace,
    asset: ClaimedAsset,
    how: HandBack,
    outcome: CallOutcome | None,
    cost_micros: int,
) -> Made:
    handed: list[AssetStatus | None] = []

    def write() -> None:
        with ws.begin() as session:
            result = hand_back(session, asset, how)
            handed[:] = [None if result is None else result.status]

    _insist(f"handing asset {asset.id} back", write)
    status = handed[0]
    if status is not None:
        final = status is not AssetStatus.PENDING
        ws.runtime.mirror.show(ws.app, asset.job_id, {"status": status}, final=final)
    return Made(status, outcome, cost_micros)
