"""Precision, recall and F1, worked by hand."""

import pytest

from glsmed.benchmarks.language.retrieval import Retrieval


def test_numbers_over_all_texts() -> None:
    score = Retrieval()
    score.add(right=1, predicted=2, found=1, gold=1)
    score.add(right=2, predicted=2, found=2, gold=5)
    numbers = score.numbers("cue")
    assert numbers == {
        "cue_precision": pytest.approx(3 / 4),
        "cue_recall": pytest.approx(3 / 6),
        "cue_f1": pytest.approx(0.6),
        "cue_gold": 6,
    }


def test_nothing_predicted_scores_zero() -> None:
    score = Retrieval()
    score.add(right=0, predicted=0, found=0, gold=3)
    assert score.numbers("x")["x_f1"] == 0
