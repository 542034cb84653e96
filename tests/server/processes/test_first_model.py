from pathlib import Path

import numpy as np

from glsmed.server.folders.run_folder import RunFolder
from glsmed.server.processes.first_model import make_first_model
from glsmed.shared.networks.initial_model import initial_model
from glsmed.shared.networks.model_arrays import state_arrays
from glsmed.shared.protocol.network_settings import ModelSection
from glsmed.shared.protocol.study import Study, TrainingSection


def study(**training: object) -> Study:
    section = ModelSection(architecture="resnet10", image_size_px=32)
    return Study(
        study="s", findings=("effusion",), model=section, training=TrainingSection().model_copy(update=training)
    )


def test_a_study_begins_with_its_initial_model(tmp_path: Path) -> None:
    make_first_model(RunFolder(tmp_path), study())
    first = RunFolder(tmp_path).checkpoints.load(0, study_digests=[study().digest()]).model.arrays()
    expected = state_arrays(initial_model(study()))
    assert list(first) == list(expected)
    assert all(np.array_equal(first[name], array) for name, array in expected.items())


def test_layers_that_sites_keep_are_not_in_it(tmp_path: Path) -> None:
    chosen = study(local_layers="head")
    make_first_model(RunFolder(tmp_path), chosen)
    first = RunFolder(tmp_path).checkpoints.load(0, study_digests=[chosen.digest()]).model.arrays()
    expected = [name for name in initial_model(chosen).state_dict() if not name.startswith("fc.")]
    assert list(first) == expected


def test_one_that_is_there_stays(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    make_first_model(run, study())
    before = run.checkpoints.digest(0)
    make_first_model(run, study(seed=1))
    assert run.checkpoints.digest(0) == before
