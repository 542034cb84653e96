import torch

from glsmed.benchmarks.methods.catalogue import make_method
from glsmed.benchmarks.methods.method import Batch


def _loss(name: str, logits: torch.Tensor, targets: torch.Tensor) -> float:
    zeros, rows = torch.zeros_like(targets), torch.arange(len(targets))
    batch = Batch(torch.empty(0), rows, targets, torch.ones_like(targets), zeros, epoch=0, progress=0.0)
    return float(make_method(name).loss(logits, batch))


def test_where_image_and_words_agree_it_punishes_a_confident_model_less_than_the_words_alone() -> None:
    logits, doubted = torch.tensor([[3.0], [-3.0]]), torch.tensor([[0.7], [0.3]])
    assert _loss("gls-image-informed", logits, doubted) < _loss("gls-lexicon", logits, doubted)


def test_certain_statements_cost_what_they_cost() -> None:
    logits, certain = torch.tensor([[3.0], [-3.0]]), torch.tensor([[0.0], [1.0]])
    assert _loss("gls-image-informed", logits, certain) == _loss("gls-lexicon", logits, certain)
