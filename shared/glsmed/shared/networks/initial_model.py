"""The network that every participant of a study starts from: the same at the centre and at each site.

It follows from study.yaml: from the seed, and from a file of weights whose hash the study's digest covers.
"""

from pathlib import Path

from torch import nn

from glsmed.shared.errors import NetworkError
from glsmed.shared.networks.building import build_model
from glsmed.shared.networks.frozen_norm import frozen_norms
from glsmed.shared.networks.initial_weights import fit_weights, read_weights
from glsmed.shared.protocol.study import Study


def initial_model(study: Study, folder: Path | None = None) -> nn.Module:
    """A study's first model.

    Args:
        study: its network, seed and initial weights.
        folder: where the file of initial weights lies, beside study.yaml; needed only if the study has one.

    Raises:
        NetworkError: there is no such network, it needs weights that the study does not have, or they do not fit it.
        DataError: the file of weights is missing, damaged, or another one.
    """
    model = study_network(study)
    weights = study.model.initial_weights
    if weights is None:
        _require_no_statistics(study.model.architecture, model)
        return model
    if folder is None:
        raise ValueError("expected the folder of study.yaml, which holds the initial weights")
    fit_weights(model, read_weights(folder / weights.file, sha256=weights.sha256), source=weights.file)
    return model


def study_network(study: Study) -> nn.Module:
    """A study's network with weights from the seed alone, for its names and shapes.

    Raises:
        NetworkError: there is no such network, or not for the study's image size.
    """
    return build_model(
        study.model.architecture,
        n_findings=len(study.findings),
        seed=study.training.seed,
        image_size_px=study.model.image_size_px,
    )


def _require_no_statistics(architecture: str, model: nn.Module) -> None:
    frozen = frozen_norms(model)
    if frozen:
        raise NetworkError(
            f"{architecture} has batch statistics ({len(frozen)} BatchNorm layers), which neither average across "
            "hospitals nor go with differential privacy: choose a network with GroupNorm or LayerNorm, or give "
            "model.initial_weights, whose statistics are then frozen"
        )
