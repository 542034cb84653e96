"""NUBes: Spanish clinical sentences with cues of negation and uncertainty and their scopes (BRAT standoff)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

CueKind = Literal["negation", "uncertainty"]
_KINDS: dict[str, CueKind] = {
    "NegSynMarker": "negation",
    "NegLexMarker": "negation",
    "NegMorMarker": "negation",
    "UncertLexMarker": "uncertainty",
    "UncertSynMarker": "uncertainty",
}
_SCOPE_RELATIONS = frozenset({"Scope", "DiscScope"})


@dataclass(frozen=True, slots=True)
class GoldCue:
    """One annotated cue; a morphological negation ("afebril") is its own scope and has none here."""

    kind: CueKind
    start: int
    end: int
    morphological: bool
    scopes: tuple[tuple[int, int], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class NubesText:
    """One file of the corpus; offsets are characters of ``text``."""

    name: str
    text: str
    cues: tuple[GoldCue, ...]


def read_nubes(folder: Path) -> list[NubesText]:
    """Every annotated file under ``folder``, by name."""
    return [_read_file(path) for path in sorted(folder.glob("SAMPLE-*/*.txt"))]


def sentences_of(texts: Iterable[NubesText]) -> Iterator[NubesText]:
    """The sentences of the texts, one a line, each with its own cues; offsets are characters of the sentence."""
    for text in texts:
        start = 0
        for number, line in enumerate(text.text.splitlines(keepends=True)):
            cues = tuple(_moved(cue, -start) for cue in text.cues if start <= cue.start < start + len(line))
            yield NubesText(f"{text.name}:{number + 1}", line.rstrip(), cues)
            start += len(line)


def _moved(cue: GoldCue, by: int) -> GoldCue:
    scopes = tuple((start + by, end + by) for start, end in cue.scopes)
    return replace(cue, start=cue.start + by, end=cue.end + by, scopes=scopes)


def _read_file(path: Path) -> NubesText:
    spans, scopes = _read_annotations(path.with_suffix(".ann"))
    cues = tuple(
        GoldCue(
            _KINDS[label], start, end, label == "NegMorMarker", tuple(spans[key][1:] for key in scopes.get(name, ()))
        )
        for name, (label, start, end) in spans.items()
        if label in _KINDS
    )
    text = path.read_text(encoding="utf-8")
    return NubesText(path.stem, text, tuple(sorted(cues, key=lambda cue: cue.start)))


def _read_annotations(path: Path) -> tuple[dict[str, tuple[str, int, int]], dict[str, list[str]]]:
    """Spans by identifier, and for each cue the identifiers of what it governs."""
    spans: dict[str, tuple[str, int, int]] = {}
    scopes: dict[str, list[str]] = {}
    for identifier, content in _lines(path):
        if identifier.startswith("T"):
            label, first, *_, last = content.replace(";", " ").split()
            spans[identifier] = (label, int(first), int(last))
        elif identifier.startswith("R"):
            relation, cue, governed = content.split()[:3]
            if relation in _SCOPE_RELATIONS:
                scopes.setdefault(cue.removeprefix("Arg1:"), []).append(governed.removeprefix("Arg2:"))
    return spans, scopes


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        identifier, _, rest = line.partition("\t")
        yield identifier, rest.partition("\t")[0]
