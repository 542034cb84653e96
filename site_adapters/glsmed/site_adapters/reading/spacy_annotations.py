"""What a report says, written onto a spaCy Doc as extension attributes and span groups.

* ``doc._.findings``: finding → its cell, as in a line of ``extract``.
* ``doc._.assertions``: what is said of each mention, in the order of the text. ``state`` is "no evidence", and
  ``probability`` and ``spread`` are None, where the words say nothing of now ("history of"); ``start`` and ``end`` are
  the mention, ``cue_spans`` and ``scope`` its cues and what the first of them reaches; ``decides`` tells whether it
  makes the finding's cell.
* ``doc._.cues``: every cue, whatever the finding, with its ``kind`` and ``scope``.
* ``doc.spans["glsmed_findings"]``: a span for each assertion, labelled with the finding; ``doc.spans["glsmed_cues"]``:
  one for each cue, labelled with its kind. These spans have ``span._.state``, ``span._.probability``,
  ``span._.spread``, ``span._.cue`` and ``span._.scope``.

Places in attributes are characters of ``doc.text``; spans are widened to whole tokens. All attributes are plain values,
so a Doc can be saved with them. Importing this module starts spaCy and registers the attributes.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from spacy.tokens import Doc, Span

from glsmed.site_adapters.adapter.adapter import STATES, Adapter
from glsmed.site_adapters.reading.cells import NO_EVIDENCE, Cell, Mark
from glsmed.site_adapters.reading.statements import FullReading, Statement

FINDINGS_KEY = "glsmed_findings"
CUES_KEY = "glsmed_cues"
Entry = Mapping[str, Any]
_DECIMALS = 4


def annotate(doc: Doc, reading: FullReading, adapter: Adapter) -> None:
    """Write what ``reading`` found in ``doc.text`` onto the Doc; earlier annotations of this kind are replaced."""
    scopes = {mark.start: mark.scope for mark in reading.marks}
    assertions = [_assertion(statement, reading.cells, scopes) for statement in reading.statements]
    cues = [_cue(mark, adapter) for mark in reading.marks]
    doc._.findings = {finding: cell.as_dict() for finding, cell in reading.cells.items()}
    doc._.assertions = assertions
    doc._.cues = cues
    doc.spans[FINDINGS_KEY] = list(_spans(doc, FINDINGS_KEY, assertions, label="finding"))
    doc.spans[CUES_KEY] = list(_spans(doc, CUES_KEY, cues, label="kind"))


def _assertion(
    statement: Statement, cells: Mapping[str, Cell], scopes: Mapping[int, tuple[int, int]]
) -> dict[str, object]:
    said = statement.assertion
    prior = said.prior if statement.is_evidence else None
    mention, *cues = statement.placed
    cell = cells.get(said.finding)
    return {
        "finding": said.finding,
        "state": NO_EVIDENCE if prior is None else said.state,
        "probability": None if prior is None else round(prior.mean, _DECIMALS),
        "spread": None if prior is None else round(said.spread, _DECIMALS),
        "cue": said.cue,
        "section": statement.section,
        "decides": cell is not None and cell.evidence == statement.placed,
        "start": mention.start,
        "end": mention.end,
        "cue_spans": [[cue.start, cue.end] for cue in cues],
        "scope": list(scopes[cues[0].start]) if cues else None,
    }


def _cue(mark: Mark, adapter: Adapter) -> dict[str, object]:
    prior = adapter.cues[mark.cue].prior
    return {
        "cue": mark.cue,
        "kind": mark.kind,
        "state": None if prior is None else STATES[mark.kind],
        "probability": None if prior is None else round(prior.mean, _DECIMALS),
        "spread": None if prior is None else round(prior.spread, _DECIMALS),
        "start": mark.start,
        "end": mark.end,
        "scope": list(mark.scope),
    }


def _spans(doc: Doc, group: str, entries: Sequence[Entry], *, label: str) -> Iterator[Span]:
    """A span for each entry; its id says which, for several spans may have the same place."""
    for place, entry in enumerate(entries):
        span = _char_span(doc, entry["start"], entry["end"], label=entry[label], span_id=f"{group}:{place}")
        if span is not None:
            yield span


def _char_span(doc: Doc, start: int, end: int, *, label: str = "", span_id: str = "") -> Span | None:
    return doc.char_span(start, end, label=label, span_id=span_id, alignment_mode="expand")


def _entry(span: Span) -> Entry:
    """What a span of the two groups stands for; nothing for another span."""
    group, _, place = span.id_.partition(":")
    entries = {FINDINGS_KEY: span.doc._.assertions, CUES_KEY: span.doc._.cues}.get(group)
    return {} if entries is None else entries[int(place)]


def _value(name: str, span: Span) -> Any:
    return _entry(span).get(name)


def _scope(span: Span) -> Span | None:
    scope = _entry(span).get("scope")
    return None if scope is None else _char_span(span.doc, *scope)


Doc.set_extension("findings", default={})
Doc.set_extension("assertions", default=[])
Doc.set_extension("cues", default=[])
for _name in ("state", "probability", "spread", "cue"):
    Span.set_extension(_name, getter=partial(_value, _name))
Span.set_extension("scope", getter=_scope)
