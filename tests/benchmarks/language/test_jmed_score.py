"""Scores of metastases, worked by hand."""

from types import SimpleNamespace
from typing import cast

import pytest

from glsmed.benchmarks.corpora.jmed import JmedReport, Task
from glsmed.benchmarks.language.jmed_score import score_jmed
from glsmed.site_adapters.reading.reader import Reader

NODES: Task = "lymph_node_metastasis"


def reader_that_believes(beliefs: dict[str, float]) -> Reader:
    """A reader whose report says, as its text, which belief in nodes it has; an unknown text mentions nothing."""

    def read(text: str) -> SimpleNamespace:
        cells = {NODES: SimpleNamespace(probability=beliefs[text])} if text in beliefs else {}
        return SimpleNamespace(cells=cells)

    return cast("Reader", SimpleNamespace(read=read))


def test_one_half_decides_and_unmentioned_is_absent() -> None:
    beliefs = {"sure": 0.9, "half": 0.5, "wrong": 0.8, "low": 0.1}
    gold = {"sure": 1, "half": 1, "wrong": 0, "low": 0, "silent": 1, "more": 0}
    reports = [JmedReport(text, text, NODES, value) for text, value in gold.items()]
    numbers = score_jmed(reader_that_believes(beliefs), reports)
    assert numbers[f"{NODES}_precision"] == pytest.approx(1 / 2)
    assert numbers[f"{NODES}_recall"] == pytest.approx(1 / 3)
    assert numbers[f"{NODES}_f1"] == pytest.approx(0.4)


def test_tasks_are_apart() -> None:
    reports = [JmedReport("1", "a", NODES, 1), JmedReport("2", "a", "distant_metastasis", 1)]
    numbers = score_jmed(reader_that_believes({"a": 0.9}), reports)
    assert (numbers[f"{NODES}_f1"], numbers["distant_metastasis_f1"]) == (1, 0)
