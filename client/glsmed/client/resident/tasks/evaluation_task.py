"""The answer to an evaluation: a model's metrics on one of the site's splits."""

from collections.abc import Mapping

import structlog
from flwr.app import RecordDict

from glsmed.client.egress.local_record import LocalRecord
from glsmed.client.egress.query_budget import EvaluatedSplit, RecordedAnswer
from glsmed.client.egress.site_numbers import Number
from glsmed.client.egress.summed_scores import ring_of
from glsmed.client.resident.final_model import beside_own_model
from glsmed.client.resident.site_runtime import SiteRuntime
from glsmed.client.resident.task_events import note_ended
from glsmed.client.resident.tasks.measured_answer import measured_answer
from glsmed.client.resident.tasks.task_checks import check_peer, check_task, is_final, peer_model, taken_model
from glsmed.shared.errors import DataError, MismatchError
from glsmed.shared.processes.error_words import words_for_log
from glsmed.shared.protocol.codec import decode
from glsmed.shared.protocol.messages import EvaluateTask, EvaluationReply, MaskedEvaluation
from glsmed.shared.secure_aggregation.masked_form import MaskedForm
from glsmed.shared.secure_aggregation.signed_keys import About
from glsmed.shared.wire.packed_model import packed_digest

_EVALUATED: Mapping[str, EvaluatedSplit] = {"validation": "validation", "test": "test"}
_ABOUT: Mapping[EvaluatedSplit, About] = {"validation": "validation", "test": "test"}


def answer_evaluation(site: SiteRuntime, content: RecordDict) -> RecordDict:
    """The model's metrics on one of the site's splits."""
    task = decode(content, EvaluateTask)
    check_task(site, task)
    if task.split not in _EVALUATED:
        raise MismatchError("split", expected="validation or test", got=task.split)
    check_peer(site, task)
    model = peer_model(site, task) if task.of_site else taken_model(site, task, after_round=task.round)
    answer, note = measured_answer(site, model, task, _EVALUATED[task.split])
    masked = _masked(site, task, answer)
    if masked is None:
        released = _released(site, task, answer, note)
    else:
        released = site.egress.release(masked, echo=task.model_digest, note=note)
    if is_final(task):
        note_ended(site, beside_own_model(site, answer.numbers))
    return released


def _released(site: SiteRuntime, task: EvaluateTask, answer: RecordedAnswer, note: str) -> RecordDict:
    """The metrics that may leave by themselves; none where the study sums them."""
    reply = EvaluationReply(
        study_digest=task.study_digest,
        round=task.round,
        manifest_digest=task.manifest_digest,
        model_digest=task.model_digest,
        split=task.split,
        reference=answer.reference,
        metrics={},
    )
    return site.egress.release(
        reply, numbers=answer.numbers, local=_local(site, task), echo=task.model_digest, note=note
    )


def _masked(site: SiteRuntime, task: EvaluateTask, answer: RecordedAnswer) -> MaskedEvaluation | None:
    """The counts of the model's scores under masks; None where no sum of them was agreed on."""
    masking, split = site.masking, _EVALUATED[task.split]
    if masking is None or not masking.is_ready(task.round, task.model_digest, _ABOUT[split]):
        return None
    form = MaskedForm.of_evaluations(site.study)
    packed = form.packed(masking.masked_scores(ring_of(answer.scores, form.scores_shape)))
    return MaskedEvaluation(
        study_digest=task.study_digest,
        round=task.round,
        manifest_digest=task.manifest_digest,
        model_digest=task.model_digest,
        counts_digest=packed_digest(packed),
        split=task.split,
        reference=answer.reference,
        model=packed,
    )


def _local(site: SiteRuntime, task: EvaluateTask) -> Mapping[str, Number]:
    """The metrics of the best model that the site trained alone; a private study does not cover them."""
    study = site.study
    if not is_final(task) or not study.federation.cross_site_evaluation or study.training.privacy.is_on:
        return {}
    try:
        known = LocalRecord(site.config.state, study).answer(site.splits["test"])
    except DataError as error:  # the numbers of the study's own model must go all the same
        structlog.get_logger().warning("no_local_numbers", detail=words_for_log(error))
        return {}
    return {} if known is None else known.numbers
