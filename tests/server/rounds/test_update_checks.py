import dataclasses
import math

import numpy as np
import pytest
import torch

from glsmed.server.rounds.update_checks import ReplyChecks, update_norm
from glsmed.shared.errors import UpdateRefusedError
from glsmed.shared.protocol.messages import EvaluateTask, EvaluationReply, TrainTask, Update
from glsmed.shared.protocol.model_manifest import ModelManifest
from glsmed.shared.protocol.study import FederationSection, Study, TrainingSection

OLD = {"w": np.array([3.0, 4.0], dtype=np.float32), "steps": np.array(5)}
MANIFEST = ModelManifest.of({name: torch.from_numpy(array) for name, array in OLD.items()})
STUDY = Study(
    study="doubt",
    findings=("effusion",),
    training=TrainingSection(steps_per_round=10),
    federation=FederationSection(min_training_cells=2, max_cells_per_site=100, max_update_norm=5.0),
)
CHECKS = ReplyChecks(STUDY, MANIFEST)
ECHO = {"study_digest": "ab", "round": 3, "manifest_digest": "cd"}
TASK = TrainTask(model=OLD, **ECHO)  # type: ignore[arg-type]  # a dict of mixed values
NEW = {"w": np.array([3.0, 4.5], dtype=np.float32), "steps": np.array(15)}
UPDATE = Update(training_cells=40, steps=10, seconds=0.5, metrics={"loss": 0.7}, model=NEW, **ECHO)  # type: ignore[arg-type]  # likewise
EVALUATE = EvaluateTask(split="test", model=OLD, **ECHO)  # type: ignore[arg-type]  # likewise
REPLY = EvaluationReply(split="test", reference="gold", metrics={"auroc/effusion": 0.9}, **ECHO)  # type: ignore[arg-type]  # likewise


def test_a_good_update_and_a_good_evaluation_pass() -> None:
    CHECKS.check_update(UPDATE, TASK)
    CHECKS.check_evaluation(REPLY, EVALUATE)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"study_digest": "other"}, "study: expected 'ab'"),
        ({"round": 2}, "round: expected 3, got 2"),
        ({"manifest_digest": "other"}, "manifest: expected 'cd'"),
        ({"training_cells": -5}, "training cells: expected 2 to 100, got -5"),
        ({"training_cells": 1}, "training cells: expected 2 to 100, got 1"),
        ({"training_cells": 1_000_000_000}, "training cells: expected 2 to 100, got 1000000000"),
        ({"steps": 0}, "steps: expected 1 to 10, got 0"),
        ({"steps": 11}, "steps: expected 1 to 10, got 11"),
        ({"seconds": -1.0}, "seconds: expected 0 or more, got -1.0"),
        ({"metrics": {"auroc/hernia": 0.5}}, "'auroc/hernia' is not a metric of this study"),
        ({"model": {"w": NEW["w"]}}, "'steps' is missing"),
        ({"model": {**NEW, "extra": NEW["w"]}}, "'extra' is not part of the study's model"),
        ({"model": {**NEW, "w": NEW["w"].reshape(2, 1)}}, "'w' has shape"),
        ({"model": {**NEW, "w": NEW["w"].astype(np.float64)}}, "'w' has dtype float64"),
        ({"model": {**NEW, "w": np.array([np.nan, 0], dtype=np.float32)}}, "'w' holds values that are not finite"),
        ({"model": {**NEW, "w": np.array([3, 4 + 5.1], dtype=np.float32)}}, "max_update_norm 5.0, got 5.1"),
        ({"model": {**NEW, "w": np.array([3e38, -3e38], dtype=np.float32)}}, "L2 norm of its change: "),
    ],
)
def test_an_update_that_must_not_count_is_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(UpdateRefusedError, match=said):
        CHECKS.check_update(dataclasses.replace(UPDATE, **change), TASK)  # type: ignore[arg-type]  # any field


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"round": 4}, "round: expected 3"),
        ({"split": "validation"}, "split: expected 'test'"),
        ({"metrics": {"auroc/smith": 0.5}}, "not a metric of this study"),
        ({"reference": "guess"}, "reference: expected gold or reports, got 'guess'"),
    ],
)
def test_metrics_that_answer_something_else_are_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(UpdateRefusedError, match=said):
        CHECKS.check_evaluation(dataclasses.replace(REPLY, **change), EVALUATE)  # type: ignore[arg-type]  # any field


def test_without_a_bound_any_finite_norm_passes() -> None:
    free = STUDY.model_copy(update={"federation": FederationSection(min_training_cells=2)})
    far = {**NEW, "w": np.array([1e30, 0], dtype=np.float32)}
    ReplyChecks(free, MANIFEST).check_update(dataclasses.replace(UPDATE, model=far), TASK)


def test_the_norm_is_over_all_floating_arrays_and_leaves_counters_out() -> None:
    old = {"a": np.zeros((2, 2), dtype=np.float16), "b": np.array(1.0), "n": np.array(0)}
    new = {"a": np.full((2, 2), 2, dtype=np.float16), "b": np.array(4.0), "n": np.array(1000)}
    assert update_norm(new, old) == math.sqrt(4 * 2**2 + 3**2)
