"""Which updates of a round are far longer than the others: who changed the model so much more does not count.

The bound goes by the round's own median, so that none has to be known beforehand (Sun et al., Can you really backdoor
federated learning?, 2019, section 4, and Andrew et al., Differentially private learning with adaptive clipping, NeurIPS
2021, for the median). A round has the same number of steps at every site, which makes honest norms alike.
"""

from collections.abc import Iterable, Mapping

from glsmed.server.strategies.rule import UpdateFacts

FEWEST_UPDATES = 3  # of one or two nobody can say which is the odd one


def lengths(facts: Iterable[UpdateFacts], *, by_step: bool) -> Mapping[str, float]:
    """The L2 norm of each site's change, as the merge will use it.

    Args:
        facts: of the updates.
        by_step: whether the rule divides changes by their steps: then a change counts as if it had taken as many as the
            middle site took, so that who claims few steps does not count many times.
    """
    known = list(facts)
    if not by_step:
        return {one.site: one.norm for one in known}
    usual = lower_median({one.site: one.steps for one in known}) if known else 1
    return {one.site: one.norm * usual / one.steps for one in known}


def too_long(norms: Mapping[str, float], ratio: float | None) -> Mapping[str, str]:
    """Why an update does not count, for each site whose update is too long.

    Args:
        norms: L2 norm of each site's change.
        ratio: of the median that is allowed; None for no bound.
    """
    if ratio is None or len(norms) < FEWEST_UPDATES:
        return {}
    median = lower_median(norms)
    if median == 0:
        return {}
    return {
        site: f"L2 norm of its change: expected at most federation.max_norm_ratio {ratio:g} times the round's median "
        f"{median:.6g}, got {norm:.6g}"
        for site, norm in norms.items()
        if norm > ratio * median
    }


def stands_out(norms: Mapping[str, float], ratio: float) -> str:
    """The site whose change is the longest beside those of the others; empty where none is so much longer.

    Each site is left out in turn, and compared with the median of the rest. A site that was alone is the one.
    """
    if len(norms) == 1:
        return next(iter(norms))
    left_out = {site: norm / max(lower_median(_without(norms, site)), _LEAST) for site, norm in norms.items()}
    longest = max(left_out, key=left_out.__getitem__, default="")
    return longest if longest and left_out[longest] > ratio else ""


def lower_median(norms: Mapping[str, float]) -> float:
    """The middle norm; of an even number the smaller of the two, so that one long change cannot raise it."""
    return sorted(norms.values())[(len(norms) - 1) // 2]


def _without(norms: Mapping[str, float], site: str) -> Mapping[str, float]:
    return {other: norm for other, norm in norms.items() if other != site}


_LEAST = 1e-300
