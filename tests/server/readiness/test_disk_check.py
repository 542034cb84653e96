import shutil
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from safetensors.torch import save

from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.readiness.disk_check import check_disk, model_bytes
from glsmed.shared.networks.initial_model import initial_model
from glsmed.shared.protocol.network_settings import ModelSection
from glsmed.shared.protocol.study import Study, TrainingSection

SetFree = Callable[[int], None]


@pytest.fixture
def study() -> Study:
    """Two sites, ten rounds."""
    return Study(
        study="doubt",
        findings=("effusion",),
        model=ModelSection(architecture="resnet10"),
        training=TrainingSection(rounds=10),
    )


@pytest.fixture
def set_free(monkeypatch: pytest.MonkeyPatch) -> SetFree:
    def set_to(free: int) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))

    return set_to


def test_the_size_of_a_model_is_that_of_its_checkpoint(study: Study) -> None:
    checkpoint = len(save(initial_model(study).state_dict()))
    assert checkpoint * 0.99 < model_bytes(study) < checkpoint


@pytest.mark.parametrize(
    ("models", "warnings", "faults"),
    [(10.5, 0, 0), (9.5, 1, 0), (4.5, 1, 0), (3.5, 0, 1)],  # six checkpoints and that of round 10; three messages
)
def test_free_room_is_held_against_checkpoints_and_messages(
    new_folder: StudyFolder, study: Study, set_free: SetFree, models: float, warnings: int, faults: int
) -> None:
    set_free(int(models * model_bytes(study)))
    report = check_disk(new_folder, study)
    assert (len(report.warnings), len(report.faults)) == (warnings, faults)


def test_it_says_after_how_many_rounds_the_disk_is_full(
    new_folder: StudyFolder, study: Study, set_free: SetFree
) -> None:
    set_free(int(6.5 * model_bytes(study)))
    assert "full after 3 rounds" in check_disk(new_folder, study).warnings[0]


def test_rounds_that_are_done_need_no_room(new_folder: StudyFolder, study: Study, set_free: SetFree) -> None:
    set_free(int(9.5 * model_bytes(study)))
    checkpoints = new_folder.run / "checkpoints"
    checkpoints.mkdir(parents=True)
    (checkpoints / "round-0007.safetensors").touch()
    assert check_disk(new_folder, study).warnings == []
