"""One reader's session: the site's files, the queue, and what the reader does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from glsmed.client.data.manifest import ImageEntry
from glsmed.client.data.site_inputs import SiteInputs
from glsmed.client.data.splits import split_of
from glsmed.client.labelling.agreement import Cell, outcome
from glsmed.client.labelling.answers import Answer, AnswerStore, Report, Role, Value
from glsmed.client.labelling.choosing.pool import read_pool
from glsmed.client.labelling.gold_file import Written, write_gold
from glsmed.client.labelling.queue import Frame, Queue
from glsmed.shared.errors import UsageError
from glsmed.site_adapters.reading.reader import Reader

GOLD_NAME = "gold.csv"
_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class Labelling:
    """What a reader works with.

    Attributes:
        reader: who answers; ``report`` is whether the report is shown to them.
        images: the images of each examination.
        reports: text by examination.
        gold_path: the file that the labels go to.
    """

    reader: str
    report: Report
    store: AnswerStore
    queue: Queue
    images: Mapping[str, Sequence[ImageEntry]]
    reports: Mapping[str, str]
    adapter: Reader
    gold_path: Path

    @property
    def findings(self) -> tuple[str, ...]:
        """Those of the study."""
        return self.queue.frame.findings

    def answer(self, study_id: str, finding: str, value: Value | None, *, role: Role = "reader") -> None:
        """Keep an answer; None takes the last one back.

        Raises:
            UsageError: there is no such examination or finding.
        """
        if study_id not in self.reports or finding not in self.findings:
            raise UsageError(f"{finding!r} of {study_id!r} is not a cell of this site and study")
        self.store.add([Answer(self.reader, study_id, finding, value, self.report, role)])

    def asked_of(self, study_id: str) -> frozenset[str]:
        """The findings that are asked about."""
        return frozenset(one.finding for one in self.store.asked() if one.study_id == study_id)

    def mine(self, study_id: str, *, role: Role = "reader") -> dict[str, Value]:
        """This reader's own answers about an examination."""
        return {
            one.finding: one.value
            for one in self.store.answers(study_id)
            if one.reader == self.reader and one.role == role and one.value is not None
        }

    def before(self, study_id: str) -> str | None:
        """The examination that this reader opened before this one."""
        opened = sorted(
            (at, name)
            for name, visits in self.store.opened().items()
            for reader, at in visits
            if reader == self.reader and name in self.images
        )
        names = [name for _, name in opened]
        place = names.index(study_id) if study_id in names else len(names)
        return names[place - 1] if place > 0 else None

    def write_gold(self) -> Written:
        """Put the labels that all answers give into the gold file.

        Raises:
            ConfigurationError: the file cannot be written back without loss.
        """
        gold: Mapping[Cell, int] = outcome(self.store.answers()).gold
        written = write_gold(self.gold_path, gold, self.queue.weights(gold), before=self.store.written())
        self.store.set_written(dict(written.gold))
        return written


def open_labelling(inputs: SiteInputs, *, reader: str, report: Report, beside: Path) -> Labelling:
    """The session of a reader; reads all reports of the site.

    Args:
        inputs: the site's files.
        reader: a name of at most 64 characters.
        report: whether the reader sees the reports.
        beside: the folder of config.yaml, where the gold file goes if it names none.

    Raises:
        UsageError: the name is blank or too long.
        DataError: the answers cannot be kept.
    """
    if not reader.strip() or len(reader) > _LONGEST_NAME or not reader.isprintable():
        raise UsageError(f"--reader: expected a name of 1 to {_LONGEST_NAME} characters, got {reader!r}")
    config = inputs.config
    config.state.prepare()
    store = AnswerStore(config.state.labelling)
    images: dict[str, list[ImageEntry]] = {}
    for entry in inputs.manifest.images:
        images.setdefault(entry.study_id, []).append(entry)
    return Labelling(
        reader=reader.strip(),
        report=report,
        store=store,
        queue=Queue(store, _frame(inputs, store)),
        images=images,
        reports=inputs.manifest.reports,
        adapter=inputs.reader,
        gold_path=config.data.gold or beside / GOLD_NAME,
    )


def _frame(inputs: SiteInputs, store: AnswerStore) -> Frame:
    """What may be asked: cells without a label from elsewhere."""
    split, patients = inputs.config.data.split, inputs.manifest.patients
    test = tuple(name for name, patient in patients.items() if split_of(patient, split) == "test")
    ours = store.written()
    elsewhere = {cell: value for cell, value in inputs.gold.items() if ours.get(cell) != value}
    left = set(test)
    reports = {name: text for name, text in inputs.manifest.reports.items() if name not in left}
    pool = read_pool(inputs.reader, reports, inputs.study.findings, known=elsewhere.keys())
    return Frame(pool, test, split.test, elsewhere)
