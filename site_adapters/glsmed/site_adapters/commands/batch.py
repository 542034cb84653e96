"""Many reports, one answer a line, on one process or several; a broken line is named and the rest goes on."""

import json
import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from glsmed.shared.errors import DataError, UsageError
from glsmed.site_adapters.inputs.jsonl import parse_report
from glsmed.site_adapters.reading.cells import Cell
from glsmed.site_adapters.reading.reader import Reader

if TYPE_CHECKING:  # at run time it would cost every extract the start of numpy
    from glsmed.site_adapters.calibration.calibration import Calibration

CHUNK_LINES = 400
Answer = Callable[[Reader, str], str]
Chunk = list[tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one chunk of lines.

    Attributes:
        answers: JSON lines in the order of the reports.
        broken: line number and what is wrong with it.
        sentences: how many new sentences were read, and in how many of them no word was known.
    """

    answers: list[str]
    broken: list[tuple[int, str]]
    sentences: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Work:
    """A reader and what to ask it (the inside of a JSON object); called with a chunk of numbered lines."""

    reader: Reader
    answer: Answer

    def __call__(self, chunk: Chunk) -> Outcome:
        """The answers to a chunk."""
        answers, broken = [], []
        seen, strange = self.reader.sentences_read, self.reader.sentences_unknown
        for number, line in chunk:
            try:
                report = parse_report(line)
                answer = self.answer(self.reader, report.text)
            except DataError as error:
                broken.append((number, str(error)))
            else:
                answers.append(f'{{"id": {_dumps(report.report_id)}, {answer}}}')
        new = (self.reader.sentences_read - seen, self.reader.sentences_unknown - strange)
        return Outcome(answers, broken, new)


_dumps = json.JSONEncoder(ensure_ascii=False, separators=(", ", ": ")).encode
_work: Work | None = None


def run(work: Work, lines: Iterable[bytes], *, workers: int) -> Iterator[Outcome]:
    """The outcome of every chunk of lines, in order; ``workers`` > 1 uses that many processes.

    Raises:
        UsageError: ``workers`` is below 1.
    """
    if workers < 1:
        raise UsageError(f"--workers {workers}: at least one is needed")
    chunks = _chunks(lines)
    if workers == 1:
        yield from map(work, chunks)
        return
    with multiprocessing.get_context("spawn").Pool(workers, _start, (work,)) as pool:
        yield from pool.imap(_run_chunk, chunks)


def _chunks(lines: Iterable[bytes]) -> Iterator[Chunk]:
    numbered = ((number, line) for number, line in enumerate(lines, 1) if line.strip())
    while chunk := list(islice(numbered, CHUNK_LINES)):
        yield chunk


def _start(work: Work) -> None:
    global _work  # a worker process holds its reader for all its chunks
    _work = work


def _run_chunk(chunk: Chunk) -> Outcome:
    if _work is None:
        raise RuntimeError("the worker was not started with its work")
    return _work(chunk)


def extract_answer(reader: Reader, text: str) -> str:
    """What ``extract`` writes of one report, as the inside of a JSON object."""
    return _extracted(reader, reader.read(text).cells.values())


@dataclass(frozen=True, slots=True)
class CalibratedAnswer:
    """:func:`extract_answer` with the probabilities of a site's calibration."""

    calibration: "Calibration"

    def __call__(self, reader: Reader, text: str) -> str:
        """The inside of a JSON object."""
        return _extracted(reader, self.calibration.calibrated(reader.read(text).cells))


def _extracted(reader: Reader, cells: Iterable[Cell]) -> str:
    listed = ", ".join(map(_cell_json, cells))
    return f'"adapter": {_dumps(reader.adapter.label)}, "findings": {{{listed}}}'


def _cell_json(cell: Cell) -> str:
    """A cell as it stands in a line of ``extract``; written by hand, for this is where much of the time goes."""
    evidence = ", ".join(
        [f'{{"start": {start}, "end": {end}, "role": "{role}"}}' for start, end, role in cell.evidence]
    )
    return f'{_told(cell[:-1])}, "evidence": [{evidence}]}}'


@lru_cache(maxsize=20_000)
def _told(told: tuple[object, ...]) -> str:
    """The opening of a cell's JSON: everything but its evidence."""
    cell = Cell._make((*told, ()))
    content = cell.as_dict()
    del content["evidence"]
    return f"{_dumps(cell.finding)}: {_dumps(content)[:-1]}"


def cues_answer(reader: Reader, text: str) -> str:
    """What ``cues`` writes of one report, as the inside of a JSON object."""
    content = {
        "cues": [
            {
                "start": mark.start,
                "end": mark.end,
                "kind": mark.kind,
                "cue": mark.cue,
                "probability": mark.probability,
                "scope": list(mark.scope),
            }
            for mark in reader.marks(text)
        ]
    }
    return _dumps(content)[1:-1]
