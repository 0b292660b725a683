"""The job columns of `generated_assets`: claim, lease, hand back, finish, reap.

Every write of a worker is conditional on its lease token, so that a frozen and revived worker
writes nothing. All times are the database's.
"""

from visualizer_core.db.jobs.claiming import (
    claim,
    count_ready,
    count_running,
    ready_models,
    renew,
)
from visualizer_core.db.jobs.ending import cancel_open, close_collection, finish, hand_back
from visualizer_core.db.jobs.reaping import Dead, expired, reap
from visualizer_core.db.jobs.values import (
    ClaimedAsset,
    Finished,
    HandBack,
    Handed,
    Leased,
    Picture,
    ReadyModel,
    Reaped,
)

__all__ = [
    "ClaimedAsset",
    "Dead",
    "Finished",
    "HandBack",
    "Handed",
    "Leased",
    "Picture",
    "ReadyModel",
    "Reaped",
    "cancel_open",
    "claim",
    "close_collection",
    "count_ready",
    "count_running",
    "expired",
    "finish",
    "hand_back",
    "ready_models",
    "reap",
    "renew",
]
