"""A run that was saved, drawn again: `asynclab timeline run.json`. Nothing of it comes from the network."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

from asynclab.narrate import narrate
from asynclab.picture import figure, record_of_trace, text_bars
from asynclab.record import Record


def load(file: Path) -> Record:
    """The run that `run.save(file)` kept. Raises OSError or ValueError."""
    return record_of_trace(json.loads(file.read_text(encoding="utf-8")))


def text(record: Record) -> str:
    return f"{text_bars(record)}\n{narrate(record, about=True)}"


def page(record: Record, title: str) -> str:
    """A page of its own, for a browser."""
    panels = ("lanes", "queues", "latency") if record.calls() else ("lanes", "queues")
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        "<style>:root{color-scheme:light dark}body{margin:2em;font:14px/1.5 system-ui,sans-serif}</style>"
        f"<h1>{escape(title)}</h1>{figure(record, show=panels, about=True)}</html>\n"
    )
