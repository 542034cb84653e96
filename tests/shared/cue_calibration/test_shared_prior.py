import pytest

from glsmed.shared.cue_calibration.shared_prior import SharedBelief, SharedPrior, prior_from_json
from glsmed.shared.errors import WireError


def test_a_prior_comes_back_as_it_was_sent() -> None:
    belief = SharedBelief(mean=0.3, strength=12.5, sites=3, trials=120)
    prior = SharedPrior(cues={"en/possible": belief}, families={"en/doubt": -0.25})
    assert prior_from_json(prior.model_dump_json()) == prior


@pytest.mark.parametrize(
    ("families", "mean"), [("NaN", 0.5), ("1e308", 0.5), ("-21", 0.5), ("0", 5e-324), ("0", 1 - 1e-12)]
)
def test_a_prior_that_would_break_a_sites_sums_is_refused(families: str, mean: float) -> None:
    text = '{"cues": {"en/x": {"mean": %r, "strength": 1, "sites": 1, "trials": 1}}, "families": {"en/doubt": %s}}'
    with pytest.raises(WireError, match="not as agreed"):
        prior_from_json(text % (mean, families))
