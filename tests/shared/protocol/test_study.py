from pathlib import Path

import pytest

from glsmed.shared.errors import ConfigurationError
from glsmed.shared.findings import CANONICAL_FINDINGS
from glsmed.shared.protocol.study import Study, load_study


def study(folder: Path, text: str) -> Study:
    path = folder / "study.yaml"
    path.write_text("study: s\nfindings: [effusion]\n" + text)
    return load_study(path)


def test_unmentioned_findings_are_masked_unless_a_study_says_otherwise(tmp_path: Path) -> None:
    assert study(tmp_path, "").labels.unmentioned == "masked"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("labels: {unmentioned: negative}\n", "labels.unmentioned: expected 'masked' or 'absent', got 'negative'"),
        ("labels: {unmentioned_probability: 0.5}\n", "labels.unmentioned_probability: expected less than 0.5"),
        ("model: {architecture: resnet34}\n", "model.architecture: 'resnet34' is not a network; did you mean 'resnet"),
        (
            "model: {architecture: timm/vit_tiny.augreg}\n",
            "without the tag of its weights",
        ),
        ("model: {image_size_px: 16}\n", "model.image_size_px: expected greater than or equal to 32, got 16"),
        ("training: {learning_rate: 0}\n", "training.learning_rate: expected greater than 0, got 0"),
        ("training: {batch_size: 1.5}\n", "training.batch_size: expected a whole number, got 1.5"),
        (
            "labels: {shared_calibration: true}\ntraining: {site_offset: false, privacy: {noise_multiplier: 1}}\n",
            "training.privacy does not cover labels.shared_calibration",
        ),
        ("centre: {port: 8440}\n", "centre: port and loopback_port are both 8440: choose two"),
        (
            "centre: {metrics_port: 8443}\n",
            "centre: metrics_port is 8443, as another port of the centre",
        ),
        ("centre: {mlflow_tracking_uri: 'https://me:secret@x'}\n", "set MLFLOW_TRACKING_USERNAME and"),
        ("centre: {public_names: []}\n", "centre.public_names: "),
        ("centre: {public_names: [the centre]}\n", "public_names: 'the centre' is not a DNS name"),
        ("rounds: 3\n", "rounds: unknown key"),
    ],
)
def test_a_study_that_cannot_be_run_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        study(tmp_path, text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("findings", "message"),
    [
        ("[Effusion]", "'Effusion' is not a name: use small letters, digits and underscores, a letter first"),
        ("[effusion, effusion]", "'effusion' is listed twice"),
        ("['effusion ']", "is not a name"),
        ("[]", "findings: "),
    ],
)
def test_findings_are_distinct_names(tmp_path: Path, findings: str, message: str) -> None:
    (tmp_path / "study.yaml").write_text(f"study: s\nfindings: {findings}\n")
    with pytest.raises(ConfigurationError) as caught:
        load_study(tmp_path / "study.yaml")
    assert message in str(caught.value)


def test_the_canonical_findings_are_twenty_names_that_a_study_takes() -> None:
    assert len(Study(study="s", findings=CANONICAL_FINDINGS).findings) == 20


@pytest.mark.parametrize("text", ["# a comment\n", "centre: {port: 9000, metrics_port: 9100}\n", "training: {}\n"])
def test_the_digest_leaves_out_what_hospitals_do_not_approve(tmp_path: Path, text: str) -> None:
    assert study(tmp_path, text).digest() == study(tmp_path, "").digest()


@pytest.mark.parametrize(
    "text", ["training: {rounds: 51}\n", "labels: {unmentioned: absent}\n", "model: {image_size_px: 225}\n"]
)
def test_the_digest_changes_with_everything_else(tmp_path: Path, text: str) -> None:
    assert study(tmp_path, text).digest() != study(tmp_path, "").digest()
