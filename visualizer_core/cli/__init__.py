"""The command line: ``visualizer up | run | worker | doctor | migrate | admin | images``.

Exit codes: 0 done; 1 done in part (some pictures failed); 2 wrong input; 3 a part of the stack is
missing or misconfigured; 4 over a limit; 5 the provider refuses; 130 interrupted.
"""

from visualizer_core.cli.main import main

__all__ = ["main"]
