"""The client studio: for now, how the installation is."""

import panel as pn

from visualizer_core.views.health import serve_health
from visualizer_core.wiring import process_runtime

pn.extension()
serve_health("Visualizer Studio", process_runtime)
