import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flwr.app import Message
from flwr.clientapp import ClientApp
from safetensors import safe_open
from safetensors.numpy import load_file

from glsmed.benchmarks.federation.local_grid import Ask, LocalGrid, Misbehaviour
from glsmed.server.folders.checkpoints import Checkpoint, CheckpointFolder
from glsmed.server.folders.run_folder import RunFolder, read_status
from glsmed.server.folders.wish import make_wish
from glsmed.server.rounds.rounds import StudyPlan, run_study
from glsmed.server.rounds.site_messenger import Clock
from glsmed.shared.errors import DataError, FederationError, QueryBudgetError
from glsmed.shared.files.audit import verify
from glsmed.shared.protocol.choice_settings import CompositeSection
from glsmed.shared.protocol.study import Study
from glsmed.shared.wire.model_manifest import ModelManifest
from tests.misbehaving_sites import (
    Replays,
    answers_late,
    changes_arrays,
    claims,
    never_answers,
    only,
    raises,
)
from tests.server.conftest import FIRST_MODEL

MakeSite = Callable[..., ClientApp]


class Federation:
    """Three small sites whose round loop can be run, broken off and taken up again."""

    def __init__(self, study: Study, folder: Path, clock: Clock, make_site: MakeSite) -> None:
        self.study = study
        self.root = folder
        self.clock = clock
        self.digests: tuple[str, ...] = ()
        self._make_site = make_site
        self.apps = self.make_apps(study.digest())
        self.faults: dict[str, Misbehaviour] = {}
        self.grid = LocalGrid({})

    def make_apps(self, digest: str, precision: str = "fp32") -> dict[str, ClientApp]:
        words = {"study_digest": digest, "precision": precision}
        return {
            "a": self._make_site("a", step=1.0, cells=10, **words),
            "b": self._make_site("b", step=0.0, cells=10, **words),
            "c": self._make_site("c", step=2.0, cells=20, **words),
        }

    def run(self, *, offline: tuple[str, ...] = (), strangers: tuple[str, ...] = ()) -> Mapping[str, object]:
        self.grid = LocalGrid(self.apps, misbehaviours=self.faults, clock=self.clock)
        for site in offline:
            self.grid.take_offline(site)
        known = {node: site for node, site in self.grid.nodes.items() if site not in strangers}
        plan, folder = StudyPlan(clock=self.clock, digests=self.digests), RunFolder(self.root)
        if folder.checkpoints.latest() is None:
            folder.checkpoints.begin(FIRST_MODEL, study_digest=self.study.digest())
        return run_study(self.grid, self.study, folder, sites=lambda: known, plan=plan)

    def weight(self, round_number: int) -> list[float]:
        folder = RunFolder(self.root)
        loaded: list[float] = load_file(folder.checkpoints.path(round_number))["weight"].tolist()
        return loaded

    def records(self) -> list[tuple[int, int, bool, list[str], dict[str, str]]]:
        return [
            (record.round, record.attempt, record.accepted, sorted(record.counted), dict(record.not_counted))
            for record in RunFolder(self.root).rounds()
        ]


@pytest.fixture
def federation(study: Study, tmp_path: Path, clock: Clock, make_site: MakeSite) -> Federation:
    return Federation(study, tmp_path / "run", clock, make_site)


def test_a_study_may_choose_by_its_own_score(study: Study, tmp_path: Path, clock: Clock, make_site: MakeSite) -> None:
    """Log-loss is best in round 2, as above; calibration, all that this study's score weighs, in round 1."""
    score = CompositeSection(false_alerts=0, misses=0)
    federation = study.federation.model_copy(update={"choose_by": "composite", "composite": score})
    own = study.model_copy(update={"federation": federation})
    run = Federation(own, tmp_path / "run", clock, make_site)
    told = {"study_digest": own.digest(), "calibrated_at": 1.25}
    run.apps = {site: make_site(site, step=step, **told) for site, step in (("a", 1.25), ("b", 1.25), ("c", 1.25))}
    summary = run.run()
    assert (summary["best_round"], summary["chosen_over_sites"]) == (1, "median")
    assert summary["chosen_by"] == {"metric": "composite", "mean": 0.0}


def test_three_sites_train_and_the_best_round_is_kept(federation: Federation) -> None:
    summary = federation.run()
    # Each round adds (10 * 1 + 10 * 0 + 20 * 2) / 40 = 1.25; the sites' log-loss is the distance from 2.
    assert [federation.weight(number)[0] for number in (1, 2, 3)] == [1.25, 2.5, 3.75]
    assert summary["best_round"] == 2
    assert summary["chosen_by"] == {"metric": "log_loss", "mean": 0.5}
    sites = summary["sites"]
    assert isinstance(sites, dict)
    assert sites["a"] == {
        "reference": "gold",
        "findings": {"effusion": {"log_loss": 0.5, "auroc": 0.75}},
        "macro": {"log_loss": 0.5, "auroc": 0.75},
        "counts": {"patients": 12.0},
        "missing": {},
        "calibration": [],
    }


def test_the_run_folder_tells_the_whole_story(federation: Federation) -> None:
    federation.run()
    status = read_status(federation.root)
    assert status is not None
    assert (status.state, status.round, status.rounds, status.sites) == ("finished", 3, 3, ("a", "b", "c"))
    assert "round 2" in status.message
    events = [json.loads(line)["event"] for line in (federation.root / "audit.jsonl").read_text().splitlines()]
    assert events == [
        "run_started",
        *["site_joined"] * 3,
        *["round", "merged"] * 3,
        *["evaluated"] * 2,
        "run_finished",
    ]
    assert verify(federation.root / "audit.jsonl").first_broken is None
    rows = RunFolder(federation.root).metrics()
    assert {row.split for row in rows} == {"train", "validation", "test"}
    assert len(rows) == len({(row.round, row.split, row.site, row.finding, row.metric) for row in rows})


def _nan(array: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
    return np.full_like(array, np.nan) if array.dtype.kind == "f" else array


CANARY = "Jane Smith, effusion cannot be excluded"


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (raises(RuntimeError(CANARY)), "RuntimeError"),
        (never_answers, "late"),
        (answers_late(61), "late"),
        (changes_arrays(_nan), "refused: it holds values that are not finite"),
        (changes_arrays(lambda array: array[:1]), "refused: record 'model': buffer 'float32': expected float32 (2,)"),
        (
            changes_arrays(lambda array: np.add(array, 99, dtype=array.dtype)),
            "refused: L2 norm of its change: expected at most max_update_norm 50.0, got 14",
        ),
        (claims(training_cells=-5), "refused: training cells: expected 1 to 1000, got -5"),
        (claims(training_cells=10**9), "refused: training cells: expected 1 to 1000, got 1000000000"),
        (claims(round=3), "refused: round: expected 1, got 3"),
        (claims(study_digest="other"), "refused: study: expected"),
        (claims(note="cannot be excluded"), "refused: Update: record 'head': unknown key 'note'"),
    ],
)
def test_a_site_that_goes_wrong_is_named_and_does_not_count(
    federation: Federation, fault: Misbehaviour, reason: str
) -> None:
    federation.faults["c"] = only(fault, rounds={1})
    federation.run()
    number, attempt, accepted, counted, not_counted = federation.records()[0]
    assert (number, attempt, accepted, counted) == (1, 1, True, ["a", "b"])
    assert not_counted["c"].startswith(reason)
    assert federation.weight(1) == [0.5, 0.5]
    assert [record[3] for record in federation.records()[1:]] == [["a", "b", "c"]] * 2


def test_an_answer_of_an_earlier_round_does_not_count_again(federation: Federation) -> None:
    federation.faults["c"] = Replays()
    federation.run()
    assert [record[3] for record in federation.records()] == [["a", "b", "c"], ["a", "b"], ["a", "b"]]
    assert federation.records()[1][4]["c"] == "refused: round: expected 2, got 1"


def test_an_exceptions_text_reaches_no_file_of_the_centre(federation: Federation) -> None:
    federation.faults["c"] = raises(RuntimeError(CANARY))
    federation.run()
    written = b"".join(path.read_bytes() for path in federation.root.rglob("*") if path.is_file())
    assert CANARY.encode() not in written


def test_too_few_updates_are_asked_for_again_and_never_averaged(federation: Federation) -> None:
    times = [0]

    def fails_twice(task: Message, ask: Ask) -> Message:
        times[0] += 1
        if times[0] <= 2:
            raise DataError("the disk hiccupped")
        return ask(task)

    del federation.apps["c"]
    federation.faults["b"] = only(fails_twice, rounds={2})
    federation.run()
    assert [record[:4] for record in federation.records()] == [
        (1, 1, True, ["a", "b"]),
        (2, 1, False, ["a"]),
        (2, 2, False, ["a"]),
        (2, 3, True, ["a", "b"]),
        (3, 1, True, ["a", "b"]),
    ]
    assert federation.weight(2) == [1.0, 1.0]


def test_a_round_that_never_reaches_its_quorum_fails_with_names_and_reasons(federation: Federation) -> None:
    federation.faults = {"b": only(never_answers, rounds={2}), "c": only(claims(steps=99), rounds={2})}
    with pytest.raises(
        FederationError, match=r"round 2 of 3 was tried 3 times and 1 of the 2 .* c: refused: .*; b: late"
    ):
        federation.run()
    assert RunFolder(federation.root).checkpoints.latest() == 1


def test_a_site_that_goes_offline_and_comes_back_joins_the_next_round(federation: Federation) -> None:
    def leaves(task: Message, ask: Ask) -> None:
        federation.grid.take_offline("c")

    def returns(task: Message, ask: Ask) -> Message:
        federation.grid.bring_back("c")
        return ask(task)

    federation.faults = {"c": only(leaves, rounds={1}), "a": only(returns, rounds={2})}
    federation.run()
    assert [record[3] for record in federation.records()] == [["a", "b"], ["a", "b"], ["a", "b", "c"]]


def test_the_run_waits_for_its_quorum_and_says_so(federation: Federation, clock: Clock) -> None:
    seen: set[str] = set()

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        status = read_status(federation.root)
        if status is not None and status.state == "waiting":
            seen.add(status.message)
        if clock.now() > 30:
            federation.grid.bring_back("b")
            federation.grid.bring_back("c")

    federation.clock = Clock(now=clock.now, sleep=sleep)
    federation.run(offline=("b", "c"))
    assert seen == {"round 1 of 3: waiting for sites: 1 of 2 ready (a)"}


def test_a_site_with_another_study_is_not_asked_to_train(federation: Federation, make_site: MakeSite) -> None:
    federation.apps["c"] = make_site("c", study_digest="f" * 64)
    federation.run()
    assert [record[3:] for record in federation.records()] == [(["a", "b"], {})] * 3
    audit = (federation.root / "audit.jsonl").read_text()
    assert "site_not_ready" in audit


def test_a_node_that_no_site_was_admitted_with_is_ignored_and_named(federation: Federation) -> None:
    federation.run(strangers=("c",))
    stranger = next(node for node, site in federation.grid.nodes.items() if site == "c")
    assert [record[3] for record in federation.records()] == [["a", "b"]] * 3
    lines = [json.loads(line) for line in (federation.root / "audit.jsonl").read_text().splitlines()]
    assert [line["fields"]["node"] for line in lines if line["event"] == "node_ignored"] == [stranger]


@pytest.mark.parametrize("moment", [("train", "1"), ("train", "2"), ("evaluate", "3"), ("evaluate", "2")])
def test_a_run_that_was_killed_goes_on_and_ends_as_if_it_had_not_been(
    federation: Federation, tmp_path: Path, moment: tuple[str, str]
) -> None:
    whole = federation.run()
    metrics = (federation.root / "metrics.csv").read_text()
    federation.root = tmp_path / "broken"

    def killed(task: Message, ask: Ask) -> Message:
        if (task.metadata.message_type, task.metadata.group_id) == moment:
            raise KeyboardInterrupt
        return ask(task)

    federation.faults["b"] = killed
    with pytest.raises(KeyboardInterrupt):
        federation.run()
    federation.faults = {}
    again = federation.run()
    assert {**again, "round_seconds": [], "checkpoint_sha256": ""} == {
        **whole,
        "round_seconds": [],
        "checkpoint_sha256": "",
    }
    assert (federation.root / "metrics.csv").read_text() == metrics
    assert [record[:2] for record in federation.records()] == [(1, 1), (2, 1), (3, 1)]


def test_a_round_whose_checkpoint_was_not_written_is_forgotten_and_run_again(
    federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = CheckpointFolder.save

    def killed(folder: CheckpointFolder, round_number: int, *rest: Any, **words: Any) -> Checkpoint:
        if round_number == 2:
            raise KeyboardInterrupt
        return save(folder, round_number, *rest, **words)

    with monkeypatch.context() as patch:
        patch.setattr(CheckpointFolder, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            federation.run()
    assert [record[:3] for record in federation.records()] == [(1, 1, True), (2, 1, True)]
    del federation.apps["c"]
    federation.run()
    assert [record[:4] for record in federation.records()] == [
        (1, 1, True, ["a", "b", "c"]),
        (2, 1, True, ["a", "b"]),
        (3, 1, True, ["a", "b"]),
    ]


def test_a_finished_run_is_not_run_again(federation: Federation) -> None:
    summary = federation.run()
    assert federation.run() == summary
    assert federation.grid.sent == []


def test_a_folder_of_another_study_is_not_gone_on_with(federation: Federation, study: Study) -> None:
    federation.run()
    federation.study = study.model_copy(update={"study": "another"})
    with pytest.raises(FederationError, match="of another study"):
        federation.run()


def test_checkpoints_say_which_study_round_and_sites_made_them(federation: Federation, study: Study) -> None:
    federation.run()
    with safe_open(federation.root / "checkpoints" / "round-0002.safetensors", framework="np") as source:
        metadata = source.metadata()
    assert (metadata["round"], metadata["study_digest"]) == ("2", study.digest())
    assert json.loads(metadata["sites"]) == {"a": 10, "b": 10, "c": 20}
    assert ModelManifest.from_json(metadata["manifest"]) == ModelManifest.of_arrays(FIRST_MODEL)


def test_a_site_that_answers_no_more_evaluations_is_named_and_the_study_goes_on(federation: Federation) -> None:
    federation.faults["a"] = only(raises(QueryBudgetError("enough")), kinds=("evaluate",))
    summary = federation.run()
    assert summary["best_round"] == 2
    missing = summary["not_evaluated"]
    assert isinstance(missing, dict)
    assert missing["a"].startswith("QueryBudgetError (the site has answered as many requests of this study")
    status = read_status(federation.root)
    assert status is not None
    assert "without a: QueryBudgetError" in status.message


def test_a_study_that_is_told_to_stop_finishes_its_round_measures_and_reports(federation: Federation) -> None:
    def stops(task: Message, ask: Ask) -> Message:
        make_wish(federation.root, "stop")
        return ask(task)

    federation.faults["b"] = only(stops, rounds={2})
    summary = federation.run()
    assert (summary["rounds"], summary["best_round"]) == (2, 2)
    assert [record[0] for record in federation.records()] == [1, 2]
    assert federation.run() == summary
    assert not (federation.root / "wish.json").exists()


def test_a_study_that_is_told_to_stop_while_it_waits_ends_with_what_it_has(
    federation: Federation, clock: Clock
) -> None:
    def leaves(task: Message, ask: Ask) -> Message:
        reply = ask(task)
        for site in ("b", "c"):
            federation.grid.take_offline(site)
        return reply

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        if clock.now() > 30:
            make_wish(federation.root, "stop")

    federation.clock = Clock(now=clock.now, sleep=sleep)
    federation.faults["c"] = only(leaves, rounds={2})
    summary = federation.run()
    assert summary["rounds"] == 2
    assert set(summary["sites"]) == {"a"}  # type: ignore[call-overload]  # a dict


def test_a_study_that_is_paused_waits_and_goes_on(federation: Federation, clock: Clock) -> None:
    states: list[str] = []

    def pauses(task: Message, ask: Ask) -> Message:
        make_wish(federation.root, "pause")
        return ask(task)

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        status = read_status(federation.root)
        states.append("" if status is None else status.state)
        if states.count("paused") > 50:
            make_wish(federation.root, "resume")

    federation.clock = Clock(now=clock.now, sleep=sleep)
    federation.faults["a"] = only(pauses, rounds={1})
    assert federation.run()["rounds"] == 3
    assert "paused" in states


def test_a_study_goes_on_under_another_digest_that_it_was_told_of(federation: Federation, study: Study) -> None:
    federation.run()
    longer = study.model_copy(update={"training": study.training.model_copy(update={"rounds": 4})})
    (federation.root / "summary.json").unlink()
    federation.study, federation.digests = longer, (study.digest(), longer.digest())
    federation.apps = federation.make_apps(longer.digest())
    assert federation.run()["rounds"] == 4
    assert federation.weight(4)[0] == 5.0


def test_an_operator_can_see_who_is_waited_for_since_when(federation: Federation, clock: Clock) -> None:
    seen = []

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        seen.append(read_status(federation.root))

    federation.clock = Clock(now=clock.now, sleep=sleep)
    federation.faults["c"] = only(answers_late(20), rounds={2})
    federation.run()
    waiting = next(status for status in seen if status is not None and status.waiting_for == ("c",))
    assert (waiting.round, waiting.quorum, waiting.sites) == (2, 2, ("a", "b", "c"))
    assert waiting.since
    assert waiting.deadline_at > waiting.since
    assert set(waiting.seen) == {"a", "b", "c"}


def test_an_operator_can_see_who_is_online_while_the_quorum_is_missing(federation: Federation, clock: Clock) -> None:
    seen: list[set[str]] = []

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        status = read_status(federation.root)
        if status is not None and status.state == "waiting":
            seen.append(set(status.seen))
        if clock.now() > 30:
            federation.grid.bring_back("b")

    federation.clock = Clock(now=clock.now, sleep=sleep)
    federation.run(offline=("b", "c"))
    assert seen[0] == seen[len(seen) // 2] == {"a"}


def test_a_round_is_recorded_with_its_bytes_and_times(federation: Federation) -> None:
    federation.run()
    first, second, _ = RunFolder(federation.root).rounds()
    assert (first.bytes_down, first.bytes_up) == (0, 3 * 16)  # the first model follows from study.yaml
    assert (second.bytes_down, second.bytes_up) == (3 * 16, 3 * 16)
    assert first.site_seconds == {"a": 1.0, "b": 1.0, "c": 1.0}


def test_the_best_the_last_and_every_nth_checkpoint_stay(federation: Federation, study: Study) -> None:
    training, centre = (
        study.training.model_copy(update={"rounds": 9}),
        study.centre.model_copy(update={"keep_every": 4}),
    )
    federation.study = study.model_copy(update={"training": training, "centre": centre})
    federation.apps = federation.make_apps(federation.study.digest())
    assert federation.run()["best_round"] == 2
    assert RunFolder(federation.root).checkpoints.rounds() == [0, 2, 4, 7, 8, 9]


@pytest.mark.parametrize("precision", ["bf16", "int8"])
def test_fewer_bits_end_near_where_all_bits_do(federation: Federation, study: Study, precision: str) -> None:
    few = study.federation.model_copy(update={"precision": precision})
    federation.study = study.model_copy(update={"federation": few})
    federation.apps = federation.make_apps(federation.study.digest(), precision)
    federation.run()
    assert federation.weight(3)[0] == pytest.approx(3.75, rel=0.01)
