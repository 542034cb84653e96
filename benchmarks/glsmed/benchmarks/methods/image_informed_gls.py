"""GLS without gold: the words' targets, moved towards what words and image say together."""

import torch
from torch import Tensor

from glsmed.benchmarks.methods.lexicon_gls import LexiconGls
from glsmed.benchmarks.methods.method import Batch
from glsmed.client.learning.image_informed import image_informed_targets
from glsmed.shared.protocol.study import DEFAULT_IMAGE_SHARE
from glsmed.shared.smoothing import soft_target_loss


class ImageInformedGls(LexiconGls):
    """See :mod:`glsmed.client.learning.image_informed`; the base rate is the site's offset."""

    name = "gls-image-informed"

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """Cross-entropy with targets of this step's own."""
        targets = image_informed_targets(logits, batch.targets, batch.offsets, torch.tensor(DEFAULT_IMAGE_SHARE))
        return soft_target_loss(logits, targets, batch.weights)
