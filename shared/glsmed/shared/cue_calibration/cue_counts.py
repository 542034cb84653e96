"""Counts per cue: all that a site sends about its reports for the shared cue calibration, and never a text.

A cue's name includes its language (``en/possible``), since the same id may stand for another word in another language.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

import pydantic
from pydantic import Field, StringConstraints, TypeAdapter

from glsmed.shared.errors import WireError
from glsmed.shared.files.documents import StrictModel

MOST_CUES = 2_000
CueName = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}/[a-z][a-z0-9_]{0,62}$")]
Count = Annotated[int, Field(ge=0, le=10**9)]


class CueCount(StrictModel):
    """One cue's gold labels at one site, and the prior that the site's adapter started from.

    Attributes:
        cue: its name with its language.
        family: the name of its family, with the language too.
        prior_mean: mean of the adapter's Beta prior of P(finding | cue).
        prior_strength: how many labels that prior is worth.
        trials: gold labels of mentions that this cue decided.
        successes: those of them that are 1.
    """

    cue: CueName
    family: CueName
    prior_mean: Annotated[float, Field(gt=0, lt=1)]
    prior_strength: Annotated[float, Field(gt=0, le=10_000)]
    trials: Count
    successes: Count

    @pydantic.model_validator(mode="after")
    def _no_more_successes_than_trials(self) -> "CueCount":
        if self.successes > self.trials:
            raise ValueError(f"{self.cue}: {self.successes} successes of {self.trials} trials")
        return self


_NAMES = TypeAdapter(Annotated[tuple[CueName, ...], Field(min_length=1, max_length=MOST_CUES)])
_COUNTS = TypeAdapter(Annotated[tuple[CueCount, ...], Field(max_length=MOST_CUES)])


def releasable(counts: Iterable[CueCount], *, minimum: int) -> list[CueCount]:
    """The counts of cues with at least ``minimum`` trials."""
    return [count for count in counts if count.trials >= minimum]


def merge_counts(sites: Iterable[Iterable[CueCount]]) -> Mapping[str, tuple[int, int]]:
    """Trials and successes of each cue over all sites, by name."""
    total: dict[str, tuple[int, int]] = {}
    for counts in sites:
        for count in counts:
            trials, successes = total.get(count.cue, (0, 0))
            total[count.cue] = (trials + count.trials, successes + count.successes)
    return dict(sorted(total.items()))


def cue_names(text: str) -> tuple[str, ...]:
    """The names of the cues of a sum, from JSON.

    Raises:
        WireError: they are no such names, or one is there twice.
    """
    try:
        names = _NAMES.validate_json(text)
    except pydantic.ValidationError:
        raise WireError("the cues of a sum are not names of cues, as JSON") from None
    if len(set(names)) < len(names):
        raise WireError("the cues of a sum are not each named once")
    return names


def names_digest(names: Sequence[str]) -> str:
    """SHA-256 of the names of cues in their order: what a sum of their counts is about."""
    return hashlib.sha256(json.dumps(list(names)).encode()).hexdigest()


def counts_to_json(counts: Sequence[CueCount]) -> str:
    """The counts as one line of JSON."""
    return json.dumps([count.model_dump() for count in counts])


def counts_from_json(text: str) -> list[CueCount]:
    """The counts in :func:`counts_to_json`'s form.

    Raises:
        WireError: it has another form, repeats a cue, or holds more than 2,000.
    """
    try:
        counts = list(_COUNTS.validate_json(text))
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise WireError(f"cue counts are not as agreed: {place}: {first['msg']}") from None
    if len({count.cue for count in counts}) < len(counts):
        raise WireError("cue counts are not as agreed: a cue occurs twice")
    return counts
