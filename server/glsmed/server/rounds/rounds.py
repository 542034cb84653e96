"""The round loop of a study.

participants ─ measure the last model and train it ─ check each reply ─ merge ─ checkpoint ─ … ─ best round ─ test

A round counts when at least ``quorum`` updates pass every check. Otherwise it is tried again a few times, and then the
run fails: it never continues with fewer updates. Where too few sites have a privacy budget left, training ends early,
and the study with its evaluation. A model that most sites cannot use is taken back with its round. One
message a round takes a model to a site: it is measured on the site's validation split and trained further there.
"""

import dataclasses
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from flwr.serverapp import Grid

from glsmed.server.folders.checkpoints import Checkpoint
from glsmed.server.folders.rule_state import RuleState, sent_state
from glsmed.server.folders.run_folder import RoundRecord, RunFolder, RunState, State
from glsmed.server.rounds.best_round import Choice, choose_round, mean_line, site_results
from glsmed.server.rounds.cross_site import cross_site_summary, measure_peers
from glsmed.server.rounds.outgoing import OutgoingModels
from glsmed.server.rounds.participants import Participants
from glsmed.server.rounds.peer_models import PeerModels
from glsmed.server.rounds.quarantine import MOST_ROLLBACKS, BadModel, bad_model
from glsmed.server.rounds.requests import Ask, RoundOutcome, RoundRequests
from glsmed.server.rounds.secure_sum.cue_sum import CueSum
from glsmed.server.rounds.secure_sum.evaluation_sum import EvaluationSum
from glsmed.server.rounds.secure_sum.secure_sum import SecureSum
from glsmed.server.rounds.shared_calibration import SharedCalibration
from glsmed.server.rounds.site_messenger import Clock, SiteDirectory, SiteMessenger
from glsmed.server.strategies.chosen import rule_of, sites_over_the_cap
from glsmed.server.strategies.rule import AggregationRule, Weights
from glsmed.server.updates.aggregation import Merge
from glsmed.shared.errors import FederationError
from glsmed.shared.protocol.bundle import RELEASE
from glsmed.shared.protocol.study import Study
from glsmed.shared.secure_aggregation.roster import Roster
from glsmed.shared.wire.packed_model import FLOAT, close_packed

_ATTEMPTS = 3
_PAUSE_SECONDS = 5.0
_LOOK_SECONDS = 10.0  # between two looks at who is online, for people
_ALWAYS_KEPT = 3  # checkpoints of the last rounds, for late updates


@dataclass(frozen=True, slots=True)
class StudyPlan:
    """What a caller may replace: the aggregation rule and the clock.

    Attributes:
        rule: None for the one that the study asks for.
        digests: of the study, and of those that it goes on from.
        roster: of the sites whose updates are masked; None where they are not.
    """

    rule: AggregationRule | None = None
    clock: Clock = field(default_factory=Clock)
    digests: Collection[str] = ()
    roster: Roster | None = None


def run_study(
    grid: Grid, study: Study, folder: RunFolder, *, sites: SiteDirectory, plan: StudyPlan | None = None
) -> Mapping[str, object]:
    """Run the study's rounds, from the last checkpoint in the folder on; returns the summary.

    Args:
        grid: Flower's way to the sites.
        study: what to run.
        folder: where records and checkpoints are kept; it must hold that of round 0, the model to begin with.
        sites: returns the site of each node id, as admitted at the time of the call.
        plan: the aggregation rule and the clock.

    Raises:
        FederationError: a round did not reach its quorum, the folder is of another study, or the disk is full.
    """
    return _StudyRun(grid, study, folder, sites, plan or StudyPlan()).run()


class _StudyRun:
    def __init__(self, grid: Grid, study: Study, folder: RunFolder, sites: SiteDirectory, plan: StudyPlan) -> None:
        self._study = study
        self._digests = {study.digest(), *plan.digests}
        self._folder = folder
        self._rule = plan.rule or rule_of(study)
        self._clock = plan.clock
        self._layout = folder.checkpoints.load(0, study_digests=self._digests).model.layout
        self._messenger = SiteMessenger(grid, sites, clock=plan.clock, on_wait=self._beat)
        secure_sum = None if plan.roster is None else SecureSum(self._messenger, study, self._layout, plan.roster)
        self._is_masked = secure_sum is not None
        self._quorum = max(study.federation.quorum, 1 if secure_sum is None else secure_sum.fewest_sites)
        self._participants = Participants(self._messenger, study, record=folder.record, quorum=self._quorum)
        models = OutgoingModels(folder.root, study.federation.precision)
        evaluation_sum = cue_sum = None
        if plan.roster is not None and study.federation.summed_metrics:
            evaluation_sum = EvaluationSum(self._messenger, study, self._layout, plan.roster)
            cue_sum = CueSum(self._messenger, study, plan.roster)
        self._requests = RoundRequests(
            self._messenger,
            study,
            self._layout,
            models=models,
            secure_sum=secure_sum,
            evaluation_sum=evaluation_sum,
        )
        self._models = models
        self._peers: PeerModels | None = None
        if study.federation.cross_site_evaluation:
            self._peers = PeerModels(folder.root / "peers", self._layout, study.federation.precision)
        self._calibration = SharedCalibration(self._messenger, study, folder, cue_sum)
        self._state = RunState("waiting", rounds=study.training.rounds, quorum=self._quorum)
        self._look_due = -math.inf
        self._rollbacks = 0

    def run(self) -> Mapping[str, object]:
        """Run the remaining rounds and the final evaluation; returns the summary."""
        checkpoint = self._resume()
        finished = self._folder.summary()
        if finished is not None:
            self._say("the study has finished already", state="finished")
            self._forget_peers()
            return finished
        while True:
            checkpoint = self._train(checkpoint)
            outcome = self._measure_last(checkpoint)
            bad = self._bad_model(checkpoint, outcome)
            if bad is None:
                return self._finish(checkpoint, outcome)
            checkpoint = self._roll_back(bad)

    def _train(self, checkpoint: Checkpoint) -> Checkpoint:
        """The checkpoint after the remaining rounds, or after those that ran before the study was told to stop."""
        while checkpoint.round < self._study.training.rounds:
            self._rest_while_paused(checkpoint.round + 1)
            if self._is_to_stop() or not self._participants.can_train():
                break
            checkpoint = self._round(checkpoint.round + 1, checkpoint)
        return checkpoint

    def _resume(self) -> Checkpoint:
        """The last checkpoint in the folder."""
        latest = self._folder.checkpoints.latest() or 0
        first = self._folder.checkpoints.load(0, study_digests=self._digests)
        self._models.outgoing(first)  # every site is believed to have it
        checkpoint = self._folder.checkpoints.load(latest, study_digests=self._digests)
        if latest:
            self._say(f"continuing after round {latest}")
        started = {"study": self._study.study, "study_digest": self._study.digest(), "after_round": latest}
        self._folder.record("run_started", {**started, "release": RELEASE})
        self._folder.forget_after(latest)
        return checkpoint

    def _is_to_stop(self) -> bool:
        return self._folder.wish() == "stop"

    def _rest_while_paused(self, number: int) -> None:
        while self._folder.wish() == "pause":
            self._say(f"paused before {self._name(number)}: flwr-server resume goes on", state="paused")
            self._messenger.wait()

    def _round(self, number: int, base: Checkpoint) -> Checkpoint:
        outcome = RoundOutcome()
        for attempt in range(1, _ATTEMPTS + 1):
            sites = self._assemble(number, to_train=True)
            if len(sites) < self._quorum:
                return base  # told to stop while the quorum was missing, or too few can pay for another round
            outcome, record = self._attempt(number, attempt, base, sites)
            bad = self._bad_model(base, outcome)
            if bad is not None:
                return self._roll_back(bad)
            self._participants.note_round(number, counted=outcome.counted, not_counted=outcome.not_counted)
            if record.accepted:
                checkpoint = self._accept(number, base, outcome)
                self._say(_round_line(self._name(number), record))
                return checkpoint
            self._say(f"{_round_line(self._name(number), record)}; fewer than the quorum, so the round is tried again")
            self._clock.sleep(_PAUSE_SECONDS)
        raise FederationError(
            f"{self._name(number)} was tried {_ATTEMPTS} times and {len(outcome.counted)} of the "
            f"{self._quorum} updates that it needs counted: {_reasons(outcome.not_counted)}. "
            "Mend what is named and start again: the run goes on after the last round"
        )

    def _attempt(
        self, number: int, attempt: int, base: Checkpoint, sites: Mapping[str, int]
    ) -> tuple[RoundOutcome, RoundRecord]:
        self._say(f"{self._name(number)}: training at {', '.join(sites)}", round_number=number, sites=tuple(sites))
        started, started_at = self._clock.now(), _now()
        control = sent_state(self._folder.checkpoints.folder, self._rule.sent_state, base)
        outcome = self._requests.train(number, self._ask(base, sites), control=control)
        record = RoundRecord(
            round=number,
            attempt=attempt,
            seconds=round(self._clock.now() - started, 3),
            accepted=len(outcome.counted) >= self._quorum,
            counted=outcome.counted,
            not_counted=outcome.not_counted,
            site_seconds=outcome.site_seconds,
            bytes_down=outcome.bytes_down,
            bytes_up=outcome.bytes_up,
            started_at=started_at,
        )
        self._folder.add_round(record)
        self._folder.record("round", {**dataclasses.asdict(record), "asked": sorted(sites)})
        return outcome, record

    def _bad_model(self, base: Checkpoint, outcome: RoundOutcome) -> BadModel | None:
        """What is wrong with a model, if most sites that were asked about it cannot use it."""
        bad = bad_model(base.round, outcome, self._folder, quorum=self._quorum)
        if bad is not None:
            for update in outcome.updates:
                close_packed(update.payload)
        return bad

    def _roll_back(self, bad: BadModel) -> Checkpoint:
        """Go back to the checkpoint before a model of no use; who made it sits out.

        Raises:
            FederationError: it happened too often.
        """
        self._rollbacks += 1
        folder = self._folder.checkpoints
        good = folder.before(bad.round)
        self._folder.record("model_quarantined", {**dataclasses.asdict(bad), "back_to_round": good})
        folder.set_aside(bad.round)
        self._folder.forget_after(good)
        if bad.culprit:
            until = self._study.training.rounds + 1
            self._participants.keep_aside(bad.culprit, until=until, reason=f"its update broke round {bad.round}")
        self._say(f"{bad}. Its file is in checkpoints/quarantined; going on from round {good}")
        if self._rollbacks > MOST_ROLLBACKS:
            raise FederationError(
                f"{bad}; this is the {self._rollbacks}th time. Withdraw the site that is named (flwr-server withdraw), "
                f"or lower training.learning_rate if none is, and start again: the run goes on after round {good}"
            )
        return folder.load(good, study_digests=self._digests)

    def _ask(self, checkpoint: Checkpoint, sites: Mapping[str, int]) -> Ask:
        best = self._choice(checkpoint.round).round
        keep = self._models.digest(best) if best < checkpoint.round else ""
        return Ask(checkpoint, sites, keep_digest=keep, measured_by=self._participants.measuring)

    def _accept(self, number: int, base: Checkpoint, outcome: RoundOutcome) -> Checkpoint:
        """Merge the updates into the next checkpoint."""
        updates, folder = outcome.updates, self._folder.checkpoints
        facts = [update.facts for update in updates]
        weights = self._rule.weights(facts)
        sites = max(len(self._messenger.admitted()), len(updates))
        if self._peers is not None:
            self._peers.keep(number, updates)  # before the checkpoint: a run that goes on after it has them
        merge, count = Merge(base.model, updates, weights, sites), self._layout.lengths.get(FLOAT, 0)
        with RuleState(folder.folder, self._rule.state_arrays, after=base.round, to=number, count=count) as state:
            checkpoint = folder.save(
                number,
                merge.stretches(self._rule, state),
                self._layout,
                study_digest=self._study.digest(),
                sites=outcome.counted,
            )
        self._folder.record(
            "merged", {"round": number, "rule": type(self._rule).__name__, **self._merged(outcome, weights)}
        )
        for update in updates:
            close_packed(update.payload)
        self._folder.add_metrics(outcome.rows)
        measured = [row for row in outcome.rows if row.split == "validation"]
        if measured:
            self._say(f"{self._name(base.round)}: validation {mean_line(measured)}")
        folder.prune(self._kept(number))
        self._forget_peers(but=number)
        return checkpoint

    def _merged(self, outcome: RoundOutcome, weights: Weights) -> dict[str, object]:
        """What each update counted, who claimed more than one site may count, and how long each change was."""
        facts = [update.facts for update in outcome.updates]
        if self._is_masked:
            return {"secure_sum_of": sorted(outcome.counted), "cells": facts[0].cells, "norm": facts[0].norm}
        return {
            "weights": {one.site: round(float(weight), 6) for one, weight in zip(facts, weights, strict=True)},
            "share_capped": sites_over_the_cap(self._study, facts),
            "norms": {one.site: float(f"{one.norm:.6g}") for one in facts},
        }

    def _forget_peers(self, *, but: int | None = None) -> None:
        if self._peers is not None:
            self._peers.forget(but=but)

    def _kept(self, number: int) -> set[int]:
        """The rounds whose checkpoints stay: the first, the last few, the best, and every so many."""
        every = self._study.centre.keep_every
        regular = range(every, number + 1, every)
        return {0, *range(number - _ALWAYS_KEPT + 1, number + 1), self._choice(number).round, *regular}

    def _choice(self, last: int) -> Choice:
        kept = set(self._folder.checkpoints.rounds())
        rows = (row for row in self._folder.validation() if row.round in kept)
        return choose_round(rows, last=last, composite=self._study.federation.choosing_composite)

    def _evaluate(self, checkpoint: Checkpoint, split: str) -> RoundOutcome:
        sites = self._assemble(checkpoint.round)
        if split == "validation":
            sites = {site: node for site, node in sites.items() if site in self._participants.measuring}
        outcome = self._requests.evaluate(self._ask(checkpoint, sites), split=split)
        self._folder.add_metrics(outcome.rows)
        asked = {"round": checkpoint.round, "split": split}
        self._folder.record("evaluated", {**asked, "numbers": outcome.counted, "not_counted": outcome.not_counted})
        return outcome

    def _assemble(self, number: int, *, to_train: bool = False) -> Mapping[str, int]:
        def tell(line: str) -> None:
            self._say(f"{self._name(number)}: {line}", state="waiting", round_number=number)

        def may_go_on() -> bool:
            return not self._is_to_stop() and (self._participants.can_train() or not to_train)

        sites = self._participants.assemble(number, tell=tell, may_go_on=may_go_on, to_train=to_train)
        return self._calibration.settle(sites, tell=tell) if self._study.labels.shared_calibration else sites

    def _measure_last(self, last: Checkpoint) -> RoundOutcome:
        if last.round == 0 and not self._participants.can_train():
            spent = ", ".join(sorted(self._participants.spent))
            raise FederationError(
                f"no round can be trained: the privacy budget of {spent} does not suffice for one; flwr-server check "
                "says what a round costs, and what noise would last"
            )
        if last.round == 0:
            raise FederationError("stopped before the first round: there is no model; start again to go on")
        return self._evaluate(last, "validation")

    def _finish(self, last: Checkpoint, outcome: RoundOutcome) -> Mapping[str, object]:
        """Choose the best model once the last is measured, and let every site measure and keep that."""
        self._say(f"{self._name(last.round)}: validation {mean_line(outcome.rows)}{_and_reasons(outcome)}")
        choice = self._choice(last.round)
        best = self._folder.checkpoints.load(choice.round, study_digests=self._digests)
        outcome = self._evaluate(best, "test")
        summary = {**self._summary(last.round, choice, outcome), **self._compared(last, outcome)}
        self._folder.write_summary(summary)
        self._folder.forget_wish()
        self._forget_peers()
        self._folder.record("run_finished", {"best_round": choice.round, "checkpoint": summary["checkpoint_sha256"]})
        self._say(f"{choice} is kept; test {mean_line(outcome.rows)}{_and_reasons(outcome)}", state="finished")
        return summary

    def _compared(self, last: Checkpoint, outcome: RoundOutcome) -> dict[str, object]:
        """The summary's part on cross-site evaluation; none where the study does not compare."""
        if self._peers is None:
            return {}
        ready, admitted = self._assemble(last.round), self._messenger.admitted()
        sites = {site: node for site, node in ready.items() if site in self._participants.measuring}
        self._say(f"{self._name(last.round)}: sites measure each other's models", sites=tuple(sites))
        peers = measure_peers(
            self._peers, self._requests, last.round, sites=sites, admitted=admitted, record=self._folder.record
        )
        summary = cross_site_summary(last.round, outcome, peers, taking_part=last.sites, admitted=admitted)
        return {"cross_site": summary}

    def _summary(self, rounds: int, choice: Choice, outcome: RoundOutcome) -> dict[str, object]:
        return {
            "study": self._study.study,
            "study_digest": self._study.digest(),
            "rounds": rounds,
            "round_seconds": [record.seconds for record in self._folder.rounds() if record.accepted],
            "best_round": choice.round,
            "chosen_by": {"metric": choice.metric, "mean": choice.value},
            "chosen_over_sites": choice.over_sites,
            "checkpoint": f"checkpoints/{self._folder.checkpoints.path(choice.round).name}",
            "checkpoint_sha256": self._folder.checkpoints.digest(choice.round),
            "sites": site_results(outcome.rows),
            "not_evaluated": outcome.not_counted,
            "privacy_budget_spent": sorted(self._participants.spent),
        }

    def _name(self, number: int) -> str:
        return f"round {number} of {self._study.training.rounds}"

    def _beat(self) -> None:
        """Write the state again if someone has replied since, or if some seconds have passed."""
        waiting, seen = self._messenger.waiting, self._seen()
        if (waiting, seen) != (self._state.waiting_for, self._state.seen):
            self._state = dataclasses.replace(self._state, waiting_for=waiting, seen=seen)
            self._folder.report(self._state)
        else:
            self._folder.beat()

    def _seen(self) -> Mapping[str, str]:
        """When each site was online last; asked again every few seconds."""
        if self._clock.now() < self._look_due:
            return self._state.seen
        self._look_due = self._clock.now() + _LOOK_SECONDS
        return {**self._state.seen, **dict.fromkeys(self._messenger.online().sites, _now())}

    def _say(
        self,
        message: str,
        *,
        state: State = "running",
        round_number: int | None = None,
        sites: tuple[str, ...] | None = None,
    ) -> None:
        if (message, state) == (self._state.message, self._state.state):
            return
        deadline = timedelta(seconds=self._requests.deadline_seconds)
        is_asking = sites is not None
        seen = {**self._state.seen, **dict.fromkeys(sites or (), _now())}
        self._state = dataclasses.replace(
            self._state.saying(message),
            state=state,
            round=self._state.round if round_number is None else round_number,
            sites=self._state.sites if sites is None else sites,
            since=_now(),
            deadline_at=(datetime.now(UTC) + deadline).isoformat(timespec="seconds") if is_asking else "",
            seen=seen,
        )
        self._folder.report(self._state)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _round_line(name: str, record: RoundRecord) -> str:
    counted = ", ".join(_counted(site, cells) for site, cells in record.counted.items()) or "no site"
    missing = f"; not counted: {_reasons(record.not_counted)}" if record.not_counted else ""
    return f"{name}: {counted} counted after {record.seconds:.1f} s{missing}"


def _counted(site: str, cells: int) -> str:
    return f"{site} ({cells} cells)" if cells else site  # under masks its cells are not known


def _and_reasons(outcome: RoundOutcome) -> str:
    return f"; without {_reasons(outcome.not_counted)}" if outcome.not_counted else ""


def _reasons(not_counted: Mapping[str, str]) -> str:
    return "; ".join(f"{site}: {reason}" for site, reason in not_counted.items()) or "no site was asked"
