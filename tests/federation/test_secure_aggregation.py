"""Secure aggregation with real hospitals in this process: the model is that of a plain study, to quantisation."""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from flwr.app import Message
from numpy.typing import NDArray

from glsmed.benchmarks.federation.local_grid import Ask, LocalGrid, Misbehaviour
from glsmed.client.egress.query_budget import KeptAnswer
from glsmed.client.labels.shared_calibration import site_cue_counts
from glsmed.client.resident.app import build_client_app
from glsmed.client.resident.site_runtime import SiteRuntime
from glsmed.client.resident.tasks import measured_answer
from glsmed.client.resident.tasks.site_facts import answer_cue_counts
from glsmed.client.settings.config import EgressSection
from glsmed.client.settings.site_secret import SiteSecret
from glsmed.server.folders.model_file import ModelFile
from glsmed.server.folders.run_folder import RunFolder, read_metrics
from glsmed.server.processes.first_model import make_first_model
from glsmed.server.rounds.rounds import StudyPlan, run_study
from glsmed.server.rounds.site_messenger import Clock
from glsmed.shared.cue_calibration.cue_counts import CueCount, counts_from_json, merge_counts
from glsmed.shared.errors import FederationError, SecureAggregationError, WireError
from glsmed.shared.files.atomic import PRIVATE_FILE, write_bytes
from glsmed.shared.files.audit import recorded
from glsmed.shared.metrics.finding_metrics import finding_metrics
from glsmed.shared.metrics.score_counts import cells_of_counts
from glsmed.shared.networks import group_norm_networks
from glsmed.shared.protocol.codec import encode
from glsmed.shared.protocol.enrolment import generate_private_key, make_request
from glsmed.shared.protocol.messages import CountsTask
from glsmed.shared.protocol.study import Study
from glsmed.shared.secure_aggregation.roster import Roster

from .small_hospitals import TinyNetwork, small_hospital


def told_clock() -> Clock:
    """A clock that only moves when someone sleeps."""
    seconds = [0.0]

    def sleep(duration: float) -> None:
        seconds[0] += duration

    return Clock(now=lambda: seconds[0], sleep=sleep)


THREE = ("a", "b", "c")
FOUR = (*THREE, "d")


def _study(training: Mapping[str, object] | None = None, **federation: object) -> Study:
    return Study.model_validate(
        {
            "study": "doubt",
            "findings": ["effusion"],
            "model": {"architecture": "resnet10", "image_size_px": 32},
            "training": {"rounds": 2, "steps_per_round": 3, "batch_size": 4, **(training or {})},
            "federation": {"quorum": 3, "round_deadline_minutes": 1, **federation},
        }
    )


class Consortium:
    """Hospitals with keys; ``run`` federates them, masked if a roster was approved."""

    def __init__(self, root: Path, study: Study, names: tuple[str, ...], *, masked: bool = True) -> None:
        self.study, self.folder, self._clock = study, RunFolder(root / "run"), told_clock()
        lines = {}
        for name in names:
            key = generate_private_key()
            write_bytes(root / name / "site.key", key, mode=PRIVATE_FILE)
            lines[name] = make_request(key, site=name, study=study.study, study_digest=study.digest()).public_key
        self.roster = Roster(study=study.study, sites=lines)
        file = root / "roster.yaml"
        file.write_text(self.roster.to_yaml(), encoding="utf-8")
        self.masked = masked
        self.sites: dict[str, SiteRuntime] = {
            name: small_hospital(
                root / name,
                study,
                adapter="en_radiology",
                terms={"effusion": "effusion"},
                seed=seed,
                roster=file if masked else None,
            )
            for seed, name in enumerate(names)
        }

    def run(self, misbehaviours: Mapping[str, Misbehaviour] | None = None) -> None:
        apps = {name: build_client_app(site) for name, site in self.sites.items()}
        grid = LocalGrid(apps, misbehaviours=misbehaviours, clock=self._clock)
        self.grid = grid
        make_first_model(self.folder, self.study)
        plan = StudyPlan(clock=self._clock, roster=self.roster if self.masked else None)
        run_study(grid, self.study, self.folder, sites=lambda: grid.nodes, plan=plan)

    def model(self, number: int) -> NDArray[np.float32]:
        arrays = ModelFile.open(self.folder.checkpoints.path(number)).arrays()
        return np.concatenate([array.ravel() for array in arrays.values()]).astype(np.float32)


def _keys_of_the_name(secret: SiteSecret, _study: str, purpose: str) -> Callable[[int], bytes]:
    """Keys that follow from a hospital's name: with masks and without it takes its images in the same order."""
    name = secret._path.parents[2].name
    return lambda number: hashlib.sha256(f"{name} {purpose} {number}".encode()).digest()


@pytest.fixture
def consortium(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Consortium]:
    monkeypatch.setitem(group_norm_networks._NETWORKS, "resnet10", TinyNetwork)
    monkeypatch.setattr(SiteSecret, "round_keys", _keys_of_the_name)
    made: list[Consortium] = []

    def make(study: Study, names: tuple[str, ...] = THREE, *, masked: bool = True) -> Consortium:
        made.append(Consortium(tmp_path / str(len(made)), study, names, masked=masked))
        return made[-1]

    return make


def test_three_hospitals_get_the_model_of_a_plain_study(consortium: Callable[..., Consortium]) -> None:
    study = _study()
    plain, masked = consortium(study, masked=False), consortium(study)
    plain.run()
    masked.run()
    assert [sorted(record.counted) for record in masked.folder.rounds()] == [list(THREE)] * 2
    assert np.abs(plain.model(2) - plain.model(0)).max() > 1e-4
    assert np.abs(masked.model(2) - plain.model(2)).max() < 2e-6


def _never_trains(number: int) -> Misbehaviour:
    """The site is silent when it should train in a round."""

    def misbehave(task: Message, ask: Ask) -> Message | None:
        is_silent = (task.metadata.message_type, task.metadata.group_id) == ("train", str(number))
        return None if is_silent else ask(task)

    return misbehave


def test_one_of_four_drops_out_and_the_model_is_that_of_the_other_three(consortium: Callable[..., Consortium]) -> None:
    study = _study()
    plain, masked = consortium(study, FOUR, masked=False), consortium(study, FOUR)
    for one in (plain, masked):
        one.run({"b": _never_trains(1)})
    assert [sorted(record.counted) for record in masked.folder.rounds()] == [["a", "c", "d"], ["a", "b", "c", "d"]]
    assert masked.folder.rounds()[0].not_counted == {"b": "late"}
    assert np.abs(masked.model(2) - plain.model(2)).max() < 4e-6


STUDIES: Mapping[str, tuple[Mapping[str, object], Mapping[str, object]]] = {
    "FedProx, patients, server momentum": (
        {"proximal_mu": 0.1},
        {"aggregation": {"weights": "patients"}, "server_optimizer": {"kind": "momentum"}},
    ),
    "local layers, server adam": (
        {"local_layers": "head"},
        {"server_optimizer": {"kind": "adam", "adaptivity": 0.1, "learning_rate": 1}},
    ),
}


@pytest.mark.parametrize(("training", "federation"), STUDIES.values(), ids=STUDIES)
def test_every_linear_strategy_gives_the_same_model_under_masks(
    consortium: Callable[..., Consortium], training: Mapping[str, object], federation: Mapping[str, object]
) -> None:
    study = _study(training, secure_aggregation="on", **federation)
    plain, masked = (
        consortium(_study(training, secure_aggregation="off", **federation), masked=False),
        consortium(study),
    )
    plain.run()
    masked.run()
    assert np.abs(plain.model(2) - plain.model(0)).max() > 1e-4
    assert np.abs(masked.model(2) - plain.model(2)).max() < 2e-5


def test_bf16_on_the_way_down_goes_with_it(consortium: Callable[..., Consortium]) -> None:
    masked = consortium(_study(precision="bf16"))
    masked.run()
    assert all(record.accepted for record in masked.folder.rounds())
    assert np.abs(masked.model(2) - masked.model(0)).max() > 1e-4


def test_each_private_site_adds_its_whole_noise(consortium: Callable[..., Consortium]) -> None:
    study = _study({"site_offset": False, "privacy": {"noise_multiplier": 4.0, "max_epsilon": 20}})
    masked = consortium(study)
    masked.run()
    spent = [site.strategy.epsilon_spent() for site in masked.sites.values()]
    assert all(epsilon is not None and epsilon > 0 for epsilon in spent)
    assert sorted(masked.folder.rounds()[-1].counted) == list(THREE)


def test_an_approved_roster_lets_no_update_out_to_a_centre_that_asks_without_masks(
    consortium: Callable[..., Consortium],
) -> None:
    hospitals = consortium(_study())
    hospitals.masked = False  # the centre's own decision
    with pytest.raises(FederationError, match="SecureAggregationError"):
        hospitals.run()
    assert not [message for message in hospitals.grid.sent if message.has_content() and "model" in message.content]


def test_a_quorum_of_two_is_three_under_masks(consortium: Callable[..., Consortium]) -> None:
    hospitals = consortium(_study(quorum=2))
    with pytest.raises(FederationError, match="0 of the 3 updates that it needs"):
        hospitals.run({"b": _never_trains(1)})


def test_a_site_without_a_roster_takes_no_part_in_masks(consortium: Callable[..., Consortium]) -> None:
    hospitals = consortium(_study(), masked=False)
    hospitals.masked = True
    with pytest.raises(FederationError, match="SecureAggregationError"):
        hospitals.run()


def test_the_centre_writes_down_of_whom_the_sum_is_and_no_sites_cells(consortium: Callable[..., Consortium]) -> None:
    hospitals = consortium(_study())
    hospitals.run()
    merged = list(hospitals.folder.recorded("merged"))
    assert [one["secure_sum_of"] for one in merged] == [list(THREE)] * 2
    rows = (hospitals.folder.root / "metrics.csv").read_text(encoding="utf-8")
    assert "training_cells," not in rows
    assert "validation" in rows


def _numbers_of_updates(hospitals: Consortium) -> dict[str, set[str]]:
    """By record, the names of all numbers that travel with an update in the clear."""
    found: dict[str, set[str]] = {}
    for message in hospitals.grid.sent:
        if not message.has_content() or "model" not in message.content:
            continue
        told = message.content.metric_records
        records: dict[str, Mapping[str, object]] = {key: dict(told[key]) for key in ("metrics", "validation")}
        records["head"] = dict(message.content.config_records["head"])
        for record, numbers in records.items():
            names = {name.partition("/")[0] for name, value in numbers.items() if type(value) in (int, float)}
            found[record] = found.get(record, set()) | names
    return found


VALIDATION = {"auroc", "log_loss", "n", "positives", "patients"}


def test_beside_a_masked_update_leave_its_seconds_and_what_the_policy_names_and_no_other_number(
    consortium: Callable[..., Consortium],
) -> None:
    hospitals = consortium(_study(aggregation={"weights": "patients"}))
    hospitals.run()
    assert _numbers_of_updates(hospitals) == {
        "head": {"protocol", "round", "seconds"},
        "metrics": {"loss"},
        "validation": VALIDATION,
    }


def test_control_without_masks_cells_and_patients_leave_too(consortium: Callable[..., Consortium]) -> None:
    hospitals = consortium(_study(aggregation={"weights": "patients"}), masked=False)
    hospitals.run()
    assert _numbers_of_updates(hospitals) == {
        "head": {"protocol", "round", "seconds", "steps", "training_cells", "training_patients"},
        "metrics": {"loss"},
        "validation": VALIDATION,
    }


@pytest.fixture
def whole_split(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers of a round are about every patient once: in a draw of so few one class might be missing."""
    monkeypatch.setattr(measured_answer, "drawn_rows", lambda patients, _key: torch.arange(len(patients)))


def _summed(rounds: int = 2, *, shared_calibration: bool = False) -> Study:
    study = _study({"rounds": rounds}, secure_aggregation="on", summed_metrics=True)
    return Study.model_validate({**study.model_dump(), "labels": {"shared_calibration": shared_calibration}})


def _pooled(hospitals: Consortium, split: str) -> dict[tuple[int, str], float]:
    """The log-loss by round and by whose sum it is."""
    rows = read_metrics(hospitals.folder.root)
    return {(row.round, row.site): row.value for row in rows if (row.split, row.metric) == (split, "log_loss")}


def _answers(site: SiteRuntime) -> list[KeptAnswer]:
    """What a hospital answered about models, in the order in which it was asked; the last is of the test split."""
    text = site.config.state.query_budget(site.study.digest()).read_text(encoding="utf-8")
    return [KeptAnswer.model_validate(one["answer"]) for one in json.loads(text)["last"] if one["answer"]]


def _log_loss_of_cells(hospitals: Consortium, names: tuple[str, ...], place: int) -> float:
    """The log-loss of the cells of some hospitals, joined, as each counted them."""
    counts = sum(torch.tensor(_answers(hospitals.sites[name])[place].scores) for name in names)
    cells = cells_of_counts(torch.as_tensor(counts).reshape(1, 2, -1).double())
    return finding_metrics(*cells, ["effusion"])["effusion"]["log_loss"]


@pytest.mark.usefixtures("whole_split")
def test_the_centre_learns_the_metrics_of_all_together_and_no_hospital_sends_one(
    consortium: Callable[..., Consortium],
) -> None:
    hospitals = consortium(_summed())
    hospitals.run()
    expected = {
        (1, "all sites"): _log_loss_of_cells(hospitals, THREE, 0),
        (2, "all sites"): _log_loss_of_cells(hospitals, THREE, 1),
    }
    assert _pooled(hospitals, "validation") == expected
    summary = hospitals.folder.summary() or {}
    best = summary["best_round"]
    assert best == min(expected, key=lambda one: (round(expected[one], 9), one))[0]
    assert summary["chosen_over_sites"] == "pooled"
    assert _pooled(hospitals, "test") == {(best, "all sites"): _log_loss_of_cells(hospitals, THREE, -1)}
    assert summary["not_evaluated"] == {}
    for site in hospitals.sites.values():
        assert (site.config.state.shipped_model / "model.safetensors").is_file()
        for sent in recorded(site.config.state.audit_log, "sent"):
            assert sent["message"] == "HelloReply" or not (sent["metrics"] or sent.get("validation"))
    told = [dict(message.content.metric_records) for message in hospitals.grid.sent if message.has_content()]
    assert {name for records in told for record in records.values() for name in record} <= {
        "patients",
        "training_cells/effusion",
    }


@pytest.mark.usefixtures("whole_split")
def test_one_of_four_drops_out_and_the_metrics_are_those_of_the_other_three(
    consortium: Callable[..., Consortium],
) -> None:
    def silent(task: Message, ask: Ask) -> Message | None:
        kind, number = task.metadata.message_type, task.metadata.group_id
        is_last = kind == "evaluate" and task.content.config_records["head"]["split"] == "test"
        return None if is_last or (kind, number) == ("train", "2") else ask(task)

    hospitals = consortium(_summed(), FOUR)
    hospitals.run({"b": silent})
    three = ("a", "c", "d")
    assert _pooled(hospitals, "validation") == {
        (1, "all sites but b"): _log_loss_of_cells(hospitals, three, 0),
        (2, "all sites"): pytest.approx(_pooled(hospitals, "validation")[2, "all sites"]),
    }
    summary = hospitals.folder.summary() or {}
    best = (summary["best_round"], "all sites but b")
    assert _pooled(hospitals, "test") == {best: _log_loss_of_cells(hospitals, three, -1)}
    assert summary["not_evaluated"] == {"b": "late"}


def test_where_one_of_three_lets_no_metric_leave_the_other_two_add_none(consortium: Callable[..., Consortium]) -> None:
    """The sum of two would be one hospital's to the other; the model is trained and kept all the same."""
    hospitals = consortium(_summed(1))
    hospitals.sites["c"].egress._settings = EgressSection(model_updates=True, min_patients=1)
    hospitals.run()
    assert not _pooled(hospitals, "validation")
    assert not _pooled(hospitals, "test")
    summary = hospitals.folder.summary() or {}
    assert "no sum: fewer than 3 sites" in str(summary["not_evaluated"])
    assert all((site.config.state.shipped_model / "model.safetensors").is_file() for site in hospitals.sites.values())


def _sharing(hospitals: Consortium) -> None:
    """Let the hospitals share what words mean."""
    for site in hospitals.sites.values():
        site.egress._settings = site.egress._settings.model_copy(update={"cue_counts": True})


def _counted(hospitals: Consortium, names: tuple[str, ...]) -> dict[str, tuple[int, int]]:
    """Trials and successes of each cue at some hospitals together."""
    counts = [counts_from_json(site_cue_counts(hospitals.sites[name].inputs).counts) for name in names]
    return dict(merge_counts(counts))


def _sent_counts(hospitals: Consortium) -> list[CueCount]:
    logs = [recorded(site.config.state.audit_log, "sent") for site in hospitals.sites.values()]
    replies = [sent["counts"] for log in logs for sent in log if sent["message"] == "CountsReply"]
    return [count for reply in replies for count in counts_from_json(str(reply))]


def test_counts_per_cue_come_in_the_sum_alone(consortium: Callable[..., Consortium]) -> None:
    hospitals = consortium(_summed(1, shared_calibration=True))
    _sharing(hospitals)
    expected = _counted(hospitals, THREE)
    hospitals.run()
    prior = hospitals.folder.shared_prior()
    assert prior is not None
    assert {cue: belief.trials for cue, belief in prior.cues.items() if belief.trials} == {
        cue: trials for cue, (trials, _) in expected.items()
    }
    cue = max(expected, key=lambda one: expected[one][0])
    trials, successes = expected[cue]
    assert abs(prior.cues[cue].mean - successes / trials) < 0.25
    assert _sent_counts(hospitals)
    assert not any(count.trials or count.successes for count in _sent_counts(hospitals))
    assert all(site.config.state.shared_prior(hospitals.study.digest()).is_file() for site in hospitals.sites.values())


def test_one_of_four_counts_no_cue_and_the_sum_is_that_of_the_others(consortium: Callable[..., Consortium]) -> None:
    def silent(task: Message, ask: Ask) -> Message | None:
        head = task.content.config_records["head"]
        return None if task.metadata.message_type == "query.cue_counts" and head["cues"] else ask(task)

    hospitals = consortium(_summed(1, shared_calibration=True), FOUR)
    _sharing(hospitals)
    expected = _counted(hospitals, ("a", "c", "d"))
    hospitals.run({"b": silent})
    prior = hospitals.folder.shared_prior()
    assert prior is not None
    assert {cue: one.trials for cue, one in prior.cues.items() if one.trials} == {
        cue: trials for cue, (trials, _) in expected.items()
    }


@pytest.mark.parametrize("cues", [["en/possible"], ["en/possible", "en/possible"], []])
def test_a_site_counts_no_cues_alone(consortium: Callable[..., Consortium], cues: list[str]) -> None:
    hospitals = consortium(_summed(1, shared_calibration=True))
    _sharing(hospitals)
    site = hospitals.sites["a"]
    task = CountsTask(study_digest=hospitals.study.digest(), cues=json.dumps(cues))
    with pytest.raises((SecureAggregationError, WireError), match=r"agreed on|names of cues|named once"):
        answer_cue_counts(site, encode(task))
    assert not list(recorded(site.config.state.audit_log, "sent"))


def test_control_without_summed_metrics_each_hospital_tells_its_own_counts(
    consortium: Callable[..., Consortium],
) -> None:
    study = Study.model_validate({**_study({"rounds": 1}).model_dump(), "labels": {"shared_calibration": True}})
    hospitals = consortium(study)
    _sharing(hospitals)
    hospitals.run()
    assert any(count.trials for count in _sent_counts(hospitals))
