"""A centre compares counts before and after one more patient, or multiplies a score by the number of patients.

Each attack stands beside its positive control: the same numbers with the one rule off.
"""

from pathlib import Path

import pytest
import torch

from glsmed.client.data.examples import Examples
from glsmed.client.egress import released_counts, site_numbers
from glsmed.client.egress.policy import EgressPolicy
from glsmed.client.egress.released_counts import ReleasedCounts
from glsmed.client.egress.site_numbers import Number, evaluation_numbers, site_counts
from glsmed.client.evaluation.evaluation import evaluate
from glsmed.client.settings.config import EgressSection
from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.cue_calibration.cue_counts import CueCount, counts_from_json, counts_to_json
from glsmed.shared.files.audit import AuditLog
from glsmed.shared.protocol.codec import decode
from glsmed.shared.protocol.messages import CountsReply, EvaluationReply, HelloReply
from glsmed.shared.protocol.metric_names import PERMISSIONS
from glsmed.shared.protocol.study import Study
from glsmed.shared.wire.model_form import ModelForm
from glsmed.shared.wire.model_manifest import ArraySpec, ModelManifest
from glsmed.shared.wire.packed_model import ModelLayout

STUDY = Study(study="doubt", findings=("effusion", "nodule"))
FORM = ModelForm.up(ModelLayout(ModelManifest((ArraySpec("w", (2,), "float32"),))), "fp32")
MIN_PATIENTS = 10
CUE, FAMILY = "en/possible", "en/uncertainty"


def patients(count: int, *, positives: int, with_nodule: int) -> Examples:
    """So many patients with an image each; nodule is labelled for some."""
    effusion = (torch.arange(count) < positives).float()
    return Examples(
        images=torch.zeros(count, 1, 4, 4, dtype=torch.uint8),
        targets=torch.stack([effusion * 0.9 + 0.05, torch.full((count,), 0.05)], dim=1),
        weights=torch.stack([torch.ones(count), (torch.arange(count) < with_nodule).float()], dim=1),
        gold=torch.stack([effusion, torch.full((count,), torch.nan)], dim=1),
        patients=tuple(f"p{number}" for number in range(count)),
        findings=STUDY.findings,
    )


def gate(folder: Path) -> EgressPolicy:
    section = EgressSection(model_updates=True, metrics=PERMISSIONS, min_patients=MIN_PATIENTS, cue_counts=True)
    counts = ReleasedCounts(StateFolder(folder), STUDY.digest(), step=MIN_PATIENTS)
    log = AuditLog(folder / "audit.jsonl")
    return EgressPolicy(section, STUDY, FORM, site="a", audit=log, counts=counts, cue_words={CUE, FAMILY})


def said_of(folder: Path, examples: Examples) -> dict[str, float]:
    """What the site says of itself when the centre greets it."""
    numbers = site_counts({"train": examples, "validation": examples, "test": examples})
    reply = HelloReply(study_digest=STUDY.digest(), site="a", release="", sends_metrics=True, metrics={})
    return dict(decode(gate(folder).release(reply, numbers=numbers), HelloReply).metrics)


@pytest.fixture
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts leave as they are."""
    told = released_counts.ReleasedCounts
    monkeypatch.setattr(told, "released", lambda _self, counts, *, of: {key: one.value for key, one in counts.items()})


def _difference(folder: Path, *, is_present: bool = False) -> dict[str, float]:
    """What one more patient changes, who has a nodule's label and an effusion's, which is present or absent."""
    before = said_of(folder, patients(60, positives=20, with_nodule=30))
    after = said_of(folder, patients(61, positives=20 + is_present, with_nodule=31))
    return {key: after[key] - before[key] for key in before if after[key] != before[key]}


@pytest.mark.parametrize("is_present", [False, True])
def test_one_more_patient_changes_no_count(tmp_path: Path, is_present: bool) -> None:
    assert _difference(tmp_path, is_present=is_present) == {}


@pytest.mark.usefixtures("exact")
def test_control_exact_counts_tell_the_findings_of_one_more_patient(tmp_path: Path) -> None:
    assert _difference(tmp_path) == {"patients": 1, "training_cells/effusion": 1, "training_cells/nodule": 1}


@pytest.mark.usefixtures("exact")
def test_control_an_exact_cohort_tells_that_the_patient_has_the_finding(tmp_path: Path) -> None:
    assert _difference(tmp_path, is_present=True)["present_cells/effusion"] == 1


def said_of_a_cue(folder: Path, *, patients: int, confirmed: int) -> tuple[int, int]:
    """Trials and successes that the site tells of a cue."""
    count = CueCount(cue=CUE, family=FAMILY, prior_mean=0.5, prior_strength=4, trials=patients, successes=confirmed)
    reply = CountsReply(study_digest=STUDY.digest(), counts=counts_to_json([count]))
    sent = gate(folder).release(reply, numbers={CUE: Number(patients, patients)})
    (told,) = counts_from_json(decode(sent, CountsReply).counts)
    return told.trials, told.successes


@pytest.mark.parametrize("is_present", [False, True])
def test_one_more_patient_changes_no_count_of_a_cue_and_ten_do(tmp_path: Path, is_present: bool) -> None:
    before = said_of_a_cue(tmp_path, patients=57, confirmed=31)
    assert before == (57, 31)
    assert said_of_a_cue(tmp_path, patients=58, confirmed=31 + is_present) == before
    assert said_of_a_cue(tmp_path, patients=67, confirmed=33) == (67, 33)


def test_control_counts_of_a_cue_that_are_not_held_tell_the_patients_label(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = released_counts.ReleasedCounts
    monkeypatch.setattr(told, "held", lambda _self, counts, *, of: {key: one.value for key, one in counts.items()})
    assert said_of_a_cue(tmp_path, patients=57, confirmed=31) == (57, 31)
    assert said_of_a_cue(tmp_path, patients=58, confirmed=32) == (58, 32)


class Constant(torch.nn.Module):
    """Says .9 of everybody."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return torch.full((len(images), 2), 0.9).logit()


def _positives_by_brier(folder: Path, positives: int) -> int | None:
    """n × Brier is positives × .01 + the others × .81; None where the score does not leave."""
    examples = patients(100, positives=positives, with_nodule=0)
    numbers = evaluation_numbers(evaluate(Constant(), examples, device=torch.device("cpu")), examples)
    reply = EvaluationReply(
        study_digest=STUDY.digest(),
        round=1,
        manifest_digest="",
        model_digest="",
        split="test",
        reference="gold",
        metrics={},
    )
    metrics = decode(gate(folder).release(reply, numbers=numbers), EvaluationReply).metrics
    if "brier/effusion" not in metrics:
        return None
    return round((81 - 100 * metrics["brier/effusion"]) / 0.8)


@pytest.mark.parametrize("positives", [1, 2, 9])
def test_a_score_tells_no_fewer_positives_than_counts_may(tmp_path: Path, positives: int) -> None:
    assert _positives_by_brier(tmp_path, positives) is None


@pytest.mark.parametrize("positives", [1, 2, 9])
def test_control_a_score_about_everybody_counts_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, positives: int
) -> None:
    monkeypatch.setattr(site_numbers, "_OF_EVERYBODY", frozenset({"n", "brier"}))
    assert _positives_by_brier(tmp_path, positives) == positives
