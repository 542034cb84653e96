"""Which arrays of a study's model are shared, and which each site keeps for itself.

Normalisation layers kept at the sites: Li et al., FedBN, ICLR 2021, here with GroupNorm. The last layer kept at the
sites: Collins et al., FedRep, ICML 2021.
"""

from torch import nn

from glsmed.shared.networks.parts import head_names, norm_names
from glsmed.shared.protocol.strategy_settings import LocalLayers


def local_names(model: nn.Module, kept: LocalLayers) -> frozenset[str]:
    """Names of the arrays that stay at each site."""
    names: frozenset[str] = frozenset()
    if kept in ("norm", "norm_and_head"):
        names |= norm_names(model)
    if kept in ("head", "norm_and_head"):
        names |= head_names(model)
    return names
