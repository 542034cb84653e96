"""Guards for negative smoothing rates: without them the loss has no lower bound and training diverges.

Four guards apply: a negative rate counts as 0 in the first rounds; it is capped at ``-cap``; it stops pulling where the
logit is beyond ``logit_limit``; and a monitor ends training, and says why, where the logits run away all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from glsmed.shared.errors import GlsmedError


class NegativeRatesError(GlsmedError):
    """Negative smoothing rates drive the logits away."""


@dataclass(frozen=True, slots=True)
class NegativeRateGuard:
    """How far negative rates may go.

    Attributes:
        cap: largest size of a negative rate.
        logit_limit: logit at which a negative rate stops pulling, see :func:`glsmed.shared.smoothing.soft_target_loss`.
        warm_up_rounds: rounds during which negative rates count as 0.
    """

    cap: float = 0.5
    logit_limit: float = 6.0
    warm_up_rounds: int = 3

    def targets(self, targets: Tensor, *, round_number: int) -> Tensor:
        """The soft targets that may be used in this round, counted from 1."""
        return self.capped(targets) if round_number > self.warm_up_rounds else targets.clamp(0, 1)

    def capped(self, targets: Tensor) -> Tensor:
        """The soft targets with no rate below ``-cap``: they go at most ``cap / 2`` beyond [0, 1]."""
        return targets.clamp(-self.cap / 2, 1 + self.cap / 2)

    def limit(self, targets: Tensor) -> float | None:
        """The logit limit if any rate is negative, else None: r >= 0 needs no guard and costs nothing."""
        return self.logit_limit if bool(has_negative_rate(targets).any()) else None


def has_negative_rate(targets: Tensor) -> Tensor:
    """Which soft targets have a negative rate: those outside [0, 1]."""
    return (targets < 0) | (targets > 1)


class LogitMonitor:
    """Watches the logits of cells with a negative rate, by finding, without waiting for the device.

    Args:
        findings: names of the K findings.
        guard: logits whose mean size is above twice its ``logit_limit`` are running away.

    Attributes:
        sums: ``(2, K)`` summed sizes and counts; those of monitors that each saw a part add up to those of the whole.
    """

    def __init__(self, findings: Sequence[str], guard: NegativeRateGuard, *, device: torch.device) -> None:
        self._findings = tuple(findings)
        self._guard = guard
        self.sums = torch.zeros(2, len(self._findings), device=device)

    @torch.no_grad()
    def see(self, logits: Tensor, targets: Tensor, weight: Tensor) -> None:
        """Count in a batch of ``(N, K)`` logits, soft targets and weights."""
        negative = has_negative_rate(targets) & (weight > 0)
        self.sums += torch.stack([(logits.float().abs() * negative).sum(0), negative.sum(0)])

    def mean_sizes(self) -> Tensor:
        """``(K,)`` mean size of the logits seen; 0 for a finding without a negative rate."""
        return self.sums[0] / self.sums[1].clamp_min(1)

    def check(self) -> None:
        """Raise if logits run away; waits for the device, so call it once a round.

        Raises:
            NegativeRatesError: naming the finding, how large its logits are, and what to do.
        """
        limit = 2 * self._guard.logit_limit
        for finding, size in zip(self._findings, self.mean_sizes().tolist(), strict=True):
            if not size <= limit:
                raise NegativeRatesError(
                    f"{finding}: logits of cells with a negative rate are {size:.3g} on average, more than {limit:g}: "
                    "the loss is running away; set labels.negative_rates to off in study.yaml"
                )
