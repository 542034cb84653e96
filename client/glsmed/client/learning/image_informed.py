"""Targets that take the image into account beside the report, for sites without gold to calibrate a model's outputs.

A soft target treats doubt in the words as doubt about the patient: the model is taught to stay undecided even where the
image is clear, and its probabilities are timid. By Bayes' rule words and image together mean the model's own odds,
times the odds that the words give, over those of the site's base rate. Taking that as the target maximises the
likelihood of the words (Raykar et al., JMLR 2010, one reader; with two words for each truth it is the forward
correction of Patrini et al., CVPR 2017). It holds where words and image are independent given the truth. Readers look
at the same image, so the target goes only part of the way; the rest keeps the model from confirming its own errors.
"""

import torch
from torch import Tensor

_LEAST = 1e-6


def image_informed_targets(logits: Tensor, targets: Tensor, base_logits: Tensor | None, share: Tensor) -> Tensor:
    """Targets ``(N, K)`` between what the words say and what words and image together say.

    ``(1 - share) q + share sigmoid(z + logit q - b)``, without a gradient; certain targets, 0 and 1 and beyond, stay.

    Args:
        logits: ``(N, K)`` z, the site's base rate included.
        targets: ``(N, K)`` q = P(finding | words).
        base_logits: ``(N, K)`` b, the logit of the site's base rate; None for 0.
        share: ``(K,)`` (or what broadcasts to ``(N, K)``) in [0, 1]; 0 leaves a finding's targets to the words.
    """
    words = targets.float().clamp(_LEAST, 1 - _LEAST).logit()
    prior = 0.0 if base_logits is None else base_logits
    together = (logits.detach().float() + words - prior).sigmoid()
    doubted = (targets > 0) & (targets < 1)
    return torch.where(doubted, targets + share * (together - targets), targets)
