"""The prior of each cue, fitted to the counts of all sites by empirical Bayes.

Each site's P(finding | cue) is drawn from a Beta distribution around a common mean. Mean and concentration get weights
on a grid: the sites' beta-binomial likelihood times a prior around the language's own belief. The prior is the
distribution that this predicts for one more site, by its first two moments.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from glsmed.shared.cue_calibration.cue_counts import CueCount
from glsmed.shared.cue_calibration.family_shifts import Floats, family_shifts, shifted
from glsmed.shared.cue_calibration.shared_prior import MOST_SHIFT, MOST_STRENGTH, SharedBelief, SharedPrior

_FAMILY_PRECISION = 1.0
_LEAST_STRENGTH = 0.5
_LEAST_MEAN = 1e-6  # means nearer to 0 or 1 are set to this, so that their log-odds stay finite
_DECIMALS = 6
_CONCENTRATION_SPREAD = 1.0  # standard deviation of the log concentration
_MEANS = np.linspace(0.0025, 0.9975, 400)
_LOG_CONCENTRATIONS = np.linspace(-3.0, 3.0, 25)  # around that of the language, in standard deviations


def fit_shared_prior(sites: Sequence[Sequence[CueCount]]) -> SharedPrior:
    """The prior fitted to the sites' counts; empty where there are none."""
    rows = _by_cue(sites)
    families = tuple(sorted({counts[0].family for counts in rows.values()}))
    family = np.array([families.index(counts[0].family) for counts in rows.values()], dtype=np.intp)
    mean, strength = _language_beliefs(rows.values())
    shift = family_shifts(
        mean, strength, family, _pooled(rows.values()), groups=len(families), precision=_FAMILY_PRECISION
    ).clip(-MOST_SHIFT, MOST_SHIFT)
    centre = shifted(mean, shift[family])
    beliefs = zip(rows.items(), centre.tolist(), strength.tolist(), strict=True)
    return SharedPrior(
        cues={cue: _belief(counts, around, worth) for (cue, counts), around, worth in beliefs},
        families={name: round(value, _DECIMALS) for name, value in zip(families, shift.tolist(), strict=True)},
    )


def _by_cue(sites: Sequence[Sequence[CueCount]]) -> Mapping[str, list[CueCount]]:
    rows: dict[str, list[CueCount]] = {}
    for counts in sites:
        for count in counts:
            rows.setdefault(count.cue, []).append(count)
    return dict(sorted(rows.items()))


def _language_beliefs(rows: Iterable[Sequence[CueCount]]) -> tuple[Floats, Floats]:
    """``(C,)`` means and strengths that the sites' adapters start from: averages of log-odds and of logs."""
    means, strengths = [], []
    for counts in rows:
        prior = np.array([count.prior_mean for count in counts]).clip(_LEAST_MEAN, 1 - _LEAST_MEAN)
        means.append(shifted(np.array(0.5), np.log(prior / (1 - prior)).mean()))
        strengths.append(np.exp(np.log([count.prior_strength for count in counts]).mean()))
    return np.array(means, dtype=np.float64), np.array(strengths, dtype=np.float64)


def _pooled(rows: Iterable[Sequence[CueCount]]) -> tuple[Floats, Floats]:
    """``(C,)`` trials and successes of all sites."""
    sums = [(sum(c.trials for c in counts), sum(c.successes for c in counts)) for counts in rows]
    trials, successes = np.array(sums, dtype=np.float64).reshape(-1, 2).T
    return trials, successes


def _belief(counts: Sequence[CueCount], mean: float, strength: float) -> SharedBelief:
    """One cue's prior for a further site.

    A common mean with this prior, and sites with a concentration of ``2 strength + 1``, together predict what
    Beta(mean, strength) predicts alone.
    """
    from scipy.special import betaln  # type: ignore[import-untyped]  # no types; here, for few studies need it

    alike = 2 * strength + 1
    means, concentrations = _MEANS[:, None], alike * np.exp(_LOG_CONCENTRATIONS * _CONCENTRATION_SPREAD)[None, :]
    a, b = means * concentrations, (1 - means) * concentrations
    log_weight = (mean * alike - 1) * np.log(means) + ((1 - mean) * alike - 1) * np.log1p(-means)
    log_weight = log_weight - _LOG_CONCENTRATIONS[None, :] ** 2 / 2
    for count in counts:
        log_weight = log_weight + betaln(count.successes + a, count.trials - count.successes + b) - betaln(a, b)
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    centre = float((weight * means).sum())
    variance = float((weight * (means * (1 - means) / (concentrations + 1) + (means - centre) ** 2)).sum())
    worth = centre * (1 - centre) / variance - 1
    return SharedBelief(
        mean=round(centre, _DECIMALS),
        strength=round(min(max(worth, _LEAST_STRENGTH), MOST_STRENGTH), _DECIMALS),
        sites=len(counts),
        trials=sum(count.trials for count in counts),
    )
