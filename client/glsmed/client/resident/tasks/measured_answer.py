"""The metrics of a model on one of the site's splits, as the query budget allows; the last model is kept here."""

import structlog
import torch
from torch import Tensor

from glsmed.client.data.examples import Examples
from glsmed.client.egress.final_numbers import calibration_numbers, missing_numbers
from glsmed.client.egress.patient_draw import drawn_rows
from glsmed.client.egress.query_budget import EvaluatedSplit, RecordedAnswer, Request
from glsmed.client.egress.site_numbers import Number, evaluation_numbers
from glsmed.client.egress.summed_scores import summed_scores
from glsmed.client.evaluation.evaluation import Evaluation, evaluate
from glsmed.client.evaluation.output_calibration_fit import calibrate_outputs
from glsmed.client.learning.output_calibration import OutputCalibration
from glsmed.client.resident.final_model import keep_final_model
from glsmed.client.resident.site_runtime import SiteRuntime
from glsmed.client.resident.tasks.noisy_answer import no_numbers, noisy_answer
from glsmed.client.resident.tasks.task_checks import is_final
from glsmed.client.settings.site_secret import SiteSecret
from glsmed.client.training.steps.round_plan import TrainingDivergedError
from glsmed.shared.protocol.messages import EvaluateTask, TrainTask
from glsmed.shared.wire.packed_model import Buffers


def measured_answer(
    site: SiteRuntime, model: Buffers, task: TrainTask | EvaluateTask, split: EvaluatedSplit
) -> tuple[RecordedAnswer, str]:
    """The metrics of a model, those that were given before if the same was asked before; and a line for the log.

    Raises:
        QueryBudgetError: the site answers about no more models of this split.
    """
    of_site = task.of_site if isinstance(task, EvaluateTask) else ""
    prefix = f"the model of {of_site}; " if of_site else ""
    request = Request.of_evaluation(split, task.model_digest, site.splits[split])
    if of_site:
        request = Request.of_peer(task.model_digest, site.splits[split])
    known = site.query_budget.charge(request)
    if known is not None:
        return known, f"{prefix}the answer that was given before"
    answer = _private(site, model, task) if site.study.training.privacy.is_on else _open(site, model, task, split)
    site.query_budget.keep(request, answer)
    return answer, prefix + site.query_budget.left_in_words()


def _open(site: SiteRuntime, model: Buffers, task: TrainTask | EvaluateTask, split: EvaluatedSplit) -> RecordedAnswer:
    """The answer of a study without privacy."""
    _load(site, model, task)
    rows = None if is_final(task) else _drawn(site, split, task.model_digest)
    return _measured(site, split, rows, ships=is_final(task), round_number=task.round)


def _private(site: SiteRuntime, model: Buffers, task: TrainTask | EvaluateTask) -> RecordedAnswer:
    """The answer of a private study: no number but at its end.

    The site's own model is kept first: whoever is killed in between pays for noisy counts that nobody sees.
    """
    if not is_final(task):
        return no_numbers(site)
    _load(site, model, task)
    _keep_privately(site, task.round)
    _load(site, model, task)  # what is shipped may be another
    return noisy_answer(site)


def _load(site: SiteRuntime, model: Buffers, task: TrainTask | EvaluateTask) -> None:
    after_round = task.round - 1 if isinstance(task, TrainTask) else task.round
    site.strategy.load(site.models.layout.unpack(model), after_round=after_round)


def _drawn(site: SiteRuntime, split: EvaluatedSplit, model_digest: str) -> Tensor:
    """Whom of a split the numbers of a model are about that is not the last; see ``drawn_rows``."""
    key = SiteSecret.of(site.config.state).key(site.study.digest(), split, model_digest)
    return drawn_rows(site.splits[split].patients, key)


def _measured(
    site: SiteRuntime, split: EvaluatedSplit, rows: Tensor | None, *, ships: bool, round_number: int
) -> RecordedAnswer:
    """The model's metrics on a split, before the egress policy selects among them; it may become the site's own."""
    examples = site.splits[split]
    output_calibration = _output_calibration(site, site.splits["train"])
    evaluation = evaluate(site.model, examples, device=site.device, output_calibration=output_calibration, rows=rows)
    numbers = evaluation_numbers(evaluation, examples)
    scores = _scores(evaluation, examples, rows) if site.study.federation.summed_metrics else ()
    if ships:
        numbers |= _final_numbers(site, evaluation, examples)
        _keep_final(site, output_calibration, round_number)
    return RecordedAnswer(evaluation.reference, numbers, scores)


def _scores(evaluation: Evaluation, examples: Examples, rows: Tensor | None) -> tuple[int, ...]:
    """What the site adds to the sum of metrics; of a model that gives no numbers none, and the centre learns why."""
    if not bool(torch.isfinite(evaluation.probabilities).all()):
        raise TrainingDivergedError("the model's probabilities are not all numbers: its scores cannot be counted")
    return summed_scores(evaluation.probabilities, examples, rows)


def _output_calibration(site: SiteRuntime, training: Examples) -> OutputCalibration:
    kind, validation = site.study.model.calibration_map, site.splits["validation"]
    return calibrate_outputs(site.model, training, validation, kind=kind, device=site.device)


def _keep_final(site: SiteRuntime, output_calibration: OutputCalibration, round_number: int) -> None:
    """Keep the model for the site."""
    shipped = site.strategy.to_ship(site.splits, output_calibration)
    keep_final_model(site, shipped, round_number=round_number)


def _keep_privately(site: SiteRuntime, round_number: int) -> None:
    """The same in a private study: the centre learns nothing of a failure with its images.

    The output calibration learns of validation patients alone, whom the model has not learned from.
    """
    try:
        nobody = site.splits["train"].rows(slice(0))
        _keep_final(site, _output_calibration(site, nobody), round_number)
    except Exception as error:
        structlog.get_logger().exception("final_model_not_kept", error=type(error).__name__)


def _final_numbers(site: SiteRuntime, evaluation: Evaluation, examples: Examples) -> dict[str, Number]:
    known, fewest = site.inputs.reader.adapter.findings, site.config.egress.min_patients
    reasons = missing_numbers(examples, adapter_findings=known, min_patients=fewest)
    return {**calibration_numbers(evaluation.probabilities, examples), **reasons}
