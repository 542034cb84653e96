"""One admitted hospital sends poison: with the study's defaults it changes little and is named.

Every attack stands beside its positive control: the same study with the one defence off.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from flwr.app import Message
from flwr.clientapp import ClientApp
from numpy.typing import NDArray

from glsmed.benchmarks.federation.local_grid import Ask, Delayed, LocalGrid, Misbehaviour
from glsmed.client.training.steps.round_plan import TrainingDivergedError
from glsmed.server.folders.model_file import ModelFile
from glsmed.server.folders.run_folder import RunFolder
from glsmed.server.rounds import best_round, rounds
from glsmed.server.rounds.rounds import StudyPlan, run_study
from glsmed.server.rounds.site_messenger import Clock
from glsmed.shared.errors import FederationError
from glsmed.shared.protocol.strategy_settings import AggregationSection
from glsmed.shared.protocol.study import Study
from glsmed.shared.wire.packed_model import as_values
from tests.misbehaving_sites import changes_arrays, claims, only
from tests.server.conftest import FIRST_MODEL

HUGE = 1e30
ROUNDS = 3
MakeSite = Callable[..., ClientApp]


def _study(**federation: object) -> Study:
    study = Study(study="doubt", findings=("effusion",))
    update = {"quorum": 2, "round_deadline_minutes": 1.0, **federation}
    training = study.training.model_copy(update={"rounds": ROUNDS, "steps_per_round": 10})
    whole = study.federation.model_copy(update=update)
    return study.model_copy(update={"federation": whole, "training": training})


def _uncapped(**settings: object) -> AggregationSection:
    return AggregationSection.model_validate({"max_site_share": 1, **settings})


def _huge(array: NDArray[np.generic]) -> NDArray[np.generic]:
    return np.full_like(array, HUGE) if array.dtype.kind == "f" else array


def _diverges_on_huge(behaves: Misbehaviour) -> Misbehaviour:
    """As a real site: the loss of a model of huge weights is no number."""

    def train(task: Message, ask: Ask) -> Message:
        reply = ask(task)
        packed = reply.content.array_records["model"]
        if any(np.abs(as_values(array).astype(np.float64)).max() > HUGE / 10 for array in packed.values()):
            raise TrainingDivergedError("the loss became nan")
        return reply

    return lambda task, ask: behaves(task, lambda message: train(message, ask))


def _once(misbehaviour: Misbehaviour) -> Misbehaviour:
    """The site misbehaves at the first task, and is honest from then on."""
    asked: list[Message] = []

    def first(task: Message, ask: Ask) -> Message | Delayed | None:
        asked.append(task)
        return (misbehaviour if len(asked) == 1 else _honestly)(task, ask)

    return first


def _honestly(task: Message, ask: Ask) -> Message:
    return ask(task)


class Attacked:
    """Hospitals that add 1 to every weight each round, and one that does not."""

    def __init__(self, root: Path, study: Study, make_site: MakeSite, clock: Clock) -> None:
        self.folder = RunFolder(root / "run")
        self.study = study
        self._clock = clock
        self._make_site = make_site
        self.folder.checkpoints.begin(FIRST_MODEL, study_digest=study.digest())

    def run(
        self, poison: Misbehaviour = _honestly, *, step: float = 1.0, honest: tuple[str, ...] = ("a", "b")
    ) -> Mapping[str, object]:
        digest = self.study.digest()
        apps = {site: self._make_site(site, study_digest=digest) for site in honest}
        apps["evil"] = self._make_site("evil", step=step, study_digest=digest)
        faults = {site: only(_diverges_on_huge(_honestly)) for site in honest}
        faults["evil"] = only(_diverges_on_huge(poison))
        grid = LocalGrid(apps, misbehaviours=faults, clock=self._clock)
        return run_study(grid, self.study, self.folder, sites=lambda: grid.nodes, plan=StudyPlan(clock=self._clock))

    def weight(self) -> float:
        number = self.folder.checkpoints.latest() or 0
        return float(ModelFile.open(self.folder.checkpoints.path(number)).arrays()["weight"].ravel()[0])

    def recorded(self, event: str) -> list[Mapping[str, object]]:
        return list(self.folder.recorded(event))


@pytest.fixture
def attacked(tmp_path: Path, make_site: MakeSite, clock: Clock) -> Callable[..., Attacked]:
    return lambda **federation: Attacked(tmp_path, _study(**federation), make_site, clock)


@pytest.fixture
def no_quarantine(monkeypatch: pytest.MonkeyPatch) -> None:
    """No model is taken back."""
    monkeypatch.setattr(rounds, "bad_model", lambda *_, **__: None)


def test_1e30_does_not_count_and_its_sender_is_named(attacked: Callable[..., Attacked]) -> None:
    run = attacked()
    run.run(only(changes_arrays(_huge)))
    assert run.weight() == pytest.approx(ROUNDS)
    reason = run.folder.rounds()[0].not_counted["evil"]
    assert reason.startswith("refused: L2 norm of its change: expected at most federation.max_norm_ratio 3 times")


def test_control_without_bound_and_quarantine_1e30_ends_the_study_for_good(
    attacked: Callable[..., Attacked], no_quarantine: None
) -> None:
    run = attacked(max_norm_ratio=None)
    with pytest.raises(FederationError, match="a: TrainingDivergedError; b: TrainingDivergedError"):
        run.run(only(changes_arrays(_huge), rounds={1}))
    with pytest.raises(FederationError, match="TrainingDivergedError"):
        run.run()  # started again, with honest hospitals alone


def test_without_the_bound_the_broken_round_is_taken_back_and_its_culprit_named(
    attacked: Callable[..., Attacked],
) -> None:
    run = attacked(max_norm_ratio=None)
    run.run(only(changes_arrays(_huge), rounds={2}))
    (bad,) = run.recorded("model_quarantined")
    assert (bad["round"], bad["culprit"], bad["back_to_round"]) == (2, "evil", 1)
    assert run.weight() == pytest.approx(ROUNDS)
    assert [sorted(record.counted) for record in run.folder.rounds()] == [["a", "b", "evil"], ["a", "b"], ["a", "b"]]
    assert (run.folder.checkpoints.folder / "quarantined" / "round-0002.safetensors").is_file()


def test_a_broken_last_round_is_taken_back_as_well(attacked: Callable[..., Attacked]) -> None:
    """The last model is only measured; hospitals say a log-loss that no usable model has."""
    run = attacked(max_norm_ratio=None, max_cells_per_site=1000)
    far = changes_arrays(lambda array: np.add(array, 90, dtype=array.dtype))  # log-loss 30 in these hospitals' words
    run.run(only(far, rounds={ROUNDS}))
    (bad,) = run.recorded("model_quarantined")
    assert (bad["round"], bad["culprit"]) == (ROUNDS, "evil")
    assert run.weight() == pytest.approx(ROUNDS)


def test_a_restart_goes_on_from_the_good_round(
    attacked: Callable[..., Attacked], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = attacked(max_norm_ratio=None)
    monkeypatch.setattr(rounds, "MOST_ROLLBACKS", 0)
    with pytest.raises(FederationError, match=r"round 2 is of no use .*: the update of evil made it so"):
        run.run(only(changes_arrays(_huge), rounds={2}))
    assert run.folder.checkpoints.latest() == 1
    monkeypatch.undo()
    run.run()
    assert run.weight() == pytest.approx(ROUNDS)


def test_a_study_of_two_names_the_longer_update(attacked: Callable[..., Attacked]) -> None:
    """Of two nobody is refused, since nobody can say who is right; when the model breaks, the longer one is named."""
    run = attacked()
    run.run(_once(changes_arrays(_huge)), honest=("a",))
    assert [bad["culprit"] for bad in run.recorded("model_quarantined")] == ["evil"]
    assert run.weight() == pytest.approx(ROUNDS)


def test_where_the_quorum_cannot_do_without_it_the_run_ends_with_its_name(attacked: Callable[..., Attacked]) -> None:
    run = attacked()
    with pytest.raises(FederationError, match=r"the update of evil made it so; this is the 4th time\. Withdraw"):
        run.run(only(changes_arrays(_huge), rounds={1}), honest=("a",))
    assert run.folder.checkpoints.latest() == 0


def test_one_site_alone_cannot_have_a_round_taken_back(attacked: Callable[..., Attacked]) -> None:
    def complains(_task: Message, _ask: Ask) -> Message:
        raise TrainingDivergedError("it is of no use, it says")

    run = attacked()
    run.run(only(complains, rounds={2, 3}))
    assert not run.recorded("model_quarantined")
    assert run.weight() == pytest.approx(ROUNDS)


TEN_MILLION = claims(training_cells=10_000_000, training_patients=1000)


def test_minus_ten_times_the_change_with_ten_million_cells_does_not_take_the_average_over(
    attacked: Callable[..., Attacked],
) -> None:
    run = attacked()
    run.run(only(TEN_MILLION), step=-10.0)
    assert run.weight() == pytest.approx(ROUNDS)
    assert all("evil" in record.not_counted for record in run.folder.rounds() if "evil" not in record.counted)


def test_control_without_bound_cap_and_quarantine_it_takes_the_average_over(
    attacked: Callable[..., Attacked], no_quarantine: None
) -> None:
    run = attacked(max_norm_ratio=None, aggregation=_uncapped())
    run.run(only(TEN_MILLION), step=-10.0)
    assert run.weight() == pytest.approx(-10.0 * ROUNDS, rel=1e-3)


def test_ten_million_cells_count_at_most_half(attacked: Callable[..., Attacked]) -> None:
    run = attacked()
    run.run(only(TEN_MILLION), step=2.0)
    assert run.weight() == pytest.approx(ROUNDS * (0.5 * 2 + 0.5 * 1))
    assert run.recorded("merged")[0]["share_capped"] == ["evil"]


def test_control_without_the_cap_they_count_all(attacked: Callable[..., Attacked]) -> None:
    run = attacked(aggregation=_uncapped())
    run.run(only(TEN_MILLION), step=2.0)
    assert run.weight() == pytest.approx(ROUNDS * 2, rel=1e-3)


@pytest.mark.parametrize(("ratio", "expected"), [(3.0, ROUNDS), (None, None)], ids=["by default", "control"])
def test_who_claims_few_steps_does_not_count_many_times(
    attacked: Callable[..., Attacked], no_quarantine: None, ratio: float | None, expected: float | None
) -> None:
    run = attacked(max_norm_ratio=ratio, aggregation=_uncapped(rule="normalized_mean"))
    run.run(only(claims(steps=1)), step=-1.0)
    if expected is None:
        assert run.weight() == pytest.approx(ROUNDS * (2 * 0.7 - 7) / 3)  # its change counted ten times as much
    else:
        assert run.weight() == pytest.approx(expected)


def _claims_no_loss(task: Message, ask: Ask) -> Message:
    """A log-loss of 0 for the model of round 1, and of 4.9 for that of round 2."""
    reply = ask(task)
    metrics = dict(reply.content.metric_records["validation"])
    metrics["log_loss/effusion"] = 0.0 if task.metadata.group_id == "2" else 4.9
    reply.content["validation"] = type(reply.content.metric_records["validation"])(metrics)
    return reply


@pytest.mark.parametrize(("fewest", "chosen"), [(3, 2), (99, 1)], ids=["the median decides", "control: the mean"])
def test_a_claimed_log_loss_of_0_does_not_choose_the_round(
    attacked: Callable[..., Attacked], monkeypatch: pytest.MonkeyPatch, fewest: int, chosen: int
) -> None:
    """These hospitals' log-loss is the weight's distance from 2: round 2 is the best."""
    monkeypatch.setattr(best_round, "_FEWEST_FOR_A_MEDIAN", fewest)
    summary = attacked().run(only(_claims_no_loss))
    assert summary["best_round"] == chosen


def test_the_record_says_how_long_each_change_was(attacked: Callable[..., Attacked]) -> None:
    run = attacked()
    run.run()
    norms = run.recorded("merged")[0]["norms"]
    assert norms == {site: pytest.approx(np.sqrt(2), rel=1e-5) for site in ("a", "b", "evil")}
    assert json.dumps(norms)
