"""One round of training at a site, private or not, as the study says."""

from pathlib import Path

import torch
from torch import nn

from glsmed.client.examples import Examples
from glsmed.client.training import TrainingSummary, train
from glsmed.shared.study import Study

LEDGER = "privacy.json"


def train_round(
    model: nn.Module, examples: Examples, study: Study, *, round_number: int, device: torch.device, state_folder: Path
) -> TrainingSummary:
    """Train ``model`` in place; see :func:`glsmed.client.training.train` and ``train_privately`` beside it."""
    settings = study.training
    if not settings.privacy.is_on:
        return train(model, examples, settings, round_number=round_number, device=device)
    # imported where it is needed: Opacus takes seconds
    from glsmed.client.privacy_ledger import PrivacyLedger
    from glsmed.client.private_training import train_privately

    ledger = PrivacyLedger(state_folder / LEDGER, study=study.digest())
    return train_privately(model, examples, settings, ledger, round_number=round_number, device=device)
