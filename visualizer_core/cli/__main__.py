"""``python -m visualizer_core.cli``: the same as ``visualizer``, where nothing is installed."""

from visualizer_core.cli.main import main

if __name__ == "__main__":
    main()
