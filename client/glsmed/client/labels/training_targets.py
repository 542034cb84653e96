"""From what the reports say to what training sees: gold replaces words, and the base rate stands beside the model.

All of it concerns one site and stays there; each part can be switched off in study.yaml.
"""

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from glsmed.client.data.examples import Examples, SplitName
from glsmed.client.learning.output_calibration import suffices
from glsmed.shared.protocol.study import Study

_LARGEST_OFFSET = 4.0  # logit of a base rate of 1.8 % or 98.2 %: further out a few labels would decide


def with_training_targets(splits: Mapping[SplitName, Examples], study: Study) -> dict[SplitName, Examples]:
    """The splits with gold as labels (training only) and with the site's offset, as the study says.

    In a private study no image has a say in targets: which findings have enough gold is an exact count of patients.
    """
    result = dict(splits)
    if study.labels.gold_as_labels:
        result["train"] = with_gold_labels(result["train"])
    if study.training.site_offset:
        offset = site_offset(result["train"])
        result = {name: with_offset(examples, offset) for name, examples in result.items()}
        if not study.training.privacy.is_on:
            gold = torch.cat([splits["train"].calibration_gold, splits["validation"].calibration_gold])
            result["train"] = with_image_shares(result["train"], image_shares(gold, study))
    return result


def with_gold_labels(examples: Examples) -> Examples:
    """The examples with gold as a certain label of weight 1 wherever there is any, whatever the report said."""
    known = ~torch.isnan(examples.gold)
    return replace(
        examples,
        targets=torch.where(known, examples.gold, examples.targets),
        weights=torch.where(known, 1.0, examples.weights),
    )


def site_offset(training: Examples) -> Tensor:
    """``(K,)`` :func:`base_rate_logit` of the site's training targets."""
    return base_rate_logit(training.targets, training.weights)


def base_rate_logit(targets: Tensor, weights: Tensor) -> Tensor:
    """``(K,)`` logit of each finding's mean target ``(N, K)`` over its weights, in [-4, 4]; 0 without any.

    Half a present and half an absent label are added, so that one class alone has a finite logit.
    """
    base = ((targets * weights).sum(0) + 0.5) / (weights.sum(0) + 1)
    return base.clamp(1e-6, 1 - 1e-6).logit().clamp(-_LARGEST_OFFSET, _LARGEST_OFFSET)


def with_offset(examples: Examples, offset: Tensor) -> Examples:
    """The examples with their site's base-rate offset ``(K,)`` for every image."""
    return replace(examples, offsets=offset.expand(len(examples), -1).contiguous())


def image_shares(gold: Tensor, study: Study) -> Tensor:
    """``(K,)`` the study's image share for findings without an output calibration at this site, 0 for the others.

    Args:
        gold: ``(N, K)`` that an output calibration would be fitted on, NaN where unknown.
        study: its share, and the kind of output calibration.
    """
    mapped = suffices(gold, kind=study.model.calibration_map)
    return torch.where(mapped, 0.0, study.labels.image_share)


def with_image_shares(examples: Examples, shares: Tensor) -> Examples:
    """The examples with these shares ``(K,)`` for every image; unchanged where all are 0."""
    if not bool(shares.any()):
        return examples
    return replace(examples, image_shares=shares.expand(len(examples), -1).contiguous())
