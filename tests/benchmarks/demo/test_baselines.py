from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from glsmed.benchmarks.demo import baselines
from glsmed.benchmarks.demo.baselines import PATIENCE, effort_of, local_study, pool, pooled_study, train_own
from glsmed.benchmarks.demo.folder import DemoFolder
from glsmed.client.data.examples import Examples
from glsmed.client.evaluation.local_training import LocalResult
from glsmed.client.learning.output_calibration import OutputCalibration
from glsmed.shared.protocol.study import Study, TrainingSection

STUDY = Study(study="s", findings=("effusion",), training=TrainingSection(rounds=5, steps_per_round=60, batch_size=16))
RESULT = LocalResult(torch.nn.Identity(), 4, 0.3, OutputCalibration(findings=("effusion",), curves={}), rounds=7)


def _site(size: int, *, value: float, offset: float | None) -> Examples:
    column = torch.full((size, 2), value)
    return Examples(
        images=torch.full((size, 1, 4, 4), int(value * 10), dtype=torch.uint8),
        targets=column,
        weights=column,
        gold=column,
        patients=tuple(f"{value}-{number}" for number in range(size)),
        findings=("effusion", "nodule"),
        offsets=None if offset is None else torch.full((size, 2), offset),
    )


def test_pooled_examples_keep_their_order_and_each_the_offset_of_its_site() -> None:
    pooled = pool([_site(2, value=0.0, offset=-1.5), _site(3, value=1.0, offset=None)])
    assert len(pooled) == 5
    assert pooled.targets[:, 0].tolist() == [0, 0, 1, 1, 1]
    assert pooled.images[:, 0, 0, 0].tolist() == [0, 0, 10, 10, 10]
    assert pooled.offsets is not None
    assert pooled.offsets[:, 1].tolist() == [-1.5, -1.5, 0, 0, 0]
    assert pooled.patients[2] == "1.0-0"


def test_the_pooled_model_sees_as_many_images_as_all_hospitals_together() -> None:
    pooled = pooled_study(STUDY, sites=3).training
    assert pooled.rounds * pooled.steps_per_round * pooled.batch_size == 3 * 5 * 60 * 16
    assert pooled.rounds == STUDY.training.rounds


def test_a_hospital_alone_has_rounds_for_as_many_images_as_all_together() -> None:
    alone = local_study(STUDY, sites=3).training
    assert (alone.rounds, alone.steps_per_round) == (15, 60)


def test_baselines_differ_from_the_study_in_nothing_else() -> None:
    for study in (pooled_study(STUDY, sites=3), local_study(STUDY, sites=3)):
        usual = study.training.model_copy(update={"rounds": 5, "steps_per_round": 60})
        assert study.model_copy(update={"training": usual}) == STUDY


def test_an_effort_counts_the_rounds_that_were_trained() -> None:
    effort = effort_of(RESULT, STUDY)
    assert (effort.images, effort.steps, effort.rounds, effort.best_round) == (7 * 60 * 16, 7 * 60, 7, 4)


def test_a_hospital_alone_trains_until_patience_ends_and_logs_its_rounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, object] = {}

    def train(*_: object, tell: Callable[[str], None], patience: int, **__: object) -> LocalResult:
        asked["patience"] = patience
        tell("round 1/15: loss 0.5")
        return RESULT

    splits = {name: _site(2, value=0.0, offset=None) for name in ("train", "validation", "test")}
    monkeypatch.setattr(baselines, "load_site", lambda _: None)
    monkeypatch.setattr(baselines, "read_site_inputs", lambda *_: None)
    monkeypatch.setattr(baselines, "prepare_site", lambda *_: SimpleNamespace(splits=splits))
    monkeypatch.setattr(baselines, "train_locally", train)
    monkeypatch.setattr(baselines, "numbers_on_test", lambda *_, **__: {"best_round": 4})
    folder = DemoFolder(tmp_path)
    folder.logs.mkdir()
    own = train_own(folder, "sakura", STUDY)
    assert own.at == {"sakura": {"best_round": 4}}
    assert asked == {"patience": PATIENCE}
    assert (folder.logs / "sakura-local.log").read_text() == "round 1/15: loss 0.5\n"
