"""The two requests of a round, train and evaluate: asked of the sites, each answer checked, every outcome named."""

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
    """What became of each site's answer.

    Attributes:
        model: the average of the updates that counted; empty for an evaluation.
        counted: training cells of each site that counted; for an evaluation, how many numbers it sent.
        not_counted: why each other site did not.
        rows: the numbers that came.
    """

    model: Arrays = field(default_factory=dict)
    counted: dict[str, int] = field(default_factory=dict)
    not_counted: dict[str, str] = field(default_factory=dict)
    rows: list[MetricRow] = field(default_factory=list)


class RoundRequests:
    """Asks the sites of one study."""

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
        """The average of what the sites make of ``model`` in round ``number``; each update is let go once added."""
        task = TrainTask(
            study_digest=self._study_digest, round=number, manifest_digest=self._manifest_digest, model=model
        )
        outcome = RoundOutcome()
        answers = self._messenger.ask(
            encode(task),
            kind="train",
            sites=sites,
            group=str(number),
            deadline_seconds=self._deadline_seconds,
            probe=self._probe,
        )
        outcome.model = self._rule.aggregate(self._valid_updates(answers, task, outcome))
        return outcome

    def evaluate(self, number: int, model: Arrays, *, split: str, sites: Mapping[str, int]) -> RoundOutcome:
        """The sites' numbers about ``model`` on one of their splits."""
        task = EvaluateTask(
            study_digest=self._study_digest,
            round=number,
            manifest_digest=self._manifest_digest,
            split=split,
            model=model,
        )
        outcome = RoundOutcome()
        for answer in self._messenger.ask(
            encode(task),
            kind="evaluate",
            sites=sites,
            group=str(number),
            deadline_seconds=self._deadline_seconds,
            probe=self._probe,
        ):
            self._hear_evaluation(answer, task, outcome)
        return outcome

    def _valid_updates(
        self, answers: Iterator[SiteReply], task: TrainTask, outcome: RoundOutcome
    ) -> Iterator[SiteUpdate]:
        for answer in answers:
            update = self._valid_update(answer, task, outcome)
            if update is not None:
                outcome.counted[answer.site] = update.training_cells
                outcome.rows.extend(_training_rows(answer.site, update))
                yield SiteUpdate(site=answer.site, weight=update.training_cells, model=update.model)

    def _valid_update(self, answer: SiteReply, task: TrainTask, outcome: RoundOutcome) -> Update | None:
        if answer.content is None:
            outcome.not_counted[answer.site] = answer.failure
            return None
        try:
            update = decode(answer.content, Update)
            self._checks.check_update(update, task)
        except WireError as error:
            outcome.not_counted[answer.site] = f"refused: {error}"
            return None
        return update

    def _hear_evaluation(self, answer: SiteReply, task: EvaluateTask, outcome: RoundOutcome) -> None:
        if answer.content is None:
            outcome.not_counted[answer.site] = answer.failure
            return
        try:
            reply = decode(answer.content, EvaluationReply)
            self._checks.check_evaluation(reply, task)
        except WireError as error:
            outcome.not_counted[answer.site] = f"refused: {error}"
            return
        outcome.counted[answer.site] = len(reply.metrics)
        outcome.rows.extend(_evaluation_rows(answer.site, reply))


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
