"""Every error this program raises on purpose.

::

    VisualizerError
    ├── InvalidInput            what was given cannot be used; says which item and what to do
    │   └── ImageRejected       one picture cannot be used; carries a machine-readable code
    ├── NotFound                no such thing, or it is another client's (never told apart)
    ├── NotAllowed              not signed in, or not for this
    │   └── TooManyAttempts     wait before trying again; carries for how long
    ├── Conflict                the state of things forbids it just now
    │   └── QuotaExceeded       would go over a plan's limit or a budget
    ├── PartMissing             a part of the stack does not answer (database, Redis, storage)
    ├── Misconfigured           the program refuses to start like this
    └── ProviderError           a provider call did not give a result
        ├── ProviderUnavailable try again later (retryable)
        └── ProviderRefused     trying the same again is pointless

Retry policy reads the class, never a message. A message is written for the person on the screen:
what happened, to which item, and what to do.
"""

__all__ = [
    "Conflict",
    "ImageRejected",
    "InvalidInput",
    "Misconfigured",
    "NotAllowed",
    "NotFound",
    "PartMissing",
    "ProviderError",
    "ProviderRefused",
    "ProviderUnavailable",
    "QuotaExceeded",
    "TooManyAttempts",
    "VisualizerError",
]


class VisualizerError(Exception):
    """Root of the tree; never raised itself."""


class InvalidInput(VisualizerError):
    """What was given cannot be used."""


class ImageRejected(InvalidInput):
    """One picture cannot be used.

    Parameters
    ----------
    code : str
        Machine-readable reason, for example ``too_many_pixels``.
    message : str
        What is wrong and what to do instead.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NotFound(VisualizerError):
    """No such thing for this client."""


class NotAllowed(VisualizerError):
    """The caller may not do this."""


class TooManyAttempts(NotAllowed):
    """Wait before trying again.

    Parameters
    ----------
    message : str
        The same for people we know and people we do not.
    retry_after_s : float
        Seconds to wait.
    """

    def __init__(self, message: str, *, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Conflict(VisualizerError):
    """The state of things forbids it just now."""


class QuotaExceeded(Conflict):
    """More than the plan or the budget allows.

    Parameters
    ----------
    message : str
        How many are left and when more come.
    left : int
        Generations left now, in pictures.
    """

    def __init__(self, message: str, *, left: int) -> None:
        super().__init__(message)
        self.left = left


class PartMissing(VisualizerError):
    """A part of the stack does not answer."""


class Misconfigured(VisualizerError):
    """The program refuses to start like this."""


class ProviderError(VisualizerError):
    """A provider call did not give a result."""


class ProviderUnavailable(ProviderError):
    """The provider cannot do it now; the same call may succeed later."""


class ProviderRefused(ProviderError):
    """The provider will not do it; the same call would be refused again."""
