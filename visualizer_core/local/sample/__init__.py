"""The sample catalogue: furniture and rooms the project draws itself for a first run."""

from visualizer_core.local.sample.writer import SampleCatalogue, write_sample

__all__ = ["SampleCatalogue", "write_sample"]
