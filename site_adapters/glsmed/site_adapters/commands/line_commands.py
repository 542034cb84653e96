"""What ``extract`` and ``cues`` share: lines in, answers out, on one process or several; broken lines are named."""

import gc
import multiprocessing
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import typer

from glsmed.shared.errors import DataError, GlsmedError, UsageError
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.commands.report_answers import Answer, dumps
from glsmed.site_adapters.inputs.jsonl import STREAM, open_lines, open_output, parse_report
from glsmed.site_adapters.inputs.progress import track
from glsmed.site_adapters.reading.reader import Reader

CHUNK_LINES = 400
Chunk = list[tuple[int, bytes]]
_YOUNG_OBJECTS = 1_000_000
_FEW_SENTENCES = 20
_STRANGE_SHARE = 0.25
_MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one chunk of lines.

    Attributes:
        answers: JSON lines in the order of the reports.
        broken: line number and what is wrong with it.
        sentences: how many new sentences were read, and in how many of them no word was known.
    """

    answers: list[str]
    broken: list[tuple[int, str]]
    sentences: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Work:
    """A reader and what to ask it (the inside of a JSON object); called with a chunk of numbered lines."""

    reader: Reader
    answer: Answer

    def __call__(self, chunk: Chunk) -> Outcome:
        """The answers to a chunk."""
        answers, broken = [], []
        seen, strange = self.reader.sentences_read, self.reader.sentences_unknown
        foreign = self.reader.foreign.left_out.total()
        for number, line in chunk:
            try:
                report = parse_report(line)
                answer = self.answer(self.reader, report.text)
            except DataError as error:
                broken.append((number, str(error)))
            else:
                answers.append(f'{{"id": {dumps(report.report_id)}, {answer}}}')
        left_out = self.reader.foreign.left_out.total() - foreign
        new = (self.reader.sentences_read - seen, self.reader.sentences_unknown - strange, left_out)
        return Outcome(answers, broken, new)


def answer_lines(adapter: str, answer: Answer, *, source: Path, target: Path, workers: int) -> None:
    """Write the answer to each report of ``source``.

    Raises:
        GlsmedError: lines were broken; every other line has its answer.
    """
    work = Work(Reader(load_adapter(adapter)), answer)
    place = "standard input" if source == STREAM else str(source)
    broken = seen = strange = foreign = 0
    with open_lines(source) as lines, open_output(target) as output:
        for outcome in track(run(work, lines, workers=workers), description="chunks of reports"):
            output.writelines(line + "\n" for line in outcome.answers)
            for number, problem in outcome.broken[: max(0, _MOST_SHOWN - broken)]:
                typer.echo(f"{place}:{number}: {problem}", err=True)
            broken += len(outcome.broken)
            seen, strange = seen + outcome.sentences[0], strange + outcome.sentences[1]
            foreign += outcome.sentences[2]
    _warn_of_language(work.reader, seen, strange)
    warn_of_foreign(work.reader, foreign)
    if broken:
        raise GlsmedError(f"{place}: {broken} broken line(s) left out; every other report has its answer")


def _warn_of_language(reader: Reader, seen: int, strange: int) -> None:
    if seen >= _FEW_SENTENCES and strange > _STRANGE_SHARE * seen:
        share = round(100 * strange / seen)
        language = reader.adapter.language
        typer.echo(
            f"warning: {share} % of {seen} sentences hold no word that {reader.adapter.label} knows; "
            f"are these reports in its language ({language})?",
            err=True,
        )


def warn_of_foreign(reader: Reader, left_out: int) -> None:
    """Say on standard error how many sentences were left out, because they are in another language."""
    if left_out:
        typer.echo(
            f"warning: {left_out} sentence(s) are in another language than that of {reader.adapter.label} "
            f"({reader.adapter.language}) and were left out; to read them, list it, as in languages: "
            f"[{reader.adapter.language}, en]",
            err=True,
        )


_work: Work | None = None


def run(work: Work, lines: Iterable[bytes], *, workers: int) -> Iterator[Outcome]:
    """The outcome of every chunk of lines, in order; ``workers`` > 1 uses that many processes.

    Raises:
        UsageError: ``workers`` is below 1.
    """
    if workers < 1:
        raise UsageError(f"--workers: expected at least 1, got {workers}")
    chunks = _chunks(lines)
    if workers == 1:
        with _few_collections():
            yield from map(work, chunks)
        return
    with multiprocessing.get_context("spawn").Pool(workers, _start, (work,)) as pool:
        yield from pool.imap(_run_chunk, chunks)


def _chunks(lines: Iterable[bytes]) -> Iterator[Chunk]:
    numbered = ((number, line) for number, line in enumerate(lines, 1) if line.strip())
    while chunk := list(islice(numbered, CHUNK_LINES)):
        yield chunk


@contextmanager
def _few_collections() -> Iterator[None]:
    """Look for cycles of objects rarely: reading makes many objects and no cycles."""
    before = gc.get_threshold()
    gc.set_threshold(_YOUNG_OBJECTS)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _start(work: Work) -> None:
    global _work  # a worker process holds its reader for all its chunks
    _work = work
    gc.set_threshold(_YOUNG_OBJECTS)


def _run_chunk(chunk: Chunk) -> Outcome:
    if _work is None:
        raise RuntimeError("the worker was not started with its work")
    return _work(chunk)
