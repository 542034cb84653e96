"""The roster that the hospitals approve, made from the requests that the centre admitted."""

from pathlib import Path

from glsmed.server.admission.registry import read_registry
from glsmed.shared.errors import UsageError
from glsmed.shared.files.atomic import write_text
from glsmed.shared.secure_aggregation.roster import FEWEST_SITES, Roster


def write_roster(file: Path, *, sites: Path, study: str) -> Roster:
    """Write the roster of all admitted sites to ``file``; returns it.

    Args:
        file: replaced if it exists.
        sites: the folder of admitted requests.
        study: its name.

    Raises:
        UsageError: fewer than three sites are admitted.
        DataError: the folder is missing.
    """
    admitted = read_registry(sites).admitted
    if len(admitted) < FEWEST_SITES:
        names = ", ".join(admitted) or "none"
        raise UsageError(f"a roster needs at least {FEWEST_SITES} admitted sites, here are {len(admitted)} ({names})")
    roster = Roster(study=study, sites={site: entry.request.public_key for site, entry in admitted.items()})
    write_text(file, roster.to_yaml())
    return roster
