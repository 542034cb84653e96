"""Suggestions as YAML to paste: the evidence for each as comments, and lines that load unchanged."""

import re
import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from glsmed.shared.files.yaml_writer import Flow, dump_yaml
from glsmed.site_adapters.adapter.layers import built_in_names
from glsmed.site_adapters.adapter.schema import Scope
from glsmed.site_adapters.lint.lint_context import Subject, load_subject
from glsmed.site_adapters.lint.run import check_subject
from glsmed.site_adapters.suggesting.suggestions import Suggestion

_STRENGTH = 4
_LEAST, _MOST = 0.05, 0.95
_LONGEST_SHOWN = 160


def usable(subject: Subject, suggestions: Sequence[Suggestion]) -> list[Suggestion]:
    """The suggestions that work when they are pasted into a file that extends the adapter."""
    entries = _entries(subject, suggestions)
    if not entries:
        return []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "suggested.yaml"
        path.write_text(dump_yaml(_file(subject, list(entries.values()))), encoding="utf-8")
        problems = check_subject(load_subject(path))
    wrong = {problem.fault.key.split("]")[0] for problem in problems if problem.severity == "error"}
    return [suggestion for at, suggestion in enumerate(suggestions) if f"cues[{at}" not in wrong]


def suggestions_yaml(subject: Subject, suggestions: Sequence[Suggestion]) -> str:
    """The text of ``suggest``: a list of cues in YAML, each under comments with its numbers and real clauses."""
    lines = ["# Words near findings that may be doubt. The clauses below are real reports: do not send this file on."]
    lines.append("cues:" if suggestions else "cues: []")
    for entry, suggestion in zip(_entries(subject, suggestions).values(), suggestions, strict=True):
        lines.append(f"  # {_evidence(suggestion)}")
        lines += [f"  #   {report_id}: {_short(clause)}" for report_id, clause in suggestion.examples]
        lines.append("  " + dump_yaml([Flow(entry)]).rstrip("\n"))
    return "".join(f"{line}\n" for line in lines)


def _evidence(suggestion: Suggestion) -> str:
    told = f"{suggestion.words!r}: {suggestion.times} mentions of {suggestion.findings} finding(s)"
    if not suggestion.labels:
        return f"{told}, none with a gold label"
    gold = f"gold {suggestion.positives} of {suggestion.labels} ({suggestion.positives / suggestion.labels:.2f})"
    return f"{told}; {gold}, the adapter said {suggestion.said:.2f}"


def _short(clause: str) -> str:
    clause = "".join(char if char.isprintable() else " " for char in clause)
    return clause if len(clause) <= _LONGEST_SHOWN else clause[: _LONGEST_SHOWN - 1] + "…"


def _entries(subject: Subject, suggestions: Sequence[Suggestion]) -> Mapping[str, dict[str, object]]:
    """The cue of each suggestion by its id."""
    entries: dict[str, dict[str, object]] = {}
    taken = {*subject.adapter.cues, *subject.adapter.findings}
    for suggestion in suggestions:
        cue_id = new_cue_id("suggested", suggestion.words, taken)
        taken.add(cue_id)
        entries[cue_id] = suggested_cue(subject, suggestion, cue_id)
    return entries


def suggested_cue(subject: Subject, suggestion: Suggestion, cue_id: str) -> dict[str, object]:
    """The cue of a suggestion as an entry of a file."""
    source = f"{suggestion.labels} gold label(s) of this site" if suggestion.labels else "suggested, not yet judged"
    return {
        "id": cue_id,
        "kind": "uncertainty",
        "scope": suggestion.scope,
        "certainty": min(max(suggestion.certainty, _LEAST), _MOST),
        "strength": _STRENGTH,
        "source": source,
        "phrases": [suggestion.words],
        "examples": [cue_example(subject, suggestion.words, suggestion.scope)],
    }


def new_cue_id(prefix: str, words: str, taken: Collection[str]) -> str:
    """An id for a cue of these words that no other has."""
    slug = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
    stem = f"{prefix}_{slug}" if slug else prefix
    number = 1
    while (candidate := stem if slug and number == 1 else f"{stem}_{number}") in taken:
        number += 1
    return candidate


def cue_example(subject: Subject, words: str, scope: Scope) -> str:
    """A made-up sentence in which a cue of these words must decide."""
    term = subject.probe_terms[0][0]
    parts = (term, words) if scope == "backward" else (words, term)
    return subject.sentence(*parts)


def _file(subject: Subject, entries: Sequence[Mapping[str, object]]) -> Mapping[str, object]:
    """An adapter file with these cues that extends the subject."""
    path = Path(subject.own.document.source)
    is_built_in = path.stem in built_in_names() and path.parent.name == "vocabularies"
    parent = path.stem if is_built_in else str(path.resolve())
    return {"adapter": "suggested", "extends": parent, "cues": [Flow(entry) for entry in entries]}
