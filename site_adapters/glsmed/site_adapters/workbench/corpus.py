"""What the workbench looks at: reports, and what else is known of their examinations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from glsmed.site_adapters.inputs.gold_labels import Gold


class Pictures(Protocol):
    """The images of examinations; a site has them, ``glsmed-adapter`` does not."""

    def names(self, report_id: str) -> Sequence[str]:
        """What the images of an examination are called."""
        ...

    def png(self, report_id: str, place: int) -> bytes:
        """One of them as a PNG; raises DataError with what is wrong with it."""
        ...


Opinions = Mapping[tuple[str, str], float]  # probability by the site's image model, by report and finding


@dataclass(frozen=True, slots=True)
class Corpus:
    """Reports by id, with gold labels and the image model's probabilities; both may be empty."""

    texts: Mapping[str, str]
    gold: Gold = field(default_factory=dict)
    opinions: Opinions = field(default_factory=dict)
    pictures: Pictures | None = None
