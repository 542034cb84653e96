import pytest

from glsmed.benchmarks.attacks.spread import mean_and_range


@pytest.mark.parametrize(
    ("values", "form", "expected"),
    [
        ([1.0, 2.0, 6.0], "{:.1f}", "3.0 (1.0 to 6.0)"),
        ([-0.25], "{:+.2f}", "-0.25 (-0.25 to -0.25)"),
        ([40.0, 60.0], "{:.0f} %", "50 % (40 % to 60 %)"),
        ([], "{:.2f}", "–"),
    ],
)
def test_mean_and_range(values: list[float], form: str, expected: str) -> None:
    assert mean_and_range(values, form) == expected
