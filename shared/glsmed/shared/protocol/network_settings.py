"""The network of a study, what it starts from and how that is tuned: parts of study.yaml.

Whether timm has a network of a given name is found out where the network is built: here torch is not imported.
"""

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator

from glsmed.shared.files.documents import FalseIsOff, StrictModel, did_you_mean

ARCHITECTURES = ("resnet10_x0_25", "resnet10", "resnet18", "resnet50", "densenet121")
TIMM_PREFIX = "timm/"
DEFAULT_IMAGE_SIZE_PX = 224
_TIMM_NAME = re.compile(r"timm/[a-z0-9][a-z0-9_]*")


class InitialWeights(StrictModel):
    """A file of weights that a study starts from."""

    file: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\.safetensors$",
            description="name of the safetensors file of weights, without folders; at the centre and at each site it "
            "lies beside study.yaml",
        ),
    ]
    sha256: Annotated[
        str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of that file, as 64 hexadecimal digits")
    ]
    licence: Annotated[str, Field(min_length=1, description="licence of the weights, for the sites to see")]

    def __str__(self) -> str:
        """Name, licence and the beginning of the hash."""
        return f"{self.file} ({self.licence}, sha256 {self.sha256[:12]}…)"


class ModelSection(StrictModel):
    """The image classifier."""

    architecture: Annotated[
        str,
        Field(
            description="the network, with one input channel: `resnet10_x0_25`, `resnet10`, `resnet18`, `resnet50` or "
            "`densenet121` with GroupNorm, or a network of timm as `timm/NAME`, for instance `timm/convnext_tiny`: "
            "docs/learning.md"
        ),
    ] = "resnet18"
    image_size_px: Annotated[
        int, Field(ge=32, le=1024, description="side of the square that images are resized to, in pixels")
    ] = DEFAULT_IMAGE_SIZE_PX
    initial_weights: Annotated[
        InitialWeights | None,
        Field(description="weights that the study starts from, all but the last layer; null: random ones of the seed"),
    ] = None
    calibration_map: Annotated[
        Literal["off", "temperature", "platt", "isotonic", "auto"],
        FalseIsOff,
        Field(
            description="output calibration: the curve from logit to probability that each site fits on its own "
            "gold and keeps",
        ),
    ] = "platt"

    @field_validator("architecture")
    @classmethod
    def _check_architecture(cls, name: str) -> str:
        if name in ARCHITECTURES or _TIMM_NAME.fullmatch(name):
            return name
        expected = f"expected {', '.join(ARCHITECTURES)}, or {TIMM_PREFIX}NAME for a network of timm"
        if name.startswith(TIMM_PREFIX):
            raise ValueError(
                f"{name!r} is not the name of a network of timm: {expected}, without the tag of its weights, which "
                "model.initial_weights gives"
            )
        raise ValueError(f"{name!r} is not a network{did_you_mean(name, ARCHITECTURES)}; {expected}")


class FineTuningSection(StrictModel):
    """How the weights that a study starts from are tuned; by default all alike, from the first step to the last."""

    frozen_rounds: Annotated[
        int, Field(ge=0, le=10_000, description="rounds in which only the last layer is trained, from the first on")
    ] = 0
    layer_decay: Annotated[
        float,
        Field(
            gt=0,
            le=1,
            description="factor of the learning rate from each layer to the one before it; 1: the same for all layers",
        ),
    ] = 1.0
    schedule: Annotated[
        Literal["constant", "cosine"],
        Field(
            description="learning rate over the study: the same in every round, or falling along half a cosine to "
            "almost 0 in the last round",
        ),
    ] = "constant"
    average_decay: Annotated[
        float,
        Field(
            ge=0,
            lt=1,
            description="an update is the exponential moving average of a round's weights, of which each step keeps "
            "this share; 0: the weights after the last step",
        ),
    ] = 0.0
