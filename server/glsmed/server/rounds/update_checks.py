"""What a site's reply must be before it counts. A refusal tells about numbers of a model, never about a patient."""

import math

import numpy as np

from glsmed.shared.errors import UpdateRefusedError, WireError
from glsmed.shared.protocol.messages import Arrays, EvaluateTask, EvaluationReply, TrainTask, Update, require_same
from glsmed.shared.protocol.metric_names import check_metrics
from glsmed.shared.protocol.model_manifest import ModelManifest
from glsmed.shared.protocol.study import Study

REFERENCES = ("gold", "reports")


class ReplyChecks:
    """The checks of one study; each raises UpdateRefusedError if a reply must not count."""

    def __init__(self, study: Study, manifest: ModelManifest) -> None:
        self._study = study
        self._manifest = manifest

    def check_update(self, update: Update, task: TrainTask) -> None:
        """Raise if the update must not be averaged in.

        Raises:
            UpdateRefusedError: it belongs to another task, is not the study's model, is not finite, or breaks a limit.
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
        """Raise if the metrics must not count.

        Raises:
            UpdateRefusedError: they belong to another task, or one is not a metric of the study.
        """
        try:
            _check_echo(reply, task)
            require_same("split", expected=task.split, got=reply.split)
            check_metrics(reply.metrics, self._study.findings)
        except WireError as error:
            raise UpdateRefusedError(str(error)) from None
        if reply.reference not in REFERENCES:
            raise UpdateRefusedError(f"reference: expected gold or reports, got {reply.reference[:40]!r}")

    def _check_effort(self, update: Update) -> None:
        bounds, most_steps = self._study.federation, self._study.training.steps_per_round
        least, most = bounds.min_training_cells, bounds.max_cells_per_site
        if not least <= update.training_cells <= most:
            raise UpdateRefusedError(f"training cells: expected {least} to {most}, got {update.training_cells}")
        if not 1 <= update.steps <= most_steps:
            raise UpdateRefusedError(f"steps: expected 1 to {most_steps}, got {update.steps}")
        if update.seconds < 0:
            raise UpdateRefusedError(f"seconds: expected 0 or more, got {update.seconds}")

    def _check_norm(self, norm: float) -> None:
        most = self._study.federation.max_update_norm
        if not math.isfinite(norm) or (most is not None and norm > most):
            raise UpdateRefusedError(f"L2 norm of its change: expected at most max_update_norm {most}, got {norm:.6g}")


def update_norm(new: Arrays, old: Arrays) -> float:
    """The L2 norm of (new - old) over all floating arrays, summed in float64."""
    squares = 0.0
    for name, array in new.items():
        if np.issubdtype(array.dtype, np.floating):
            change = np.subtract(array, old[name], dtype=np.float64).ravel()
            squares += float(change @ change)
    return math.sqrt(squares)


def _check_echo(reply: Update | EvaluationReply, task: TrainTask | EvaluateTask) -> None:
    require_same("study", expected=task.study_digest, got=reply.study_digest)
    require_same("round", expected=task.round, got=reply.round)
    require_same("manifest", expected=task.manifest_digest, got=reply.manifest_digest)
