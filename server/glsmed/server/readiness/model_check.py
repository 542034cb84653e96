"""The study's first model: whether it can be built, filled with its weights, and trained by several hospitals."""

from pathlib import Path

from glsmed.server.readiness.report import CheckReport
from glsmed.shared.networks.initial_model import initial_model
from glsmed.shared.networks.network_check import require_trainable
from glsmed.shared.protocol.study import Study


def check_model(folder: Path, study: Study) -> CheckReport:
    """The network in words.

    Args:
        folder: where the initial weights lie, beside study.yaml.
        study: says which network it is.

    Raises:
        NetworkError: it cannot be built, filled, or trained.
        DataError: the initial weights are missing, damaged, or others.
    """
    model = initial_model(study, folder)
    require_trainable(model, image_size_px=study.model.image_size_px, name=study.model.architecture)
    millions = sum(parameter.numel() for parameter in model.parameters()) / 1e6
    start = study.model.initial_weights or "random weights"
    name, size = study.model.architecture, study.model.image_size_px
    return CheckReport([f"model {name}: {millions:.1f} million weights, {size} px, {start}"])
