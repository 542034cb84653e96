"""Labels out of AUROCs, with answers that are made here."""

import numpy as np
import pytest

from glsmed.benchmarks.attacks.head_attack import Readings
from glsmed.benchmarks.attacks.label_reading import read_labels

IMAGES, POSITIVES = 40, 10


def _auroc(scores: np.ndarray, truth: np.ndarray) -> float:
    """By its definition: the share of pairs in the right order."""
    pairs = scores[truth == 1][:, None] - scores[truth == 0][None, :]
    return float((pairs > 0).mean())


def _answered(answers: int, *, noise: float, targets: int = IMAGES) -> tuple[Readings, np.ndarray]:
    generator = np.random.default_rng(3)
    truth = generator.permutation(np.arange(IMAGES) < POSITIVES).astype(float)[:, None]
    readings = Readings(targets=targets)
    for _ in range(answers):
        scores = generator.permutation(IMAGES).astype(float)[:, None]
        readings.scores.append(scores)
        said = _auroc(scores[:, 0], truth[:, 0]) + noise * generator.normal()
        readings.aurocs.append(np.array([round(said, 3)]))
    return readings, truth


def test_exact_answers_to_as_many_orders_as_images_tell_every_label() -> None:
    read = read_labels(*_answered(IMAGES, noise=0))
    assert (read.accuracy, read.labels, read.absent) == (1, IMAGES, 0.75)
    assert read.gain == pytest.approx(25)


def test_noise_takes_most_of_it() -> None:
    assert read_labels(*_answered(IMAGES, noise=0.3)).accuracy < 0.9


def test_without_an_answer_nothing_is_read() -> None:
    assert read_labels(*_answered(0, noise=0)).gain == 0


def test_only_what_was_asked_about_counts() -> None:
    assert read_labels(*_answered(IMAGES, noise=0, targets=7)).labels == 7
