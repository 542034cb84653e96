"""How well an adapter tells from Japanese CT reports whether lymph nodes and distant organs hold metastases."""

from collections.abc import Iterable

from glsmed.benchmarks.corpora.jmed import JmedReport
from glsmed.benchmarks.language.retrieval import Retrieval
from glsmed.site_adapters.reading.reader import Reader

THRESHOLD = 0.5


def score_jmed(reader: Reader, reports: Iterable[JmedReport]) -> dict[str, float]:
    """Numbers by name, for each task ``{task}_precision``, ``_recall`` and ``_f1``.

    A finding is called present where its probability is above one half; what is not mentioned is absent.
    """
    scores: dict[str, Retrieval] = {}
    for report in reports:
        cell = reader.read(report.text).cells.get(report.task)
        called = cell is not None and cell.probability > THRESHOLD
        right = int(called and report.value)
        score = scores.setdefault(report.task, Retrieval())
        score.add(right=right, predicted=int(called), found=right, gold=report.value)
    numbers: dict[str, float] = {}
    for task in sorted(scores):
        numbers |= scores[task].numbers(task)
    return numbers
