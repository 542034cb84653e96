"""A site's result beside that of the best model that it trained alone, in words."""

from collections.abc import Mapping

_ALIKE = 0.0005  # less than what three decimals show

Findings = Mapping[str, Mapping[str, float]]


def beside_local(study: Findings, local: Findings) -> str:
    """Sentences that set the study's model beside the site's own; empty where they share no finding with an AUROC.

    Both are means over the same findings, those for which both models have the metric.

    Args:
        study: the metrics of the study's model by finding, on the site's test split.
        local: the same of the best model that the site trained alone.
    """
    ranking = _means(study, local, "auroc")
    if ranking is None:
        return ""
    ours, own, findings = ranking
    words = (
        f"The study's model has a mean AUROC of {ours:.3f} over {findings} {_plural(findings)} on this site's test "
        f"patients, the best model that the site trained alone has {own:.3f}: {_verdict(ours - own, 'ranks')}."
    )
    honesty = _means(study, local, "log_loss")
    if honesty is None:
        return words
    ours, own, _ = honesty
    return f"{words} Mean log-loss is {ours:.3f} against {own:.3f}: {_verdict(own - ours, 'says probabilities')}."


def _verdict(gain: float, does: str) -> str:
    if abs(gain) < _ALIKE:
        return "the two do equally well"
    which = "the study's model" if gain > 0 else "the site's own model"
    return f"{which} {does} better, by {abs(gain):.3f}"


def _means(study: Findings, local: Findings, metric: str) -> tuple[float, float, int] | None:
    both = [name for name in study if metric in study[name] and metric in local.get(name, {})]
    if not both:
        return None
    ours, own = (sum(one[name][metric] for name in both) / len(both) for one in (study, local))
    return ours, own, len(both)


def _plural(count: int) -> str:
    return "finding" if count == 1 else "findings"
