"""What a site's reply must be before it counts. A refusal tells about numbers of a model, never about a patient."""

import math
from dataclasses import dataclass

from glsmed.server.folders.model_file import ModelFile
from glsmed.server.strategies.rule import UpdateFacts
from glsmed.server.updates.checked_update import CheckedUpdate, SiteModel, checked_norm
from glsmed.shared.errors import UpdateRefusedError, WireError
from glsmed.shared.protocol.messages import (
    EvaluateTask,
    EvaluationReply,
    MaskedEvaluation,
    MaskedUpdate,
    TrainTask,
    Update,
    require_same,
)
from glsmed.shared.protocol.metric_names import check_metrics
from glsmed.shared.protocol.study import Study
from glsmed.shared.secure_aggregation.masked_form import MaskedForm
from glsmed.shared.wire.model_form import FloatSource, ModelForm
from glsmed.shared.wire.packed_model import ModelLayout, packed_digest

REFERENCES = ("gold", "reports")


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """A request to train, as the reply to it is checked.

    Attributes:
        task: what was asked; its model is not looked at.
        model: what the sites began with.
        sent: its floats as they travelled, which rounding may have changed a little.
    """

    task: TrainTask
    model: ModelFile
    sent: FloatSource


class ReplyChecks:
    """The checks of one study; each raises UpdateRefusedError if a reply must not count."""

    def __init__(self, study: Study, layout: ModelLayout) -> None:
        self._study = study
        self._form = ModelForm.up(layout, study.federation.precision)
        self._masked_form = MaskedForm.of_updates(study, layout)
        self._scores_form = MaskedForm.of_evaluations(study)

    def checked(self, site: str, update: Update, request: TrainRequest, *, staleness: int = 0) -> CheckedUpdate:
        """The update, ready to be merged.

        Raises:
            UpdateRefusedError: it belongs to another task, is not the study's model, is not finite, or breaks a limit.
        """
        try:
            _check_echo(update, request.task)
            check_metrics(update.metrics, self._study.findings)
            check_metrics(update.validation, self._study.findings)
            self._form.check(update.model)
            require_same("digest", expected=packed_digest(update.model), got=update.update_digest)
        except WireError as error:
            raise UpdateRefusedError(str(error)) from None
        self._check_reference(update)
        self._check_effort(update)
        floats = SiteModel.of(self._form, update.model, request.sent)
        norm = checked_norm(floats)
        self._check_norm(norm)
        return CheckedUpdate(
            facts=UpdateFacts(
                site=site,
                cells=update.training_cells,
                patients=update.training_patients,
                steps=update.steps,
                norm=norm,
                staleness=staleness,
                label_quality=update.metrics.get("gold_quality"),
            ),
            floats=floats,
            payload=update.model,
            show_to_peers=update.show_to_peers,
        )

    def check_masked(self, update: MaskedUpdate, task: TrainTask) -> None:
        """Raise if a masked update must not count; of its change, which nobody sees, only the form is checked.

        Raises:
            UpdateRefusedError: it belongs to another task, or is not of the study's model.
        """
        try:
            _check_echo(update, task)
            check_metrics(update.metrics, self._study.findings)
            check_metrics(update.validation, self._study.findings)
            self._masked_form.check(update.model)
            require_same("digest", expected=packed_digest(update.model), got=update.update_digest)
        except WireError as error:
            raise UpdateRefusedError(str(error)) from None
        self._check_reference(update)
        _require_seconds(update.seconds)

    def check_masked_evaluation(self, reply: MaskedEvaluation, task: EvaluateTask) -> None:
        """Raise if masked counts of scores must not count; of the counts only the form is checked.

        Raises:
            UpdateRefusedError: they belong to another task, or are not of the study's findings.
        """
        try:
            _check_echo(reply, task)
            require_same("split", expected=task.split, got=reply.split)
            self._scores_form.check(reply.model)
            require_same("digest", expected=packed_digest(reply.model), got=reply.counts_digest)
        except WireError as error:
            raise UpdateRefusedError(str(error)) from None
        _require_reference(reply.reference)

    def check_evaluation(self, reply: EvaluationReply, task: EvaluateTask) -> None:
        """Raise if the metrics must not count.

        Raises:
            UpdateRefusedError: they belong to another task, or one is not a metric of the study.
        """
        try:
            _check_echo(reply, task)
            require_same("split", expected=task.split, got=reply.split)
            check_metrics(reply.metrics, self._study.findings)
            check_metrics(reply.local, self._study.findings)
        except WireError as error:
            raise UpdateRefusedError(str(error)) from None
        _require_reference(reply.reference)

    def _check_reference(self, update: Update | MaskedUpdate) -> None:
        if update.validation or update.reference:
            _require_reference(update.reference)

    def _check_effort(self, update: Update) -> None:
        bounds, most_steps = self._study.federation, self._study.training.steps_per_round
        least, most = bounds.min_training_cells, bounds.max_cells_per_site
        if not least <= update.training_cells <= most:
            raise UpdateRefusedError(f"training cells: expected {least} to {most}, got {update.training_cells}")
        if not 1 <= update.training_patients <= update.training_cells:
            raise UpdateRefusedError(
                f"training patients: expected 1 to {update.training_cells}, got {update.training_patients}"
            )
        if not 1 <= update.steps <= most_steps:
            raise UpdateRefusedError(f"steps: expected 1 to {most_steps}, got {update.steps}")
        _require_seconds(update.seconds)

    def _check_norm(self, norm: float) -> None:
        most = self._study.federation.max_update_norm
        if not math.isfinite(norm) or (most is not None and norm > most):
            raise UpdateRefusedError(f"L2 norm of its change: expected at most max_update_norm {most}, got {norm:.6g}")


def _require_seconds(seconds: float) -> None:
    if seconds < 0:
        raise UpdateRefusedError(f"seconds: expected 0 or more, got {seconds}")


def _require_reference(reference: str) -> None:
    if reference not in REFERENCES:
        raise UpdateRefusedError(f"reference: expected gold or reports, got {reference[:40]!r}")


def _check_echo(
    reply: Update | MaskedUpdate | MaskedEvaluation | EvaluationReply, task: TrainTask | EvaluateTask
) -> None:
    require_same("study", expected=task.study_digest, got=reply.study_digest)
    require_same("round", expected=task.round, got=reply.round)
    require_same("manifest", expected=task.manifest_digest, got=reply.manifest_digest)
    require_same("model", expected=task.model_digest, got=reply.model_digest)
