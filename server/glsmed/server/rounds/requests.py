"""The two requests of a round, train and evaluate: sent to the sites, every reply checked, every refusal named."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from glsmed.server.folders.run_folder import MetricRow
from glsmed.server.rounds.aggregation import AggregationRule, SiteUpdate
from glsmed.server.rounds.site_messenger import SiteMessenger, SiteReply
from glsmed.server.rounds.update_checks import ReplyChecks
from glsmed.shared.errors import WireError
from glsmed.shared.protocol.codec import decode, encode
from glsmed.shared.protocol.messages import Arrays, EvaluateTask, EvaluationReply, Hello, TrainTask, Update
from glsmed.shared.protocol.model_manifest import ModelManifest
from glsmed.shared.protocol.study import Study

_SECONDS_PER_MINUTE = 60.0


@dataclass(slots=True)
class RoundOutcome:
    """What came of a request.

    Attributes:
        model: the average of the updates that counted; empty for an evaluation.
        counted: training cells of each site that counted; for an evaluation, how many numbers it sent.
        not_counted: the reason for each other site.
        rows: the numbers that the sites sent.
    """

    model: Arrays = field(default_factory=dict)
    counted: dict[str, int] = field(default_factory=dict)
    not_counted: dict[str, str] = field(default_factory=dict)
    rows: list[MetricRow] = field(default_factory=list)


class RoundRequests:
    """Sends the requests of one study, and checks what comes back."""

    def __init__(
        self, messenger: SiteMessenger, study: Study, manifest: ModelManifest, *, rule: AggregationRule
    ) -> None:
        self._messenger = messenger
        self._study_digest = study.digest()
        self._manifest_digest = manifest.digest()
        self._deadline_seconds = study.federation.round_deadline_minutes * _SECONDS_PER_MINUTE
        self._checks = ReplyChecks(study, manifest)
        self._rule = rule
        self._probe = encode(Hello(study_digest=study.digest(), run=study.study))

    def train(self, number: int, model: Arrays, *, sites: Mapping[str, int]) -> RoundOutcome:
        """Let the sites train ``model`` in round ``number``; the outcome holds the average of their updates.

        Only one update is in memory at a time.
        """
        task = TrainTask(
            study_digest=self._study_digest, round=number, manifest_digest=self._manifest_digest, model=model
        )
        outcome = RoundOutcome()
        replies = self._messenger.ask(
            encode(task),
            kind="train",
            sites=sites,
            group=str(number),
            deadline_seconds=self._deadline_seconds,
            probe=self._probe,
        )
        outcome.model = self._rule.aggregate(self._valid_updates(replies, task, outcome))
        return outcome

    def evaluate(self, number: int, model: Arrays, *, split: str, sites: Mapping[str, int]) -> RoundOutcome:
        """Let the sites evaluate ``model`` on one of their splits; the outcome holds their numbers."""
        task = EvaluateTask(
            study_digest=self._study_digest,
            round=number,
            manifest_digest=self._manifest_digest,
            split=split,
            model=model,
        )
        outcome = RoundOutcome()
        for reply in self._messenger.ask(
            encode(task),
            kind="evaluate",
            sites=sites,
            group=str(number),
            deadline_seconds=self._deadline_seconds,
            probe=self._probe,
        ):
            self._take_evaluation(reply, task, outcome)
        return outcome

    def _valid_updates(
        self, replies: Iterator[SiteReply], task: TrainTask, outcome: RoundOutcome
    ) -> Iterator[SiteUpdate]:
        for reply in replies:
            update = self._valid_update(reply, task, outcome)
            if update is not None:
                outcome.counted[reply.site] = update.training_cells
                outcome.rows.extend(_training_rows(reply.site, update))
                yield SiteUpdate(site=reply.site, weight=update.training_cells, model=update.model)

    def _valid_update(self, reply: SiteReply, task: TrainTask, outcome: RoundOutcome) -> Update | None:
        if reply.content is None:
            outcome.not_counted[reply.site] = reply.failure
            return None
        try:
            update = decode(reply.content, Update)
            self._checks.check_update(update, task)
        except WireError as error:
            outcome.not_counted[reply.site] = f"refused: {error}"
            return None
        return update

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
        outcome.rows.extend(_evaluation_rows(reply.site, evaluation))


def _training_rows(site: str, update: Update) -> Iterator[MetricRow]:
    numbers = {
        **update.metrics,
        "training_cells": update.training_cells,
        "steps": update.steps,
        "seconds": round(update.seconds, 3),
    }
    for name, value in numbers.items():
        metric, _, finding = name.partition("/")
        yield MetricRow(update.round, "train", site, "reports", finding, metric, value)


def _evaluation_rows(site: str, reply: EvaluationReply) -> Iterator[MetricRow]:
    for name, value in reply.metrics.items():
        metric, _, finding = name.partition("/")
        yield MetricRow(reply.round, reply.split, site, reply.reference, finding, metric, value)
