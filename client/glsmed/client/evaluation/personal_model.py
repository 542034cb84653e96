"""A model of the site's own beside the shared one (Ditto: Li et al., Fair and robust federated learning, ICML 2021).

In every round it takes as many steps as the shared model, pulled to the shared model that the round began with. It
never leaves the site. The site ships whichever of the two has the lower log-loss on its validation patients.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import structlog
import torch
from torch import nn

from glsmed.client.data.examples import Examples, SplitName
from glsmed.client.evaluation.evaluation import evaluate
from glsmed.client.evaluation.output_calibration_fit import calibrate_outputs
from glsmed.client.learning.output_calibration import OutputCalibration
from glsmed.client.training.round_arrays import RoundArrays
from glsmed.client.training.round_training import RoundTraining
from glsmed.client.training.steps.gradient_correction import Steering
from glsmed.shared.metrics.macro import macro
from glsmed.shared.networks.model_arrays import load_arrays, state_arrays
from glsmed.shared.protocol.study import Study
from glsmed.shared.wire.packed_model import Arrays

_ROUNDS_KEPT = 2  # the last, and the one before it, from which a repeated round starts
_LOG_LOSS = "validation_log_loss"

Splits = Mapping[SplitName, Examples]


class PersonalModel:
    """The site's own model from round to round, and the best of them.

    Args:
        folder: where it is kept.
        study: its rounds and its pull.
        training: trains a round.
        device: where models are measured.
    """

    def __init__(self, folder: Path, study: Study, training: RoundTraining, *, device: torch.device) -> None:
        self._files = RoundArrays(folder, keep=_ROUNDS_KEPT)
        self._best = RoundArrays(folder / "best", keep=_ROUNDS_KEPT)
        self._study = study
        self._training = training
        self._device = device

    def train(self, model: nn.Module, shared: Arrays, splits: Splits, *, round_number: int) -> None:
        """Train for one round and keep the result; ``model`` is used for it and has other weights afterwards.

        Raises:
            GlsmedError: training failed, or a file is damaged.
            OSError: the disk is full.
        """
        load_arrays(model, shared)
        anchor = {name: value.detach().clone() for name, value in model.named_parameters()}
        load_arrays(model, self._files.latest(at_most=round_number - 1) or shared)
        steering = Steering(pull=self._study.training.personal_model_mu or 0.0, anchor=anchor)
        self._training.train(model, splits["train"], round_number=round_number, steering=steering)
        arrays = state_arrays(model)
        self._keep_if_best(model, arrays, splits, round_number)
        self._files.save(round_number, arrays)

    def load_if_better(
        self, model: nn.Module, splits: Splits, output_calibration: OutputCalibration
    ) -> OutputCalibration:
        """Put the best own model into ``model`` if it is better than that; returns the output calibration to use.

        Raises:
            DataError: a file is damaged.
        """
        best = self._best.latest(at_most=self._study.training.rounds)
        if best is None or _log_loss_of(best) >= self._log_loss(model, splits, output_calibration):
            return output_calibration
        load_arrays(model, {name: array for name, array in best.items() if name != _LOG_LOSS})
        structlog.get_logger().info("personal_model_ships", validation_log_loss=round(_log_loss_of(best), 4))
        return self._calibrated(model, splits)

    def _keep_if_best(self, model: nn.Module, arrays: Arrays, splits: Splits, round_number: int) -> None:
        log_loss = self._log_loss(model, splits, self._calibrated(model, splits))
        before = self._best.latest(at_most=round_number - 1)
        if before is None or log_loss < _log_loss_of(before):
            self._best.save(round_number, {**arrays, _LOG_LOSS: np.array(log_loss)})

    def _calibrated(self, model: nn.Module, splits: Splits) -> OutputCalibration:
        kind = self._study.model.calibration_map
        return calibrate_outputs(model, splits["train"], splits["validation"], kind=kind, device=self._device)

    def _log_loss(self, model: nn.Module, splits: Splits, output_calibration: OutputCalibration) -> float:
        measured = evaluate(model, splits["validation"], device=self._device, output_calibration=output_calibration)
        return macro(measured.by_finding).get("log_loss", float("inf"))


def _log_loss_of(best: Arrays) -> float:
    return float(best[_LOG_LOSS])
