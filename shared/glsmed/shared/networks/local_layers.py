"""Which arrays of a study's model are shared, and which each site keeps for itself; decided by their names alone.

Normalisation layers kept at the sites: Li et al., FedBN, ICLR 2021, here with GroupNorm. The last layer kept at the
sites: Collins et al., FedRep, ICML 2021.
"""

import re

from glsmed.shared.protocol.strategy_settings import LocalLayers
from glsmed.shared.wire.model_manifest import ModelManifest

# as torchvision names them: bn1 or norm2 in a block, and the norm beside a shortcut's convolution, downsample.1
_NORM = re.compile(r"(^|\.)(bn\d*|norm\d*|downsample\.1)\.[a-z_]+$")
_HEAD = re.compile(r"^(fc|classifier)\.")


def is_local(name: str, kept: LocalLayers) -> bool:
    """Whether the array of this name stays at each site."""
    return (kept in ("norm", "norm_and_head") and bool(_NORM.search(name))) or (
        kept in ("head", "norm_and_head") and bool(_HEAD.search(name))
    )


def shared_manifest(manifest: ModelManifest, kept: LocalLayers) -> ModelManifest:
    """The arrays of a model that travel between centre and sites, in their order."""
    return manifest.without(spec.name for spec in manifest.arrays if is_local(spec.name, kept))
