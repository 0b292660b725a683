"""A stand-in for the picture provider and the stock-photo service, over real HTTP.

It speaks the wire protocol to the unmodified client libraries, refuses what the real service
refuses, answers with deterministic pictures and analyses, and can be told to fail. Nothing measured
against it says anything about the real service's speed or quality.

``server`` carries bytes, ``app`` holds the state, ``routes`` finds the handler, ``generate`` is the
main road; ``docs/how-to/use-the-stand-in.md`` describes the control routes.
"""

from visualizer_core.local.standin.launch import RunningStandIn, launch

__all__ = ["RunningStandIn", "launch"]
