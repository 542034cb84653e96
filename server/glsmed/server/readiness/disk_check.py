"""Room on the disk for what the run will write."""

import shutil

import torch

from glsmed.server.admission.registry import read_registry
from glsmed.server.folders.checkpoints import CheckpointFolder
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.readiness.report import CheckReport
from glsmed.shared.networks.initial_model import study_network
from glsmed.shared.protocol.study import Study

_ALWAYS_KEPT = 6  # checkpoints: the first, the best, the last three, and the one that is being written


def check_disk(folder: StudyFolder, study: Study) -> CheckReport:
    """Free bytes against the checkpoints that will be kept, and the messages of one round."""
    model = model_bytes(study)
    rounds = study.training.rounds - (CheckpointFolder(folder.run / "checkpoints").latest() or 0)
    sites = max(len(read_registry(folder.sites).admitted), study.federation.quorum)
    kept = min(rounds + 1, _ALWAYS_KEPT + rounds // study.centre.keep_every)
    transit = (sites + 1) * model
    needed, free = kept * model + transit, shutil.disk_usage(folder.root).free
    says = (
        f"disk: {_shown(free)} free; the run needs up to {_shown(needed)}: {kept} checkpoints of {_shown(model)}, "
        f"and {_shown(transit)} for the messages of a round with {sites} sites"
    )
    report = CheckReport([says])
    if free < transit + model:
        report.faults.append(f"{folder.root}: no room for a single round: make room, or move the study folder")
    elif free < needed:
        fits = (free - transit) // model
        report.warnings.append(f"{folder.root}: the disk is full after {fits} rounds: make room before then")
    return report


def model_bytes(study: Study) -> int:
    """Size of the study's model as it travels and as a checkpoint holds it."""
    with torch.device("meta"):  # shapes only: no numbers are drawn
        state = study_network(study).state_dict()
    return sum(value.numel() * value.element_size() for value in state.values())


def _shown(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"  # a gigabyte
