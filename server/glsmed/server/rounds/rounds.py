"""The round loop of a study.

participants ─ train ─ check each reply ─ average ─ checkpoint ─ validate ─ … ─ best round ─ test

A round counts when at least ``quorum`` updates pass every check. Otherwise it is tried again a few times, and then the
run fails: it never continues with fewer updates.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

from flwr.serverapp import Grid

from glsmed.server.folders.checkpoints import Checkpoint
from glsmed.server.folders.run_folder import RoundRecord, RunFolder, RunState, State
from glsmed.server.rounds.aggregation import AggregationRule, FedAvg
from glsmed.server.rounds.best_round import choose_round, mean_line, site_results
from glsmed.server.rounds.participants import Participants
from glsmed.server.rounds.requests import RoundOutcome, RoundRequests
from glsmed.server.rounds.shared_calibration import SharedCalibration
from glsmed.server.rounds.site_messenger import Clock, SiteDirectory, SiteMessenger
from glsmed.shared.errors import FederationError
from glsmed.shared.models import initial_model, state_arrays
from glsmed.shared.protocol.bundle import RELEASE
from glsmed.shared.protocol.messages import Arrays
from glsmed.shared.protocol.model_manifest import ModelManifest
from glsmed.shared.protocol.study import Study

_ATTEMPTS = 3
_PAUSE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class StudyPlan:
    """What a caller may replace: the aggregation rule and the clock."""

    rule: AggregationRule = field(default_factory=FedAvg)
    clock: Clock = field(default_factory=Clock)


def run_study(
    grid: Grid, study: Study, folder: RunFolder, *, sites: SiteDirectory, plan: StudyPlan | None = None
) -> Mapping[str, object]:
    """Run the study's rounds, from the last checkpoint in the folder on; returns the summary.

    Args:
        grid: Flower's way to the sites.
        study: what to run.
        folder: where records and checkpoints are kept.
        sites: returns the site of each node id, as admitted at the time of the call.
        plan: the aggregation rule and the clock.

    Raises:
        FederationError: a round did not reach its quorum, the folder is of another study, or the disk is full.
    """
    plan = plan or StudyPlan()
    messenger = SiteMessenger(grid, sites, clock=plan.clock, on_wait=folder.beat)
    return _StudyRun(messenger, study, folder, plan).run()


class _StudyRun:
    def __init__(self, messenger: SiteMessenger, study: Study, folder: RunFolder, plan: StudyPlan) -> None:
        model = initial_model(study)
        self._study = study
        self._folder = folder
        self._clock = plan.clock
        self._first_model = state_arrays(model)
        self._manifest = ModelManifest.of(model.state_dict())
        self._participants = Participants(messenger, study, record=folder.record)
        self._requests = RoundRequests(messenger, study, self._manifest, rule=plan.rule)
        self._calibration = SharedCalibration(messenger, study, folder)
        self._state = RunState("waiting", rounds=study.training.rounds)

    def run(self) -> Mapping[str, object]:
        """Run the remaining rounds and the final evaluation; returns the summary."""
        checkpoint = self._resume()
        finished = self._folder.summary()
        if finished is not None:
            self._say("the study has finished already", state="finished")
            return finished
        if checkpoint.round and not self._is_validated(checkpoint.round):
            self._validate(checkpoint)
        for number in range(checkpoint.round + 1, self._study.training.rounds + 1):
            checkpoint = self._round(number, checkpoint.model)
            self._validate(checkpoint)
        return self._finish()

    def _resume(self) -> Checkpoint:
        """The last checkpoint in the folder, or the initial model as round 0."""
        latest = self._folder.checkpoints.latest()
        checkpoint = self._as_checkpoint(0, self._first_model, {})
        if latest is not None:
            checkpoint = self._folder.checkpoints.load(latest, self._manifest, study_digest=self._study.digest())
            self._say(f"continuing after round {latest}")
        started = {"study": self._study.study, "study_digest": checkpoint.study_digest, "after_round": checkpoint.round}
        self._folder.record("run_started", {**started, "release": RELEASE})
        self._folder.forget_after(checkpoint.round)
        return checkpoint

    def _as_checkpoint(self, number: int, model: Arrays, sites: Mapping[str, int]) -> Checkpoint:
        return Checkpoint(
            round=number,
            study_digest=self._study.digest(),
            manifest_digest=self._manifest.digest(),
            sites=sites,
            model=model,
        )

    def _round(self, number: int, model: Arrays) -> Checkpoint:
        outcome = RoundOutcome()
        for attempt in range(1, _ATTEMPTS + 1):
            sites = self._assemble(number)
            self._say(f"{self._name(number)}: training at {', '.join(sites)}", round_number=number, sites=tuple(sites))
            started = self._clock.now()
            outcome = self._requests.train(number, model, sites=sites)
            record = self._keep_record(number, attempt, self._clock.now() - started, outcome)
            if record.accepted:
                checkpoint = self._as_checkpoint(number, outcome.model, outcome.counted)
                self._folder.add_metrics(outcome.rows)
                self._folder.checkpoints.save(checkpoint)
                self._say(_round_line(self._name(number), record))
                return checkpoint
            self._say(f"{_round_line(self._name(number), record)}; fewer than the quorum, so the round is tried again")
            self._clock.sleep(_PAUSE_SECONDS)
        raise FederationError(
            f"{self._name(number)} was tried {_ATTEMPTS} times and {len(outcome.counted)} of the "
            f"{self._study.federation.quorum} updates that it needs counted: {_reasons(outcome.not_counted)}"
        )

    def _keep_record(self, number: int, attempt: int, seconds: float, outcome: RoundOutcome) -> RoundRecord:
        record = RoundRecord(
            round=number,
            attempt=attempt,
            seconds=round(seconds, 3),
            accepted=len(outcome.counted) >= self._study.federation.quorum,
            counted=outcome.counted,
            not_counted=outcome.not_counted,
        )
        self._folder.add_round(record)
        self._folder.record("round", dataclasses.asdict(record))
        return record

    def _is_validated(self, number: int) -> bool:
        return any((row.round, row.split) == (number, "validation") for row in self._folder.metrics())

    def _validate(self, checkpoint: Checkpoint) -> None:
        outcome = self._evaluate(checkpoint, "validation")
        self._say(f"{self._name(checkpoint.round)}: validation {mean_line(outcome.rows)}{_and_reasons(outcome)}")

    def _evaluate(self, checkpoint: Checkpoint, split: str) -> RoundOutcome:
        sites = self._assemble(checkpoint.round)
        outcome = self._requests.evaluate(checkpoint.round, checkpoint.model, split=split, sites=sites)
        self._folder.add_metrics(outcome.rows)
        asked = {"round": checkpoint.round, "split": split}
        self._folder.record("evaluated", {**asked, "numbers": outcome.counted, "not_counted": outcome.not_counted})
        return outcome

    def _assemble(self, number: int) -> Mapping[str, int]:
        def tell(line: str) -> None:
            self._say(f"{self._name(number)}: {line}", state="waiting", round_number=number)

        sites = self._participants.assemble(tell=tell)
        return self._calibration.settle(sites, tell=tell) if self._study.labels.shared_calibration else sites

    def _finish(self) -> Mapping[str, object]:
        choice = choose_round(self._folder.metrics(), last=self._study.training.rounds)
        best = self._folder.checkpoints.load(choice.round, self._manifest, study_digest=self._study.digest())
        outcome = self._evaluate(best, "test")
        summary = {
            "study": self._study.study,
            "study_digest": self._study.digest(),
            "rounds": self._study.training.rounds,
            "round_seconds": [record.seconds for record in self._folder.rounds() if record.accepted],
            "best_round": choice.round,
            "chosen_by": {"metric": choice.metric, "mean": choice.value},
            "checkpoint": f"checkpoints/{self._folder.checkpoints.path(choice.round).name}",
            "checkpoint_sha256": self._folder.checkpoints.digest(choice.round),
            "sites": site_results(outcome.rows),
            "not_evaluated": outcome.not_counted,
        }
        self._folder.write_summary(summary)
        self._folder.record("run_finished", {"best_round": choice.round, "checkpoint": summary["checkpoint_sha256"]})
        self._say(f"{choice} is kept; test {mean_line(outcome.rows)}{_and_reasons(outcome)}", state="finished")
        return summary

    def _name(self, number: int) -> str:
        return f"round {number} of {self._study.training.rounds}"

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
        self._state = RunState(
            state,
            message,
            round=self._state.round if round_number is None else round_number,
            rounds=self._state.rounds,
            sites=self._state.sites if sites is None else sites,
        )
        self._folder.report(self._state)


def _round_line(name: str, record: RoundRecord) -> str:
    counted = ", ".join(f"{site} ({cells} cells)" for site, cells in record.counted.items()) or "no site"
    missing = f"; not counted: {_reasons(record.not_counted)}" if record.not_counted else ""
    return f"{name}: {counted} counted after {record.seconds:.1f} s{missing}"


def _and_reasons(outcome: RoundOutcome) -> str:
    return f"; without {_reasons(outcome.not_counted)}" if outcome.not_counted else ""


def _reasons(not_counted: Mapping[str, str]) -> str:
    return "; ".join(f"{site}: {reason}" for site, reason in not_counted.items()) or "no site was asked"
