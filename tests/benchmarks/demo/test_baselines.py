import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import torch

from glsmed.benchmarks.demo.baselines import PATIENCE, collect_local, effort_of, pool, pooled_study, start_local
from glsmed.benchmarks.demo.folder import DemoFolder
from glsmed.benchmarks.demo.programs import Programs
from glsmed.client.data.examples import Examples
from glsmed.shared.errors import FederationError
from glsmed.shared.processes.children import Child, start_child
from glsmed.shared.protocol.study import Study, TrainingSection

STUDY = Study(study="s", findings=("effusion",), training=TrainingSection(rounds=5, steps_per_round=60, batch_size=16))


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


def test_a_hospital_alone_trains_with_its_own_command_on_at_most_as_many_images(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path)
    started: dict[str, tuple[str, ...]] = {}
    programs = SimpleNamespace(start=lambda name, *command: started.update({name: command}))
    start_local(folder, ["sakura", "st-mary", "san-lucas"], STUDY, programs=cast(Programs, programs))
    config, result = str(folder.config("sakura")), str(folder.local_result("sakura"))
    assert started["sakura-local"] == (
        *("glsmed-client", "--site", config, "train-local", "--out", result),
        *("--rounds", "15", "--patience", str(PATIENCE)),
    )


def _ended(tmp_path: Path, code: int) -> Child:
    log = tmp_path / "sakura-local.log"
    log.write_text("error: no images\n")
    child = start_child("sakura-local", [sys.executable, "-c", f"raise SystemExit({code})"], log=log, environment={})
    child.process.wait()
    return child


def test_what_a_hospital_reached_alone_comes_with_its_effort(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path)
    folder.local_result("sakura").parent.mkdir()
    numbers = {"best_round": 4, "rounds": 7, "macro": {"auroc": 0.9}}
    folder.local_result("sakura").write_text(json.dumps(numbers))
    own = collect_local(folder, {"sakura": _ended(tmp_path, 0)}, STUDY)["sakura"]
    assert own.at == {"sakura": numbers}
    assert own.effort == effort_of(STUDY, rounds=7, best_round=4)


def test_a_hospital_whose_own_training_failed_is_named(tmp_path: Path) -> None:
    with pytest.raises(FederationError, match="sakura-local failed"):
        collect_local(DemoFolder(tmp_path), {"sakura": _ended(tmp_path, 1)}, STUDY)


def test_the_pooled_model_differs_from_the_study_in_nothing_else() -> None:
    pooled = pooled_study(STUDY, sites=3)
    usual = pooled.training.model_copy(update={"steps_per_round": 60})
    assert pooled.model_copy(update={"training": usual}) == STUDY


def test_an_effort_counts_the_rounds_that_were_trained() -> None:
    effort = effort_of(STUDY, rounds=7, best_round=4)
    assert (effort.images, effort.steps, effort.rounds, effort.best_round) == (7 * 60 * 16, 7 * 60, 7, 4)
