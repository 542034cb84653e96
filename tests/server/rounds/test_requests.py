from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import numpy as np
import pytest
from flwr.clientapp import ClientApp

from glsmed.benchmarks.federation.local_grid import LocalGrid, Misbehaviour
from glsmed.server.folders.checkpoints import Checkpoint, CheckpointFolder
from glsmed.server.folders.run_folder import MetricRow
from glsmed.server.rounds.outgoing import OutgoingModels
from glsmed.server.rounds.requests import Ask, RoundRequests
from glsmed.server.rounds.site_messenger import Clock, SiteMessenger
from glsmed.shared.errors import PrivacyError
from glsmed.shared.protocol.packed_model import Arrays
from glsmed.shared.protocol.study import Study
from tests.misbehaving_sites import answers_late, changes_arrays, claims, never_answers, only, raises
from tests.server.conftest import LAYOUT

MakeSite = Callable[..., ClientApp]
Make = Callable[..., RoundRequests]

MODEL: Arrays = {"weight": np.array([1.0, 2.0], dtype=np.float32), "batches": np.array([4])}
SITES = {"a": 100, "b": 101}


@pytest.fixture
def make(study: Study, make_site: MakeSite, clock: Clock, tmp_path: Path) -> Make:
    """Requests to two sites: ``a`` adds 1 and counts 10 cells, ``b`` adds 4 and counts 20."""

    def requests(study: Study = study, **faults: Misbehaviour) -> RoundRequests:
        own = {"study_digest": study.digest()}
        apps = {"a": make_site("a", step=1.0, cells=10, **own), "b": make_site("b", step=4.0, cells=20, **own)}
        grid = LocalGrid(apps, misbehaviours=faults, clock=clock)
        messenger = SiteMessenger(grid, lambda: grid.nodes, clock=clock, on_wait=lambda: None)
        models = OutgoingModels(tmp_path, study.federation.precision)
        return RoundRequests(messenger, study, LAYOUT, models=models)

    return requests


@pytest.fixture
def ask(study: Study, tmp_path: Path) -> Callable[..., Ask]:
    """Whom to ask about the model of round 2, by default all."""
    folder = CheckpointFolder(tmp_path / "checkpoints")
    folder.begin(MODEL, study_digest=study.digest())
    buffers = {dtype: [values] for dtype, values in LAYOUT.pack(MODEL).items()}
    checkpoint: Checkpoint = folder.save(2, buffers, LAYOUT, study_digest=study.digest(), sites={})

    def make_ask(sites: Mapping[str, int] = SITES, measured_by: Collection[str] = ()) -> Ask:
        return Ask(checkpoint, sites, measured_by=measured_by)

    return make_ask


Asks = Callable[..., Ask]


def test_training_gives_the_sites_models_and_who_counted(make: Make, ask: Asks) -> None:
    outcome = make().train(3, ask(), control={})
    assert [update.floats.sent.read(0, 2).tolist() for update in outcome.updates] == [[2.0, 3.0], [5.0, 6.0]]
    assert [update.facts.norm for update in outcome.updates] == pytest.approx([2**0.5, 4 * 2**0.5])
    assert (outcome.counted, outcome.not_counted) == ({"a": 10, "b": 20}, {})


def test_the_model_goes_whole_to_a_site_once_and_then_by_its_digest(make: Make, ask: Asks) -> None:
    requests = make()
    whole = 4 * 2 + 8  # two float32 and a counter
    assert [requests.train(3, ask(), control={}).bytes_down for _ in range(2)] == [2 * whole, 0]
    assert requests.train(3, ask({"a": 100}), control={}).bytes_up == whole


def test_the_numbers_of_an_update_are_rows_of_its_round(make: Make, ask: Asks) -> None:
    outcome = make().train(3, ask({"a": 100}), control={})
    numbers = [("loss", 0.5), ("training_cells", 10.0), ("training_patients", 10.0), ("steps", 10.0), ("seconds", 1.0)]
    assert outcome.rows == [MetricRow(3, "train", "a", "reports", "", metric, value) for metric, value in numbers]


def test_only_sites_that_send_metrics_measure_the_model_as_it_came(make: Make, ask: Asks) -> None:
    outcome = make().train(3, ask(measured_by=["b"]), control={})
    measured = [row for row in outcome.rows if row.split == "validation"]
    assert {(row.round, row.site, row.reference) for row in measured} == {(2, "b", "gold")}
    assert {row.metric: row.value for row in measured}["log_loss"] == 1.0  # the weight is 1, the best is 2


REFUSED: list[tuple[Misbehaviour, str]] = [
    (raises(PrivacyError("closed")), "PrivacyError (the site's egress policy does not allow it)"),
    (never_answers, "late"),
    (claims(round=2), "refused: round: expected 3, got 2"),
    (claims(note="a word"), "refused: Update: record 'head': unknown key 'note'"),
    (changes_arrays(lambda array: array[:1]), "refused: record 'model': buffer 'float32': expected float32 (2,)"),
]


@pytest.mark.parametrize(("fault", "reason"), REFUSED)
def test_an_update_that_may_not_count_is_named_and_leaves_no_trace(
    make: Make, ask: Asks, fault: Misbehaviour, reason: str
) -> None:
    outcome = make(b=fault).train(3, ask(), control={})
    assert [update.facts.site for update in outcome.updates] == ["a"]
    assert outcome.counted == {"a": 10}
    assert outcome.not_counted["b"].startswith(reason)
    assert {row.site for row in outcome.rows} == {"a"}


def test_without_an_update_nobody_counts(make: Make, ask: Asks) -> None:
    outcome = make(a=never_answers, b=never_answers).train(3, ask(), control={})
    assert (outcome.updates, outcome.counted) == ([], {})
    assert outcome.not_counted == {"a": "late", "b": "late"}


LATE = {"b": only(answers_late(90), kinds=("train", "query"), rounds={3}), "a": only(answers_late(45), rounds={4})}


def test_a_late_update_is_refused_where_the_study_says_so(make: Make, ask: Asks) -> None:
    requests = make(**LATE)
    assert requests.train(3, ask(), control={}).not_counted == {"b": "late"}
    outcome = requests.train(4, ask({"a": 100}), control={})
    assert list(outcome.counted) == ["a"]
    assert outcome.not_counted == {"b": "refused: it belongs to round 3 and came 1 round(s) late"}


def test_a_late_update_counts_with_its_staleness_where_the_study_says_so(make: Make, ask: Asks, study: Study) -> None:
    federation = study.federation.model_copy(update={"late_updates": "discount"})
    requests = make(study.model_copy(update={"federation": federation}), **LATE)
    requests.train(3, ask(), control={})
    outcome = requests.train(4, ask({"a": 100}), control={})
    assert [(update.facts.site, update.facts.staleness) for update in outcome.updates] == [("a", 0), ("b", 1)]


def test_an_evaluation_gives_each_number_with_its_finding_and_reference(make: Make, ask: Asks) -> None:
    outcome = make().evaluate(ask({"a": 100}), split="validation")
    assert outcome.rows == [
        MetricRow(2, "validation", "a", "gold", finding, metric, value)
        for finding, metric, value in [("effusion", "log_loss", 1.0), ("effusion", "auroc", 0.75), ("", "patients", 12)]
    ]
    assert outcome.counted == {"a": 3}


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (never_answers, "late"),
        (claims(split="test"), "refused: split: expected 'validation', got 'test'"),
        (claims(reference="hearsay"), "refused: reference: expected gold or reports, got 'hearsay'"),
    ],
)
def test_an_evaluation_that_may_not_count_is_named(make: Make, ask: Asks, fault: Misbehaviour, reason: str) -> None:
    outcome = make(b=fault).evaluate(ask(), split="validation")
    assert list(outcome.counted) == ["a"]
    assert outcome.not_counted["b"].startswith(reason)
    assert {row.site for row in outcome.rows} == {"a"}


def test_the_deadline_of_a_round_is_the_studys(make: Make, ask: Asks, clock: Clock) -> None:
    make(b=never_answers).train(3, ask(), control={})
    assert clock.now() == pytest.approx(60, abs=0.5)  # round_deadline_minutes: 1
