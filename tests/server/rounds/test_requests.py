from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import numpy as np
import pytest
from flwr.clientapp import ClientApp

from glsmed.benchmarks.federation.local_grid import LocalGrid, Misbehaviour
from glsmed.server.folders.run_folder import MetricRow
from glsmed.server.folders.checkpoints import Checkpoint, CheckpointFolder
from glsmed.server.rounds.outgoing import OutgoingModels
from glsmed.server.rounds.requests import Ask, RoundRequests
from glsmed.server.rounds.site_messenger import Clock, SiteMessenger
from glsmed.shared.errors import PrivacyError
from glsmed.shared.protocol.packed_model import Arrays
from glsmed.shared.protocol.study import Study
from tests.misbehaving_sites import changes_arrays, claims, never_answers, raises

MakeSite = Callable[..., ClientApp]
Make = Callable[..., RoundRequests]

MODEL: Arrays = {"weight": np.array([1.0, 2.0], dtype=np.float32), "batches": np.array([4])}
SITES = {"a": 100, "b": 101}


@pytest.fixture
def make(study: Study, make_site: MakeSite, clock: Clock, tmp_path: Path) -> Make:
    """Requests to two sites: ``a`` adds 1 and counts 10 cells, ``b`` adds 4 and counts 20."""

    def requests(**faults: Misbehaviour) -> RoundRequests:
        apps = {"a": make_site("a", step=1.0, cells=10), "b": make_site("b", step=4.0, cells=20)}
        grid = LocalGrid(apps, misbehaviours=faults, clock=clock)
        messenger = SiteMessenger(grid, lambda: grid.nodes, clock=clock, on_wait=lambda: None)
        models = OutgoingModels(tmp_path, study.federation.precision)
        return RoundRequests(messenger, study, LAYOUT, rule=FedAvg(), models=models)

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


def test_training_gives_the_mean_by_cells_and_who_counted(make: Make) -> None:
    outcome = make().train(3, MODEL, sites=SITES)
    assert outcome.model["weight"].tolist() == [4.0, 5.0]  # (10 * 1 + 20 * 4) / 30 = 3 is added
    assert outcome.counted == {"a": 10, "b": 20}
    assert outcome.not_counted == {}


def test_the_numbers_of_an_update_are_rows_of_its_round(make: Make) -> None:
    outcome = make().train(3, MODEL, sites={"a": 100})
    assert outcome.rows == [
        MetricRow(3, "train", "a", "reports", "", metric, value)
        for metric, value in [("loss", 0.5), ("training_cells", 10), ("steps", 10), ("seconds", 1.0)]
    ]


REFUSED: list[tuple[Misbehaviour, str]] = [
    (raises(PrivacyError("closed")), "PrivacyError (the site's egress policy does not allow it)"),
    (never_answers, "late"),
    (claims(round=2), "refused: round: expected 3, got 2"),
    (claims(note="a word"), "refused: Update: record 'head': unknown key 'note'"),
    (changes_arrays(lambda array: array[:1]), "refused: array 'weight' has shape (1,), expected (2,)"),
]


@pytest.mark.parametrize(("fault", "reason"), REFUSED)
def test_an_update_that_may_not_count_is_named_and_leaves_no_trace(make: Make, fault: Misbehaviour, reason: str) -> None:
    outcome = make(b=fault).train(3, MODEL, sites=SITES)
    assert outcome.model["weight"].tolist() == [2.0, 3.0]
    assert outcome.counted == {"a": 10}
    assert outcome.not_counted["b"].startswith(reason)
    assert {row.site for row in outcome.rows} == {"a"}


def test_without_an_update_there_is_no_model(make: Make) -> None:
    outcome = make(a=never_answers, b=never_answers).train(3, MODEL, sites=SITES)
    assert (dict(outcome.model), outcome.counted) == ({}, {})
    assert outcome.not_counted == {"a": "late", "b": "late"}


def test_an_evaluation_gives_each_number_with_its_finding_and_reference(make: Make) -> None:
    outcome = make().evaluate(3, MODEL, split="validation", sites={"a": 100})
    assert outcome.rows == [
        MetricRow(3, "validation", "a", "gold", finding, metric, value)
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
def test_an_evaluation_that_may_not_count_is_named(make: Make, fault: Misbehaviour, reason: str) -> None:
    outcome = make(b=fault).evaluate(3, MODEL, split="validation", sites=SITES)
    assert list(outcome.counted) == ["a"]
    assert outcome.not_counted["b"].startswith(reason)
    assert {row.site for row in outcome.rows} == {"a"}


def test_the_deadline_of_a_round_is_the_studys(make: Make, clock: Clock) -> None:
    make(b=never_answers).train(1, MODEL, sites=SITES)
    assert clock.now() == pytest.approx(60, abs=0.5)  # round_deadline_minutes: 1
