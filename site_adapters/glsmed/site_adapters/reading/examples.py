"""Runs the examples of an adapter file; each one that does not hold is a fault with its line."""

from collections.abc import Iterator

from glsmed.shared.errors import Fault
from glsmed.site_adapters.adapter.adapter import Adapter, Cue, TextExample
from glsmed.site_adapters.reading.reader import Reader


def check_examples(adapter: Adapter, *, inherited: bool = False) -> list[Fault]:
    """The faults of the adapter's own examples; with ``inherited``, of its parents' too.

    A site may change on purpose what its parent says, so a parent's example that fails is only worth a warning.
    """
    reader = Reader(adapter)
    faults: list[Fault] = []
    for cue in adapter.cues.values():
        faults += _cue_faults(cue, reader, inherited=inherited)
    for example in adapter.examples:
        if inherited or not example.place.inherited:
            faults += _text_faults(example, reader)
    return sorted(faults, key=lambda fault: (fault.source, fault.line or 0))


def _cue_faults(cue: Cue, reader: Reader, *, inherited: bool) -> Iterator[Fault]:
    for example in cue.examples:
        if inherited or not example.place.inherited:
            deciding, found = _cues_in(example.text, reader)
            if cue.id not in (found if cue.scope == "own" or cue.kind in ("pseudo", "terminator") else deciding):
                shown = ", ".join(sorted(deciding)) or "none"
                yield example.place.fault(f"{example.text!r}: expected cue {cue.id!r} to decide, got {shown}")


def _cues_in(text: str, reader: Reader) -> tuple[set[str], set[str]]:
    """The ids of the cues that decide a mention in ``text``, and of all that stand in it."""
    deciding = {part for statement in reader.statements(text) for part in statement.assertion.cue.split("+")}
    return deciding, {mark.cue for mark in reader.marks(text)}


def _text_faults(example: TextExample, reader: Reader) -> Iterator[Fault]:
    cells = reader.read(example.text).cells
    for finding, expected in example.expect.items():
        cell = cells.get(finding)
        state = "unmentioned" if cell is None else cell.state
        if state != expected:
            because = "" if cell is None else f" (cue {cell.cue!r})"
            yield example.place.fault(f"{example.text!r}: {finding}: expected {expected}, got {state}{because}")
