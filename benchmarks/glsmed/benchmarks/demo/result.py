"""What the demo found: ``summary.json`` and the tables at its end."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, dataclass

from glsmed.benchmarks.demo.baselines import PATIENCE, Baseline, Effort
from glsmed.benchmarks.demo.folder import DemoFolder
from glsmed.client.evaluation.beside_local import beside_local
from glsmed.shared.errors import FederationError
from glsmed.shared.files.atomic import write_text
from glsmed.shared.protocol.study import Study

MODELS = ("federated", "local", "pooled")
METRICS = ("auroc", "auprc", "ece", "brier", "log_loss")
WHAT_WAS_EQUAL = (
    "All models share architecture, optimizer settings and output calibration, and of each the round with the lowest "
    "validation log-loss is kept. The pooled model sees as many images as the hospitals of the federation together. A "
    f"hospital alone trains until {PATIENCE} rounds in a row bring no lower validation log-loss, on at most as many "
    "images as that. An image that comes again counts again. Hospitals of a federation take their steps at the same "
    "time, so that the federated model has taken fewer steps in a row when it has seen as many images."
)
STOPPED_EARLY = (
    "The federation's best round is its last: it was stopped before its validation log-loss stopped falling."
)

EFFORTS = ("model", "images seen", "steps in a row", "rounds", "best round")

SiteResult = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What each model reached and what its training took.

    Attributes:
        sites: by hospital and model, the means over findings on the hospital's gold test split.
        federated, pooled: the training of these models; ``local`` that of each hospital's own.
    """

    sites: Mapping[str, SiteResult]
    federated: Effort
    pooled: Effort
    local: Mapping[str, Effort]

    def efforts(self) -> dict[str, Effort]:
        """By the name that a table shows."""
        alone = {f"{site} alone": effort for site, effort in self.local.items()}
        return {"federated": self.federated, "pooled": self.pooled, **alone}


def collect(folder: DemoFolder, study: Study, *, local: Mapping[str, Baseline], pooled: Baseline) -> DemoResult:
    """What the federation's run and the baselines reached.

    Raises:
        FederationError: a hospital's numbers are missing.
    """
    run = json.loads((folder.run / "summary.json").read_text(encoding="utf-8"))
    results: dict[str, SiteResult] = {}
    for site, own in local.items():
        if site not in run["sites"]:
            raise FederationError(f"the centre has no test metrics of {site}: {run['not_evaluated'].get(site)}")
        models = {"federated": run["sites"][site], "local": own.at[site], "pooled": pooled.at[site]}
        results[site] = {name: _chosen(numbers["macro"], f"{name} model at {site}") for name, numbers in models.items()}
    steps = run["rounds"] * study.training.steps_per_round
    images = steps * study.training.batch_size * len(local)
    federated = Effort(images=images, steps=steps, rounds=run["rounds"], best_round=run["best_round"])
    return DemoResult(results, federated, pooled.effort, {site: own.effort for site, own in local.items()})


def what_was_equal(result: DemoResult) -> str:
    """What the models had in common, and whether the federation ended before it was done learning."""
    stopped_early = result.federated.best_round == result.federated.rounds
    return f"{WHAT_WAS_EQUAL} {STOPPED_EARLY}" if stopped_early else WHAT_WAS_EQUAL


def write_summary(folder: DemoFolder, result: DemoResult, *, seconds: float) -> None:
    """Write ``summary.json``."""
    summary = {
        "rounds": result.federated.rounds,
        "seconds": round(seconds, 1),
        "sites": result.sites,
        "new_patients": {
            site: [str(folder.predictions(site)), str(folder.worklist(site))]
            for site in result.sites
            if folder.predictions(site).is_file()
        },
        "training": {
            "federated": asdict(result.federated),
            "pooled": asdict(result.pooled),
            "local": {site: asdict(effort) for site, effort in result.local.items()},
        },
    }
    write_text(folder.root / "summary.json", json.dumps(summary, indent=2) + "\n")


def as_table(result: DemoResult) -> str:
    """A table for a terminal: AUROC and ECE of the three models at each site."""
    head = f"{'site':<12}" + "".join(f"{name + ' AUROC':>18}{'ECE':>7}" for name in MODELS)
    return "\n".join([head, *(_row(site, models) for site, models in result.sites.items())])


def effort_table(result: DemoResult) -> str:
    """A table for a terminal: what the training of each model took."""
    lines = (f"{row[0]:<18}" + "".join(f"{cell:>15}" for cell in row[1:]) for row in [EFFORTS, *effort_rows(result)])
    return "\n".join(lines)


def effort_rows(result: DemoResult) -> list[list[str]]:
    """A row of text for each model, in the columns of :data:`EFFORTS`."""
    return [[name, *(str(value) for value in astuple(effort))] for name, effort in result.efforts().items()]


def sites_that_gain(result: DemoResult, *, over: str) -> Sequence[str]:
    """The sites where the federated model ranks better than another of :data:`MODELS`."""
    return [site for site, models in result.sites.items() if models["federated"]["auroc"] > models[over]["auroc"]]


def beside_local_lines(result: DemoResult) -> list[str]:
    """One sentence a site: the federation's model beside the best that the site trained alone, on the same patients."""
    lines = []
    for site, models in result.sites.items():
        words = beside_local({"all findings": models["federated"]}, {"all findings": models["local"]})
        lines.append(f"{site}: {words.replace(' over 1 finding', '')}")
    return lines


def _chosen(macro: object, what: str) -> dict[str, float]:
    if not isinstance(macro, dict) or not set(METRICS) <= macro.keys():
        raise FederationError(f"the {what} lacks one of {', '.join(METRICS)}: draw more patients with --patients")
    return {name: float(macro[name]) for name in METRICS}


def _row(site: str, models: SiteResult) -> str:
    return f"{site:<12}" + "".join(f"{models[name]['auroc']:>18.3f}{models[name]['ece']:>7.3f}" for name in MODELS)
