"""What a site's answer must be before it counts. Refusals are about numbers of a model, never of a patient."""

import math

import numpy as np

from glsmed.shared.errors import UpdateRefusedError, WireError
from glsmed.shared.protocol.messages import Arrays, EvaluateTask, EvaluationReply, TrainTask, Update, require_same
from glsmed.shared.protocol.metric_names import check_metrics
from glsmed.shared.protocol.model_manifest import ModelManifest
from glsmed.shared.protocol.study import Study

REFERENCES = ("gold", "reports")


class ReplyChecks:
    """The checks of one study; each returns when the answer may count and raises UpdateRefusedError when not."""

    def __init__(self, study: Study, manifest: ModelManifest) -> None:
        self._study = study
        self._manifest = manifest

    def check_update(self, update: Update, task: TrainTask) -> None:
        """Return if the update answers this task and may be averaged in.

        Raises:
            UpdateRefusedError: it answers another task, is not the study's model, is not finite, or breaks a limit.
        """
        try:
            _check_echo(update, task)
            check_metrics(update.metrics, self._study.findings)
            self._manifest.check(update.model)
        except WireError as error:
            raise UpdateRefusedError(str(error)) from None
        self._check_effort(update)
        self._check_norm(update_norm(update.model, task.model))

    def check_evaluation(self, reply: EvaluationReply, task: EvaluateTask) -> None:
        """Return if the metrics answer this task and are ones of the study.

        Raises:
            UpdateRefusedError: they are not.
        """
        try:
            _check_echo(reply, task)
            require_same("split", expected=task.split, got=reply.split)
            check_metrics(reply.metrics, self._study.findings)
        except WireError as error:
            raise UpdateRefusedError(str(error)) from None
        if reply.reference not in REFERENCES:
            raise UpdateRefusedError(f"reference {reply.reference[:40]!r} is neither gold nor reports")

    def _check_effort(self, update: Update) -> None:
        bounds, most_steps = self._study.federation, self._study.training.steps_per_round
        least, most = bounds.min_training_cells, bounds.max_cells_per_site
        if not least <= update.training_cells <= most:
            raise UpdateRefusedError(f"it claims {update.training_cells} training cells, not {least} to {most}")
        if not 1 <= update.steps <= most_steps:
            raise UpdateRefusedError(f"it claims {update.steps} steps, not 1 to {most_steps}")
        if update.seconds < 0:
            raise UpdateRefusedError(f"it claims to have taken {update.seconds} seconds")

    def _check_norm(self, norm: float) -> None:
        most = self._study.federation.max_update_norm
        if not math.isfinite(norm) or (most is not None and norm > most):
            raise UpdateRefusedError(f"the L2 norm of its change is {norm:.6g}; max_update_norm is {most}")


def update_norm(new: Arrays, old: Arrays) -> float:
    """The L2 norm of (new - old) over all floating arrays, summed in float64."""
    squares = 0.0
    for name, array in new.items():
        if np.issubdtype(array.dtype, np.floating):
            change = np.subtract(array, old[name], dtype=np.float64).ravel()
            squares += float(change @ change)
    return math.sqrt(squares)


def _check_echo(answer: Update | EvaluationReply, task: TrainTask | EvaluateTask) -> None:
    require_same("study", expected=task.study_digest, got=answer.study_digest)
    require_same("round", expected=task.round, got=answer.round)
    require_same("manifest", expected=task.manifest_digest, got=answer.manifest_digest)
