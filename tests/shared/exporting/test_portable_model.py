import torch
from torch import nn

from glsmed.shared.exporting.portable_model import PortableModel

IMAGES = torch.randint(0, 256, (3, 1, 4, 4), generator=torch.Generator().manual_seed(0)).byte()


def _network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(16, 2))


def test_grey_values_go_in_and_probabilities_come_out() -> None:
    network = _network()
    expected = network((IMAGES / 255 - 0.5) / 0.25).sigmoid()
    assert torch.allclose(PortableModel(network)(IMAGES), expected, atol=1e-6)


def test_offset_and_calibration_stand_behind_the_network() -> None:
    network, offset = _network(), torch.tensor([1.0, -2.0])
    expected = (network((IMAGES / 255 - 0.5) / 0.25) + offset).tanh()
    assert torch.allclose(PortableModel(network, offset=offset, calibration=nn.Tanh())(IMAGES), expected, atol=1e-6)
