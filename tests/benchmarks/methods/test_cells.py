import torch
from torch import Tensor

from glsmed.benchmarks.methods.cells import Cells, cells_of
from glsmed.benchmarks.simulator.hospital_data import UNMENTIONED, simulate
from glsmed.benchmarks.simulator.scenarios import SCENARIOS
from glsmed.benchmarks.simulator.synthetic import SyntheticPictures


def test_cells_of_all_sites_with_their_gold_and_posteriors() -> None:
    hospitals = simulate(SyntheticPictures(28), SCENARIOS["case-dependent"], studies=60, seed=0)
    rows = [torch.arange(40)] * 3
    cells = cells_of(hospitals, rows, [torch.arange(10), torch.arange(0), torch.arange(40)])
    assert cells.state.shape == (120, 5)
    assert torch.equal(cells.site.bincount(), torch.tensor([40, 40, 40]))
    assert (~torch.isnan(cells.gold)).sum(1).reshape(3, 40).sum(1).tolist() == [50, 0, 200]
    assert torch.equal(cells.gold[80:], hospitals[2].truth[:40])
    middle = slice(40, 80)
    assert torch.equal(cells.posterior[middle], cells.probability[middle])
    assert not torch.equal(cells.posterior[80:], cells.probability[80:])


def test_posteriors_come_closer_to_what_the_words_mean_at_the_site() -> None:
    hospitals = simulate(SyntheticPictures(28), SCENARIOS["case-dependent"], studies=900, seed=0)
    rows = [torch.arange(900)] * 3
    cells = cells_of(hospitals, rows, [torch.arange(300)] * 3)
    truth = torch.cat([hospital.truth for hospital in hospitals])
    assert _error(cells.posterior, cells, truth) < _error(cells.probability, cells, truth)


def test_a_site_without_gold_learns_what_words_mean_from_the_counts_of_another() -> None:
    hospital = simulate(SyntheticPictures(28), SCENARIOS["case-dependent"], studies=900, seed=0)[0]
    rows, gold = [torch.arange(900)] * 2, [torch.arange(0), torch.arange(300)]
    alone, shared = (cells_of([hospital] * 2, rows, gold, shared=shared) for shared in (False, True))
    first = slice(0, 900)
    assert torch.equal(alone.posterior[first], alone.probability[first])
    truth = torch.cat([hospital.truth, torch.full_like(hospital.truth, torch.nan)])
    assert _error(shared.posterior, shared, truth) < _error(alone.posterior, alone, truth)


def _error(said: Tensor, cells: Cells, truth: Tensor) -> float:
    """The mean squared error of cells that were read and have no gold."""
    counted = torch.isnan(cells.gold) & (cells.state != UNMENTIONED) & ~torch.isnan(truth)
    return float((said - truth)[counted].square().mean())
