"""Generalised cross-entropy: between cross-entropy (q = 0) and mean absolute error (q = 1)."""

from torch import Tensor

from glsmed.benchmarks.methods.method import Batch, Method, weighted_mean

Q = 0.7  # in the paper and the authors' code


class GeneralizedCrossEntropy(Method):
    """Zhang and Sabuncu, NeurIPS 2018 (arXiv 1805.07836), equation 6, per finding, on plain labels; not truncated."""

    name = "gce"

    def loss(self, logits: Tensor, batch: Batch) -> Tensor:
        """(1 - p_y^q)/q."""
        probability = logits.sigmoid()
        of_label = batch.targets * probability + (1 - batch.targets) * (1 - probability)
        return weighted_mean((1 - of_label.clamp_min(1e-6) ** Q) / Q, batch.weights)
