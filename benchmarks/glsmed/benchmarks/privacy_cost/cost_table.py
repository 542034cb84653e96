"""The costs of privacy as a table for people: a mean over seeds, and the lowest and highest of them."""

from collections.abc import Iterable, Sequence
from statistics import mean

from glsmed.benchmarks.privacy_cost.cohorts import EPSILONS, Cost


def cost_markdown(costs: Sequence[Cost]) -> str:
    """A line for each cohort and epsilon: noise, steps, AUROC, and what is lost beside no privacy, seed by seed."""
    lines = [
        "| training patients | batch | steps | epsilon | noise | AUROC: mean (lowest to highest) | beside no privacy |",
        "|---:|---:|---:|---:|---:|---|---:|",
    ]
    for patients in sorted({cost.job.patients for cost in costs}):
        for wanted in EPSILONS:
            row = [cost for cost in costs if cost.job.patients == patients and cost.job.epsilon == wanted]
            if row:
                lines.append(_line(row, plain=_plain(costs, patients)))
    return "\n".join(lines) + "\n"


def _plain(costs: Iterable[Cost], patients: int) -> dict[int, float]:
    """By seed: AUROC without privacy."""
    return {cost.job.seed: cost.auroc for cost in costs if cost.job.patients == patients and cost.job.epsilon is None}


def _line(row: Sequence[Cost], *, plain: dict[int, float]) -> str:
    first, aurocs = row[0], [cost.auroc for cost in row]
    wanted = "none" if first.job.epsilon is None else f"{first.job.epsilon:g}"
    noise = "–" if first.job.epsilon is None else f"{first.noise:.2f}"
    both = [cost.auroc - plain[cost.job.seed] for cost in row if cost.job.seed in plain]
    lost = "–" if first.job.epsilon is None or not both else f"{100 * mean(both):+.1f}"
    spread = f"{mean(aurocs):.3f} ({min(aurocs):.3f} to {max(aurocs):.3f})"
    return f"| {first.job.patients} | {first.batch_size} | {first.steps} | {wanted} | {noise} | {spread} | {lost} |"
