"""A site's result beside that of the best model that it trained alone, in words."""

from collections.abc import Mapping
from typing import Literal

from glsmed.shared.pages.spoken import say

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
    words = say(
        "The study's model has a mean AUROC of {ours} over {findings} on this site's test patients, the best model "
        "that the site trained alone has {own}: {verdict}.",
        ours=f"{ours:.3f}",
        own=f"{own:.3f}",
        findings=_counted(findings),
        verdict=_verdict(ours - own, "ranks"),
    )
    honesty = _means(study, local, "log_loss")
    if honesty is None:
        return words
    ours, own, _ = honesty
    verdict = _verdict(own - ours, "says probabilities")
    second = "{words} Mean log-loss is {ours} against {own}: {verdict}."
    return say(second, words=words, ours=f"{ours:.3f}", own=f"{own:.3f}", verdict=verdict)


def _verdict(gain: float, does: Literal["ranks", "says probabilities"]) -> str:
    if abs(gain) < _ALIKE:
        return say("the two do equally well")
    if does == "ranks":
        ours, own = "the study's model ranks better, by {gain}", "the site's own model ranks better, by {gain}"
    else:
        ours = "the study's model says probabilities better, by {gain}"
        own = "the site's own model says probabilities better, by {gain}"
    return say(ours if gain > 0 else own, gain=f"{abs(gain):.3f}")


def _means(study: Findings, local: Findings, metric: str) -> tuple[float, float, int] | None:
    both = [name for name in study if metric in study[name] and metric in local.get(name, {})]
    if not both:
        return None
    ours, own = (sum(one[name][metric] for name in both) / len(both) for one in (study, local))
    return ours, own, len(both)


def _counted(findings: int) -> str:
    return say("1 finding" if findings == 1 else "{count} findings", count=findings)
