"""The smallest study that can be poisoned, and the table; the figures come from `glsmed-benchmark attacks`."""

from pathlib import Path

import pytest

from glsmed.benchmarks.attacks import poisoning
from glsmed.benchmarks.attacks.poisoning import Poisoned, Size, poisoned_markdown, poisoned_studies


def test_a_study_is_poisoned_measured_and_not_trained_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poisoning, "STRATEGIES", {"median": poisoning.STRATEGIES["median"]})
    monkeypatch.setattr(poisoning, "POISONS", ("backdoor",))
    monkeypatch.setattr(poisoning, "_TEST_PATIENTS", 60)
    told: list[str] = []
    size = Size(studies=40, rounds=1, steps=1)
    (done,) = poisoned_studies(tmp_path, seeds=1, size=size, tell=told.append)
    assert (done.strategy, done.poison, done.has_ended) == ("median", "backdoor", True)
    assert 0 <= done.auroc <= 1
    assert 0 <= done.called <= 1
    monkeypatch.setattr(poisoning, "_study", lambda *_, **__: pytest.fail("it was trained again"))
    assert list(poisoned_studies(tmp_path, seeds=1, size=size, tell=told.append)) == [done]


def test_a_line_has_every_poison_and_how_many_studies_ended_early() -> None:
    done = [Poisoned("median", "none", 0, 0.7, 0.1, True), Poisoned("median", "none", 1, 0.8, 0.2, False)]
    line = next(one for one in poisoned_markdown(done).splitlines() if one.startswith("| median"))
    assert line == "| median | 0.75 (0.70 to 0.80) | – | – | – | 0.15 (0.10 to 0.20) | – | 1 of 2 |"
