"""What a site does in a round beyond plain steps: local layers, control variates, a model of its own.

All that it keeps is on disk before the update goes, and a round that is asked for again ends as it did before.
"""

import time
from dataclasses import replace

import torch
from torch import nn

from glsmed.client.evaluation.personal_model import PersonalModel, Splits
from glsmed.client.learning.output_calibration import OutputCalibration
from glsmed.client.settings.state_folder import StateFolder
from glsmed.client.training.control_variates import OwnControl
from glsmed.client.training.local_layers import OwnLayers
from glsmed.client.training.round_training import RoundTraining
from glsmed.client.training.steps.round_plan import TrainingSummary
from glsmed.shared.errors import WireError
from glsmed.shared.networks.local_layers import local_names
from glsmed.shared.networks.model_arrays import load_arrays, state_arrays
from glsmed.shared.protocol.study import Study
from glsmed.shared.wire.packed_model import Arrays


class SiteStrategy:
    """Loads, trains and hands out the site's model.

    Args:
        study: what the sites agreed on.
        model: the study's initial model; its weights are replaced by each call.
        training: trains a round.
        state: the site's state folder.
        device: where models are measured.
    """

    def __init__(
        self, study: Study, model: nn.Module, training: RoundTraining, *, state: StateFolder, device: torch.device
    ) -> None:
        settings, digest = study.training, study.digest()
        self._settings = settings
        self._model = model
        self._training = training
        self._layers = OwnLayers(
            state.round_arrays("local-layers", digest),
            local_names(model, settings.local_layers),
            initial=state_arrays(model),
        )
        self._control = OwnControl(state.round_arrays("control", digest)) if settings.control_variates else None
        self._personal = None
        if settings.personal_model_mu is not None:
            self._personal = PersonalModel(state.round_arrays("personal", digest), study, training, device=device)

    def load(self, shared: Arrays, *, after_round: int) -> None:
        """Make the model that of a round: the centre's arrays, with the site's own layers of that time.

        Raises:
            DataError: the file of the site's own layers is damaged.
        """
        load_arrays(self._model, self._layers.with_shared(shared, after_round=after_round))

    def train(
        self, shared: Arrays, splits: Splits, *, round_number: int, control: Arrays | None = None
    ) -> TrainingSummary:
        """Train the model for a round that starts from these arrays; its time includes that of the site's own model.

        Args:
            shared: what the centre sent.
            splits: the site's examples.
            round_number: of the federation, from 1.
            control: the centre's control variate, by name of array; of a study that has them.

        Raises:
            WireError: the control variate is missing.
            GlsmedError: training failed, or a file of the state folder is damaged.
            OSError: the disk is full.
        """
        started = time.perf_counter()
        if self._personal is not None:
            self._personal.train(self._model, shared, splits, round_number=round_number)
        self.load(shared, after_round=round_number - 1)
        summary = self._trained(shared, splits, round_number, control)
        self._layers.keep(state_arrays(self._model), after_round=round_number)
        return replace(summary, seconds=time.perf_counter() - started)

    def shared(self) -> Arrays:
        """The model's arrays that go to the centre, in its order."""
        return self._layers.shared(state_arrays(self._model))

    def epsilon_spent(self) -> float | None:
        """How much privacy the site has spent in this study; None without differential privacy."""
        return self._training.epsilon_spent()

    def to_ship(self, splits: Splits, output_calibration: OutputCalibration) -> OutputCalibration:
        """Put the model that the site ships into place, where that is its own; returns the output calibration for it.

        Raises:
            DataError: a file of the state folder is damaged.
        """
        if self._personal is None:
            return output_calibration
        return self._personal.load_if_better(self._model, splits, output_calibration)

    def _trained(self, shared: Arrays, splits: Splits, round_number: int, control: Arrays | None) -> TrainingSummary:
        examples = splits["train"]
        if self._control is None:
            return self._training.train(self._model, examples, round_number=round_number)
        if control is None:
            raise WireError("the task brings no control variate, which training.control_variates of the study needs")
        both = self._control.of_round(round_number, control)
        summary = self._training.train(self._model, examples, round_number=round_number, steering=both.steering())
        own = both.after(
            shared, state_arrays(self._model), steps=summary.steps, learning_rate=self._settings.learning_rate
        )
        self._control.keep(own, after_round=round_number)
        return summary
