"""Many reports, one answer a line, on one process or several; a broken line is named and the rest goes on."""

import json
import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from glsmed.shared.errors import DataError, UsageError
from glsmed.site_adapters.cells import Cell
from glsmed.site_adapters.jsonl import parse_report
from glsmed.site_adapters.reader import Reader

CHUNK_LINES = 400
Answer = Callable[[Reader, str], Mapping[str, object]]
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
    """A reader and what to ask it; called with a chunk of numbered lines."""

    reader: Reader
    answer: Answer

    def __call__(self, chunk: Chunk) -> Outcome:
        """The answers to a chunk."""
        answers, broken = [], []
        seen, strange = self.reader.sentences_read, self.reader.sentences_unknown
        for number, line in chunk:
            try:
                report = parse_report(line)
            except DataError as error:
                broken.append((number, str(error)))
                continue
            answers.append(_dumps({"id": report.report_id, **self.answer(self.reader, report.text)}))
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


def extract_answer(reader: Reader, text: str) -> dict[str, object]:
    """What ``extract`` writes of one report."""
    cells = reader.read(text).cells
    return {"adapter": reader.adapter.label, "findings": {name: cell_answer(cell) for name, cell in cells.items()}}


def cell_answer(cell: Cell) -> dict[str, object]:
    """A cell as it stands in a line of ``extract``."""
    return {
        "state": cell.state,
        "probability": round(cell.probability, 4),
        "spread": round(cell.spread, 4),
        "cue": cell.cue,
        "section": cell.section,
        "evidence": [{"start": span.start, "end": span.end, "role": span.role} for span in cell.evidence],
    }


def cues_answer(reader: Reader, text: str) -> dict[str, object]:
    """What ``cues`` writes of one report."""
    return {
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
