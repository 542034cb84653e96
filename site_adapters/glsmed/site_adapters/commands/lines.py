"""What ``extract`` and ``cues`` share: lines in, answers out, broken lines named."""

import gc
from pathlib import Path

import typer

from glsmed.shared.errors import GlsmedError
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.commands.batch import Answer, CalibratedAnswer, Work, extract_answer, run
from glsmed.site_adapters.inputs.jsonl import STREAM, open_lines, open_output
from glsmed.site_adapters.inputs.progress import track
from glsmed.site_adapters.reading.reader import Reader

_YOUNG_OBJECTS = 100_000
_FEW_SENTENCES = 20
_STRANGE_SHARE = 0.25
_MOST_SHOWN = 20


def extract_lines(adapter: str, *, source: Path, target: Path, calibration: Path | None, workers: int) -> None:
    """Write what each report of ``source`` says of each finding; errors as in :func:`answer_lines`."""
    answer: Answer = extract_answer
    if calibration is not None:
        from glsmed.site_adapters.calibration.calibration import load_calibration  # only here: it starts numpy

        answer = CalibratedAnswer(load_calibration(calibration, load_adapter(adapter)))
    answer_lines(adapter, answer, source=source, target=target, workers=workers)


def answer_lines(adapter: str, answer: Answer, *, source: Path, target: Path, workers: int) -> None:
    """Write the answer to each report of ``source``.

    Raises:
        GlsmedError: lines were broken; every other line has its answer.
    """
    work = Work(Reader(load_adapter(adapter)), answer)
    gc.set_threshold(_YOUNG_OBJECTS)  # reading makes many objects and no cycles
    place = "standard input" if source == STREAM else str(source)
    broken = seen = strange = 0
    with open_lines(source) as lines, open_output(target) as output:
        for outcome in track(run(work, lines, workers=workers), description="chunks of reports"):
            output.writelines(line + "\n" for line in outcome.answers)
            for number, problem in outcome.broken[: max(0, _MOST_SHOWN - broken)]:
                typer.echo(f"{place}:{number}: {problem}", err=True)
            broken += len(outcome.broken)
            seen, strange = seen + outcome.sentences[0], strange + outcome.sentences[1]
    _warn_of_language(work.reader, seen, strange)
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
