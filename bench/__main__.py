"""``python -m bench [NAME …]``: measure all figures, or those named.

One line a figure on stdout, ``name value unit goal ok|short``; everything else goes to stderr. The
exit code is 0 also when a goal is missed (a loaded machine is no bug), and 1 when something could
not be measured.
"""

import argparse
import importlib
import logging
import sys
from collections.abc import Sequence

from bench.harness import QUIET_LOAD, Figure, load_per_core, note, record

# Module: its figures. In the order of measuring, the quick ones first.
FIGURES: dict[str, tuple[str, ...]] = {
    "matching": ("match_500x12_ms",),
    "importing": ("import_5000_s",),
    "progressing": ("progress_5000_ms", "progress_ratio"),
    "starting": ("start_500_ms", "start_speedup"),
    "cpu": ("worker_cpu_ms", "orchestration_cpu_ms"),
    "bulk": ("bulk_efficiency",),
    "first_picture": ("up_to_first_picture_s",),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, record."""
    known = [name for names in FIGURES.values() for name in names]
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "only", nargs="*", choices=[*known, []], metavar="NAME", help=" ".join(known)
    )
    only = parser.parse_args(arguments).only or known
    logging.disable(logging.INFO)  # of clients and migrations: only the figures matter here
    failed = 0
    for module, names in FIGURES.items():
        wanted = [name for name in names if name in only]
        if wanted:
            failed += not _measure(module, wanted)
    return 1 if failed else 0


def _measure(module: str, wanted: Sequence[str]) -> bool:
    if load_per_core() > QUIET_LOAD:
        note(f"! the machine is busy ({load_per_core():.1f} processes a core): figures in seconds "
             "include the work of others")  # fmt: skip
    note(f"--- {', '.join(wanted)}")
    try:
        measured: list[Figure] = importlib.import_module(f"bench.{module}").measure()
    except Exception as error:  # noqa: BLE001 - one broken figure must not lose the others
        note(f"✗ {', '.join(wanted)} could not be measured: {type(error).__name__}: {error}")
        return False
    figures = [figure for figure in measured if figure.name in wanted]
    record(figures)
    for figure in figures:
        print(figure.line(), flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
