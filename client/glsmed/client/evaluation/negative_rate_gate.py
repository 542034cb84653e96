"""Whether negative rates help at this site: short trainings with and without them, judged on held-out gold."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import structlog
import torch
from torch import Tensor, nn

from glsmed.client.data.examples import Examples, SplitName
from glsmed.client.learning.corrections import unbiased_targets
from glsmed.client.learning.gold_gate import MIXINGS, GateDecision, decide_mixing
from glsmed.client.learning.negative_rates import NegativeRateGuard, NegativeRatesError
from glsmed.client.learning.output_calibration import cross_fitted_losses
from glsmed.client.training.steps.keyed_generator import RoundKeys
from glsmed.client.training.steps.training import predict_logits, train
from glsmed.shared.networks.initial_model import initial_model
from glsmed.shared.protocol.study import Study

_ROUNDS_AFTER_WARM_UP = 5


def gate_negative_rates(
    splits: Mapping[SplitName, Examples],
    study: Study,
    *,
    device: torch.device,
    beside: Path | None = None,
    keys: RoundKeys | None = None,
) -> dict[SplitName, Examples]:
    """The splits, with negative rates in training for the findings where held-out gold shows that they help.

    One model is trained at the site for each mixing, for eight rounds or as many as the study has; each finding's
    mixing is decided on the validation split's gold (:func:`glsmed.client.learning.gold_gate.decide_mixing`).
    ``beside`` is the folder of study.yaml, where its initial weights lie; ``keys`` are the site's own, see ``train``.
    """
    guard = NegativeRateGuard()
    decisions = decide_by_finding(
        splits["train"], splits["validation"], study, guard=guard, device=device, beside=beside, keys=keys
    )
    log = structlog.get_logger()
    for finding, decision in decisions.items():
        log.info("negative_rates", finding=finding, mixing=decision.mixing, reason=decision.reason)
    mixing = torch.tensor([decisions[finding].mixing for finding in study.findings])
    return {**splits, "train": with_negative_rates(splits["train"], mixing, guard)}


def decide_by_finding(
    training: Examples,
    validation: Examples,
    study: Study,
    *,
    guard: NegativeRateGuard,
    device: torch.device,
    beside: Path | None = None,
    keys: RoundKeys | None = None,
) -> dict[str, GateDecision]:
    """The gate's decision for each finding."""
    short, losses = _shortened(study, guard), {}
    for mixing in MIXINGS:
        examples = with_negative_rates(training, torch.full((len(study.findings),), mixing), guard)
        model = initial_model(short, beside)
        losses[mixing] = _held_out_losses(examples, validation, model, short, device=device, keys=keys)
    known = ~torch.isnan(validation.gold)
    return {
        finding: decide_mixing({mixing: values[known[:, place], place] for mixing, values in losses.items()})
        for place, finding in enumerate(study.findings)
    }


def with_negative_rates(examples: Examples, mixing: Tensor, guard: NegativeRateGuard) -> Examples:
    """The examples with targets moved from calibrated towards unbiased; cells with gold are left alone.

    Args:
        examples: the training split, gold labels included.
        mixing: ``(K,)`` in [0, 1], as the gold gate allows.
        guard: its cap limits the rates.
    """
    weights = torch.where(torch.isnan(examples.gold), examples.weights, 0.0)
    mixed = guard.capped(unbiased_targets(examples.targets, weights, mixing=mixing))
    return replace(examples, targets=torch.where(weights > 0, mixed, examples.targets))


def _held_out_losses(
    training: Examples,
    validation: Examples,
    model: nn.Module,
    study: Study,
    *,
    device: torch.device,
    keys: RoundKeys | None,
) -> Tensor:
    """``(N, K)`` log-losses on the validation split's gold, NaN where unknown, after training from the start.

    They are those of probabilities as the site would use them, through its output calibration if the study has
    one: what that can undo is no reason for a negative rate. Infinite where the logits ran away, so that such a mixing
    is never chosen.
    """
    try:
        for number in range(1, study.training.rounds + 1):
            key = None if keys is None else keys(number)
            train(model, training, study.training, round_number=number, device=device, key=key)
    except NegativeRatesError:
        return torch.full_like(validation.gold, torch.inf)
    logits = predict_logits(model, validation, device=device)
    return cross_fitted_losses(logits, validation.gold, validation.findings, kind=study.model.calibration_map)


def _shortened(study: Study, guard: NegativeRateGuard) -> Study:
    """The study with only as many rounds as the gate needs."""
    rounds = min(study.training.rounds, guard.warm_up_rounds + _ROUNDS_AFTER_WARM_UP)
    return study.model_copy(update={"training": study.training.model_copy(update={"rounds": rounds})})
