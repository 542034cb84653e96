"""What the pages show, as plain values for the templates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from glsmed.client.labelling.agreement import Kappa, agreement, outcome
from glsmed.client.labelling.answers import Role, Value
from glsmed.client.labelling.forecast import MORE, Forecast, forecasts
from glsmed.client.labelling.session import Labelling
from glsmed.client.learning.output_calibration import LEAST_GOLD, LEAST_PER_CLASS
from glsmed.site_adapters.explaining.marked_text import Piece, marked_cells


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One finding of an examination.

    Attributes:
        asked: whether it was drawn; others may be answered too.
        value: this reader's answer.
        others: what readers said, for whoever adjudicates; empty for a reader.
    """

    name: str
    asked: bool
    value: Value | None
    others: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class StudyView:
    """One examination as a reader or an adjudicator sees it.

    Attributes:
        study_id: blank where there is nothing left to do.
        pictures: addresses of its images.
        rows: the findings, those that are asked about first.
        report: its pieces; empty where the report is hidden.
        upcoming: address of the first image of the next examination.
        left: how many examinations wait, this one included.
    """

    study_id: str
    role: Role
    pictures: tuple[str, ...] = ()
    rows: tuple[FindingRow, ...] = ()
    report: tuple[Piece, ...] = ()
    upcoming: str = ""
    previous: str | None = None
    left: int = 0


class Views:
    """What a session has to show."""

    def __init__(self, labelling: Labelling) -> None:
        """Views of a session."""
        self.labelling = labelling
        self.entries = [entry for entries in labelling.images.values() for entry in entries]
        self._addresses: dict[str, tuple[str, ...]] = {}
        for number, entry in enumerate(self.entries):
            self._addresses[entry.study_id] = (*self._addresses.get(entry.study_id, ()), f"/picture/{number}")

    def study(self, study_id: str | None = None, *, after: str | None = None) -> StudyView:
        """The examination of this id, or the next that waits for the reader; opening it keeps others away.

        Args:
            study_id: of the manifest; None for the next.
            after: the one that the reader leaves: another is shown where another waits, whatever is open in this one.
        """
        waiting = self.labelling.queue.waiting(self.labelling.reader)
        others = [name for name in waiting if name != after]
        chosen = study_id if study_id in self.labelling.reports else next(iter(others or waiting), None)
        if chosen is None:
            return StudyView("", "reader")
        previous = self.labelling.before(chosen)
        self.labelling.store.open_study(chosen, self.labelling.reader)
        asked, mine = self.labelling.asked_of(chosen), self.labelling.mine(chosen)
        rows = [FindingRow(name, name in asked, mine.get(name)) for name in self.labelling.findings]
        after = next((name for name in waiting if name != chosen), "")
        return StudyView(
            study_id=chosen,
            role="reader",
            pictures=self._addresses.get(chosen, ()),
            rows=tuple(sorted(rows, key=lambda row: not row.asked)),
            report=self._report(chosen),
            upcoming=next(iter(self._addresses.get(after, ())), ""),
            previous=previous,
            left=len(waiting),
        )

    def disputed(self) -> StudyView:
        """The next examination about which readers differ, with what each of them said."""
        answers = self.labelling.store.answers()
        waiting = outcome(answers).disputed
        if not waiting:
            return StudyView("", "adjudicator")
        chosen, names = waiting[0][0], {finding for study_id, finding in waiting if study_id == waiting[0][0]}
        said: dict[str, list[tuple[str, Value]]] = {}
        for one in answers:
            if one.study_id == chosen and one.role == "reader" and one.value is not None:
                said.setdefault(one.finding, []).append((one.reader, one.value))
        return StudyView(
            study_id=chosen,
            role="adjudicator",
            pictures=self._addresses.get(chosen, ()),
            rows=tuple(
                FindingRow(name, asked=True, value=None, others=tuple(said[name]))
                for name in self.labelling.findings
                if name in names
            ),
            report=self._report(chosen),
            left=len(waiting),
        )

    def _report(self, study_id: str) -> tuple[Piece, ...]:
        if self.labelling.report != "shown":
            return ()
        return tuple(marked_cells(self.labelling.reports[study_id], self.labelling.adapter))

    def progress(self) -> "Progress":
        """How far labelling is."""
        return progress_of(self.labelling)


@dataclass(frozen=True, slots=True)
class FindingProgress:
    """One finding: how many cells were asked and answered how, and what that is worth.

    Attributes:
        missing: how many labels, and of the rarer class, the output calibration still lacks.
    """

    name: str
    asked: int
    present: int
    absent: int
    untold: int
    disputed: int
    missing: tuple[int, int]
    forecast: Forecast | None
    kappa: Kappa


@dataclass(frozen=True, slots=True)
class Progress:
    """All findings, and the readers with how many answers each."""

    findings: tuple[FindingProgress, ...]
    readers: tuple[tuple[str, int], ...]
    more: int = MORE


def progress_of(labelling: Labelling) -> Progress:
    """How far labelling is, over all readers."""
    answers, result = labelling.store.answers(), outcome(labelling.store.answers())
    gold = {**labelling.queue.frame.gold, **result.gold}
    forecast = {one.finding: one for one in forecasts(labelling.queue.frame.pool, gold)}
    kappas = agreement(answers, labelling.findings)
    asked = _counted([one.finding for one in labelling.store.asked()])
    untold, disputed = (_counted([name for _, name in cells]) for cells in (result.untold, result.disputed))
    values = {name: [value for (_, finding), value in gold.items() if finding == name] for name in labelling.findings}
    rows = [
        FindingProgress(
            name=name,
            asked=asked.get(name, 0),
            present=values[name].count(1),
            absent=values[name].count(0),
            untold=untold.get(name, 0),
            disputed=disputed.get(name, 0),
            missing=_missing(values[name]),
            forecast=forecast.get(name),
            kappa=kappas[name],
        )
        for name in labelling.findings
    ]
    readers = _counted([one.reader for one in answers if one.role == "reader"])
    return Progress(tuple(rows), tuple(sorted(readers.items())))


def _missing(values: Sequence[int]) -> tuple[int, int]:
    rarer = min(values.count(0), values.count(1))
    return max(0, LEAST_GOLD - len(values)), max(0, LEAST_PER_CLASS - rarer)


def _counted(names: Sequence[str]) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for name in names:
        found[name] = found.get(name, 0) + 1
    return found
