"""What a run came to: for people while it goes on, for machines as one object at its end."""

import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

import typer

from visualizer_core.cli.console import ExitCode, code_of, print_json
from visualizer_core.cli.showing import plain, say
from visualizer_core.errors import VisualizerError
from visualizer_core.services.generation import Progress, RunEnd

__all__ = ["Report", "count"]

SHOWN = 20  # lines of one kind on a screen; --json has them all
# What these say of a picture is not the provider's doing; every other code is.
_OURS = frozenset({"bad_input", "poison", "worker_lost", "outcome_unknown"})


def count(number: int, what: str) -> str:
    """A number with its noun: 1 picture, 2 pictures."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


@dataclass
class Report:
    """Counts and words of one run; the fields are those of ``--json``.

    Attributes
    ----------
    imported, updated, unchanged, bad_rows : int
        Rows of the catalogue.
    photos_added, photos_rejected, photos_unmatched : int
        Files of the photo folder: new ones, unusable ones, and those that belong to no product or
        to several.
    inspirations_added, inspirations_rejected : int
        Files of the rooms folder.
    analysed, fallback : int
        Products and scenes described in this run, and those described from their texts only.
    generated, failed, cancelled : int
        Pictures that ended in this run, whoever started them.
    existing, waiting, skipped : int
        Pictures that were there before; pictures left open, for another day or until somebody
        acts; products without a photo.
    settled_cost_usd : float
        What the provider was paid during this run: `analysis_cost_usd` and `picture_cost_usd`.
    collection_cost_usd : float
        What the pictures of the collection cost, all runs together.
    exported : int
        Pictures in the ZIP.
    problems : list of str
        Everything a person should look at, item by item.
    error : str
        Why the run ended early; empty when it did not.
    """

    imported: int = 0
    updated: int = 0
    unchanged: int = 0
    bad_rows: int = 0
    photos_added: int = 0
    photos_rejected: int = 0
    photos_unmatched: int = 0
    inspirations_added: int = 0
    inspirations_rejected: int = 0
    analysed: int = 0
    fallback: int = 0
    generated: int = 0
    failed: int = 0
    cancelled: int = 0
    existing: int = 0
    waiting: int = 0
    skipped: int = 0
    settled_cost_usd: float = 0.0
    analysis_cost_usd: float = 0.0
    picture_cost_usd: float = 0.0
    collection_cost_usd: float = 0.0
    exported: int = 0
    seconds: float = 0.0
    collection: str = ""
    collection_id: str = ""
    out: str = ""
    problems: list[str] = field(default_factory=list[str])
    error: str = ""
    exit_code: int = ExitCode.DONE

    @contextmanager
    def told(self, *, as_json: bool) -> Generator[None]:
        """Take the time of a block, and print the object at its end, however it ends."""
        begun = time.monotonic()
        try:
            yield
            self.seconds = round(time.monotonic() - begun, 1)
            self.exit_code = self._code()
            say(self._summary())
        except VisualizerError as error:
            self.error, self.exit_code = str(error), code_of(error)
            raise
        except KeyboardInterrupt:
            self.error, self.exit_code = "interrupted", ExitCode.INTERRUPTED
            raise
        finally:
            self.seconds = round(time.monotonic() - begun, 1)
            if as_json:
                print_json(asdict(self))
        if self.exit_code:
            raise typer.Exit(self.exit_code)

    def list_problems(self, lines: Iterable[str]) -> None:
        """Show and keep what a person should look at; long lists are cut on the screen."""
        kept = [plain(line) for line in lines]
        self.problems += kept
        _say_some(kept)

    def add_end(self, ended: RunEnd, now: Progress) -> None:
        """Count what ended and what is open, and say of each picture that failed why."""
        self.generated, self.cancelled = ended.completed, ended.cancelled
        self.failed, self.waiting = len(ended.failures), now.open
        self.collection_cost_usd = now.cost_micros / 1e6
        self.picture_cost_usd = ended.cost_micros / 1e6
        self.analysis_cost_usd = ended.analysis_micros / 1e6
        self.settled_cost_usd = (ended.cost_micros + ended.analysis_micros) / 1e6
        self._is_provider = all(failure.code not in _OURS for failure in ended.failures)
        self.list_problems(
            f"{failure.sku or failure.product}: {failure.message}" for failure in ended.failures
        )

    def stop(self, words: str) -> None:
        """Say why the run ended before its pictures were made, though nothing is wrong."""
        self.error = words
        say(f"✗ {words}")

    def _code(self) -> ExitCode:
        """The exit code of a run that went to its end."""
        if self.error:
            return ExitCode.PARTLY
        if self.failed or self.cancelled:
            nothing = not (self.generated or self.exported)
            return ExitCode.REFUSED if nothing and self._is_provider else ExitCode.PARTLY
        if self.waiting and not self.exported:
            return ExitCode.OVER_LIMIT
        return ExitCode.DONE

    _is_provider = False  # whether every failure is the provider's word

    def _summary(self) -> str:
        """The last line for people."""
        parts = [f"{self.generated} generated", f"{self.failed} failed"]
        parts += [f"{self.cancelled} cancelled"] if self.cancelled else []
        parts += [f"{self.existing} existed"]
        parts += [f"{self.waiting} wait"] if self.waiting else []
        parts += [f"${self.settled_cost_usd:.2f} settled", f"{self.seconds:.0f} s"]
        return ", ".join(parts)


def _say_some(lines: Sequence[str]) -> None:
    for line in lines[:SHOWN]:
        say(f"  {line}")
    if len(lines) > SHOWN:
        say(f"  … and {len(lines) - SHOWN} more; --json lists them all")
