"""Wording that readers of reports misread, by kind and language: how many of our checks the vocabularies pass.

``wording_checks.jsonl`` holds one check a line: ``kind``, ``language``, ``text``, ``finding``, the ``states`` that are
right (parted by ``|``), where it matters the probability from ``low`` to ``high``, and whether it is a ``control``: a
plain wording near the kind, which must be read as before. The sentences are our own.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.reader import Reader

CHECKS = Path(__file__).with_name("wording_checks.jsonl")
_UNMENTIONED = "unmentioned"


@dataclass(frozen=True, slots=True)
class WordingCheck:
    """One text and what must be read in it; ``bounds`` are those of the probability, where it matters."""

    kind: str
    language: str
    control: bool
    text: str
    finding: str
    states: frozenset[str]
    bounds: tuple[float, float] | None

    def holds(self, reader: Reader) -> bool:
        """Whether the reader reads it so."""
        cell = reader.read(self.text).cells.get(self.finding)
        if cell is None:
            return _UNMENTIONED in self.states
        low, high = self.bounds or (0.0, 1.0)
        return cell.state in self.states and low <= cell.probability <= high


def read_checks(path: Path = CHECKS) -> list[WordingCheck]:
    """The checks of a file, in its order."""
    return [_check(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def _check(row: Mapping[str, object]) -> WordingCheck:
    bounds = (float(str(row["low"])), float(str(row["high"]))) if "low" in row else None
    return WordingCheck(
        kind=str(row["kind"]),
        language=str(row["language"]),
        control=bool(row["control"]),
        text=str(row["text"]),
        finding=str(row["finding"]),
        states=frozenset(str(row["states"]).split("|")),
        bounds=bounds,
    )


def score_wording(checks: Sequence[WordingCheck]) -> dict[str, str]:
    """``passed of tried`` by ``kind, language``, each with its controls apart."""
    passed = dict(_counted(checks))
    return {name: f"{right} of {tried}" for name, (right, tried) in sorted(passed.items())}


def share_passed(checks: Sequence[WordingCheck]) -> float:
    """The share of checks that hold."""
    readers = _readers(checks)
    return sum(check.holds(readers[check.language]) for check in checks) / len(checks)


def wording_table(checks: Sequence[WordingCheck]) -> list[str]:
    """The lines of a Markdown table: kind by language, passed of tried; the last column counts the controls alone."""
    readers = _readers(checks)
    held = [(check, check.holds(readers[check.language])) for check in checks]
    languages = list(readers)
    lines = [f"| kind | {' | '.join(languages)} | controls |", "|---" * (len(languages) + 2) + "|"]
    for kind in sorted({check.kind for check in checks}):
        own = [(check, right) for check, right in held if check.kind == kind]
        cells = [_passed([right for check, right in own if check.language == language]) for language in languages]
        controls = _passed([right for check, right in own if check.control])
        lines.append(f"| {kind} | {' | '.join(cells)} | {controls} |")
    cells = [_passed([right for check, right in held if check.language == language]) for language in languages]
    controls = _passed([right for check, right in held if check.control])
    return [*lines, f"| all | {' | '.join(cells)} | {controls} |"]


def _passed(held: Sequence[bool]) -> str:
    return f"{sum(held)} of {len(held)}"


def _counted(checks: Sequence[WordingCheck]) -> Iterator[tuple[str, tuple[int, int]]]:
    readers = _readers(checks)
    groups: dict[str, list[bool]] = {}
    for check in checks:
        name = f"{check.kind}, {check.language}" + (", controls" if check.control else "")
        groups.setdefault(name, []).append(check.holds(readers[check.language]))
    yield from ((name, (sum(held), len(held))) for name, held in groups.items())


def _readers(checks: Sequence[WordingCheck]) -> Mapping[str, Reader]:
    languages = sorted({check.language for check in checks})
    return {language: Reader(load_adapter(f"{language}_radiology")) for language in languages}
