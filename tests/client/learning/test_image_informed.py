import pytest
import torch

from glsmed.client.learning.image_informed import image_informed_targets
from glsmed.shared.smoothing import soft_target_loss


def _logit(probability: float) -> float:
    return float(torch.tensor(probability, dtype=torch.float64).logit())


@pytest.mark.parametrize(
    ("image", "words", "base", "expected"),
    [
        (0.5, 0.3, 0.5, 0.3),  # the picture says nothing: the words alone
        (0.9, 0.5, 0.5, 0.9),  # the words say nothing: the picture alone
        (0.3, 0.3, 0.3, 0.3),  # words as common as the finding say nothing new either
        (0.8, 0.8, 0.5, 16 / 17),  # odds of 4 times odds of 4
        (0.8, 0.2, 0.5, 0.5),  # they contradict each other
        (0.5, 0.5, 0.2, 0.8),  # odds 1 x 1 over base odds of 1/4
    ],
)
def test_words_and_image_together_follow_bayes_rule(image: float, words: float, base: float, expected: float) -> None:
    logits, targets = torch.tensor([[_logit(image)]]), torch.tensor([[words]])
    together = image_informed_targets(logits, targets, torch.tensor([[_logit(base)]]), torch.ones(1))
    assert float(together) == pytest.approx(expected, abs=1e-6)


def test_the_share_lies_between_words_and_both_and_is_one_for_each_finding() -> None:
    logits, targets = torch.tensor([[2.0, 2.0, 2.0]]), torch.full((1, 3), 0.4)
    shares = torch.tensor([0.0, 0.5, 1.0])
    words, half, both = image_informed_targets(logits, targets, None, shares)[0].tolist()
    assert words == pytest.approx(0.4)
    assert half == pytest.approx((words + both) / 2)


@pytest.mark.parametrize("certain", [0.0, 1.0, -0.2, 1.3])
def test_certain_targets_stay_whatever_the_image_says(certain: float) -> None:
    for logit in (-50.0, 50.0):
        targets = image_informed_targets(torch.tensor([[logit]]), torch.tensor([[certain]]), None, torch.ones(1))
        assert float(targets) == pytest.approx(certain)


def test_extreme_logits_and_words_give_numbers() -> None:
    logits = torch.tensor([[-200.0, 200.0, 200.0]])
    targets = image_informed_targets(logits, torch.tensor([[1e-9, 1e-9, 1 - 1e-7]]), None, torch.ones(3))
    assert bool(((targets >= 0) & (targets <= 1)).all())


def test_the_gradient_is_that_of_the_likelihood_of_the_words() -> None:
    """With the whole share, sigmoid(z) - t is the gradient of -log(p P(words|1) + (1 - p) P(words|0))."""
    logits = torch.tensor([[0.7, -1.3, 2.1]], dtype=torch.float64, requires_grad=True)
    base = torch.tensor([[0.2, -0.4, 0.1]], dtype=torch.float64)
    targets = torch.tensor([[0.3, 0.6, 0.9]], dtype=torch.float64)
    informed = image_informed_targets(logits, targets, base, torch.ones(3))
    (gradient,) = torch.autograd.grad(soft_target_loss(logits, informed, reduction="sum"), logits)

    ratio = torch.exp(targets.logit() - base)  # P(words | 1) / P(words | 0)
    probability = logits.sigmoid()
    likelihood = -torch.log(probability * ratio + 1 - probability).sum()
    (expected,) = torch.autograd.grad(likelihood, logits)
    torch.testing.assert_close(gradient, expected, rtol=1e-5, atol=1e-6)
