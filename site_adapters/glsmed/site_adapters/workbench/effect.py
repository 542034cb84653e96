"""What a changed adapter changes in all reports: cells before and after, examples of each change, gold's verdict."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from glsmed.site_adapters.calibration.calibration import Calibration
from glsmed.site_adapters.calibration.comparison import Change, Verdict, changes, judge
from glsmed.site_adapters.calibration.gold_cells import GoldCell
from glsmed.site_adapters.inputs.gold_labels import Gold
from glsmed.site_adapters.reading.cells import Cell
from glsmed.site_adapters.workbench.report_readings import ReportReading

UNMENTIONED = "unmentioned"
_EXAMPLES = 5
_AROUND = 60  # characters of a report on either side of the words
Readings = Mapping[str, ReportReading]


class Example(NamedTuple):
    """A report in which something changes, with its words in the middle, and its gold label if it has one."""

    report_id: str
    before: str
    words: str
    behind: str
    gold: int | None


class Side(NamedTuple):
    """What a cell is before or after: its state, and in brackets probability, cue and section."""

    state: str
    details: str = ""


@dataclass(frozen=True, slots=True)
class ChangeKind:
    """Changes of one finding that are alike."""

    finding: str
    then: Side
    now: Side
    count: int
    examples: Sequence[Example]


@dataclass(frozen=True, slots=True)
class Effect:
    """The whole effect.

    Attributes:
        reports: all of them; ``read_again`` are those that could be touched.
        states: finding → state → cells before and after, of findings with any change.
        kinds: the changes, the frequent ones first.
        verdicts: by gold, where any is about these reports.
        readings: of the reports that were read again, by the changed adapter.
    """

    reports: int
    read_again: int
    states: Mapping[str, Mapping[str, tuple[int, int]]]
    kinds: Sequence[ChangeKind]
    verdicts: Sequence[Verdict]
    readings: Readings

    @property
    def cells(self) -> int:
        """How many cells change."""
        return sum(kind.count for kind in self.kinds)


def effect_of(
    texts: Mapping[str, str], gold: Gold, before: Readings, again: Readings, calibration: Calibration | None
) -> Effect:
    """What changes where some reports are read again.

    Args:
        texts: all reports.
        gold: labels of some of them.
        before: the readings of all reports.
        again: those of the reports that were read again.
        calibration: by which gold judges; None for the adapter's own numbers.
    """
    found = [one for name, now in again.items() for one in changes(name, before[name].cells, now.cells)]
    after = {**before, **again}
    verdicts = judge(_gold_cells(gold, before), _gold_cells(gold, after), calibration) if gold and found else []
    return Effect(
        reports=len(texts),
        read_again=len(again),
        states=_states({change.finding for change in found}, before, after),
        kinds=list(_kinds(found, texts, gold)),
        verdicts=verdicts,
        readings=again,
    )


def _gold_cells(gold: Gold, readings: Readings) -> list[GoldCell]:
    return [
        GoldCell(name, finding, value, readings[name].cells.get(finding), tuple(readings[name].cells.values()))
        for (name, finding), value in gold.items()
    ]


def _states(findings: Iterable[str], before: Readings, after: Readings) -> dict[str, dict[str, tuple[int, int]]]:
    then, now = _count(before), _count(after)
    states = ("present", "uncertain", "absent")
    return {name: {state: (then[name, state], now[name, state]) for state in states} for name in sorted(findings)}


def _count(readings: Readings) -> Counter[tuple[str, str]]:
    return Counter((cell.finding, cell.state) for one in readings.values() for cell in one.cells.values())


def _kinds(found: Sequence[Change], texts: Mapping[str, str], gold: Gold) -> Iterator[ChangeKind]:
    alike: dict[tuple[str, Side, Side], list[Change]] = {}
    for change in found:
        alike.setdefault((change.finding, _named(change.before), _named(change.after)), []).append(change)
    for (finding, then, now), several in sorted(alike.items(), key=lambda item: (-len(item[1]), item[0])):
        shown = [_example(change, texts[change.report_id], gold) for change in several[:_EXAMPLES]]
        yield ChangeKind(finding, then, now, len(several), shown)


def _named(cell: Cell | None) -> Side:
    if cell is None:
        return Side(UNMENTIONED)
    return Side(cell.state, f" {cell.probability:.2f} ({cell.cue}, {cell.section})")


def _example(change: Change, text: str, gold: Gold) -> Example:
    cell = change.after or change.before
    spans = cell.evidence if cell is not None else ()
    start, end = min((span.start for span in spans), default=0), max((span.end for span in spans), default=0)
    label = gold.get((change.report_id, change.finding))
    return Example(change.report_id, _before(text, start), text[start:end], _behind(text, end), label)


def _before(text: str, start: int) -> str:
    """What stands before a place, from a whole word on."""
    first = max(0, start - _AROUND)
    return text[first:start] if first == 0 else text[first:start].partition(" ")[2]


def _behind(text: str, end: int) -> str:
    last = end + _AROUND
    return text[end:] if last >= len(text) else text[end:last].rpartition(" ")[0]
