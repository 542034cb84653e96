"""The sum against the plain weighted mean, whoever drops out, and what of it the centre refuses."""

from pathlib import Path

import numpy as np
import pytest
from flwr.app import Message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from glsmed.benchmarks.federation.local_grid import Ask, Misbehaviour
from glsmed.shared.secure_aggregation.decision import norm_of
from glsmed.shared.secure_aggregation.fixed_point import FixedPoint, weight_bits
from glsmed.shared.secure_aggregation.masked_form import Counts
from tests.masked_sites import NAMES, MaskedRound, roster_of, study_of
from tests.misbehaving_sites import changes_arrays, claims, never_answers, only, raises

SIZE = 40
FOUR = NAMES[:4]
Change = tuple[NDArray[np.float32], Counts]


def changes_of(names: tuple[str, ...], *, seed: int = 0, scale: float = 0.05) -> dict[str, Change]:
    rng = np.random.default_rng(seed)
    made = {}
    for name in names:
        cells = int(rng.integers(10, 5000))
        made[name] = rng.normal(0, scale, SIZE).astype(np.float32), Counts(cells, int(rng.integers(1, cells)))
    return made


def mean_of(changes: dict[str, Change], names: tuple[str, ...], *, by: str = "cells") -> NDArray[np.float64]:
    weights = [getattr(changes[name][1], by) for name in names]
    return np.asarray(np.average([changes[name][0].astype(np.float64) for name in names], axis=0, weights=weights))


def masked(
    root: Path, changes: dict[str, Change], misbehaviours: dict[str, Misbehaviour] | None = None, **federation: object
) -> MaskedRound:
    return MaskedRound(root, study_of(**federation), changes, roster_of(tuple(changes)), misbehaviours or {})


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.integers(3, 6), st.integers(0, 2**31), st.sampled_from([1e-5, 0.05, 10.0]), st.booleans(), st.booleans())
def test_the_mean_is_the_plain_one_to_quantisation(
    tmp_path_factory: pytest.TempPathFactory, sites: int, seed: int, scale: float, by_patients: bool, drops: bool
) -> None:
    names = NAMES[:sites]
    changes = changes_of(names, seed=seed, scale=scale)
    silent = names[seed % sites] if drops and sites > 3 else None
    alive = tuple(name for name in names if name != silent)
    by = "patients" if by_patients else "cells"
    round_ = masked(
        tmp_path_factory.mktemp("round"),
        changes,
        {} if silent is None else {silent: only(never_answers)},
        aggregation={"weights": by},
    )
    outcome = round_.run()
    weights = {name: getattr(counts, by) for name, (_, counts) in changes.items()}
    bits = max(weight_bits(weight) for weight in weights.values())
    step = FixedPoint(sites, bits, norm_of(round_.study)).step(sum(weights[name] for name in alive))
    error = np.abs(round_.mean(outcome) - mean_of(changes, alive, by=by)).max()
    assert error <= step * (1 + 1e-6) + 1e-6 * scale
    assert sorted(outcome.counted) == list(alive)


def test_the_counts_are_in_the_sum(tmp_path: Path) -> None:
    changes = changes_of(FOUR)
    (update,) = masked(tmp_path, changes).run().updates
    assert update.facts.cells == sum(counts.cells for _, counts in changes.values())
    assert update.facts.patients == sum(counts.patients for _, counts in changes.values())


def test_one_of_four_drops_out_after_it_shared_its_secrets(tmp_path: Path) -> None:
    changes = changes_of(FOUR)
    round_ = masked(tmp_path, changes, {"birch": only(never_answers)})
    outcome = round_.run()
    assert outcome.not_counted == {"birch": "late"}
    expected = mean_of(changes, ("ash", "cedar", "dogwood"))
    np.testing.assert_allclose(round_.mean(outcome), expected, atol=1e-6)


def test_one_of_four_drops_out_after_its_update(tmp_path: Path) -> None:
    """Its update is in the sum: three shares of its own mask are enough."""
    changes = changes_of(FOUR)
    round_ = masked(tmp_path, changes, {"birch": only(never_answers, kinds=("query.secure_unmask",))})
    outcome = round_.run()
    assert outcome.not_counted == {}
    np.testing.assert_allclose(round_.mean(outcome), mean_of(changes, FOUR), atol=1e-6)


@pytest.mark.parametrize("step", ["query.secure_keys", "query.secure_shares"])
def test_one_that_gives_no_keys_or_shares_is_left_out_before_training(tmp_path: Path, step: str) -> None:
    changes = changes_of(FOUR)
    round_ = masked(tmp_path, changes, {"birch": only(never_answers, kinds=(step,))})
    outcome = round_.run()
    assert outcome.not_counted == {"birch": "late"}
    np.testing.assert_allclose(round_.mean(outcome), mean_of(changes, ("ash", "cedar", "dogwood")), atol=1e-6)


@pytest.mark.parametrize("step", ["query.secure_keys", "query.secure_shares", "train", "query.secure_unmask"])
def test_two_of_three_make_no_sum(tmp_path: Path, step: str) -> None:
    round_ = masked(tmp_path, changes_of(NAMES[:3]), {"birch": only(never_answers, kinds=(step,))})
    outcome = round_.run()
    assert outcome.updates == []
    assert outcome.counted == {}
    assert outcome.not_counted["birch"] == "late"
    assert outcome.not_counted["ash"].startswith("no sum: ")


def test_an_error_of_a_site_is_named(tmp_path: Path) -> None:
    round_ = masked(tmp_path, changes_of(FOUR), {"birch": only(raises(RuntimeError("disk full")))})
    assert round_.run().not_counted == {"birch": "RuntimeError"}


def test_a_site_that_is_not_on_the_roster_is_not_asked(tmp_path: Path) -> None:
    round_ = MaskedRound(tmp_path, study_of(), changes_of(FOUR), roster_of(NAMES[:3]))
    outcome = round_.run()
    assert outcome.not_counted == {"dogwood": "it is not on the roster that the hospitals approved"}
    assert sorted(outcome.counted) == list(NAMES[:3])


@pytest.mark.parametrize(
    ("misbehaviour", "reason"),
    [
        (claims(round=7), "round: expected 1, got 7"),
        (claims(update_digest="ab" * 32), "digest"),
        (claims(model_digest="cd" * 32), "model"),
        (claims(seconds=-1.0), "seconds"),
        (changes_arrays(lambda array: array[:-1]), "record 'model'"),
        (changes_arrays(lambda array: array.astype(np.float32)), "record 'model'"),
    ],
)
def test_a_reply_that_does_not_fit_does_not_count(tmp_path: Path, misbehaviour: Misbehaviour, reason: str) -> None:
    changes = changes_of(FOUR)
    round_ = masked(tmp_path, changes, {"birch": only(misbehaviour)})
    outcome = round_.run()
    assert reason in outcome.not_counted["birch"]
    np.testing.assert_allclose(round_.mean(outcome), mean_of(changes, ("ash", "cedar", "dogwood")), atol=1e-6)


def test_a_site_that_adds_noise_of_any_size_ends_in_one_clear_refusal(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 2**32, SIZE + 2, dtype=np.uint32)
    outcome = masked(
        tmp_path, changes_of(FOUR), {"birch": only(changes_arrays(lambda array: array.astype(np.uint32) + noise))}
    ).run()
    assert outcome.updates == []
    assert all(reason.startswith("no sum: ") for reason in outcome.not_counted.values())


def _wrong_share(task: Message, ask: Ask) -> Message:
    reply = ask(task)
    head = reply.content.config_records["head"]
    head["sealed"] = str(head["sealed"]).replace("0", "1")
    return reply


def test_a_wrong_share_is_noticed(tmp_path: Path) -> None:
    round_ = masked(tmp_path, changes_of(FOUR), {"birch": only(_wrong_share, kinds=("query.secure_unmask",))})
    reasons = set(round_.run().not_counted.values())
    assert len(reasons) == 1
    assert reasons.pop().endswith("do not fit: a site gave a wrong one")


def test_a_second_round_has_other_masks(tmp_path: Path) -> None:
    round_ = masked(tmp_path, changes_of(NAMES[:3]))
    round_.run()
    first = round_.sent("ash")
    round_.run(2, model="cd" * 32)
    assert (round_.sent("ash") == first).mean() < 0.1
