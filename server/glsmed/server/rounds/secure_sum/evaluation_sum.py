"""An evaluation whose metrics the centre learns of all sites together: agree, measure, add, unmask."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from glsmed.server.folders.run_folder import MetricRow
from glsmed.server.rounds.secure_sum.agreement import Agreement, Asking
from glsmed.server.rounds.secure_sum.pooled_rows import name_of_sum, pooled_rows, reference_of_sum
from glsmed.server.rounds.secure_sum.unmasking import masks_to_remove
from glsmed.server.rounds.site_messenger import SiteMessenger, SiteReply
from glsmed.server.updates.update_checks import ReplyChecks
from glsmed.shared.errors import WireError
from glsmed.shared.protocol.codec import decode
from glsmed.shared.protocol.messages import EvaluateTask, EvaluationReply, MaskedEvaluation
from glsmed.shared.protocol.study import Study
from glsmed.shared.secure_aggregation.fixed_point import Ring
from glsmed.shared.secure_aggregation.masked_form import MaskedForm
from glsmed.shared.secure_aggregation.masks import apply_masks
from glsmed.shared.secure_aggregation.roster import FEWEST_SITES, Roster
from glsmed.shared.secure_aggregation.signed_keys import Subject
from glsmed.shared.wire.packed_model import ModelLayout, close_packed

Measure = Callable[[Mapping[str, int]], Iterator[SiteReply]]


@dataclass(frozen=True, slots=True)
class SummedEvaluation:
    """What came of an evaluation.

    Attributes:
        rows: of all sites together; none where there is no sum.
        measured: sites that have measured the model, in the sum or not.
        not_counted: the reason for each site whose counts are not in the sum.
    """

    rows: list[MetricRow]
    measured: Collection[str]
    not_counted: Mapping[str, str]


@dataclass(slots=True)
class _Arrived:
    """The masked counts so far, and who has measured the model without any."""

    total: Ring
    references: dict[str, str] = field(default_factory=dict)
    measured: set[str] = field(default_factory=set)


class EvaluationSum:
    """Evaluations of one study that sums metrics.

    Args:
        messenger: asks the sites.
        study: what they agreed on.
        layout: of the model.
        roster: whose sum it is.
    """

    def __init__(self, messenger: SiteMessenger, study: Study, layout: ModelLayout, roster: Roster) -> None:
        self._messenger = messenger
        self._findings = study.findings
        self._checks = ReplyChecks(study, layout)
        self._form = MaskedForm.of_evaluations(study)
        self._roster = roster

    def collect(
        self, task: EvaluateTask, sites: Mapping[str, int], measure: Measure, *, adding: Collection[str]
    ) -> SummedEvaluation:
        """Let sites measure a model, and take the metrics of all together from the sum of their counts.

        Where no sum comes about they measure it all the same: a site keeps the final model that it measured.

        Args:
            task: as each site gets it.
            sites: node id by site.
            measure: sends it, and returns the replies as they come.
            adding: the sites whose policies let metrics leave.
        """
        asking = Asking(self._messenger, self._roster, self._subject(task))
        agreement = asking.agreed({site: node for site, node in sites.items() if site in adding})
        arrived = _Arrived(np.zeros(self._form.size, np.uint32))
        for reply in measure(sites):
            self._take(reply, task, arrived, asking.failures)
        rows: list[MetricRow] = []
        try:
            rows = self._rows(
                asking, agreement, {site: sites[site] for site in sorted(arrived.references)}, arrived, task
            )
        except WireError as error:
            asking.failures |= {site: f"no sum: {error}" for site in arrived.measured if site not in asking.failures}
        left_out = {site: why for site, why in asking.failures.items() if not rows or site not in arrived.references}
        return SummedEvaluation(rows, arrived.measured, left_out)

    def _subject(self, task: EvaluateTask) -> Subject:
        return Subject.model_validate(
            {
                "study_digest": task.study_digest,
                "round": task.round,
                "model_digest": task.model_digest,
                "roster_digest": self._roster.digest(),
                "about": task.split,
            }
        )

    def _take(self, reply: SiteReply, task: EvaluateTask, arrived: _Arrived, failures: dict[str, str]) -> None:
        """Add masked counts, or note that a site measured the model without; or keep the reason why it did not."""
        if reply.content is None:
            failures[reply.site] = reply.failure
            return
        try:
            if "model" in reply.content:
                evaluation = decode(reply.content, MaskedEvaluation)
                self._checks.check_masked_evaluation(evaluation, task)
                self._form.add_to(arrived.total, evaluation.model)
                close_packed(evaluation.model)
                arrived.references[reply.site] = evaluation.reference
            else:
                self._checks.check_evaluation(decode(reply.content, EvaluationReply), task)
        except WireError as error:
            failures[reply.site] = f"refused: {error}"
            return
        arrived.measured.add(reply.site)

    def _rows(
        self,
        asking: Asking,
        agreement: Agreement | None,
        survivors: Mapping[str, int],
        arrived: _Arrived,
        task: EvaluateTask,
    ) -> list[MetricRow]:
        if agreement is None:
            raise WireError(f"fewer than {FEWEST_SITES} sites gave keys and shares")
        apply_masks(arrived.total, masks_to_remove(asking, agreement, survivors))
        exchange, reference = agreement.exchange, reference_of_sum(arrived.references.values())
        site = name_of_sum(exchange, survivors, self._roster)
        like = MetricRow(task.round, task.split, site, reference, "", "", 0.0)
        scores, ends = self._form.scores(arrived.total), task.split == "test"
        return pooled_rows(scores, self._findings, like=like, exchange=exchange, ends=ends)
