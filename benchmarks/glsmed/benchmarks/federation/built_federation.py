"""A federation of the hospitals of a built data set, in this process: the round loop and the ClientApps of a real one.

Each hospital is loaded as its own process would load it: manifest, adapter, gold, egress policy, audit log. Only the
network and the processes are left out (:mod:`glsmed.benchmarks.federation.local_grid`).
"""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from glsmed.benchmarks.federation.known_secret import write_known_secret
from glsmed.benchmarks.federation.local_grid import run_in_process
from glsmed.client.data.splits import split_of
from glsmed.client.evaluation.local_training import numbers_on_test, train_locally
from glsmed.client.resident.site_runtime import SiteRuntime, load_site_runtime
from glsmed.client.settings.config import CentreAddress, DataSection, EgressSection, SiteConfig, SplitSection
from glsmed.server.folders.run_folder import RunFolder
from glsmed.shared.errors import DataError, FederationError
from glsmed.shared.files.atomic import write_text
from glsmed.shared.processes.command_line import Tell
from glsmed.shared.protocol.metric_names import PERMISSIONS
from glsmed.shared.protocol.network_settings import ModelSection
from glsmed.shared.protocol.study import FederationSection, Study, TrainingSection
from glsmed.shared.wire.precision import Precision

_BATCH_SIZE = 16
_METRICS = ("auroc", "auprc", "ece", "brier", "log_loss")


@dataclass(frozen=True, slots=True)
class RunSettings:
    """How the hospitals train.

    Attributes:
        gold: gold labels of each hospital's training patients, beside those of all validation and test patients.
        precision: bits of each weight between hospitals and centre.
        device: as in config.yaml.
        architecture: as in study.yaml.
        image_size_px: side of the pictures; built ones have 28.
    """

    rounds: int = 10
    steps_per_round: int = 60
    gold: int = 100
    seed: int = 0
    precision: Precision = "fp32"
    device: str = "cpu"
    architecture: str = "resnet10"
    image_size_px: int = 32
    learning_rate: float = 1e-3


def federate(data: Path, out: Path, settings: RunSettings, *, report: Tell) -> dict[str, dict[str, dict[str, float]]]:
    """By hospital and model: means over findings on its test patients' gold, through the hospital's calibration map.

    ``federated`` is the run's best round, ``local`` the best of as many rounds on the hospital's own data.

    A run that is started again in the same folder goes on after its last round.

    Raises:
        DataError: the folder holds no built data set.
        FederationError: the hospitals' numbers are missing, or the folder is of another study.
    """
    study, adapters = study_of(data, settings)
    sites = {name: load_hospital(data / name, out, study, adapter, settings) for name, adapter in adapters.items()}
    report(f"{len(sites)} hospitals train together: {study.training.rounds} rounds")
    summary = run_in_process(study, sites, RunFolder(out / "run"))
    return {name: _numbers(site, summary, report) for name, site in sites.items()}


def study_of(data: Path, settings: RunSettings) -> tuple[Study, Mapping[str, str]]:
    """The study of a data set, and the adapter of each hospital."""
    try:
        content = json.loads((data / "dataset.json").read_text(encoding="utf-8"))
        adapters = {name: str(one["adapter"]) for name, one in content["hospitals"].items()}
        findings = tuple(content["findings"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{data / 'dataset.json'}: no data set of glsmed-benchmark build: {error!r}") from None
    study = Study(
        study="built-data",
        findings=findings,
        model=ModelSection(architecture=settings.architecture, image_size_px=settings.image_size_px),
        training=TrainingSection(
            rounds=settings.rounds,
            steps_per_round=settings.steps_per_round,
            batch_size=_BATCH_SIZE,
            learning_rate=settings.learning_rate,
            seed=settings.seed,
        ),
        federation=FederationSection(quorum=len(adapters), precision=settings.precision),
    )
    return study, adapters


def load_hospital(data: Path, out: Path, study: Study, adapter: str, settings: RunSettings) -> SiteRuntime:
    """A hospital of the data set as its resident process holds it; its own files lie under ``out``."""
    folder = out / "hospitals" / data.name
    gold = "".join(f"{line}\n" for line in _gold_lines(data, settings.gold))
    return hospital_at(folder, data, study, adapter, gold=gold, settings=settings, split=SplitSection())


def hospital_at(
    folder: Path, data: Path, study: Study, adapter: str, *, gold: str, settings: RunSettings, split: SplitSection
) -> SiteRuntime:
    """A hospital with its images and reports in ``data``, and the rest of its files in ``folder``.

    Args:
        folder: made if it is missing.
        data: holds manifest.csv and what that names.
        study: that it takes part in.
        adapter: name or path of its adapter.
        gold: content of its gold.csv.
        settings: how it trains.
        split: how its patients are dealt.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "study.yaml", study.model_dump_json(indent=1) + "\n")  # JSON is YAML
    write_text(folder / "gold.csv", gold)
    config = SiteConfig(
        site=data.name,
        study=folder / "study.yaml",
        centre=CentreAddress(address="localhost:1"),
        data=DataSection(manifest=data / "manifest.csv", adapter=adapter, gold=folder / "gold.csv", split=split),
        state_folder=folder / "state",
        device=settings.device,
        cpu_threads=1,
        egress=EgressSection(model_updates=True, metrics=PERMISSIONS, min_patients=1),
    )
    write_known_secret(config.state, settings.seed)
    return load_site_runtime(config)


def _gold_lines(data: Path, of_training: int) -> Iterator[str]:
    """The header, then gold of all validation and test patients and of the first so many that are trained on."""
    with (data / "manifest.csv").open(encoding="utf-8", newline="") as source:
        splits = {row["study_id"]: split_of(row["patient_id"], SplitSection()) for row in csv.DictReader(source)}
    training = [study for study, split in splits.items() if split == "train"]
    left_out = set(training[of_training:])
    header, *lines = (data / "gold.csv").read_text(encoding="utf-8").splitlines()
    yield header
    yield from (line for line in lines if line.split(",")[0] not in left_out)


def _numbers(site: SiteRuntime, summary: Mapping[str, object], report: Tell) -> dict[str, dict[str, float]]:
    report(f"{site.site} trains alone")
    local = train_locally(
        site.splits["train"], site.splits["validation"], site.study, device=site.device, tell=lambda _: None
    )
    federated = summary["sites"]
    if not isinstance(federated, Mapping) or site.site not in federated:
        raise FederationError(f"the run's summary has no test metrics of {site.site}")
    models = {
        "federated": federated[site.site],
        "local": numbers_on_test(local, site.splits["test"], device=site.device),
    }
    return {name: _rounded(one["macro"]) for name, one in models.items()}


def _rounded(macro: Mapping[str, float]) -> dict[str, float]:
    """What there is of the metrics: with few patients a finding may be of one class everywhere."""
    return {metric: round(macro[metric], 4) for metric in _METRICS if metric in macro}
