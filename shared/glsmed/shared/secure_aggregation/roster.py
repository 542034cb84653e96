"""The roster: which sites take part in a study, each with its public key, as every hospital approves it.

The centre writes it from the admitted requests; hospitals compare the fingerprints by telephone, with each other. So no
centre can add sites that it made up, or put its own key in the place of a hospital's.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from glsmed.shared.errors import DataError
from glsmed.shared.files.documents import StrictModel, load
from glsmed.shared.files.yaml_writer import dump_yaml
from glsmed.shared.protocol.enrolment import SITE_NAME, fingerprint, key_line

FEWEST_SITES = 3  # whose sum may be seen

SiteName = Annotated[str, Field(pattern=SITE_NAME)]
KeyLine = Annotated[str, Field(pattern=r"^[ -~]{1,400}$")]


class Roster(StrictModel):
    """``roster.yaml``."""

    study: Annotated[str, Field(pattern=SITE_NAME, description="name of the study")]
    sites: Annotated[
        Mapping[SiteName, KeyLine],
        Field(min_length=1, max_length=1000, description="public key of each site, as its request.yaml has it"),
    ]

    @model_validator(mode="after")
    def _every_site_has_a_key_of_its_own(self) -> Self:
        owners: dict[str, str] = {}
        for site, line in self.sites.items():
            try:
                other = owners.setdefault(_fingerprint_of_line(line), site)
            except DataError as error:
                raise ValueError(f"{site}: {error}") from None
            if other != site:
                raise ValueError(f"{site} has the same key as {other}: every site needs its own")
        return self

    @property
    def is_enough(self) -> bool:
        """Whether there are enough sites to hide one in the sum."""
        return len(self.sites) >= FEWEST_SITES

    def digest(self) -> str:
        """SHA-256 of names and keys, as 64 hexadecimal digits."""
        content = json.dumps({"study": self.study, "sites": dict(self.sites)}, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(content.encode()).hexdigest()

    def fingerprints(self) -> Mapping[str, str]:
        """``SHA256:…`` of the key of each site, in the order of the names; what hospitals compare by telephone."""
        return {site: fingerprint(self.sites[site]) for site in sorted(self.sites)}

    def to_yaml(self) -> str:
        """The file's text."""
        return _HEAD + dump_yaml(
            {"study": self.study, "sites": {site: self.sites[site] for site in sorted(self.sites)}}
        )


def _fingerprint_of_line(line: str) -> str:
    if key_line(line) != line:
        raise DataError("expected the two words of a key as glsmed-client enroll writes them")
    return fingerprint(line)


_HEAD = """\
# The sites whose sum the centre may see, and their keys. Approve it as you approve study.yaml: call the other
# hospitals, at numbers that you know already, and compare the fingerprints that glsmed-client check shows.
# Then write `roster: roster.yaml` into config.yaml.
"""


def load_roster(path: Path, *, study: str) -> Roster:
    """The roster at ``path``.

    Raises:
        ConfigurationError: with every fault of the file.
        DataError: it is of another study.
    """
    roster = load(path, Roster)
    if roster.study != study:
        raise DataError(f"{path}: is the roster of the study {roster.study!r}, expected {study!r}")
    return roster
