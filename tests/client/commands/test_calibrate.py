import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glsmed.client.data.manifest import read_manifest
from glsmed.client.data.splits import split_of
from glsmed.client.settings.config import load_site
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.calibration.calibration import load_calibration
from glsmed.site_adapters.calibration.calibration_file import load_calibration_file

STUDY = """\
study: chest-doubt
findings: [effusion, nodule]
model: {architecture: resnet10, image_size_px: 32}
"""
Typed = Callable[..., Any]


@pytest.fixture
def config_file(write_config: Callable[..., Path]) -> Path:
    return write_config(replace={"adapter: en_radiology": "adapter: en_radiology\n  calibration: made/c.yaml"})


def _rewritten(config_file: Path, target: Path, change: Callable[[str, str], str | None]) -> Path:
    """The site's gold file with each value as ``change`` says by split and value; None leaves the row out."""
    config = load_site(config_file)
    patients = read_manifest(config.data.manifest).patients
    assert config.data.gold is not None
    with config.data.gold.open(newline="") as source, target.open("w", newline="") as output:
        writer = csv.writer(output)
        writer.writerow(["study_id", "finding", "value"])
        for row in csv.DictReader(source):
            value = change(split_of(patients[row["study_id"]], config.data.split), row["value"])
            if value is not None:
                writer.writerow([row["study_id"], row["finding"], value])
    return target


def test_what_test_patients_have_changes_nothing(
    typed: Typed, config_file: Path, write_config: Callable[..., Path], tmp_path: Path
) -> None:
    flipped = _rewritten(
        config_file, tmp_path / "flipped.csv", lambda split, value: str(1 - int(value)) if split == "test" else value
    )
    assert typed("--site", config_file, "calibrate").code == 0
    first = (tmp_path / "made" / "c.yaml").read_bytes()
    assert typed("--site", write_config(gold=flipped), "calibrate", "--out", tmp_path / "again.yaml").code == 0
    assert (tmp_path / "again.yaml").read_bytes() == first


def test_what_other_patients_have_changes_the_file(
    typed: Typed, config_file: Path, write_config: Callable[..., Path], tmp_path: Path
) -> None:
    flipped = _rewritten(
        config_file, tmp_path / "flipped.csv", lambda split, value: value if split == "test" else str(1 - int(value))
    )
    typed("--site", config_file, "calibrate")
    typed("--site", write_config(gold=flipped), "calibrate", "--out", tmp_path / "again.yaml")
    assert (tmp_path / "again.yaml").read_bytes() != (tmp_path / "made" / "c.yaml").read_bytes()


@pytest.mark.parametrize("noise", [1, 0], ids=["private", "not private"])
def test_in_a_private_study_what_training_patients_have_changes_nothing(
    typed: Typed, config_file: Path, write_config: Callable[..., Path], tmp_path: Path, noise: int
) -> None:
    """Else a patient's gold would move the targets of all others, and clipping would bound nothing; with a control."""
    study = f"{STUDY}training: {{site_offset: false, privacy: {{noise_multiplier: {noise}}}}}\n"
    flipped = _rewritten(
        config_file, tmp_path / "flipped.csv", lambda split, value: str(1 - int(value)) if split == "train" else value
    )
    made = [tmp_path / "first.yaml", tmp_path / "again.yaml"]
    first = typed("--site", write_config(study=study), "calibrate", "--out", made[0])
    assert ("training and test patients" in first.out) == bool(noise)
    assert typed("--site", write_config(study=study, gold=flipped), "calibrate", "--out", made[1]).code == 0
    assert (made[0].read_bytes() == made[1].read_bytes()) == bool(noise)


def test_the_file_is_where_the_site_reads_it_and_what_was_left_out_is_told(
    typed: Typed, config_file: Path, tmp_path: Path
) -> None:
    done = typed("--site", config_file, "calibrate")
    config = load_site(config_file)
    assert config.data.calibration == tmp_path / "made" / "c.yaml"
    load_calibration(config.data.calibration, load_adapter("en_radiology"))
    left: list[str] = []
    _rewritten(config_file, tmp_path / "x.csv", lambda split, _value: left.append(split))
    assert f"left out: {left.count('test')} gold labels of the " in done.out
    assert load_calibration_file(config.data.calibration).labels <= len(left) - left.count("test")


def test_a_site_that_names_no_calibration_is_told_to(
    typed: Typed, write_config: Callable[..., Path], tmp_path: Path
) -> None:
    done = typed("--site", write_config(), "calibrate")
    assert (tmp_path / "calibration.yaml").is_file()
    assert "name it as data.calibration in" in done.out


def test_a_site_without_gold_is_told_of_the_shared_prior(typed: Typed, write_config: Callable[..., Path]) -> None:
    done = typed("--site", write_config(replace={"  gold: ": "  # "}), "calibrate")
    assert done.code == 2
    assert "data.gold names no gold labels to calibrate with" in done.err
    assert "--prior shared.yaml" in done.err


def test_gold_of_test_patients_alone_is_refused(
    typed: Typed, config_file: Path, write_config: Callable[..., Path], tmp_path: Path
) -> None:
    gold = _rewritten(config_file, tmp_path / "t.csv", lambda split, value: value if split == "test" else None)
    done = typed("--site", write_config(gold=gold), "calibrate")
    assert done.code == 2
    assert "all gold labels belong to test patients" in done.err
    assert not (tmp_path / "calibration.yaml").exists()
