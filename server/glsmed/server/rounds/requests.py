"""The two requests of a round, train and evaluate: sent to the sites, every reply checked, every refusal named."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from flwr.app import RecordDict

from glsmed.server.folders.checkpoints import Checkpoint
from glsmed.server.folders.run_folder import MetricRow
from glsmed.server.rounds.outgoing import OutgoingModel, OutgoingModels
from glsmed.server.rounds.secure_sum.evaluation_sum import EvaluationSum
from glsmed.server.rounds.secure_sum.secure_sum import SecureSum
from glsmed.server.rounds.site_messenger import Request, SiteMessenger, SiteReply
from glsmed.server.updates.checked_update import CheckedUpdate
from glsmed.server.updates.norm_bound import lengths, too_long
from glsmed.server.updates.update_checks import ReplyChecks, TrainRequest
from glsmed.shared.errors import WireError
from glsmed.shared.protocol.codec import decode, encode
from glsmed.shared.protocol.messages import EvaluateTask, EvaluationReply, Hello, MaskedUpdate, TrainTask, Update
from glsmed.shared.protocol.study import Study
from glsmed.shared.wire.packed_model import ModelLayout, Packed, close_packed, packed_bytes

_SECONDS_PER_MINUTE = 60.0
_ROUNDS_KNOWN = 4  # how many requests back a late update is still understood


@dataclass(slots=True)
class RoundOutcome:
    """What came of a request.

    Attributes:
        updates: those that count; empty for an evaluation.
        counted: training cells of each site that counted; for an evaluation, how many numbers it sent.
        not_counted: the reason for each other site.
        rows: the numbers that the sites sent.
        local_rows: the same of the models that they trained alone, from a final evaluation.
        site_seconds: training time of each site, as it says.
        bytes_down: of the models that were sent.
        bytes_up: of the updates that came.
    """

    updates: list[CheckedUpdate] = field(default_factory=list)
    counted: dict[str, int] = field(default_factory=dict)
    not_counted: dict[str, str] = field(default_factory=dict)
    rows: list[MetricRow] = field(default_factory=list)
    local_rows: list[MetricRow] = field(default_factory=list)
    site_seconds: dict[str, float] = field(default_factory=dict)
    bytes_down: int = 0
    bytes_up: int = 0

    def refuse(self, reasons: Mapping[str, str]) -> None:
        """Take back what was counted of these sites; their updates are closed."""
        for update in self.updates:
            if update.facts.site in reasons:
                close_packed(update.payload)
        self.updates = [update for update in self.updates if update.facts.site not in reasons]
        self.counted = {site: cells for site, cells in self.counted.items() if site not in reasons}
        self.rows = [row for row in self.rows if row.site not in reasons]
        self.not_counted.update({site: f"refused: {reason}" for site, reason in reasons.items()})


@dataclass(frozen=True, slots=True)
class Ask:
    """Whom to ask about which model.

    Attributes:
        checkpoint: the model.
        sites: node id by site.
        keep_digest: the best model so far, which sites keep; empty if there is none.
        measured_by: sites that let metrics leave: the others are not asked to measure the model.
    """

    checkpoint: Checkpoint
    sites: Mapping[str, int]
    keep_digest: str = ""
    measured_by: Collection[str] = ()


class RoundRequests:
    """Sends the requests of one study, and checks what comes back.

    Args:
        models: brings models into the form in which they travel.
        secure_sum: collects the updates where they are masked.
        evaluation_sum: collects the metrics where they are summed.
    """

    def __init__(
        self,
        messenger: SiteMessenger,
        study: Study,
        layout: ModelLayout,
        *,
        models: OutgoingModels,
        secure_sum: SecureSum | None = None,
        evaluation_sum: EvaluationSum | None = None,
    ) -> None:
        self._messenger = messenger
        self._study = study
        self._study_digest = study.digest()
        self._manifest_digest = layout.manifest.digest()
        self._deadline_seconds = study.federation.round_deadline_minutes * _SECONDS_PER_MINUTE
        self._checks = ReplyChecks(study, layout)
        self._models = models
        self._secure_sum = secure_sum
        self._evaluation_sum = evaluation_sum
        self._probe = encode(Hello(study_digest=study.digest(), run=study.study))
        self._asked: dict[str, TrainRequest] = {}
        self._sums_metrics = study.federation.summed_metrics  # then all agree on what is in the sum
        self._by_step = study.federation.aggregation.rule == "normalized_mean" or study.training.control_variates

    @property
    def deadline_seconds(self) -> float:
        """After which a site is late."""
        return self._deadline_seconds

    def train(self, number: int, ask: Ask, *, control: Packed) -> RoundOutcome:
        """Let the sites measure a model and train it in round ``number``; the outcome holds the updates that count."""
        model = self._models.outgoing(ask.checkpoint)

        def task(site: str, whole: bool) -> TrainTask:
            return TrainTask(
                study_digest=self._study_digest,
                round=number,
                manifest_digest=self._manifest_digest,
                model_digest=model.digest,
                keep_digest=ask.keep_digest,
                validate=ask.checkpoint.round > 0 and (self._sums_metrics or site in ask.measured_by),
                model=model.packed if whole else {},
                control=control,
            )

        self._remember(str(number), TrainRequest(task("", False), ask.checkpoint.model, model.floats()))
        request = self._request(lambda site, whole: encode(task(site, whole)), "train", str(number), ask, model)
        outcome = RoundOutcome()
        if self._secure_sum is None:
            for reply in self._messenger.ask(request, ask.sites):
                self._take_update(reply, outcome, number=number)
        else:
            self._collect_sum(self._secure_sum, request, ask, outcome)
        outcome.bytes_down = len(request.sent_whole) * packed_bytes(model.packed)
        outcome.updates.sort(key=lambda one: one.facts.site)
        norms = lengths((update.facts for update in outcome.updates), by_step=self._by_step)
        outcome.refuse(too_long(norms, self._study.federation.max_norm_ratio))
        self._models.now_held(ask.sites.keys() - outcome.not_counted.keys(), model.digest, ask.keep_digest)
        return outcome

    def _collect_sum(self, secure_sum: SecureSum, request: Request, ask: Ask, outcome: RoundOutcome) -> None:
        """Let the sites train under masks: one update comes of it, and the numbers that they send beside."""
        updates = secure_sum.collect(
            self._asked[request.group], ask.sites, lambda sites: self._messenger.ask(request, sites), outcome
        )
        for site, update in updates.items():
            outcome.rows.extend(_training_rows(site, update))

    def evaluate(self, ask: Ask, *, split: str) -> RoundOutcome:
        """Let the sites measure a model on one of their splits; the outcome holds their numbers."""
        model = self._models.outgoing(ask.checkpoint)

        def task(whole: bool) -> EvaluateTask:
            return EvaluateTask(
                study_digest=self._study_digest,
                round=ask.checkpoint.round,
                manifest_digest=self._manifest_digest,
                model_digest=model.digest,
                keep_digest=ask.keep_digest,
                split=split,
                model=model.packed if whole else {},
            )

        group = str(ask.checkpoint.round)
        request = self._request(lambda _site, whole: encode(task(whole)), "evaluate", group, ask, model)
        if self._evaluation_sum is None:
            outcome = self._measured(request, ask.sites, task(False))
        else:
            outcome = self._measured_together(self._evaluation_sum, request, ask, task(False))
        outcome.bytes_down = len(request.sent_whole) * packed_bytes(model.packed)
        self._models.now_held(ask.sites.keys() - outcome.not_counted.keys(), model.digest, ask.keep_digest)
        return outcome

    def evaluate_peer(self, of_site: str, number: int, model: OutgoingModel, sites: Mapping[str, int]) -> RoundOutcome:
        """Let sites measure a site's own model on their test splits; the outcome holds their numbers.

        Args:
            of_site: whose model it is.
            number: the round that made it.
            model: always sent whole, since sites do not keep it.
            sites: node id by site.
        """
        task = EvaluateTask(
            study_digest=self._study_digest,
            round=number,
            manifest_digest=self._manifest_digest,
            model_digest=model.digest,
            keep_digest="",
            split="test",
            model=model.packed,
            of_site=of_site,
        )
        request = Request(
            content=lambda _site, _whole: encode(task),
            kind="evaluate",
            group=str(number),
            deadline_seconds=self._deadline_seconds,
            probe=self._probe,
        )
        return self._measured(request, sites, task)

    def _measured(self, request: Request, sites: Mapping[str, int], task: EvaluateTask) -> RoundOutcome:
        outcome = RoundOutcome()
        for reply in self._messenger.ask(request, sites):
            self._take_evaluation(reply, task, outcome)
        return outcome

    def _measured_together(
        self, evaluation_sum: EvaluationSum, request: Request, ask: Ask, task: EvaluateTask
    ) -> RoundOutcome:
        summed = evaluation_sum.collect(
            task, ask.sites, lambda sites: self._messenger.ask(request, sites), adding=ask.measured_by
        )
        counted = dict.fromkeys(sorted(summed.measured), 0)
        return RoundOutcome(counted=counted, not_counted=dict(summed.not_counted), rows=summed.rows)

    def _request(
        self, content: Callable[[str, bool], RecordDict], kind: str, group: str, ask: Ask, model: OutgoingModel
    ) -> Request:
        return Request(
            content=content,
            kind=kind,
            group=group,
            deadline_seconds=self._deadline_seconds,
            probe=self._probe,
            brief_for=self._models.holders(ask.sites, model.digest),
        )

    def _remember(self, group: str, request: TrainRequest) -> None:
        self._asked[group] = request
        for old in list(self._asked)[:-_ROUNDS_KNOWN]:
            del self._asked[old]

    def _take_update(self, reply: SiteReply, outcome: RoundOutcome, *, number: int) -> None:
        """Count the update, or keep the reason why it does not count."""
        if reply.content is None:
            outcome.not_counted[reply.site] = reply.failure
            return
        staleness = number - int(reply.group)
        try:
            update = decode(reply.content, Update)
            outcome.bytes_up += packed_bytes(update.model)
            self._require_welcome(reply, staleness)
            checked = self._checks.checked(reply.site, update, self._asked[reply.group], staleness=staleness)
        except WireError as error:
            outcome.not_counted[reply.site] = f"refused: {error}"
            return
        outcome.not_counted.pop(reply.site, None)
        outcome.counted[reply.site] = update.training_cells
        outcome.site_seconds[reply.site] = round(update.seconds, 3)
        outcome.updates.append(checked)
        if not staleness:
            outcome.rows.extend(_training_rows(reply.site, update))

    def _require_welcome(self, reply: SiteReply, staleness: int) -> None:
        if not staleness:
            return
        if self._study.federation.late_updates == "refuse":
            raise WireError(f"it belongs to round {reply.group} and came {staleness} round(s) late")
        request = self._asked.get(reply.group)
        if request is None or not request.model.path.is_file():
            raise WireError(f"it belongs to round {reply.group}, whose model is no longer kept")

    def _take_evaluation(self, reply: SiteReply, task: EvaluateTask, outcome: RoundOutcome) -> None:
        if reply.content is None:
            outcome.not_counted[reply.site] = reply.failure
            return
        try:
            evaluation = decode(reply.content, EvaluationReply)
            self._checks.check_evaluation(evaluation, task)
        except WireError as error:
            outcome.not_counted[reply.site] = f"refused: {error}"
            return
        outcome.counted[reply.site] = len(evaluation.metrics)
        outcome.rows.extend(
            _rows(reply.site, evaluation.round, evaluation.split, evaluation.reference, evaluation.metrics)
        )
        outcome.local_rows.extend(_rows(reply.site, evaluation.round, "local", evaluation.reference, evaluation.local))


def _training_rows(site: str, update: Update | MaskedUpdate) -> Iterator[MetricRow]:
    numbers: dict[str, float] = dict(update.metrics)
    if isinstance(update, Update):  # under masks these are in the sum
        numbers["training_cells"] = update.training_cells
        numbers["training_patients"] = update.training_patients
        numbers["steps"] = update.steps
    numbers["seconds"] = round(update.seconds, 3)
    yield from _rows(site, update.round, "train", "reports", numbers)
    yield from _rows(site, update.round - 1, "validation", update.reference, update.validation)


def _rows(site: str, number: int, split: str, reference: str, numbers: Mapping[str, float]) -> Iterator[MetricRow]:
    for name, value in numbers.items():
        metric, _, finding = name.partition("/")
        yield MetricRow(number, split, site, reference, finding, metric, float(value))
