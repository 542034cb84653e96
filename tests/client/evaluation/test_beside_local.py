import pytest

from glsmed.client.evaluation.beside_local import beside_local

OURS = {"effusion": {"auroc": 0.8, "log_loss": 0.4}, "nodule": {"auroc": 0.6, "log_loss": 0.5}, "mass": {"auroc": 0.9}}


def test_both_models_are_compared_on_the_findings_that_both_have() -> None:
    own = {"effusion": {"auroc": 0.85, "log_loss": 0.5}, "nodule": {"auroc": 0.65, "log_loss": 0.6}}
    assert beside_local(OURS, own) == (
        "The study's model has a mean AUROC of 0.700 over 2 findings on this site's test patients, the best model that "
        "the site trained alone has 0.750: the site's own model ranks better, by 0.050. Mean log-loss is 0.450 against "
        "0.550: the study's model says probabilities better, by 0.100."
    )


@pytest.mark.parametrize(
    ("own", "verdict"), [(0.7, "the study's model ranks better, by 0.100"), (0.8002, "the two do equally well")]
)
def test_the_verdict_follows_the_difference(own: float, verdict: str) -> None:
    assert beside_local(OURS, {"effusion": {"auroc": own}}).endswith(f"{verdict}.")


def test_without_a_common_finding_nothing_is_said() -> None:
    assert beside_local(OURS, {"hernia": {"auroc": 0.5}}) == ""
    assert beside_local(OURS, {}) == ""
