"""The prior that sites share: what all their counts say about each cue, for a site without labels of its own."""

from typing import Annotated, Literal

import pydantic
from pydantic import Field

from glsmed.shared.cue_calibration.cue_counts import CueName
from glsmed.shared.errors import WireError
from glsmed.shared.files.documents import StrictModel

MOST_STRENGTH = 10_000.0
MOST_SHIFT = 20.0
LEAST_MEAN = 0.0001  # a cue calibration returns probabilities within the same bounds
_LEAST_STRENGTH = 0.01
_MOST_ENTRIES = 5_000  # several languages of some hundred cues
_MOST_CHARACTERS = 2_000_000


class SharedBelief(StrictModel):
    """A cue's Beta prior: its mean, and how many labels it is worth; from ``trials`` labels at ``sites`` sites."""

    mean: Annotated[float, Field(ge=LEAST_MEAN, le=1 - LEAST_MEAN)]
    strength: Annotated[float, Field(ge=_LEAST_STRENGTH, le=MOST_STRENGTH)]
    sites: Annotated[int, Field(ge=1)]
    trials: Annotated[int, Field(ge=0)]


class SharedPrior(StrictModel):
    """What the centre sends back; its JSON is the file that ``glsmed-adapter calibrate --prior`` takes.

    Attributes:
        cues: prior by cue; a cue that is missing keeps its own prior, moved by its family's shift.
        families: shift of each family in log-odds.
    """

    format: Literal[1] = 1
    cues: Annotated[dict[CueName, SharedBelief], Field(max_length=_MOST_ENTRIES)]
    families: Annotated[
        dict[CueName, Annotated[float, Field(ge=-MOST_SHIFT, le=MOST_SHIFT)]], Field(max_length=_MOST_ENTRIES)
    ]


def prior_from_json(text: str) -> SharedPrior:
    """The prior that a message holds.

    Raises:
        WireError: it has another form, or is larger than any prior of cues.
    """
    if len(text) > _MOST_CHARACTERS:
        raise WireError(f"the shared prior has {len(text)} characters, expected at most {_MOST_CHARACTERS}")
    try:
        return SharedPrior.model_validate_json(text)
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise WireError(
            f"the shared prior is not as agreed: {'.'.join(map(str, first['loc']))}: {first['msg']}"
        ) from None
