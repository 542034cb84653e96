import numpy as np
import pytest

from glsmed.server.rounds.shared_prior_fit import fit_shared_prior
from glsmed.shared.cue_calibration.cue_counts import CueCount
from glsmed.shared.cue_calibration.shared_prior import SharedPrior, prior_from_json


def site(*labels: tuple[str, int, int], prior: float = 0.5) -> list[CueCount]:
    return [
        CueCount(
            cue=f"en/{cue}", family="en/doubt", prior_mean=prior, prior_strength=4, trials=trials, successes=successes
        )
        for cue, trials, successes in labels
    ]


def test_without_counts_there_is_no_belief() -> None:
    assert fit_shared_prior([]) == SharedPrior(cues={}, families={})


def test_no_labels_leave_the_languages_belief() -> None:
    belief = fit_shared_prior([site(("possible", 0, 0), prior=0.3)]).cues["en/possible"]
    assert belief.mean == pytest.approx(0.3, abs=0.005)
    assert belief.strength == pytest.approx(4, rel=0.2)


def test_sites_that_agree_make_a_strong_prior_and_others_a_weak_one() -> None:
    alike = fit_shared_prior([site(("possible", 40, 10))] * 6).cues["en/possible"]
    apart = fit_shared_prior([site(("possible", 40, n)) for n in (0, 40, 2, 38, 1, 39)]).cues["en/possible"]
    assert alike.mean == pytest.approx(0.25, abs=0.03)
    assert alike.strength > 10 > 3 > apart.strength
    assert (alike.sites, alike.trials) == (6, 240)


def test_more_sites_draw_the_mean_to_theirs() -> None:
    means = [fit_shared_prior([site(("possible", 20, 2))] * n).cues["en/possible"].mean for n in (1, 3, 9)]
    assert 0.5 > means[0] > means[1] > means[2] > 0.1


def test_moments_are_those_of_a_further_site() -> None:
    """Against draws: sites from Beta(3, 9), many labels each, leave nothing but how sites differ."""
    rng = np.random.default_rng(0)
    sites = [site(("possible", 5000, int(rng.binomial(5000, rng.beta(3, 9))))) for _ in range(60)]
    belief = fit_shared_prior(sites).cues["en/possible"]
    assert belief.mean == pytest.approx(0.25, abs=0.04)
    assert belief.strength == pytest.approx(12, rel=0.35)


def test_a_family_moves_a_cue_with_few_labels() -> None:
    prior = fit_shared_prior([site(("possible", 200, 10), ("suspected", 1, 0))] * 3)
    assert prior.families["en/doubt"] < -0.5
    alone = fit_shared_prior([site(("suspected", 1, 0))] * 3)
    assert prior.cues["en/suspected"].mean < alone.cues["en/suspected"].mean


def test_languages_do_not_mix() -> None:
    german = [count.model_copy(update={"cue": "de/possible", "family": "de/doubt"}) for count in site(("x", 50, 50))]
    prior = fit_shared_prior([site(("possible", 50, 0)), german])
    assert prior.cues["en/possible"].mean < 0.3
    assert prior.cues["de/possible"].mean > 0.7


@pytest.mark.parametrize("sites", [1, 3])
@pytest.mark.parametrize(
    "extreme",
    [
        {"prior_mean": 5e-324},
        {"prior_mean": 1 - 1e-16},
        {"prior_strength": 5e-324},
        {"prior_strength": 1e4, "trials": 10**9, "successes": 5 * 10**8},
        {"prior_mean": 1e-9, "prior_strength": 1e4, "trials": 10**9, "successes": 10**9},
    ],
)
def test_the_most_extreme_counts_that_a_site_may_send_make_a_prior_that_sites_take(
    extreme: dict[str, float], sites: int
) -> None:
    usual = {"cue": "en/x", "family": "en/doubt", "prior_mean": 0.5, "prior_strength": 4, "trials": 9, "successes": 3}
    counts = [CueCount.model_validate({**usual, **extreme, "cue": f"en/x{number}"}) for number in range(100)]
    prior = fit_shared_prior([counts] * sites)
    assert prior_from_json(prior.model_dump_json()) == prior
