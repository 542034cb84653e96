"""Sites measure each other's last models: whole runs that can be calculated by hand, and the summary of numbers."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from flwr.app import Message
from flwr.clientapp import ClientApp

from glsmed.benchmarks.federation.local_grid import Ask, LocalGrid, Misbehaviour, behaves
from glsmed.server.folders.run_folder import MetricRow, RunFolder
from glsmed.server.rounds.cross_site import cross_site_summary, worst_sites
from glsmed.server.rounds.requests import RoundOutcome
from glsmed.server.rounds.rounds import StudyPlan, run_study
from glsmed.server.rounds.site_messenger import Clock
from glsmed.shared.protocol.codec import decode
from glsmed.shared.protocol.messages import EvaluateTask
from glsmed.shared.protocol.study import Study
from glsmed.shared.wire.model_form import FloatSource, ModelForm
from tests.misbehaving_sites import never_answers
from tests.server.conftest import FIRST_MODEL, LAYOUT

MakeSite = Callable[..., ClientApp]

# Each round adds (10 * 1 + 10 * 0 + 20 * 2) / 40 = 1.25 to the weight, so the last one begins at 2.5.
LAST = {"a": 3.5, "b": 2.5, "c": 4.5}
BEST = {"a": 2.0, "b": 1.0, "c": 4.0}  # a site's log-loss is the weight's distance from this


class Federation:
    """Three sites that show their models, and what was sent to each of them to be measured."""

    def __init__(self, study: Study, root: Path, clock: Clock, make_site: MakeSite) -> None:
        settings = {"cross_site_evaluation": True}
        self.study = study.model_copy(update={"federation": study.federation.model_copy(update=settings)})
        self.folder = RunFolder(root)
        self.clock = clock
        self.make_site = make_site
        self.shows = {"a": True, "b": True, "c": True}
        self.local: dict[str, Mapping[str, float]] = {}
        self.faults: dict[str, Misbehaviour] = {}
        self.withdrawn: set[str] = set()
        self.sent: list[tuple[str, str, float]] = []  # to whom, of whom, its weight

    def run(self) -> Mapping[str, Any]:
        precision = self.study.federation.precision
        words: dict[str, Any] = {"study_digest": self.study.digest(), "precision": precision}
        effort = {"a": (1.0, 10), "b": (0.0, 10), "c": (2.0, 20)}
        apps = {
            name: self.make_site(
                name,
                step=step,
                cells=cells,
                best=BEST[name],
                shows=self.shows[name],
                local=self.local.get(name),
                **words,
            )
            for name, (step, cells) in effort.items()
        }
        grid = LocalGrid(apps, misbehaviours={name: self._watched(name) for name in apps}, clock=self.clock)
        if self.folder.checkpoints.latest() is None:
            self.folder.checkpoints.begin(FIRST_MODEL, study_digest=self.study.digest())

        def sites() -> Mapping[int, str]:
            return {node: site for node, site in grid.nodes.items() if site not in self.withdrawn}

        return run_study(grid, self.study, self.folder, sites=sites, plan=StudyPlan(clock=self.clock))

    def compared(self) -> Mapping[str, Any]:
        summary: Mapping[str, Any] = self.run()["cross_site"]
        return summary

    def sent_weights(self, of_site: str) -> set[float]:
        return {round(weight, 1) for _, of, weight in self.sent if of == of_site}

    def _watched(self, name: str) -> Misbehaviour:
        def watched(task: Message, ask: Ask) -> Any:
            of_site = None
            if task.metadata.message_type == "evaluate":
                request = decode(task.content, EvaluateTask)
                of_site = request.of_site
                if request.model:
                    form = ModelForm.down(LAYOUT, self.study.federation.precision)
                    self.sent.append((name, of_site, float(FloatSource.of(form, request.model).read(0, 1)[0])))
            return (self.faults.get(name, behaves) if of_site else behaves)(task, ask)

        return watched


@pytest.fixture
def federation(study: Study, tmp_path: Path, clock: Clock, make_site: MakeSite) -> Federation:
    return Federation(study, tmp_path / "run", clock, make_site)


def test_every_sites_last_model_is_measured_at_every_site(federation: Federation) -> None:
    models = federation.compared()["models_of"]
    for of_site, weight in LAST.items():
        measured = {site: numbers["log_loss"] for site, numbers in models[of_site]["measured_at"].items()}
        assert measured == {site: abs(weight - best) for site, best in BEST.items()}
        assert models[of_site]["not_measured"] == {}


def test_the_global_model_is_the_one_that_was_chosen_and_its_worst_site_is_named(federation: Federation) -> None:
    summary = federation.run()
    model = summary["cross_site"]["global"]
    weight = 1.25 * summary["best_round"]
    losses = {site: abs(weight - best) for site, best in BEST.items()}
    assert {site: numbers["log_loss"] for site, numbers in model["measured_at"].items()} == losses
    worst = max(losses, key=losses.__getitem__)
    assert model["worst_site"]["log_loss"] == {"site": worst, "value": losses[worst]}
    assert model["worst_site"]["auroc"] == {"site": "a", "value": 0.75}  # equal everywhere: the first by name


@pytest.mark.parametrize("precision", ["bf16", "int8"])
def test_a_site_that_sends_its_change_is_measured_with_its_whole_model(federation: Federation, precision: str) -> None:
    settings = federation.study.federation.model_copy(update={"precision": precision})
    federation.study = federation.study.model_copy(update={"federation": settings})
    federation.run()
    assert {site: federation.sent_weights(site) for site in LAST} == {site: {weight} for site, weight in LAST.items()}


def test_a_site_whose_policy_is_closed_is_never_sent_on_and_measures_the_others(federation: Federation) -> None:
    federation.shows["c"] = False
    compared = federation.compared()
    assert {of for _, of, _ in federation.sent} <= {"", "a", "b"}
    assert LAST["c"] not in {weight for _, _, weight in federation.sent}
    assert compared["not_shown"] == {"c": "its policy does not let other sites measure its model"}
    assert set(compared["models_of"]["a"]["measured_at"]) == {"a", "b", "c"}


def test_without_the_guard_it_would_be_sent_on(federation: Federation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glsmed.server.rounds.peer_models.may_be_shown", lambda updates: updates)
    federation.shows["c"] = False
    federation.run()
    assert LAST["c"] in {weight for to, of, weight in federation.sent if (to, of) == ("a", "c")}


def test_a_study_that_does_not_compare_keeps_and_sends_nothing(federation: Federation, study: Study) -> None:
    federation.study = study
    summary = federation.run()
    assert "cross_site" not in summary
    assert {of for _, of, _ in federation.sent} <= {""}
    assert not (federation.folder.root / "peers").exists()


def test_the_models_are_gone_once_the_summary_is_written(federation: Federation) -> None:
    federation.run()
    assert not (federation.folder.root / "peers").exists()


def test_a_run_that_broke_off_before_its_summary_compares_the_same_models(
    federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(federation.folder, "write_summary", breaks)
        with pytest.raises(KeyboardInterrupt):
            federation.run()
    kept = [path.name for path in (federation.folder.root / "peers").rglob("*.safetensors")]
    assert sorted(kept) == ["a.safetensors", "b.safetensors", "c.safetensors"]  # of the last round only
    models = federation.compared()["models_of"]
    assert {site: models[site]["measured_at"]["a"]["log_loss"] for site in LAST} == {"a": 1.5, "b": 0.5, "c": 2.5}


def test_what_was_sent_to_whom_is_in_the_audit_log_before_it_was_measured(federation: Federation) -> None:
    federation.shows["c"] = False
    federation.run()
    lines = (federation.folder.root / "audit.jsonl").read_text().splitlines()
    entries = [(line["event"], line["fields"].get("of_site")) for line in map(json.loads, lines)]
    assert [one for one in entries if one[0].startswith("peer_")] == [
        ("peer_model_sent", "a"),
        ("peer_model_measured", "a"),
        ("peer_model_sent", "b"),
        ("peer_model_measured", "b"),
    ]
    sent = federation.folder.recorded("peer_model_sent")
    assert [list(fields["to"]) for fields in sent] == [["a", "b", "c"]] * 2  # type: ignore[call-overload]  # a list


def test_a_site_that_is_late_once_is_not_waited_for_again(federation: Federation) -> None:
    federation.faults["b"] = never_answers
    models = federation.compared()["models_of"]
    assert {site: one["not_measured"] for site, one in models.items()} == {site: {"b": "late"} for site in "abc"}
    assert {of for to, of, _ in federation.sent if to == "b" and of} == {"a"}


def test_the_model_of_a_site_that_was_withdrawn_since_is_not_sent_on(
    federation: Federation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def withdraws(*_: object) -> None:
        federation.withdrawn.add("a")

    monkeypatch.setattr(federation.folder.checkpoints, "prune", withdraws)  # the last step of a round
    federation.study = federation.study.model_copy(
        update={"training": federation.study.training.model_copy(update={"rounds": 1})}
    )
    compared = federation.compared()
    assert "a" not in compared["models_of"]
    assert compared["not_shown"] == {"a": "its key was withdrawn"}
    assert "a" not in {of for _, of, _ in federation.sent}


def test_gain_is_federated_less_the_sites_best_local_model(federation: Federation) -> None:
    federation.local = {"b": {"auroc/effusion": 0.7, "log_loss/effusion": 4.0, "patients": 12.0}}
    compared = federation.compared()
    loss = compared["global"]["measured_at"]["b"]["log_loss"]
    assert compared["gain"] == {"b": {"auroc": pytest.approx(0.05), "log_loss": pytest.approx(loss - 4.0)}}


def _rows(site: str, metric: str, **findings: float) -> list[MetricRow]:
    return [MetricRow(3, "test", site, "gold", finding, metric, value) for finding, value in findings.items()]


def test_gain_is_over_the_findings_that_both_models_have() -> None:
    federated = _rows("a", "auroc", effusion=0.9, nodule=0.6)
    local = [*_rows("a", "auroc", effusion=0.8, mass=0.1), *_rows("b", "auroc", effusion=0.5)]
    outcome = RoundOutcome(rows=federated, local_rows=local)
    summary = cross_site_summary(3, outcome, {}, taking_part=["a"], admitted=["a"])
    assert summary["gain"] == {"a": {"auroc": pytest.approx(0.1)}}


def test_a_site_that_was_not_in_the_last_round_is_named() -> None:
    outcome = RoundOutcome(rows=[*_rows("a", "auroc", effusion=0.9), *_rows("b", "auroc", effusion=0.8)])
    summary = cross_site_summary(3, outcome, {"a": RoundOutcome()}, taking_part=["a"], admitted=["a", "b"])
    assert summary["not_shown"] == {"b": "no update of it counted in that round"}


def test_the_worst_site_has_the_lowest_auroc_and_the_highest_log_loss() -> None:
    measured = {"a": {"auroc": 0.8, "log_loss": 0.3}, "b": {"auroc": 0.7, "log_loss": 0.2}, "c": {"auroc": 0.9}}
    assert worst_sites(measured) == {
        "auroc": {"site": "b", "value": 0.7},
        "log_loss": {"site": "a", "value": 0.3},
    }
