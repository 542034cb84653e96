"""The workbench's state: the adapter as it is, all reports as it reads them, and what was changed so far."""

from collections import OrderedDict
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from threading import RLock

from glsmed.shared.errors import ConfigurationError
from glsmed.site_adapters.calibration.calibration import Calibration
from glsmed.site_adapters.lint.lint_context import Subject, load_subject
from glsmed.site_adapters.lint.run import FILE, Problem, check_subject
from glsmed.site_adapters.workbench.adapter_file import AdapterFile, ChangedElsewhereError
from glsmed.site_adapters.workbench.corpus import Corpus
from glsmed.site_adapters.workbench.effect import effect_of
from glsmed.site_adapters.workbench.proposals import Edit, Proposal, compared, diff_lines, raised
from glsmed.site_adapters.workbench.reach import touched_reports
from glsmed.site_adapters.workbench.report_readings import ReportReading, read_report
from glsmed.site_adapters.workbench.word_index import WordIndex

_REMEMBERED = 16  # proposals, of all browsers


@dataclass(frozen=True, slots=True)
class Saved:
    """One change that was written: both texts, their difference, and how many cells it changed."""

    before: str
    after: str
    version: int
    diff: Sequence[str]
    cells: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a proposal: it was written, or must be looked at again because the file had changed.

    Attributes:
        saved: what was written; None if nothing was.
        again: the same change proposed for the file as it is now.
    """

    saved: Saved | None = None
    again: Proposal | None = None


class Workbench:
    """One adapter file and one corpus, for any number of browsers; each call sees a whole state.

    Attributes:
        corpus: the reports.
        file: what is changed.
        calibration: what the cues mean at this site; None for the adapter's own numbers.
        subject: the adapter as the file is now.
        readings: of all reports, in their order.
        history: what was written, the latest last; undo takes it away.
    """

    def __init__(self, corpus: Corpus, file: AdapterFile, calibration: Calibration | None = None) -> None:
        """Read all reports.

        Raises:
            ConfigurationError: with every fault of the adapter.
        """
        self.corpus = corpus
        self.file = file
        self.calibration = calibration
        self.history: list[Saved] = []
        self._lock = RLock()
        self._proposals: OrderedDict[str, Proposal] = OrderedDict()
        self._start()

    def _start(self) -> None:
        self.subject = load_subject(self.file.path, draft=self.file.text)
        self._problems = check_subject(self.subject)
        known: Mapping[str, ReportReading] = getattr(self, "readings", {})
        self.readings: Mapping[str, ReportReading] = self._read(self.subject, self.corpus.texts, known)
        self._index = WordIndex(self.corpus.texts, self.subject.lexicon)

    def _read(
        self, subject: Subject, names: Container[str], known: Mapping[str, ReportReading]
    ) -> dict[str, ReportReading]:
        """The readings of these reports; their languages stay as they are known."""
        return {
            name: read_report(subject.reader, text, self.calibration, known[name].languages if name in known else None)
            for name, text in self.corpus.texts.items()
            if name in names
        }

    @property
    def problems(self) -> Sequence[Problem]:
        """What lint finds in the file as it is."""
        return [problem for problem in self._problems if problem.fault.source == str(self.file.path)]

    def propose(self, edit: Edit) -> Proposal:
        """What a change would do; nothing is written.

        Raises:
            DataError: the change lacks something.
            UneditableError: the file is written in a way that cannot be changed so.
        """
        with self._lock:
            text = raised(edit(self.file.text, self.subject), self.subject.adapter.version)
            proposal = self._proposed(edit, text)
            self._proposals[proposal.key] = proposal
            while len(self._proposals) > _REMEMBERED:
                self._proposals.popitem(last=False)
            return proposal

    def _proposed(self, edit: Edit, text: str) -> Proposal:
        base, diff, source = self.file.revision, diff_lines(self.file.text, text), str(self.file.path)
        try:
            subject = load_subject(self.file.path, draft=text)
        except ConfigurationError as error:
            return Proposal(edit, base, text, diff, [(Problem(FILE, "error", fault), True) for fault in error.faults])
        touched = touched_reports(self.subject, subject, self._index)
        again = self._read(subject, self.corpus.texts if touched is None else touched, self.readings)
        effect = effect_of(self.corpus.texts, self.corpus.gold, self.readings, again, self.calibration)
        problems = compared(check_subject(subject), self._problems, source)
        return Proposal(edit, base, text, diff, problems, subject, effect)

    def accept(self, key: str) -> Outcome | None:
        """Write a proposal, if the file is still the one that it was made for; None if the key is not known any more.

        Raises:
            ConfigurationError: the file on the disk is another one now, and has faults.
            OSError: it cannot be written.
        """
        with self._lock:
            proposal = self._proposals.get(key)
            if proposal is None:
                return None
            if proposal.base != self.file.revision or not proposal.is_acceptable:
                return Outcome(again=self.propose(proposal.edit))
            before = self.file.text
            try:
                self.file.save(proposal.text)
            except ChangedElsewhereError:
                self._start()
                return Outcome(again=self.propose(proposal.edit))
            self._adopt(proposal)
            cells = proposal.effect.cells if proposal.effect is not None else 0
            version = self.subject.adapter.version
            self.history.append(Saved(before, proposal.text, version, proposal.diff, cells))
            return Outcome(saved=self.history[-1])

    def undo(self, revision: str) -> bool:
        """Write what was there before the last change; false if the file is not the one of this revision any more.

        Raises:
            ChangedElsewhereError: the file on the disk is another one; nothing was written.
        """
        with self._lock:
            if not self.history or revision != self.file.revision or self.file.text != self.history[-1].after:
                return False
            proposal = self._proposed(lambda text, _: text, self.history[-1].before)
            try:
                self.file.save(proposal.text)
            except ChangedElsewhereError:
                self._start()
                raise
            self.history.pop()
            self._adopt(proposal)
            return True

    def _adopt(self, proposal: Proposal) -> None:
        """Make the proposal's adapter the present one; only what was read again needs another reading."""
        if proposal.subject is None or proposal.effect is None:
            self._start()
            return
        again = proposal.effect.readings
        self._problems = check_subject(proposal.subject)
        self._index.read_again(((name, self.corpus.texts[name]) for name in again), proposal.subject.lexicon)
        self.readings = {**self.readings, **again}
        self.subject = proposal.subject
