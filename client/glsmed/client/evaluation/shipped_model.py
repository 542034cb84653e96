"""The model as this site would use it: weights, the site's offset and its output calibration, in one folder.

Written when the centre asks for the final evaluation; it stays at the site. All sites share the weights; offset and
output calibration are this site's, and without them the probabilities mean something else.

    model.safetensors     the weights
    site.json             what belongs to them here: offset, output calibration, intervals, operating points
    features.safetensors  what the site's images look like to the model; from layout 2 on

Those of earlier releases can still be read. Layout 1 has neither intervals nor operating points nor features; layout 2
says neither whose model it is nor how its images were made.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from glsmed.client.data.images import PIPELINE_VERSION, read_image
from glsmed.client.evaluation.familiarity import Familiarity
from glsmed.client.evaluation.model_description import ModelDescription
from glsmed.client.learning.calibration_interval import FindingInterval
from glsmed.client.learning.operating_point import FindingOperation
from glsmed.client.learning.output_calibration import FindingCalibration, OutputCalibration
from glsmed.shared.errors import DataError
from glsmed.shared.files.atomic import PRIVATE_FILE, write_bytes, write_text
from glsmed.shared.files.documents import StrictModel
from glsmed.shared.networks.building import build_model
from glsmed.shared.pixels import to_pixels
from glsmed.shared.protocol.study import Study

WEIGHTS, BESIDE, FEATURES = "model.safetensors", "site.json", "features.safetensors"
LAYOUT = 3


class _Beside(StrictModel):
    """What belongs to the weights at this site."""

    layout: Annotated[int, Field(description="of the folder")] = 1
    site: Annotated[str, Field(description="whose offset and calibration these are")] = ""
    study: Annotated[str, Field(description="digest of the study")]
    study_name: Annotated[str, Field(description="what the study is called")] = ""
    clahe: Annotated[bool | None, Field(description="data.clahe of the images it learned from")] = None
    pipeline: Annotated[int | None, Field(description="version of the code that made pictures of these")] = None
    architecture: str
    image_size_px: int
    round: Annotated[int, Field(description="of the federation, whose model this is")]
    weights_sha256: str
    offset: Annotated[tuple[float, ...], Field(description="added to each finding's logit")]
    site_map: OutputCalibration
    intervals: Annotated[Mapping[str, FindingInterval], Field(description="by finding, where gold suffices")] = {}
    operation: Annotated[Mapping[str, FindingOperation], Field(description="alert thresholds by finding")] = {}
    features_sha256: str = ""


@dataclass(frozen=True, slots=True)
class ShippedModel:
    """A model ready for use at its site.

    Attributes:
        findings: names of the K outputs.
        offset: ``(K,)`` added to the logits.
        image_size_px: side of the square images that it takes.
        intervals, operation: by finding; empty where the folder was written by an earlier release.
        familiarity: None for such a folder.
        round: of the federation, whose model this is; ``study`` is that study's digest.
        weights_sha256: of the weights' file.
        site: whose offset and calibration these are, and ``study_name``; blank where an earlier release wrote it.
        clahe: how pictures were made of the images that it learned from.
        pipeline: version of the code that made them; None where an earlier release wrote the folder.
    """

    model: nn.Module
    findings: tuple[str, ...]
    offset: Tensor
    output_calibration: OutputCalibration
    image_size_px: int
    architecture: str
    study: str
    round: int
    weights_sha256: str
    intervals: Mapping[str, FindingInterval] = field(default_factory=dict)
    operation: Mapping[str, FindingOperation] = field(default_factory=dict)
    familiarity: Familiarity | None = None
    site: str = ""
    study_name: str = ""
    clahe: bool = False
    pipeline: int | None = None

    def picture(self, path: Path) -> NDArray[np.uint8]:
        """``(S, S)``: an image as the network learned to see it.

        Raises:
            DataError: naming the file and what is wrong with it.
        """
        return read_image(path, size_px=self.image_size_px, clahe=self.clahe)

    @torch.no_grad()
    def probabilities(self, images: Tensor) -> Tensor:
        """``(N, K)`` probabilities of uint8 images ``(N, 1, S, S)`` of the study's size."""
        logits = self.model(to_pixels(images)) + self.offset
        return self.output_calibration.probabilities(logits)

    def probability_at(self, finding: str, logit: float) -> float:
        """The site's probability of a finding at a logit, its offset included."""
        curve = self.output_calibration.curves.get(finding, FindingCalibration())
        return float(curve(torch.tensor([logit])))


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteParts:
    """What belongs to the weights at one site.

    Attributes:
        site: its name.
        clahe: ``data.clahe`` of its configuration.
        offset: ``(K,)`` added to the logits; None for nothing.
        description: what predictions are read by, if it could be made.
    """

    site: str
    clahe: bool
    offset: Tensor | None
    output_calibration: OutputCalibration
    description: ModelDescription | None = None


def write_shipped_model(folder: Path, model: nn.Module, study: Study, *, round_number: int, parts: SiteParts) -> None:
    """Write the weights and what belongs to them; a reader between two writes detects the mismatch by its hash."""
    description = parts.description
    weights = save({name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()})
    features = b"" if description is None else _packed(description.familiarity)
    beside = _Beside(
        layout=LAYOUT,
        site=parts.site,
        study=study.digest(),
        study_name=study.study,
        clahe=parts.clahe,
        pipeline=PIPELINE_VERSION,
        architecture=study.model.architecture,
        image_size_px=study.model.image_size_px,
        round=round_number,
        weights_sha256=hashlib.sha256(weights).hexdigest(),
        offset=tuple([0.0] * len(study.findings) if parts.offset is None else parts.offset.tolist()),
        site_map=parts.output_calibration,
        intervals={} if description is None else description.intervals,
        operation={} if description is None else description.operation,
        features_sha256=hashlib.sha256(features).hexdigest() if features else "",
    )
    write_bytes(folder / WEIGHTS, weights, mode=PRIVATE_FILE)
    if features:
        write_bytes(folder / FEATURES, features, mode=PRIVATE_FILE)
    write_text(folder / BESIDE, beside.model_dump_json(indent=1) + "\n", mode=PRIVATE_FILE)


def load_shipped_model(folder: Path, *, clahe: bool = False) -> ShippedModel:
    """The model of a folder, on the CPU.

    Args:
        folder: where it lies.
        clahe: of the site's configuration; it counts where an earlier release wrote the folder, which does not say.

    Raises:
        DataError: a file is missing or damaged, they do not belong together, or a later release wrote them.
    """
    try:
        weights = (folder / WEIGHTS).read_bytes()
        beside = _Beside.model_validate_json(_of_known_layout(folder / BESIDE))
        features = (folder / FEATURES).read_bytes() if beside.features_sha256 else b""
    except FileNotFoundError as error:
        raise DataError(
            f"{folder}: there is no usable model here, {Path(error.filename).name} is missing: a study writes it with "
            "its final evaluation"
        ) from None
    except OSError as error:
        raise DataError(f"{folder}: there is no usable model here: it cannot be read: {error.strerror}") from None
    except ValidationError:
        raise DataError(f"{folder}: there is no usable model here: {BESIDE} is damaged") from None
    _check_digest(folder, WEIGHTS, weights, beside.weights_sha256)
    if features:
        _check_digest(folder, FEATURES, features, beside.features_sha256)
    loaded = _loaded(folder, weights, beside, features)
    return replace(loaded, clahe=clahe) if beside.clahe is None else loaded


def _loaded(folder: Path, weights: bytes, beside: _Beside, features: bytes) -> ShippedModel:
    findings = beside.site_map.findings
    try:
        model = build_model(beside.architecture, n_findings=len(findings), seed=0, image_size_px=beside.image_size_px)
        model.load_state_dict(load(weights))
        familiarity = _unpacked(features) if features else None
    except (SafetensorError, RuntimeError, ValueError, KeyError):
        message = f"{WEIGHTS} does not hold the network that {BESIDE} describes"
        raise DataError(f"{folder}: there is no usable model here: {message}") from None
    return ShippedModel(
        model.eval(),
        findings,
        torch.tensor(beside.offset),
        beside.site_map,
        image_size_px=beside.image_size_px,
        architecture=beside.architecture,
        study=beside.study,
        round=beside.round,
        weights_sha256=beside.weights_sha256,
        intervals=beside.intervals,
        operation=beside.operation,
        familiarity=familiarity,
        site=beside.site,
        study_name=beside.study_name,
        clahe=bool(beside.clahe),
        pipeline=beside.pipeline,
    )


def _of_known_layout(path: Path) -> bytes:
    """The file's content.

    Raises:
        DataError: it says that a later release wrote it.
        OSError: it cannot be read.
    """
    content = path.read_bytes()
    try:
        layout = json.loads(content).get("layout", 1)
    except (ValueError, AttributeError):
        return content  # not JSON, or no keys: the check of the content says what is wrong
    if isinstance(layout, int) and layout > LAYOUT:
        raise DataError(f"{path}: expected layout {LAYOUT} or earlier, got {layout}: update glsmed to use this model")
    return content


def _check_digest(folder: Path, name: str, content: bytes, expected: str) -> None:
    if hashlib.sha256(content).hexdigest() != expected:
        raise DataError(f"{folder}: {BESIDE} was not written for this {name}")


def _packed(familiarity: Familiarity) -> bytes:
    return save(
        {
            "reference": familiarity.reference.half(),
            "ordinary": familiarity.ordinary,
            "average": familiarity.average.contiguous(),
        }
    )


def _unpacked(content: bytes) -> Familiarity:
    arrays = load(content)
    return Familiarity.of(arrays["reference"].float(), arrays["ordinary"], arrays["average"])
