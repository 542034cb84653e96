from glsmed.benchmarks.privacy_cost.cohorts import Cost, Job
from glsmed.benchmarks.privacy_cost.cost_table import cost_markdown


def _cost(epsilon: float | None, seed: int, auroc: float) -> Cost:
    noise = 0.0 if epsilon is None else 4.42
    return Cost(Job(500, epsilon, seed), 32, noise, 320, epsilon, auroc)


def test_a_line_has_mean_range_and_what_is_lost_seed_by_seed() -> None:
    table = cost_markdown([_cost(1.0, 0, 0.6), _cost(1.0, 1, 0.7), _cost(None, 0, 0.7), _cost(None, 1, 0.9)])
    _, _, private, plain = table.splitlines()
    assert private == "| 500 | 32 | 320 | 1 | 4.42 | 0.650 (0.600 to 0.700) | -15.0 |"
    assert plain == "| 500 | 32 | 320 | none | – | 0.800 (0.700 to 0.900) | – |"
