"""The answer to a training task: the metrics of the model as it came, and the model after a round of local training."""

import structlog
from flwr.app import RecordDict

from glsmed.client.egress.policy import error_code
from glsmed.client.egress.query_budget import RecordedAnswer, Request
from glsmed.client.egress.site_numbers import training_numbers
from glsmed.client.egress.summed_scores import ring_of
from glsmed.client.resident.site_runtime import SiteRuntime
from glsmed.client.resident.task_events import note_trained
from glsmed.client.resident.tasks.measured_answer import measured_answer
from glsmed.client.resident.tasks.site_facts import training_counts
from glsmed.client.resident.tasks.task_checks import check_task, taken_model
from glsmed.client.training.steps.round_plan import TrainingSummary
from glsmed.shared.errors import GlsmedError
from glsmed.shared.processes.error_words import words_for_log
from glsmed.shared.protocol.codec import decode
from glsmed.shared.protocol.messages import MaskedUpdate, TrainTask, Update
from glsmed.shared.secure_aggregation.fixed_point import Ring
from glsmed.shared.secure_aggregation.masked_form import MaskedForm
from glsmed.shared.secure_aggregation.signed_keys import About
from glsmed.shared.wire.packed_model import Buffers, packed_digest


def answer_training(site: SiteRuntime, content: RecordDict) -> RecordDict:
    """The metrics of the model as it came, and the model after one round of local training."""
    task = decode(content, TrainTask)
    check_task(site, task)
    examples = site.splits["train"]
    site.egress.require_updates(examples.labelled_patients)
    if site.masking is not None:
        site.masking.require_ready(task.round, task.model_digest, _about(site, task))
    model = taken_model(site, task, after_round=task.round - 1)
    asked = task.model_digest + (packed_digest(task.control) if task.control else "")
    site.trajectory.require_training(task.model_digest, asked)
    validation = _validation(site, task, model) if task.validate and site.egress.sends_evaluations else None
    site.query_budget.charge(Request.of_training(task.round, asked, examples))
    arrays, control = site.models.layout.unpack(model), site.models.control(task)
    summary = site.strategy.train(arrays, site.splits, round_number=task.round, control=control)
    site.trajectory.trained(task.model_digest, model, site.strategy.shared())
    update = _update(site, task, model, summary, validation)
    released = site.egress.release(
        update,
        numbers=training_numbers(summary.loss, site.splits, site.study),
        validation=None if validation is None else validation.numbers,
        echo=task.model_digest,
        note=site.query_budget.left_in_words(),
    )
    note_trained(site, task.round, summary, released)
    return released


def _validation(site: SiteRuntime, task: TrainTask, model: Buffers) -> RecordedAnswer | None:
    """The metrics of the model as it came; None where it cannot be measured, which must not stop training.

    A site that joins later cannot tell yet whether the model belongs to the study, and measures none. One that has told
    others that it adds its counts to theirs does so, or is not in the sum: zeros would leave theirs in smaller company.
    """
    if site.masking is not None and site.masking.adds_counts:
        return measured_answer(site, model, task, "validation")[0]
    if not site.trajectory.may_measure:
        return None
    try:
        return measured_answer(site, model, task, "validation")[0]
    except (GlsmedError, ValueError) as error:
        structlog.get_logger().warning("not_validated", code=error_code(error), detail=words_for_log(error))
        return None


def _update(
    site: SiteRuntime, task: TrainTask, model: Buffers, summary: TrainingSummary, validation: RecordedAnswer | None
) -> Update | MaskedUpdate:
    """What is sent of the trained model: all of it and its counts, or both under masks."""
    counts = training_counts(site)
    reference = "" if validation is None else validation.reference
    if site.masking is not None:
        change, form = site.models.change(model, site.strategy.shared()), site.masking.form
        scores = ring_of(() if validation is None else validation.scores, form.scores_shape)
        masked = site.masking.masked(change, counts, scores)
        return _masked_update(site, task, masked, summary, reference)
    packed = site.models.update(model, site.strategy.shared(), round_number=task.round)
    return Update(
        study_digest=task.study_digest,
        round=task.round,
        manifest_digest=task.manifest_digest,
        model_digest=task.model_digest,
        update_digest=packed_digest(packed),
        training_cells=counts.cells,
        training_patients=counts.patients,
        steps=summary.steps,
        seconds=_told_seconds(site, summary),
        reference=reference,
        metrics={},
        validation={},
        model=packed,
    )


def _masked_update(
    site: SiteRuntime, task: TrainTask, masked: Ring, summary: TrainingSummary, reference: str
) -> MaskedUpdate:
    packed = MaskedForm.of_updates(site.study, site.models.layout).packed(masked)
    return MaskedUpdate(
        study_digest=task.study_digest,
        round=task.round,
        manifest_digest=task.manifest_digest,
        model_digest=task.model_digest,
        update_digest=packed_digest(packed),
        seconds=_told_seconds(site, summary),
        reference=reference,
        metrics={},
        validation={},
        model=packed,
    )


def _about(site: SiteRuntime, task: TrainTask) -> About:
    """The kind of sum that an update goes into: whether its counts are in it is agreed on by all sites."""
    return "validated update" if task.validate and site.study.federation.summed_metrics else "update"


def _told_seconds(site: SiteRuntime, summary: TrainingSummary) -> float:
    """How long training took; with differential privacy nothing, for time tells of images too."""
    return 0.0 if site.study.training.privacy.is_on else summary.seconds
