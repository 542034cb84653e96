"""What the demo found: ``summary.json`` and the table at its end."""

import json
from collections.abc import Mapping, Sequence

from glsmed.benchmarks.demo.baselines import Numbers
from glsmed.benchmarks.demo.folder import DemoFolder
from glsmed.shared.errors import FederationError
from glsmed.shared.files.atomic import write_text

MODELS = ("federated", "local", "pooled")
METRICS = ("auroc", "auprc", "ece", "brier", "log_loss")

SiteResult = dict[str, dict[str, float]]


def collect(
    folder: DemoFolder, *, local: Mapping[str, Numbers], pooled: Mapping[str, Numbers]
) -> dict[str, SiteResult]:
    """By site and model, the means over findings on the site's gold test split.

    Raises:
        FederationError: a hospital's numbers are missing.
    """
    run = json.loads((folder.run / "summary.json").read_text(encoding="utf-8"))
    results: dict[str, SiteResult] = {}
    for site, own in local.items():
        if site not in run["sites"]:
            raise FederationError(f"the centre has no test metrics of {site}: {run['not_evaluated'].get(site)}")
        models = {"federated": run["sites"][site], "local": own, "pooled": pooled[site]}
        results[site] = {name: _chosen(numbers["macro"], f"{name} model at {site}") for name, numbers in models.items()}
    return results


def write_summary(folder: DemoFolder, results: Mapping[str, SiteResult], *, rounds: int, seconds: float) -> None:
    """Write ``summary.json``."""
    summary = {"rounds": rounds, "seconds": round(seconds, 1), "sites": results}
    write_text(folder.root / "summary.json", json.dumps(summary, indent=2) + "\n")


def as_table(results: Mapping[str, SiteResult]) -> str:
    """A table for a terminal: AUROC and ECE of the three models at each site."""
    head = f"{'site':<12}" + "".join(f"{name + ' AUROC':>18}{'ECE':>7}" for name in MODELS)
    return "\n".join([head, *(_row(site, models) for site, models in results.items())])


def sites_that_gain(results: Mapping[str, SiteResult]) -> Sequence[str]:
    """The sites where the federated model ranks better than the site's own."""
    return [site for site, models in results.items() if models["federated"]["auroc"] > models["local"]["auroc"]]


def _chosen(macro: object, what: str) -> dict[str, float]:
    if not isinstance(macro, dict) or not set(METRICS) <= macro.keys():
        raise FederationError(f"the {what} has not all of {', '.join(METRICS)}: draw more patients with --patients")
    return {name: float(macro[name]) for name in METRICS}


def _row(site: str, models: SiteResult) -> str:
    return f"{site:<12}" + "".join(f"{models[name]['auroc']:>18.3f}{models[name]['ece']:>7.3f}" for name in MODELS)
