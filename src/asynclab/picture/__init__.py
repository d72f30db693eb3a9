"""One record, read as a picture: SVG for the notebook, bars of plain text, a trace for Perfetto.

`rows` says what is drawn, before it has a size; `axis` where the ticks are; `ink` writes SVG elements.
"""

from asynclab.picture.drawing import figure, figure_in_parts, svg
from asynclab.picture.perfetto import record_of_trace, trace_events
from asynclab.picture.text import text_bars

__all__ = ["figure", "figure_in_parts", "record_of_trace", "svg", "text_bars", "trace_events"]
