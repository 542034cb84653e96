import pytest
import torch

from glsmed.client.learning.gold_gate import decide_mixing


def _losses(shift: float, noise: float, n: int = 100) -> dict[float, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    plain = torch.rand(n, generator=generator) + 0.3
    difference = torch.randn(n, generator=generator)
    return {0.0: plain, 1.0: plain - shift - noise * (difference - difference.mean())}


@pytest.mark.parametrize(("shift", "mixing"), [(0.11, 1.0), (0.09, 0.0), (-0.2, 0.0)])
def test_gate_opens_beyond_one_standard_error(shift: float, mixing: float) -> None:
    losses = _losses(shift, 1.0)
    decision = decide_mixing(losses)
    expected = float((losses[0.0] - losses[1.0]).std()) / 10
    assert decision.mixing == mixing
    assert 0.09 < expected < 0.11
    if shift > 0:
        assert decision.gain == pytest.approx(shift, abs=1e-5)
        assert decision.standard_error == pytest.approx(expected, rel=1e-4)


def test_gate_takes_the_best_of_several() -> None:
    losses = _losses(0.2, 0.1)
    losses[0.5] = losses[0.0] - 0.3
    assert decide_mixing(losses).mixing == 0.5


def test_little_gold_keeps_the_gate_shut_and_says_so() -> None:
    decision = decide_mixing(_losses(5.0, 0.0, n=49))
    assert decision.mixing == 0
    assert "49 held-out gold cells, at least 50 are needed" in decision.reason


def test_no_gold_keeps_the_gate_shut() -> None:
    assert decide_mixing({0.0: torch.zeros(0), 1.0: torch.zeros(0)}, least_gold=0).mixing == 0


def test_nothing_to_compare_with_is_refused() -> None:
    with pytest.raises(ValueError, match="on the same cells"):
        decide_mixing({0.5: torch.zeros(3)})
    with pytest.raises(ValueError, match="on the same cells"):
        decide_mixing({0.0: torch.zeros(3), 1.0: torch.zeros(4)})
