"""Real hospitals in the round code of a real study: together, each alone, and pooled."""

import csv
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from glsmed.benchmarks.federation.built_federation import RunSettings, hospital_at, study_of
from glsmed.benchmarks.real_data.dataset_folder import adapter_at, describe_dataset
from glsmed.benchmarks.real_data.doubt_policies import doubted_in_test, under_policy
from glsmed.benchmarks.real_data.plans import Arrays
from glsmed.benchmarks.strategies.trial import Answers, train_sites
from glsmed.client.data.patient_keys import patient_key
from glsmed.client.data.splits import split_of
from glsmed.client.resident.site_runtime import SiteRuntime
from glsmed.client.settings.config import SplitSection
from glsmed.server.folders.run_folder import RunFolder
from glsmed.shared.protocol.study import Study

_SHARES = {"train": 0.6, "validation": 0.15, "test": 0.25}
_LEAST_IMAGES = 60  # a hospital with fewer cannot train alone
TOGETHER = "federated"
SMALL_ARCHITECTURE = "resnet10_x0_25"


def train_federation(data: Path, work: Path, name: str, settings: RunSettings) -> Arrays:
    """What a federation, or a baseline, says of the hospitals' test patients, through each one's output calibration.

    Arrays as of any other training. Hospitals with fewer than 60 images take no part.

    Args:
        data: the data set.
        work: made for it and removed.
        name: ``federated``, ``local``, ``pooled``, or ``federated-`` and one of
            :data:`glsmed.benchmarks.real_data.doubt_policies.POLICIES`.
        settings: ``gold`` counts labels of each hospital's patients that are not tested, training and validation alike.
    """
    study, adapters = study_of(data, settings)
    taking_part = {site: adapter for site, adapter in adapters.items() if _images(data / site) >= _LEAST_IMAGES}
    study = _study_of_real(study, len(taking_part), describe_dataset(data).unmentioned)
    split = SplitSection(**_SHARES, seed=settings.seed)
    try:
        sites = {
            site: hospital_at(
                work / "hospitals" / site,
                data / site,
                study,
                str(Path(adapter_at(data, adapter)).resolve()) if adapter.endswith(".yaml") else adapter,
                gold=_gold(data / site, settings.gold, split),
                settings=settings,
                split=split,
            )
            for site, adapter in taking_part.items()
        }
        policy = name.removeprefix(f"{TOGETHER}-")
        trained_on = sites if policy == name else {one: under_policy(site, policy) for one, site in sites.items()}
        return _joined(train_sites(name, study, trained_on, RunFolder(work / "run")).answers, sites)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _study_of_real(study: Study, hospitals: int, unmentioned: float | None) -> Study:
    """The study of so many hospitals, with what an unmentioned finding means in this data set."""
    federation = study.federation.model_copy(update={"quorum": hospitals})
    labels = {} if unmentioned is None else {"unmentioned": "absent", "unmentioned_probability": unmentioned}
    return study.model_copy(update={"federation": federation, "labels": study.labels.model_copy(update=labels)})


def _images(folder: Path) -> int:
    return len(_rows(folder / "manifest.csv"))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def _gold(folder: Path, count: int, split: SplitSection) -> str:
    """Content of gold.csv: of all tested examinations, and of so many others, drawn by the seed."""
    splits = {
        row["study_id"]: split_of(patient_key(row["patient_id"]), split) for row in _rows(folder / "manifest.csv")
    }
    others = sorted(study for study, part in splits.items() if part != "test")
    drawn = np.random.default_rng([split.seed, *folder.name.encode()]).permutation(others)[:count]
    kept = {*drawn.tolist(), *(study for study, part in splits.items() if part == "test")}
    header, *lines = (folder / "gold.csv").read_text(encoding="utf-8").splitlines()
    return "".join(f"{line}\n" for line in [header, *(line for line in lines if line.split(",")[0] in kept)])


def _joined(answers: Mapping[str, Answers], sites: Mapping[str, SiteRuntime]) -> Arrays:
    truth = np.concatenate([answers[name].truth for name in sites])
    tested = [(name, patient) for name, site in sites.items() for patient in site.splits["test"].patients]
    home = {patient: name for name, patient in reversed(tested)}  # the first hospital that has the patient
    return {
        "probability": np.concatenate([answers[name].probability for name in sites]),
        "truth": truth,
        "hedged": np.concatenate([doubted_in_test(site) for site in sites.values()]),
        "site": np.repeat(np.arange(len(sites)), [len(answers[name].truth) for name in sites]),
        "sites": np.array(list(sites)),
        "patient": np.unique([f"{home[patient]}/{patient}" for _, patient in tested], return_inverse=True)[1],
    }
