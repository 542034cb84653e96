"""The site's ClientApp: installed here, never taken from the centre. It answers only through the egress policy."""

import re
from collections.abc import Callable, Mapping

import structlog
from flwr.app import Context, Message, RecordDict
from flwr.clientapp import ClientApp
from torch import Tensor

from glsmed.client.data.examples import Examples
from glsmed.client.egress.final_numbers import calibration_numbers, missing_numbers
from glsmed.client.egress.local_record import LocalRecord
from glsmed.client.egress.masking.masking_tasks import MaskingTasks
from glsmed.client.egress.patient_draw import drawn_rows
from glsmed.client.egress.policy import error_code
from glsmed.client.egress.query_budget import EvaluatedSplit, RecordedAnswer, Request
from glsmed.client.egress.site_numbers import (
    Number,
    counted_by,
    evaluation_numbers,
    labelled_patients,
    site_counts,
    training_numbers,
)
from glsmed.client.evaluation.evaluation import Evaluation, evaluate
from glsmed.client.evaluation.output_calibration_fit import calibrate_outputs
from glsmed.client.labels.shared_calibration import require_shared_calibration, site_cue_counts
from glsmed.client.learning.output_calibration import OutputCalibration
from glsmed.client.resident.final_model import beside_own_model, keep_final_model
from glsmed.client.resident.site_runtime import SiteRuntime, with_prior
from glsmed.client.resident.task_events import note_ended, note_failed, note_sent, note_trained
from glsmed.client.settings.site_secret import SiteSecret
from glsmed.client.training.steps.round_plan import TrainingSummary
from glsmed.shared.cue_calibration.shared_prior import prior_from_json
from glsmed.shared.errors import DataError, GlsmedError, MismatchError, PrivacyError, QueryBudgetError
from glsmed.shared.processes.error_words import words_for_log
from glsmed.shared.protocol.bundle import RELEASE
from glsmed.shared.protocol.codec import decode
from glsmed.shared.protocol.enrolment import SITE_NAME
from glsmed.shared.protocol.messages import (
    CountsReply,
    CountsTask,
    EvaluateTask,
    EvaluationReply,
    Hello,
    HelloReply,
    MaskedUpdate,
    PriorReply,
    PriorTask,
    TrainTask,
    Update,
    require_same,
)
from glsmed.shared.secure_aggregation.fixed_point import Ring
from glsmed.shared.secure_aggregation.masked_form import Counts, MaskedForm
from glsmed.shared.wire.packed_model import Buffers, packed_digest

Handler = Callable[[RecordDict], RecordDict]

_EVALUATED: Mapping[str, EvaluatedSplit] = {"validation": "validation", "test": "test"}


def build_client_app(site: SiteRuntime) -> ClientApp:
    """The ClientApp that serves one site; of any error only its code goes back."""
    app = ClientApp()
    tasks = _SiteTasks(site)
    app.query()(_guarded(tasks.hello, site))
    app.query("cue_counts")(_guarded(tasks.cue_counts, site))
    app.query("shared_prior")(_guarded(tasks.take_prior, site))
    masking = MaskingTasks(site.masking, site.egress, study_digest=site.study.digest(), counts=tasks.counts)
    app.query("secure_keys")(_guarded(masking.keys, site))
    app.query("secure_shares")(_guarded(masking.shares, site))
    app.query("secure_unmask")(_guarded(masking.unmask, site))
    app.train()(_guarded(tasks.train, site))
    app.evaluate()(_guarded(tasks.evaluate, site))
    return app


def _guarded(handle: Handler, site: SiteRuntime) -> Callable[[Message, Context], Message]:
    def answer(message: Message, _context: Context) -> Message:
        # the group is the centre's own word: only its first letters, escaped so that they cannot change a terminal
        group = ascii(message.metadata.group_id[:20])
        log = structlog.get_logger().bind(task=message.metadata.message_type, round=group)
        try:
            content = handle(message.content)
        except Exception as error:
            log.exception("task_failed", code=error_code(error))
            note_failed(site, message, error)
            return Message(site.egress.release_error(error), reply_to=message)
        log.info("task_done")
        note_sent(site, message, content)
        return Message(content, reply_to=message)

    return answer


class _SiteTasks:
    """What the centre may ask of a site; every task is checked against the site's own study.yaml first."""

    def __init__(self, site: SiteRuntime) -> None:
        self._site = site
        self._digest = site.study.digest()

    def hello(self, content: RecordDict) -> RecordDict:
        """Who this site is, with those of its counts that may leave."""
        site = self._site
        require_same("study", expected=self._digest, got=decode(content, Hello).study_digest)
        reply = HelloReply(
            study_digest=self._digest,
            site=site.site,
            release=RELEASE,
            sends_metrics=site.egress.sends_evaluations,
            metrics={},
        )
        counts = {} if site.study.training.privacy.is_on else self._site_counts()  # exact counts have no noise
        return site.egress.release(reply, numbers=counts)

    def _site_counts(self) -> Mapping[str, Number]:
        """The site's counts; none once they changed more often than its policy answers about."""
        counts = site_counts(self._site.splits)
        try:
            self._site.query_budget.charge(Request.of_counts(counts))
        except QueryBudgetError as error:
            structlog.get_logger().warning("counts_withheld", detail=words_for_log(error))
            return {}
        return counts

    def cue_counts(self, content: RecordDict) -> RecordDict:
        """What the site's gold says of each cue, if that may leave."""
        site = self._site
        require_same("study", expected=self._digest, got=decode(content, CountsTask).study_digest)
        require_shared_calibration(site.study)
        site.egress.require_cue_counts()
        said = site_cue_counts(site.inputs)
        about = {cue: Number(patients, patients) for cue, patients in said.patients.items()}
        return site.egress.release(CountsReply(study_digest=self._digest, counts=said.counts), numbers=about)

    def take_prior(self, content: RecordDict) -> RecordDict:
        """Confirm the prior that all sites share, once this site's labels follow it."""
        task = decode(content, PriorTask)
        require_same("study", expected=self._digest, got=task.study_digest)
        require_shared_calibration(self._site.study)
        self._site = with_prior(self._site, prior_from_json(task.prior))
        return self._site.egress.release(PriorReply(study_digest=self._digest))

    def train(self, content: RecordDict) -> RecordDict:
        """The metrics of the model as it came, and the model after one round of local training."""
        site = self._site
        task = decode(content, TrainTask)
        self._check(task)
        examples = site.splits["train"]
        site.egress.require_updates(labelled_patients(examples))
        if site.masking is not None:
            site.masking.require_ready(task.round, task.model_digest)
        model = self._taken(task, after_round=task.round - 1)
        asked = task.model_digest + (packed_digest(task.control) if task.control else "")
        site.trajectory.require_training(task.model_digest, asked)
        validation = self._validation(task, model) if task.validate and site.egress.sends_evaluations else None
        site.query_budget.charge(Request.of_training(task.round, asked, examples))
        arrays, control = site.models.layout.unpack(model), site.models.control(task)
        summary = site.strategy.train(arrays, site.splits, round_number=task.round, control=control)
        site.trajectory.trained(task.model_digest, model, site.strategy.shared())
        reference = "" if validation is None else validation.reference
        update = self._update(task, model, summary, reference)
        released = site.egress.release(
            update,
            numbers=training_numbers(summary.loss, site.splits, site.study),
            validation=None if validation is None else validation.numbers,
            echo=task.model_digest,
            note=site.query_budget.left_in_words(),
        )
        note_trained(site, task.round, summary, released)
        return released

    def counts(self) -> Counts:
        """What the site has to train on."""
        splits = self._site.splits
        return Counts(*counted_by(int((splits["train"].weights > 0).sum()), splits, self._site.study))

    def _update(
        self, task: TrainTask, model: Buffers, summary: TrainingSummary, reference: str
    ) -> Update | MaskedUpdate:
        """What is sent of the trained model: all of it and its counts, or both under masks."""
        site, counts = self._site, self.counts()
        if site.masking is not None:
            masked = site.masking.masked(site.models.change(model, site.strategy.shared()), counts)
            return self._masked_update(task, masked, summary, reference)
        packed = site.models.update(model, site.strategy.shared(), round_number=task.round)
        return Update(
            study_digest=self._digest,
            round=task.round,
            manifest_digest=task.manifest_digest,
            model_digest=task.model_digest,
            update_digest=packed_digest(packed),
            training_cells=counts.cells,
            training_patients=counts.patients,
            steps=summary.steps,
            seconds=self._told_seconds(summary),
            reference=reference,
            metrics={},
            validation={},
            model=packed,
        )

    def _masked_update(self, task: TrainTask, masked: Ring, summary: TrainingSummary, reference: str) -> MaskedUpdate:
        packed = MaskedForm(self._site.models.layout).packed(masked)
        return MaskedUpdate(
            study_digest=self._digest,
            round=task.round,
            manifest_digest=task.manifest_digest,
            model_digest=task.model_digest,
            update_digest=packed_digest(packed),
            seconds=self._told_seconds(summary),
            reference=reference,
            metrics={},
            validation={},
            model=packed,
        )

    def _told_seconds(self, summary: TrainingSummary) -> float:
        """How long training took; with differential privacy nothing, for time tells of images too."""
        return 0.0 if self._site.study.training.privacy.is_on else summary.seconds

    def evaluate(self, content: RecordDict) -> RecordDict:
        """The model's metrics on one of the site's splits."""
        site = self._site
        task = decode(content, EvaluateTask)
        self._check(task)
        if task.split not in _EVALUATED:
            raise MismatchError("split", expected="validation or test", got=task.split)
        self._check_peer(task)
        model = self._peer(task) if task.of_site else self._taken(task, after_round=task.round)
        answer, note = self._answer(model, task, _EVALUATED[task.split])
        reply = EvaluationReply(
            study_digest=self._digest,
            round=task.round,
            manifest_digest=task.manifest_digest,
            model_digest=task.model_digest,
            split=task.split,
            reference=answer.reference,
            metrics={},
        )
        released = site.egress.release(
            reply, numbers=answer.numbers, local=self._local(task), echo=task.model_digest, note=note
        )
        if _is_final(task):
            note_ended(site, beside_own_model(site, answer.numbers))
        return released

    def _taken(self, task: TrainTask | EvaluateTask, *, after_round: int) -> Buffers:
        """The model of a request, once it is known to be one that this site could have helped to make."""
        trajectory, digest = self._site.trajectory, task.model_digest

        def admit(model: Buffers) -> None:
            trajectory.admit(digest, model, after_round=after_round, earlier=_is_final(task))

        return self._site.models.take(task, admit=admit, also_kept=trajectory.anchor)

    def _peer(self, task: EvaluateTask) -> Buffers:
        """The model of another site, once it is known to be one training away."""
        model = self._site.models.look_at(task)
        self._site.trajectory.admit_peer(model, after_round=task.round)
        return model

    def _local(self, task: EvaluateTask) -> Mapping[str, Number]:
        """The metrics of the best model that the site trained alone; a private study does not cover them."""
        study = self._site.study
        if not _is_final(task) or not study.federation.cross_site_evaluation or study.training.privacy.is_on:
            return {}
        try:
            known = LocalRecord(self._site.config.state, study).answer(self._site.splits["test"])
        except DataError as error:  # the numbers of the study's own model must go all the same
            structlog.get_logger().warning("no_local_numbers", detail=words_for_log(error))
            return {}
        return {} if known is None else known.numbers

    def _validation(self, task: TrainTask, model: Buffers) -> RecordedAnswer | None:
        """The metrics of the model as it came; None where it cannot be measured, which must not stop training.

        A site that joins later cannot tell yet whether the model belongs to the study, and measures none.
        """
        if not self._site.trajectory.may_measure:
            return None
        try:
            return self._answer(model, task, "validation")[0]
        except (GlsmedError, ValueError) as error:
            structlog.get_logger().warning("not_validated", code=error_code(error), detail=words_for_log(error))
            return None

    def _answer(
        self, model: Buffers, task: TrainTask | EvaluateTask, split: EvaluatedSplit
    ) -> tuple[RecordedAnswer, str]:
        """The metrics of a model, those that were given before if the same was asked before; and a line for the log."""
        site = self._site
        of_site = task.of_site if isinstance(task, EvaluateTask) else ""
        prefix = f"the model of {of_site}; " if of_site else ""
        request = Request.of_evaluation(split, task.model_digest, site.splits[split])
        if of_site:
            request = Request.of_peer(task.model_digest, site.splits[split])
        known = site.query_budget.charge(request)
        if known is not None:
            return known, f"{prefix}the answer that was given before"
        after_round = task.round - 1 if isinstance(task, TrainTask) else task.round
        site.strategy.load(site.models.layout.unpack(model), after_round=after_round)
        rows = None if _is_final(task) else self._drawn(split, task.model_digest)
        answer = self._measured(split, rows, ships=_is_final(task), round_number=task.round)
        site.query_budget.keep(request, answer)
        return answer, prefix + site.query_budget.left_in_words()

    def _drawn(self, split: EvaluatedSplit, model_digest: str) -> Tensor:
        """Whom of a split the numbers of a model are about that is not the last; see ``drawn_rows``."""
        site = self._site
        key = SiteSecret.of(site.config.state).key(self._digest, split, model_digest)
        return drawn_rows(site.splits[split].patients, key)

    def _measured(
        self, split: EvaluatedSplit, rows: Tensor | None, *, ships: bool, round_number: int
    ) -> RecordedAnswer:
        """The model's metrics on a split, before the egress policy selects among them; it may become the site's own."""
        site = self._site
        examples = site.splits[split]
        kind, splits = site.study.model.calibration_map, site.splits
        private = site.study.training.privacy.is_on
        learned = splits["train"].rows(slice(0)) if private else splits["train"]  # no account covers a look at these
        output_calibration = calibrate_outputs(site.model, learned, splits["validation"], kind=kind, device=site.device)
        evaluation = evaluate(
            site.model, examples, device=site.device, output_calibration=output_calibration, rows=rows
        )
        numbers = evaluation_numbers(evaluation, examples)
        if ships:
            numbers |= self._final_numbers(evaluation, examples)
            self._keep_final(output_calibration, round_number)
        return RecordedAnswer(evaluation.reference, numbers)

    def _keep_final(self, output_calibration: OutputCalibration, round_number: int) -> None:
        """Keep the model for the site; in a private study the centre learns nothing of a failure with its images."""
        site = self._site
        try:
            shipped = site.strategy.to_ship(site.splits, output_calibration)
            keep_final_model(site, shipped, round_number=round_number)
        except Exception as error:  # the answer itself has nothing of the training patients
            if not site.study.training.privacy.is_on:
                raise
            structlog.get_logger().exception("final_model_not_kept", error=type(error).__name__)

    def _final_numbers(self, evaluation: Evaluation, examples: Examples) -> dict[str, Number]:
        known, fewest = self._site.inputs.reader.adapter.findings, self._site.config.egress.min_patients
        reasons = missing_numbers(examples, adapter_findings=known, min_patients=fewest)
        return {**calibration_numbers(evaluation.probabilities, examples), **reasons}

    def _check(self, task: TrainTask | EvaluateTask) -> None:
        """Raise if a task is of another study, round or model than the site's own files say."""
        rounds = self._site.study.training.rounds
        require_same("study", expected=self._digest, got=task.study_digest)
        require_same("manifest", expected=self._site.model_manifest.digest(), got=task.manifest_digest)
        if not 1 <= task.round <= rounds:
            raise MismatchError("round", expected=f"1 to {rounds}", got=task.round)

    def _check_peer(self, task: EvaluateTask) -> None:
        """Raise if a task is about a site's own model, and not as the site's study.yaml says."""
        if not task.of_site:
            return
        require_same("split", expected="test", got=task.split)
        if not re.fullmatch(SITE_NAME, task.of_site):
            raise MismatchError("site", expected="the name of a site", got=task.of_site)
        if not self._site.study.federation.cross_site_evaluation:
            raise PrivacyError("federation.cross_site_evaluation is false in study.yaml: no site's model is measured")


def _is_final(task: TrainTask | EvaluateTask) -> bool:
    """Whether this is the final evaluation, of the model that the site ships."""
    return isinstance(task, EvaluateTask) and task.split == "test" and not task.of_site
