"""One round under masks: agree, train, add, unmask. What comes out is one update, as if a single site had sent it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from glsmed.server.folders.run_folder import MetricRow
from glsmed.server.rounds.secure_sum.agreement import Asking
from glsmed.server.rounds.secure_sum.pooled_rows import name_of_sum, pooled_rows, reference_of_sum
from glsmed.server.rounds.secure_sum.unmasking import masks_to_remove
from glsmed.server.rounds.site_messenger import SiteMessenger, SiteReply
from glsmed.server.strategies.rule import UpdateFacts
from glsmed.server.updates.checked_update import CheckedUpdate, SiteModel, checked_norm, other_buffers
from glsmed.server.updates.update_checks import ReplyChecks, TrainRequest
from glsmed.shared.errors import WireError
from glsmed.shared.protocol.codec import decode
from glsmed.shared.protocol.messages import MaskedUpdate
from glsmed.shared.protocol.study import Study
from glsmed.shared.secure_aggregation.decision import norm_of
from glsmed.shared.secure_aggregation.exchange import Exchange
from glsmed.shared.secure_aggregation.fixed_point import Ring
from glsmed.shared.secure_aggregation.masked_form import Counts, MaskedForm
from glsmed.shared.secure_aggregation.masks import apply_masks
from glsmed.shared.secure_aggregation.roster import FEWEST_SITES, Roster
from glsmed.shared.secure_aggregation.signed_keys import Subject
from glsmed.shared.wire.model_form import FloatSource
from glsmed.shared.wire.packed_model import FLOAT, ModelLayout, as_array, bytes_of, close_packed, packed_bytes

SUM_OF_SITES = "sum of sites"  # stands where a site's name stands; no site can have it
_UNKNOWN_CELLS = 0

Train = Callable[[Mapping[str, int]], Iterator[SiteReply]]


class Outcome(Protocol):
    """What of a round's outcome a sum fills in."""

    updates: list[CheckedUpdate]
    counted: dict[str, int]
    not_counted: dict[str, str]
    site_seconds: dict[str, float]
    rows: list[MetricRow]
    bytes_up: int


@dataclass(slots=True)
class _Arrived:
    """The masked updates so far."""

    total: Ring
    updates: dict[str, MaskedUpdate] = field(default_factory=dict)


class SecureSum:
    """Rounds under masks, of one study.

    Args:
        messenger: asks the sites.
        study: what they agreed on.
        layout: of the model.
        roster: whose sum it is.
    """

    def __init__(self, messenger: SiteMessenger, study: Study, layout: ModelLayout, roster: Roster) -> None:
        self._messenger = messenger
        self._study = study
        self._checks = ReplyChecks(study, layout)
        self._form = MaskedForm.of_updates(study, layout)
        self._roster = roster
        self._norm = norm_of(study)

    @property
    def fewest_sites(self) -> int:
        """How many sites a round needs at least."""
        return FEWEST_SITES

    def collect(
        self, request: TrainRequest, sites: Mapping[str, int], train: Train, outcome: Outcome
    ) -> Mapping[str, MaskedUpdate]:
        """Let sites train a model, and put the mean of their changes into the outcome; or why there is none.

        Returns the replies of the sites that are in the sum.

        Args:
            request: as each site gets it.
            sites: node id by site.
            train: sends it, and returns the replies as they come.
            outcome: of the round.
        """
        asking = Asking(self._messenger, self._roster, self._subject(request))
        updates: Mapping[str, MaskedUpdate] = {}
        try:
            updates = self._collect(asking, request, sites, train, outcome)
        except WireError as error:
            asking.failures |= {site: f"no sum: {error}" for site in sites if site not in asking.failures}
        # a site that gave no shares after its update is in the sum all the same
        outcome.not_counted |= {site: why for site, why in asking.failures.items() if site not in updates}
        outcome.counted |= dict.fromkeys(updates, _UNKNOWN_CELLS)
        outcome.site_seconds |= {site: round(update.seconds, 3) for site, update in updates.items()}
        return updates

    def _collect(
        self, asking: Asking, request: TrainRequest, sites: Mapping[str, int], train: Train, outcome: Outcome
    ) -> Mapping[str, MaskedUpdate]:
        agreement = asking.agreed(sites)
        if agreement is None:
            raise WireError(f"fewer than {FEWEST_SITES} sites gave keys and shares")
        exchange = agreement.exchange
        arrived = _Arrived(np.zeros(self._form.size, np.uint32))
        for reply in train({site: sites[site] for site in exchange.sites}):
            self._take(reply, request, arrived, asking.failures, outcome)
        survivors = {site: sites[site] for site in sorted(arrived.updates)}
        apply_masks(arrived.total, masks_to_remove(asking, agreement, survivors))
        mean, rows = self._mean(exchange, arrived, request), self._validation(exchange, arrived, request)
        outcome.updates.append(mean)
        outcome.rows.extend(rows)
        return dict(sorted(arrived.updates.items()))

    def _subject(self, request: TrainRequest) -> Subject:
        return Subject(
            study_digest=request.task.study_digest,
            round=request.task.round,
            model_digest=request.task.model_digest,
            roster_digest=self._roster.digest(),
            about="validated update" if self._sums_validation(request) else "update",
        )

    def _sums_validation(self, request: TrainRequest) -> bool:
        return self._study.federation.summed_metrics and request.task.validate

    def _validation(self, exchange: Exchange, arrived: _Arrived, request: TrainRequest) -> list[MetricRow]:
        """The metrics of the model as it came, of all sites together; none where metrics are not summed."""
        if not self._sums_validation(request):
            return []
        site = name_of_sum(exchange, arrived.updates, self._roster)
        reference = reference_of_sum(update.reference for update in arrived.updates.values())
        like = MetricRow(request.task.round - 1, "validation", site, reference, "", "", 0.0)
        return pooled_rows(self._form.scores(arrived.total), self._study.findings, like=like, exchange=exchange)

    def _take(
        self, reply: SiteReply, request: TrainRequest, arrived: _Arrived, failures: dict[str, str], outcome: Outcome
    ) -> None:
        """Add a masked update, or keep the reason why it does not count."""
        if reply.site in arrived.updates:  # one of an earlier round, late
            return
        if reply.content is None:
            failures[reply.site] = reply.failure
            return
        try:
            update = decode(reply.content, MaskedUpdate)
            outcome.bytes_up += packed_bytes(update.model)
            self._checks.check_masked(update, request.task)
            self._form.add_to(arrived.total, update.model)
        except WireError as error:
            failures[reply.site] = f"refused: {error}"
            return
        failures.pop(reply.site, None)
        close_packed(update.model)
        arrived.updates[reply.site] = update

    def _mean(self, exchange: Exchange, arrived: _Arrived, request: TrainRequest) -> CheckedUpdate:
        """The mean of the changes as one update; buffers without floats stay those of the model before."""
        total, counts = self._form.parts(arrived.total)
        self._check_counts(counts, sites=len(arrived.updates))
        by_patients = self._study.federation.aggregation.weights == "patients"
        mean = exchange.fixed_point(self._norm).mean(total, counts.patients if by_patients else counts.cells)
        sent = as_array(mean)
        floats = SiteModel(FloatSource(mean.size, "fp32", bytes_of(sent)), is_change=True, began_with=request.sent)
        facts = UpdateFacts(
            site=SUM_OF_SITES,
            cells=counts.cells,
            patients=counts.patients,
            steps=self._study.training.steps_per_round,
            norm=checked_norm(floats),
        )
        payload = {**other_buffers(request.model.packed()), FLOAT: sent}
        return CheckedUpdate(facts=facts, floats=floats, payload=payload)

    def _check_counts(self, counts: Counts, *, sites: int) -> None:
        bounds = self._study.federation
        least, most = sites * bounds.min_training_cells, sites * bounds.max_cells_per_site
        if not least <= counts.cells <= most:
            raise WireError(f"training cells of {sites} sites: expected {least} to {most}, got {counts.cells}")
        if not sites <= counts.patients <= counts.cells:
            raise WireError(
                f"training patients of {sites} sites: expected {sites} to {counts.cells}, got {counts.patients}"
            )
