import json
import shutil
from pathlib import Path

import pytest
import torch

from glsmed.benchmarks.real_data.dataset_folder import adapter_at, describe_dataset, read_dataset
from glsmed.benchmarks.simulator.hospital_data import ABSENT, PRESENT, UNCERTAIN
from glsmed.shared.errors import DataError, UsageError


def test_reports_are_read_by_the_adapter_and_truth_stands_beside(drawn_dataset: Path) -> None:
    hospitals = read_dataset(drawn_dataset, size_px=16)
    for hospital in hospitals:
        assert hospital.images.shape[1:] == (1, 16, 16)
        assert set(hospital.state.flatten().tolist()) <= {ABSENT, UNCERTAIN, PRESENT}
        graded = hospital.probability[hospital.state == UNCERTAIN]
        assert torch.allclose(graded, torch.tensor(0.35))  # BI-RADS 4
    assert sum(int(torch.isnan(hospital.truth).sum()) for hospital in hospitals) == 1


def test_an_unmentioned_finding_may_count_as_absent(drawn_dataset: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(drawn_dataset, folder)
    content = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    content |= {"findings": ["malignancy", "effusion"], "unmentioned_probability": 0.02}
    (folder / "dataset.json").write_text(json.dumps(content), encoding="utf-8")
    hospital = read_dataset(folder, size_px=16)[0]
    assert (hospital.state[:, 1] == ABSENT).all()
    assert torch.allclose(hospital.probability[:, 1], torch.tensor(0.02))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"findings": ["x"], "hospitals": {"a": {}}}'])
def test_a_broken_description_says_what_is_expected(tmp_path: Path, content: str) -> None:
    (tmp_path / "dataset.json").write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r"dataset\.json: expected a data set's findings and hospitals"):
        describe_dataset(tmp_path)


def test_an_adapter_that_is_nowhere_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"mine\.yaml"):
        adapter_at(tmp_path, "mine.yaml")
    assert adapter_at(tmp_path, "en_radiology") == "en_radiology"
