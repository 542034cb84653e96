"""Every site of a study in one list: who may join, who was withdrawn, when each was seen and how often it counted."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from glsmed.server.admission.registry import Registry, read_registry
from glsmed.server.folders.run_folder import RunState, read_rounds, read_status
from glsmed.server.folders.study_folder import StudyFolder

SiteState = Literal["admitted", "withdrawn", "unusable"]
_FRESH_SECONDS = 60.0  # a centre that has not written its status for so long does not run


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A site. Times are UTC in ISO 8601, empty where there is none.

    Attributes:
        key: the key's fingerprint, ``SHA256:…``.
        glsmed: release at the site when it enrolled; ``flwr`` as well.
        is_online: whether the running centre hears it now.
        rounds_counted: rounds in which an update under this name counted.
        problem: what is wrong with its file and what to do.
    """

    site: str
    state: SiteState
    key: str = ""
    admitted_at: str = ""
    withdrawn_at: str = ""
    glsmed: str = ""
    flwr: str = ""
    is_online: bool = False
    last_seen: str = ""
    rounds_counted: int = 0
    problem: str = ""


def list_sites(folder: StudyFolder) -> list[SiteRow]:
    """The admitted sites, then the withdrawn ones, then the files that cannot be used.

    Raises:
        DataError: the folder of admitted sites is missing.
        FederationError: a file of the run is damaged.
    """
    registry = read_registry(folder.sites)
    status = read_status(folder.run) or RunState("waiting")
    counted = _rounds_counted(folder.run)
    return [*_admitted(registry, status, counted), *_withdrawn(registry, counted), *_unusable(registry)]


def is_online(seen: str, updated_at: str, *, now: datetime) -> bool:
    """Whether a site that was ``seen`` is online, as a status that was written at ``updated_at`` says."""
    if not seen or not updated_at:
        return False
    written = datetime.fromisoformat(updated_at)
    is_fresh = (now - written).total_seconds() < _FRESH_SECONDS
    return is_fresh and (written - datetime.fromisoformat(seen)).total_seconds() < _FRESH_SECONDS


def _rounds_counted(run: Path) -> Counter[str]:
    return Counter(site for record in read_rounds(run) if record.accepted for site in record.counted)


def _admitted(registry: Registry, status: RunState, counted: Counter[str]) -> Iterator[SiteRow]:
    for site, entry in registry.admitted.items():
        seen = status.seen.get(site, "")
        yield SiteRow(
            site,
            "admitted",
            key=entry.key,
            admitted_at=entry.admitted_at,
            glsmed=entry.request.glsmed,
            flwr=entry.request.flwr,
            is_online=is_online(seen, status.updated_at, now=datetime.now(UTC)),
            last_seen=seen,
            rounds_counted=counted[site],
        )


def _withdrawn(registry: Registry, counted: Counter[str]) -> Iterator[SiteRow]:
    for key, withdrawal in registry.withdrawn.items():
        yield SiteRow(
            withdrawal.site,
            "withdrawn",
            key=key,
            admitted_at=withdrawal.admitted_at,
            withdrawn_at=withdrawal.withdrawn_at,
            glsmed=withdrawal.glsmed,
            flwr=withdrawal.flwr,
            rounds_counted=counted[withdrawal.site],
        )


def _unusable(registry: Registry) -> Iterator[SiteRow]:
    for path, problem in registry.faults.items():
        yield SiteRow(path.stem, "unusable", problem=problem)
