"""The weights of an earlier study, which later ones start from: other patients, and other first weights."""

import shutil
from dataclasses import replace
from pathlib import Path

from glsmed.benchmarks.federation.built_federation import RunSettings, load_hospital, study_of
from glsmed.benchmarks.federation.local_grid import run_in_process
from glsmed.benchmarks.simulator.dataset_writer import write_dataset
from glsmed.benchmarks.simulator.hospital_data import simulate
from glsmed.benchmarks.simulator.scenarios import scenario_named
from glsmed.benchmarks.simulator.sources import DRAWN, source_named
from glsmed.server.folders.run_folder import RunFolder
from glsmed.shared.files.atomic import atomic_replace
from glsmed.shared.files.file_digest import file_digest
from glsmed.shared.protocol.network_settings import InitialWeights
from glsmed.shared.protocol.study import Study

_OTHER_SEEDS = 1000  # those of the earlier studies; no comparison has so many


def study_from(study: Study, weights: Path) -> Study:
    """The study, starting from the weights in a file."""
    named = InitialWeights(file=weights.name, sha256=file_digest(weights), licence="made here")
    return study.model_copy(update={"model": study.model.model_copy(update={"initial_weights": named})})


def train_earlier_study(weights: Path, work: Path, settings: RunSettings, *, studies: int, seed: int) -> None:
    """Write the weights of an earlier study's best round, if they are not there yet.

    Args:
        weights: the file.
        work: folder of the earlier study while it runs; made for it and removed.
        settings: how its hospitals train.
        studies: examinations of each of them.
        seed: of the later study; the earlier one has another, with other patients and other first weights.
    """
    if weights.is_file():
        return
    shutil.rmtree(work, ignore_errors=True)
    other, scenario = _OTHER_SEEDS + seed, scenario_named("case-dependent")
    data = work / "data"
    write_dataset(
        data, simulate(source_named(DRAWN), scenario, studies=studies, seed=other), scenario, pixels=DRAWN, seed=other
    )
    study, adapters = study_of(data, replace(settings, seed=other))
    sites = {name: load_hospital(data / name, work, study, adapter, settings) for name, adapter in adapters.items()}
    run = RunFolder(work / "run")
    best = int(str(run_in_process(study, sites, run)["best_round"]))
    with atomic_replace(weights) as temporary:
        shutil.copyfile(run.checkpoints.path(best), temporary)
    shutil.rmtree(work)
