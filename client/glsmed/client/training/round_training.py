"""The rounds of training at a site, on the devices and with the privacy that its files ask for."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import nn

from glsmed.client.data.examples import Examples
from glsmed.client.settings.site_secret import SiteSecret
from glsmed.client.settings.state_folder import StateFolder
from glsmed.client.training.steps.compiled_steps import Compiling, StepCompiler
from glsmed.client.training.steps.gradient_correction import Steering
from glsmed.client.training.steps.round_plan import TrainingSummary
from glsmed.client.training.steps.training import OnStep, train
from glsmed.client.training.worker_pool.worker_pool import WorkerPool
from glsmed.shared.protocol.study import Study

if TYPE_CHECKING:
    from glsmed.client.settings.privacy_ledger import PrivacyLedger


def steps_share_passes(model: nn.Module, *, image_size_px: int) -> bool:
    """Whether private steps with this network take several patients through it at once."""
    from glsmed.client.training.differential_privacy.hook_check import hooks_are_exact  # few need it

    return hooks_are_exact(model, image_size_px=image_size_px)


class RoundTraining:
    """Trains a site's rounds, and keeps from one to the next what is expensive to make: workers, compiled steps.

    Steps are compiled on a single device only, and never with differential privacy.

    Args:
        devices: those that share a round.
        state: the site's state folder.
        compiling: whether compiled steps may be tried.
        ledger: what rounds are paid from in a study with differential privacy, which must have one.
    """

    def __init__(
        self,
        study: Study,
        *,
        devices: Sequence[torch.device],
        state: StateFolder,
        compiling: Compiling = "off",
        ledger: "PrivacyLedger | None" = None,
    ) -> None:
        self._study = study
        self._compiler = StepCompiler(compiling)
        self._device = devices[0]
        self._given_ledger = ledger
        self._keys = SiteSecret.of(state).round_keys(study.digest(), "training")
        self._pool = WorkerPool(study, devices=devices, state=state) if len(devices) > 1 else None

    def start(self) -> None:
        """Start what takes long to start, so that the first round need not wait for it.

        Raises:
            WorkerError: a device cannot be used together with the others.
        """
        if self._pool is not None:
            self._pool.start()

    def train(
        self,
        model: nn.Module,
        examples: Examples,
        *,
        round_number: int,
        on_step: OnStep | None = None,
        steering: Steering | None = None,
    ) -> TrainingSummary:
        """Train ``model`` in place for one round; its batches follow from the site's secret.

        Without ``steering``, steps are pulled to the round's first model as much as the study says. Other steering is
        for a single device without differential privacy, see ``resolve_devices`` and the study's own checks.

        Raises:
            GlsmedError: see ``train``, ``WorkerPool.train`` and ``train_privately``.
        """
        if self._study.training.privacy.is_on:
            return self._train_privately(model, examples, round_number)
        if self._pool is not None:
            key = self._keys(round_number)
            return self._pool.train(model, examples, round_number=round_number, on_step=on_step, key=key)
        return train(
            model,
            examples,
            self._study.training,
            round_number=round_number,
            device=self._device,
            on_step=on_step,
            compiler=self._compiler,
            steering=steering or Steering(pull=self._study.training.proximal_mu),
            key=self._keys(round_number),
        )

    def epsilon_spent(self) -> float | None:
        """The privacy that the site has spent in the study; None without differential privacy.

        Raises:
            DataError: the account is damaged.
        """
        if not self._study.training.privacy.is_on:
            return None
        return self._ledger().spent(self._study.training.privacy)

    def _ledger(self) -> "PrivacyLedger":
        if self._given_ledger is None:
            raise TypeError("a study with differential privacy needs a ledger to pay from")
        return self._given_ledger

    def _train_privately(self, model: nn.Module, examples: Examples, round_number: int) -> TrainingSummary:
        # imported here, since most studies have no privacy
        from glsmed.client.training.differential_privacy.private_training import train_privately

        settings = self._study.training
        return train_privately(
            model, examples, settings, self._ledger(), round_number=round_number, device=self._device
        )
