"""What a program must know to use an exported model: how images are made ready, and what the outputs are."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, TypedDict

from pydantic import Field

from glsmed.shared.files.documents import StrictModel
from glsmed.shared.pixels import PIXEL_MEAN, PIXEL_SCALE

INPUT, OUTPUT = "images", "probabilities"
STEPS = (
    "DICOM: rescale, then VOI LUT or window; MONOCHROME1 inverted, so that air is black",
    "PNG and JPEG: turned as EXIF says, colour to grey, transparent to black",
    "pixels of more than 8 bits, and all of DICOM, scaled to 0 to 255",
    "resized with antialiasing (bicubic) so that the longer side is image_size_px, centred on black",
)

_LOCAL_CONTRAST = "before it is centred, the contrast of each region equalized: equalize_locally of the reference code"
_CODE = "glsmed.client.data.images.read_image(path, size_px=image_size_px{})"


def preprocessing(*, clahe: bool) -> "Preprocessing":
    """How images of a site are made ready, as fields of its sheet."""
    if not clahe:
        return Preprocessing(preprocessing=STEPS, reference_code=_CODE.format(""))
    return Preprocessing(preprocessing=(*STEPS, _LOCAL_CONTRAST), reference_code=_CODE.format(", clahe=True"))


class Preprocessing(TypedDict):
    """Steps in words, and the code that does them."""

    preprocessing: Sequence[str]
    reference_code: str


class ModelSheet(StrictModel):
    """The JSON file beside an exported model."""

    findings: Annotated[tuple[str, ...], Field(description="the K outputs, in order")]
    image_size_px: Annotated[int, Field(description="side S of the square images")]
    of: Annotated[Literal["site", "centre"], Field(description="one hospital's model, or that of all")]
    offset_and_calibration: Annotated[str, Field(description="what of a site is inside the graph")]
    alert_from: Annotated[Mapping[str, float], Field(description="by finding, the site's alert threshold")] = {}
    study: Annotated[str, Field(description="digest of the study")]
    round: Annotated[int, Field(description="of the federation")]
    architecture: str
    weights_sha256: Annotated[str, Field(description="of the file that the weights came from")]
    input_name: str = INPUT
    input_type: str = "uint8"
    input_shape: tuple[str | int, ...] = ("N", 1, "S", "S")
    inside_the_graph: str = f"x / 255, minus {PIXEL_MEAN}, divided by {PIXEL_SCALE}"
    output_name: str = OUTPUT
    output_shape: tuple[str, ...] = ("N", "K")
    preprocessing: Sequence[str] = STEPS
    reference_code: str = _CODE.format("")
    use: str = "research software, not a medical device"
