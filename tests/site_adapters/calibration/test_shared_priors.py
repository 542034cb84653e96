from pathlib import Path

import numpy as np
import pytest

from glsmed.server.rounds.shared_prior_fit import fit_shared_prior
from glsmed.shared.cue_calibration.cue_counts import counts_from_json, counts_to_json
from glsmed.shared.cue_calibration.shared_prior import MOST_SHIFT, SharedBelief, SharedPrior
from glsmed.site_adapters.calibration.calibration import calibrate
from glsmed.site_adapters.calibration.evaluation import evaluate
from glsmed.site_adapters.calibration.gold_cells import gold_cells
from glsmed.site_adapters.calibration.shared_priors import count_cues, load_shared_prior, shared_cue_priors
from glsmed.site_adapters.reading.reader import Reader


def test_labels_are_counted_by_cue_with_language_and_prior(english: Reader) -> None:
    texts = {"a": "Possible effusion.", "b": "Possible mass. No effusion."}
    gold = {("a", "effusion"): 1, ("b", "mass"): 0, ("b", "effusion"): 0, ("b", "nodule"): 0}
    counts = {count.cue: count for count in count_cues(english.adapter, gold_cells(english, texts, gold))}
    assert {cue: (count.trials, count.successes) for cue, count in counts.items()} == {
        "en/possible": (2, 1),
        "en/negated": (1, 0),
    }
    prior = english.adapter.cues["possible"].prior
    assert prior is not None
    assert (counts["en/possible"].prior_mean, counts["en/possible"].prior_strength) == (prior.mean, prior.strength)


@pytest.mark.parametrize("text", ["Probably no effusion.", "Effusion versus mass versus nodule."])
def test_what_counts_no_cue_by_itself_is_left_out(english: Reader, text: str) -> None:
    assert count_cues(english.adapter, gold_cells(english, {"a": text}, {("a", "effusion"): 0})) == []


def test_a_shared_belief_replaces_a_prior_and_a_family_moves_the_rest(english: Reader) -> None:
    belief = SharedBelief(mean=0.11, strength=30, sites=3, trials=100)
    family = f"en/{english.adapter.cues['possible'].family}"
    beliefs = shared_cue_priors(english.adapter, SharedPrior(cues={"en/possible": belief}, families={family: -1.0}))
    assert (beliefs["possible"].mean, beliefs["possible"].strength) == (0.11, 30)
    relatives = [cue for cue in english.adapter.cues.values() if f"en/{cue.family}" == family and cue.prior]
    assert set(beliefs) == {cue.id for cue in relatives}
    for cue in relatives:
        if cue.id != "possible" and cue.prior:
            assert beliefs[cue.id].mean < cue.prior.mean


@pytest.mark.parametrize("shift", [-MOST_SHIFT, MOST_SHIFT])
def test_the_farthest_shift_that_may_be_sent_leaves_beliefs_that_can_be_calibrated(
    english: Reader, shift: float
) -> None:
    families = {f"en/{cue.family}" for cue in english.adapter.cues.values()}
    beliefs = shared_cue_priors(english.adapter, SharedPrior(cues={}, families=dict.fromkeys(families, shift)))
    answer = calibrate(english.adapter, [], beliefs)(english.read("Possible mass.").cells["mass"])[0]
    assert abs(answer - (shift > 0)) == pytest.approx(0.0001, abs=1e-5)


def test_another_languages_belief_changes_nothing(english: Reader) -> None:
    belief = SharedBelief(mean=0.11, strength=30, sites=3, trials=100)
    assert shared_cue_priors(english.adapter, SharedPrior(cues={"de/possible": belief}, families={})) == {}


def test_the_centres_json_is_the_file(tmp_path: Path) -> None:
    prior = SharedPrior(cues={"en/possible": SharedBelief(mean=0.1, strength=3, sites=2, trials=9)}, families={})
    (tmp_path / "shared.yaml").write_text(prior.model_dump_json())
    assert load_shared_prior(tmp_path / "shared.yaml") == prior


def test_a_site_without_labels_reads_better_with_what_others_counted(english: Reader) -> None:
    """Three sites where "possible" holds in one of ten; a fourth, alike, has no gold label."""
    rng = np.random.default_rng(4)
    sites = []
    for _ in range(4):
        texts = {str(at): "Possible effusion." for at in range(60)}
        gold = {(str(at), "effusion"): int(rng.uniform() < 0.1) for at in range(60)}
        sites.append(gold_cells(english, texts, gold))
    counts = [counts_from_json(counts_to_json(count_cues(english.adapter, cells))) for cells in sites[:3]]
    prior = SharedPrior.model_validate_json(fit_shared_prior(counts).model_dump_json())
    calibration = calibrate(english.adapter, [], shared_cue_priors(english.adapter, prior))
    alone, shared = evaluate(sites[3]).hedged.brier, evaluate(sites[3], calibration).hedged.brier
    assert alone is not None
    assert shared is not None
    assert shared < alone - 0.02
    assert calibration(english.read("Possible mass.").cells["mass"])[0] == pytest.approx(0.12, abs=0.05)
