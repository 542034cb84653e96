"""Keys that were withdrawn: one file each in ``sites/withdrawn``, kept for good.

Flower's database keeps a withdrawn key taken as well, but can be moved away; these files are what counts.
"""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import Field

from glsmed.shared.errors import GlsmedError
from glsmed.shared.files.atomic import write_text
from glsmed.shared.files.documents import StrictModel, load
from glsmed.shared.files.yaml_writer import dump_yaml
from glsmed.shared.protocol.enrolment import RELEASE_NAME, SITE_NAME, UTC_TIME, fingerprint, key_line

NEW_KEY = (
    "the hospital moves its keys/site.key away, makes a new key with glsmed-client --site config.yaml enroll, and "
    "sends the new request.yaml"
)
_FOLDER = "withdrawn"
_SHOWN_DIGITS = 16  # of a key's hash in a file name
_RECORD_NAME = re.compile(rf".+-([0-9a-f]{{{_SHOWN_DIGITS}}})\.yaml")


class Withdrawal(StrictModel):
    """A site's key that never joins this study again."""

    site: Annotated[str, Field(pattern=SITE_NAME, description="name under which the key was admitted")]
    public_key: Annotated[str, Field(max_length=1000, description="the withdrawn key, one OpenSSH line")]
    withdrawn_at: Annotated[str, Field(pattern=UTC_TIME, description="UTC, ISO 8601")]
    admitted_at: Annotated[
        str, Field(pattern=f"^$|{UTC_TIME}", description="UTC, ISO 8601; empty if it is not known")
    ] = ""
    glsmed: Annotated[
        str, Field(pattern=f"^$|{RELEASE_NAME}", description="release of glsmed at the site; empty if it is not known")
    ] = ""
    flwr: Annotated[
        str, Field(pattern=f"^$|{RELEASE_NAME}", description="release of flwr at the site; empty if it is not known")
    ] = ""

    @property
    def key(self) -> str:
        """The key's fingerprint, ``SHA256:…``."""
        return fingerprint(self.public_key)


def keep_withdrawal(sites: Path, withdrawal: Withdrawal) -> None:
    """Write the record; a key that was withdrawn before keeps its first one."""
    path = _record_of(sites, withdrawal)
    if not path.exists():
        write_text(path, dump_yaml(withdrawal.model_dump()))


def withdrawals(sites: Path, *, faults: dict[Path, str]) -> Mapping[str, Withdrawal]:
    """Every withdrawal by the key's fingerprint, the oldest first; ``faults`` gets each record that cannot be read."""
    read = sorted(_readable(sites, faults), key=lambda withdrawal: withdrawal.withdrawn_at)
    return {withdrawal.key: withdrawal for withdrawal in read}


def may_be_record_of(path: Path, public_key: str) -> bool:
    """Whether the file of a record, of which no more than its name is known, may be that of a key."""
    digits = _RECORD_NAME.fullmatch(path.name)
    return digits is None or _key_digits(public_key) == digits.group(1)


def record_files(sites: Path) -> list[Path]:
    """The files of all records."""
    return sorted((sites / _FOLDER).glob("*.yaml"))


def in_one_line(error: Exception) -> str:
    """An error's first line, and how many more there are."""
    first, *more = str(error).splitlines()
    return f"{first} (and {len(more)} more)" if more else first


def utc_now() -> str:
    """The time now: UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _readable(sites: Path, faults: dict[Path, str]) -> Iterator[Withdrawal]:
    for path in record_files(sites):
        try:
            withdrawal = load(path, Withdrawal)
            key_line(withdrawal.public_key)
        except GlsmedError as error:
            faults[path] = f"{in_one_line(error)}: restore this record of a withdrawn key from a backup"
        else:
            yield withdrawal


def _record_of(sites: Path, withdrawal: Withdrawal) -> Path:
    return sites / _FOLDER / f"{withdrawal.site}-{_key_digits(withdrawal.public_key)}.yaml"


def _key_digits(public_key: str) -> str:
    blob = base64.b64decode(key_line(public_key).split()[1])
    return hashlib.sha256(blob).hexdigest()[:_SHOWN_DIGITS]
