"""`ImageGenerator` and `Analyst` on the Gemini API, with the unmodified google-genai client."""

import os
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import cast
from uuid import UUID

import httpx2
from google import genai
from google.genai import errors, types

from visualizer_core.adapters.gemini.answers import read_analysis, read_picture
from visualizer_core.adapters.gemini.refusals import read_break, read_refusal
from visualizer_core.adapters.gemini.transport import DeadlineTransport
from visualizer_core.domain.outcomes import CallOutcome, Charge, OutcomeClass
from visualizer_core.domain.registry import ModelEntry, ModelRegistry
from visualizer_core.domain.status import Lane
from visualizer_core.errors import InvalidInput
from visualizer_core.ports import AnalysisRequest, ImagePart, PictureRequest, TextPart

__all__ = ["CALL_HEADER", "GeminiProvider"]

CALL_HEADER = "x-visualizer-call"  # the ledger's call id, for finding a call in the provider's logs

# Image models are on v1beta only, and so are the per-part resolutions of the analysis.
_API_VERSION = "v1beta"
_TIERS = {Lane.FLEX: types.ServiceTier.FLEX, Lane.PRIORITY: types.ServiceTier.PRIORITY}


@dataclass(frozen=True, slots=True)
class _Live:
    """What one process talks through."""

    client: genai.Client
    transport: DeadlineTransport


class GeminiProvider:
    """Makes pictures and reads them, one HTTP request a call, never a retry.

    Safe to use from many threads. The client is made at the first call of each process: one that
    is inherited by fork corrupts both sides.

    Parameters
    ----------
    api_key : str
        The stand-in takes any that does not look real.
    registry : ModelRegistry
        Which models exist, and how much each may think.
    base_url : str | None
        None is Google.
    timeout_s : float
        For one socket operation; pictures take 12-34 s, of which most is one silent wait.
    deadline_s : float
        For the whole call, whatever trickles in.
    max_connections : int
        At least the number of worker threads: waiting for a connection counts as time.
    proxy_url : str | None
        HTTP proxy between here and the provider.
    """

    def __init__(
        self,
        *,
        api_key: str,
        registry: ModelRegistry,
        base_url: str | None = None,
        timeout_s: float = 240,
        deadline_s: float = 300,
        max_connections: int = 80,
        proxy_url: str | None = None,
    ) -> None:
        self._api_key, self._base_url, self._registry = api_key, base_url, registry
        self._timeout_s, self._deadline_s = timeout_s, deadline_s
        self._max_connections, self._proxy_url = max_connections, proxy_url
        self._lock = threading.Lock()
        self._live: dict[int, _Live] = {}  # by process id

    def generate(self, request: PictureRequest) -> CallOutcome:
        """Make one picture; see `ImageGenerator`."""
        try:
            entry = self._registry.get(request.model)
        except InvalidInput as error:
            return _impossible(error)
        return self._call(
            request.call_id,
            entry,
            request.parts,
            read_picture,
            lambda: types.GenerateContentConfig(
                response_modalities=["IMAGE"],  # with text allowed the model sometimes only talks
                candidate_count=1,
                seed=request.seed,
                image_config=types.ImageConfig(
                    aspect_ratio=request.aspect_ratio, image_size=request.image_size
                ),
                service_tier=_TIERS.get(request.lane) if request.lane in entry.lanes else None,
            ),
        )

    def analyse(self, request: AnalysisRequest) -> CallOutcome:
        """Ask one structured question; see `Analyst`."""
        try:
            entry = self._registry.get(request.model)
        except InvalidInput as error:
            return _impossible(error)
        return self._call(
            request.call_id,
            entry,
            request.parts,
            read_analysis,
            lambda: types.GenerateContentConfig(
                system_instruction=request.instruction,
                response_mime_type="application/json",
                response_schema=list[request.schema] if request.many else request.schema,
                max_output_tokens=request.max_output_tokens,
            ),
        )

    def model_alive(self, model: str) -> tuple[bool, str]:
        """Ask whether the key may use `model`; see `Analyst`."""
        live = self._ours()
        try:
            with live.transport.within(self._timeout_s):
                live.client.models.get(model=model)
        except errors.APIError as error:
            return False, _refused(error).message
        except (httpx2.RequestError, ValueError) as error:
            return False, read_break(error, sent=live.transport.sent).message
        return True, ""

    def close(self) -> None:
        """Close this process's connections; a later call makes new ones."""
        with self._lock:
            live = self._live.pop(os.getpid(), None)
        if live is not None:
            live.client.close()

    def _call(
        self,
        call_id: UUID,
        entry: ModelEntry,
        parts: tuple[TextPart | ImagePart, ...],
        read: Callable[[str], CallOutcome],
        make_config: Callable[[], types.GenerateContentConfig],
    ) -> CallOutcome:
        live, begun = self._ours(), time.monotonic()
        try:
            config = _completed(make_config(), call_id, entry)
            content = types.Content(role="user", parts=[_part(part) for part in parts])
            with live.transport.within(self._deadline_s):
                answer = live.client.models.generate_content(
                    model=entry.id, contents=content, config=config
                )
            raw = answer.sdk_http_response
            outcome = read((raw.body if raw else None) or "")
        except errors.APIError as error:
            outcome = _refused(error)
        except httpx2.RequestError as error:
            outcome = read_break(error, sent=live.transport.sent)
        except (ValueError, TypeError) as error:  # what the client library calls a bad request
            sent = live.transport.sent
            outcome = read_break(error, sent=True) if sent else _impossible(error)
        return replace(outcome, latency_s=time.monotonic() - begun)

    def _ours(self) -> _Live:
        pid = os.getpid()
        live = self._live.get(pid)
        if live is None:
            with self._lock:
                live = self._live.get(pid) or self._connect()
                self._live[pid] = live
        return live

    def _connect(self) -> _Live:
        certificates = _certificates()
        transport = DeadlineTransport(
            tls=certificates,
            max_connections=self._max_connections,
            proxy_url=self._proxy_url,
        )
        options = types.HttpOptions(
            base_url=self._base_url,
            api_version=_API_VERSION,
            timeout=round(self._timeout_s * 1000),
            client_args={
                "transport": transport,
                "trust_env": False,  # proxies and passwords are settings, not surroundings
                "follow_redirects": False,  # a redirect would carry the key elsewhere
                "verify": certificates,
            },
            # Never used, but made: without these each of its parts loads them once more.
            async_client_args={"verify": certificates, "ssl": certificates},
        )
        client = genai.Client(api_key=self._api_key, enterprise=False, http_options=options)
        return _Live(client, transport)


@cache
def _certificates() -> ssl.SSLContext:
    """Whom to believe; reading the list takes longer than all else a client needs (25 ms)."""
    return httpx2.create_ssl_context()


def _completed(
    config: types.GenerateContentConfig, call_id: UUID, entry: ModelEntry
) -> types.GenerateContentConfig:
    """Add what every call has."""
    config.should_return_http_response = True  # the body is judged by us, see `answers`
    config.automatic_continuation = False  # would make further paid calls
    config.automatic_function_calling = types.AutomaticFunctionCallingConfig(disable=True)
    config.http_options = types.HttpOptions(headers={CALL_HEADER: str(call_id)})
    if entry.thinking_level is not None:
        config.thinking_config = types.ThinkingConfig(
            thinking_level=types.ThinkingLevel(entry.thinking_level)
        )
    return config


def _part(part: TextPart | ImagePart) -> types.Part:
    if isinstance(part, TextPart):
        return types.Part(text=part.text)
    resolution = (
        None
        if part.resolution is None
        else types.PartMediaResolution(
            level=types.PartMediaResolutionLevel(f"MEDIA_RESOLUTION_{part.resolution}")
        )
    )
    return types.Part(
        inline_data=types.Blob(data=part.data, mime_type=part.mime), media_resolution=resolution
    )


def _refused(error: errors.APIError) -> CallOutcome:
    response = cast("object", error.response)  # a union of several libraries' types
    details = cast("object", error.details)
    if isinstance(response, httpx2.Response):
        return read_refusal(error.code, response.headers, details, response.content)
    return read_refusal(error.code, {}, details, b"")


def _impossible(error: Exception) -> CallOutcome:
    """The request never left: this program's own fault."""
    return CallOutcome(kind=OutcomeClass.INVALID_REQUEST, charge=Charge.NONE, message=str(error))
