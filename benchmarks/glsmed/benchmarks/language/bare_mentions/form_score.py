"""Whether a form of bare mentions means something else than the others, and whether that holds at another hospital."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from glsmed.benchmarks.language.bare_mentions.mentions import BareMention, Form
from glsmed.site_adapters.adapter.adapter import Beta
from glsmed.site_adapters.calibration.scores import log_losses

REPEATS = 1000
SYSTEMS = ("A", "B")
_PRIOR = Beta(0.92, 10)
_INTERVAL = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class FormDifference:
    """How often mentions of a form were indexed, and how often others were.

    Attributes:
        form: tried and indexed; ``others`` are those of all other bare mentions.
        difference: of the shares, with its interval (95 %, by resampling reports).
    """

    form: tuple[int, int]
    others: tuple[int, int]
    difference: float
    low: float
    high: float

    @property
    def differs(self) -> bool:
        """Whether the difference lies beyond its interval."""
        return self.low > 0 or self.high < 0

    def as_dict(self) -> dict[str, object]:
        """As it is printed."""
        return {
            "indexed": f"{self.form[1]} of {self.form[0]}",
            "others": f"{self.others[1]} of {self.others[0]}",
            "difference": round(self.difference, 3),
            "interval": [round(self.low, 3), round(self.high, 3)],
        }


def difference(mentions: Sequence[BareMention], form: Form) -> FormDifference | None:
    """The difference that a form makes; None where no mention has it, or every one."""
    counts = _counts(mentions, form)
    inside, outside = counts.sum(0)[:2], counts.sum(0)[2:]
    if not (inside[0] and outside[0]):
        return None
    rng = np.random.default_rng(len(mentions))
    drawn = rng.integers(len(counts), size=(REPEATS, len(counts)))
    sums = counts[drawn].sum(1)
    kept = sums[(sums[:, 0] > 0) & (sums[:, 2] > 0)]
    low, high = np.percentile(kept[:, 1] / kept[:, 0] - kept[:, 3] / kept[:, 2], _INTERVAL).tolist()
    return FormDifference(
        (int(inside[0]), int(inside[1])),
        (int(outside[0]), int(outside[1])),
        float(inside[1] / inside[0] - outside[1] / outside[0]),
        low,
        high,
    )


def _counts(mentions: Sequence[BareMention], form: Form) -> np.ndarray:
    """``(R, 4)`` by report: mentions of the form, those indexed; other mentions, those indexed."""
    rows: dict[str, list[int]] = {}
    for mention in mentions:
        row = rows.setdefault(mention.report_id, [0, 0, 0, 0])
        at = 0 if form(mention) else 2
        row[at] += 1
        row[at + 1] += mention.value
    return np.array(list(rows.values()) or [[0, 0, 0, 0]])


def held_out_gain(mentions: Sequence[BareMention], kind: Callable[[BareMention], str], *, at: str) -> dict[str, float]:
    """How much lower Brier and log-loss are at one hospital system with a share for each kind, learned at the others.

    It is compared with one share for all, learned there too; both are drawn towards the usual prior.
    """
    learned = [mention for mention in mentions if mention.system not in ("", at)]
    tested = [mention for mention in mentions if mention.system == at]
    value = np.array([mention.value for mention in tested], dtype=np.float64)
    one = np.array([_share(learned)] * len(tested))
    shares = {name: _share([one for one in learned if kind(one) == name]) for name in set(map(kind, tested))}
    each = np.array([shares[kind(mention)] for mention in tested])
    return {
        "brier": float(((one - value) ** 2 - (each - value) ** 2).mean()),
        "log_loss": float((log_losses(one, value) - log_losses(each, value)).mean()),
    }


def _share(mentions: Sequence[BareMention]) -> float:
    """The mean of the posterior by these mentions."""
    indexed = sum(mention.value for mention in mentions)
    return (_PRIOR.mean * _PRIOR.strength + indexed) / (_PRIOR.strength + len(mentions))
