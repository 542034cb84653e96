"""The model as this site would use it: weights, the site's offset and its output calibration, in one folder.

Written when the centre asks for the final evaluation; it stays at the site. All sites share the weights; offset and
output calibration are this site's, and without them the probabilities mean something else.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import torch
from pydantic import Field, ValidationError
from safetensors.torch import load, save
from torch import Tensor, nn

from glsmed.client.learning.output_calibration import OutputCalibration
from glsmed.client.training.steps.stepper import to_pixels
from glsmed.shared.errors import DataError
from glsmed.shared.files.atomic import PRIVATE_FILE, write_bytes, write_text
from glsmed.shared.files.documents import StrictModel
from glsmed.shared.networks.building import build_model
from glsmed.shared.protocol.study import Study

WEIGHTS, BESIDE = "model.safetensors", "site.json"


class _Beside(StrictModel):
    """What belongs to the weights at this site."""

    study: Annotated[str, Field(description="digest of the study")]
    architecture: str
    image_size_px: int
    round: Annotated[int, Field(description="of the federation, whose model this is")]
    weights_sha256: str
    offset: Annotated[tuple[float, ...], Field(description="added to each finding's logit")]
    site_map: OutputCalibration


@dataclass(frozen=True, slots=True)
class ShippedModel:
    """A model ready for use at its site.

    Attributes:
        findings: names of the K outputs.
        offset: ``(K,)`` added to the logits.
    """

    model: nn.Module
    findings: tuple[str, ...]
    offset: Tensor
    output_calibration: OutputCalibration

    @torch.no_grad()
    def probabilities(self, images: Tensor) -> Tensor:
        """``(N, K)`` probabilities of uint8 images ``(N, 1, S, S)`` of the study's size."""
        logits = self.model(to_pixels(images)) + self.offset
        return self.output_calibration.probabilities(logits)


def write_shipped_model(
    folder: Path,
    model: nn.Module,
    study: Study,
    *,
    round_number: int,
    offset: Tensor | None,
    output_calibration: OutputCalibration,
) -> None:
    """Write the weights and what belongs to them; a reader between the two writes detects the mismatch by its hash."""
    weights = save({name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()})
    beside = _Beside(
        study=study.digest(),
        architecture=study.model.architecture,
        image_size_px=study.model.image_size_px,
        round=round_number,
        weights_sha256=hashlib.sha256(weights).hexdigest(),
        offset=tuple([0.0] * len(study.findings) if offset is None else offset.tolist()),
        site_map=output_calibration,
    )
    write_bytes(folder / WEIGHTS, weights, mode=PRIVATE_FILE)
    write_text(folder / BESIDE, beside.model_dump_json(indent=1) + "\n", mode=PRIVATE_FILE)


def load_shipped_model(folder: Path) -> ShippedModel:
    """The model of a folder, on the CPU.

    Raises:
        DataError: a file is missing or damaged, or they do not belong together.
    """
    try:
        weights = (folder / WEIGHTS).read_bytes()
        beside = _Beside.model_validate_json((folder / BESIDE).read_bytes())
    except (OSError, ValidationError) as error:
        raise DataError(f"{folder}: there is no usable model here: {error}") from None
    if hashlib.sha256(weights).hexdigest() != beside.weights_sha256:
        raise DataError(f"{folder}: {BESIDE} was not written for this {WEIGHTS}")
    findings = beside.site_map.findings
    model = build_model(beside.architecture, n_findings=len(findings), seed=0, image_size_px=beside.image_size_px)
    model.load_state_dict(load(weights))
    return ShippedModel(model.eval(), findings, torch.tensor(beside.offset), beside.site_map)
