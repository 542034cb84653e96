import copy

import pytest
import torch

from glsmed.benchmarks.comparison.network import MixedPrecision, network_named
from glsmed.shared.errors import UsageError

IMAGES = torch.rand(4, 1, 32, 32, generator=torch.Generator().manual_seed(0))


def test_mixed_precision_says_nearly_the_same_in_float32_and_learns() -> None:
    plain = network_named("resnet10_x0_25", 2, seed=1)
    mixed = MixedPrecision(copy.deepcopy(plain))
    with torch.no_grad():
        exact, rounded = plain(IMAGES), mixed(IMAGES)
    assert rounded.dtype == torch.float32
    assert 0 < float((exact - rounded).abs().max()) < 0.1 * float(exact.abs().max())
    mixed(IMAGES).square().sum().backward()
    plain(IMAGES).square().sum().backward()
    gradients = [[one.grad for one in net.parameters() if one.grad is not None] for net in (mixed, plain)]
    assert {one.dtype for one in gradients[0]} == {torch.float32}
    one, other = (torch.cat([gradient.flatten() for gradient in each]) for each in gradients)
    assert float(torch.cosine_similarity(one, other, dim=0)) > 0.9


def test_group_norms_of_mixed_precision_compute_in_float32() -> None:
    mixed, seen = MixedPrecision(network_named("resnet10_x0_25", 1, seed=0)), []
    norms = [module for module in mixed.modules() if isinstance(module, torch.nn.GroupNorm)]
    for norm in norms:
        norm.register_forward_hook(lambda _module, inputs, output: seen.append((inputs[0].dtype, output.dtype)))
    mixed(IMAGES)
    assert len(seen) == len(norms) > 0
    assert set(seen) == {(torch.float32, torch.float32)}


def test_a_network_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(UsageError, match=r"no network 'vgg'.*placed.*resnet18"):
        network_named("vgg", 1, seed=0)
