"""The best model that a site can train by itself, or several sites' data pooled: the baseline of a federation."""

from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from glsmed.client.data.examples import Examples
from glsmed.client.evaluation.evaluation import Evaluation, evaluate
from glsmed.client.evaluation.output_calibration_fit import calibrate_outputs
from glsmed.client.learning.output_calibration import OutputCalibration
from glsmed.client.training.steps.keyed_generator import RoundKeys
from glsmed.client.training.steps.training import train
from glsmed.shared.metrics.composite import composite_score
from glsmed.shared.metrics.macro import macro
from glsmed.shared.networks.initial_model import initial_model
from glsmed.shared.processes.command_line import Tell
from glsmed.shared.protocol.study import Study


@dataclass(frozen=True, slots=True)
class LocalResult:
    """The best of the rounds that were trained, chosen on the validation split.

    Attributes:
        validation_score: what it was chosen by; lower is better.
    """

    model: nn.Module
    best_round: int
    validation_score: float
    output_calibration: OutputCalibration
    rounds: int = 0


def train_locally(
    training: Examples,
    validation: Examples,
    study: Study,
    *,
    device: torch.device,
    tell: Tell,
    patience: int | None = None,
    beside: Path | None = None,
    keys: RoundKeys | None = None,
) -> LocalResult:
    """Train from the study's first model with a site's gradient steps in the federation; keep the best round.

    The best round has the lowest validation log-loss or composite score, as the centre chooses among the federation's
    rounds, measured with the output calibration of that round's model. With ``patience``, training ends early after so
    many rounds in a row without a lower one. ``beside`` is the folder of study.yaml, where its initial weights lie.
    ``keys`` are a site's own, see ``train``.
    """
    model = initial_model(study, beside)
    best = LocalResult(model, 0, float("inf"), OutputCalibration(findings=study.findings, curves={}))
    kept = _weights(model)
    for number in range(1, study.training.rounds + 1):
        key = None if keys is None else keys(number)
        summary = train(model, training, study.training, round_number=number, device=device, key=key)
        output_calibration = calibrate_outputs(
            model, training, validation, kind=study.model.calibration_map, device=device
        )
        measured = evaluate(model, validation, device=device, output_calibration=output_calibration)
        score, words = validation_score(measured, study)
        tell(f"round {number}/{study.training.rounds}: loss {summary.loss:.4f}, validation {words} {score:.4f}")
        if score < best.validation_score:
            best, kept = LocalResult(model, number, score, output_calibration), _weights(model)
        best = replace(best, rounds=number)
        if patience is not None and number - best.best_round >= patience:
            break
    model.load_state_dict(kept)
    return best


def validation_score(measured: Evaluation, study: Study) -> tuple[float, str]:
    """What a round is chosen by, lower being better, and its name; infinite where it is not known."""
    composite = study.federation.choosing_composite
    if composite is None:
        return macro(measured.by_finding).get("log_loss", float("inf")), "log-loss"
    score = composite_score(measured.by_finding, composite.parts, composite.rare_findings)
    return float("inf") if score is None else score, "composite score"


def _weights(model: nn.Module) -> dict[str, Tensor]:
    """A copy of the model's state that further training does not change."""
    return {name: value.clone() for name, value in model.state_dict().items()}


def numbers_on_test(result: LocalResult, test: Examples, *, device: torch.device) -> dict[str, object]:
    """The result's metrics on a test split, ready for JSON."""
    measured: Evaluation = evaluate(result.model, test, device=device, output_calibration=result.output_calibration)
    return {
        "best_round": result.best_round,
        "rounds": result.rounds,
        "reference": measured.reference,
        "patients": measured.patients,
        "macro": measured.macro,
        "raw_macro": measured.raw_macro,
        "by_finding": measured.by_finding,
        "calibration": measured.calibration.tolist(),
    }
