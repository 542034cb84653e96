"""Which sites may join: one request file per admitted site in the study's ``sites`` folder, and the withdrawn keys.

One file that cannot be used never hides the others: it becomes a fault, which says what to do. What cannot be read
admits nobody: a broken request keeps its own site out, and a broken record of a withdrawal every key that it may be of.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from glsmed.server.admission.withdrawals import (
    NEW_KEY,
    Withdrawal,
    in_one_line,
    keep_withdrawal,
    may_be_record_of,
    utc_now,
    withdrawals,
)
from glsmed.shared.errors import DataError, GlsmedError, UsageError, printable
from glsmed.shared.files.atomic import write_text
from glsmed.shared.files.documents import did_you_mean, load
from glsmed.shared.files.yaml_writer import dump_yaml
from glsmed.shared.protocol.enrolment import EnrolmentRequest, fingerprint

_MEND = "restore the file, or admit the hospital's request.yaml again; until then that site takes no part"

Compare = Callable[[EnrolmentRequest], None]  # raises where the request is not the one that the hospital sent


@dataclass(frozen=True, slots=True)
class AdmittedSite:
    """A site that may join, with its request and when the centre admitted it (UTC, ISO 8601)."""

    file: Path
    request: EnrolmentRequest
    admitted_at: str

    @property
    def key(self) -> str:
        """The key's fingerprint, ``SHA256:…``."""
        return fingerprint(self.request.public_key)


@dataclass(frozen=True, slots=True)
class Registry:
    """The sites of a study as its files say.

    Attributes:
        admitted: by site name, in the order of names.
        withdrawn: by the key's fingerprint, the oldest first.
        faults: by file, what is wrong with it and what to do.
        unreadable: names of files of ``sites``, without their ending, that hold no valid request: nothing is known
            about the site, so it takes no part until the file is mended; its key is not withdrawn for good.
        lost_records: files of withdrawals that cannot be read: what they may be about does not join.
    """

    admitted: Mapping[str, AdmittedSite]
    withdrawn: Mapping[str, Withdrawal]
    faults: Mapping[Path, str]
    unreadable: frozenset[str]
    lost_records: tuple[Path, ...] = ()


def read_registry(sites: Path) -> Registry:
    """The sites of the folder ``sites``.

    Raises:
        DataError: the folder is missing.
    """
    if not sites.is_dir():
        raise DataError(f"{sites}: no such folder: restore it from a backup; without it nobody is known to be admitted")
    faults: dict[Path, str] = {}
    readable = list(_readable(sites, faults))
    unreadable = frozenset(path.stem for path in faults)
    withdrawn = withdrawals(sites, faults=faults)
    lost = tuple(path for path in sorted(faults) if path.parent != sites)
    admitted: dict[str, AdmittedSite] = {}
    for entry in sorted(readable, key=lambda entry: (entry.file.stem != entry.request.site, entry.file.name)):
        fault = _fault_of(entry, admitted, withdrawn) or _lost_record_words(entry.request, lost)
        if fault:
            faults[entry.file] = f"{entry.file}: {fault}"
        else:
            admitted[entry.request.site] = entry
    told = {path: printable(fault) for path, fault in sorted(faults.items())}
    return Registry(dict(sorted(admitted.items())), withdrawn, told, unreadable, lost)


def admit(
    request_file: Path, *, sites: Path, study: str, study_digest: str, compare: Compare | None = None
) -> EnrolmentRequest:
    """Check a hospital's request and keep it among the admitted ones; returns it.

    Args:
        request_file: what the hospital sent; it is read once.
        sites: the folder of admitted requests.
        study: its name.
        study_digest: sha256 of the study.
        compare: called with the request after all checks and before anything is written.

    Raises:
        ConfigurationError: the file is not an enrolment request.
        DataError: it was altered, is for another study or another version of this one, its key was withdrawn or may
            have been, or the site's name or key is taken; or what ``compare`` raises.
    """
    request = _verified(request_file)
    _check_study(request, study=study, study_digest=study_digest)
    sites.mkdir(parents=True, exist_ok=True)
    registry = read_registry(sites)
    _check_is_new(request, registry)
    if compare is not None:
        compare(request)
    known = registry.admitted.get(request.site)
    if known is None or known.request != request:
        write_text(sites / f"{request.site}.yaml", dump_yaml(request.model_dump()))  # what was checked, and only that
    return request


def withdraw(site: str, *, sites: Path) -> Withdrawal:
    """Withdraw the key of an admitted site for good; returns the record of it.

    Raises:
        UsageError: no site of this name is admitted.
    """
    registry = read_registry(sites)
    entry = registry.admitted.get(site) or _left_over(site, sites, registry)
    if entry is None:
        raise UsageError(_why_not_withdrawn(site, registry))
    withdrawal = Withdrawal(
        site=site,
        public_key=entry.request.public_key,
        withdrawn_at=utc_now(),
        admitted_at=entry.admitted_at,
        glsmed=entry.request.glsmed,
        flwr=entry.request.flwr,
    )
    keep_withdrawal(sites, withdrawal)  # first, so that a crash in between leaves a refused file, not an open door
    entry.file.unlink(missing_ok=True)
    return withdrawal


def _readable(sites: Path, faults: dict[Path, str]) -> Iterator[AdmittedSite]:
    for path in sorted(sites.glob("*.yaml")):
        try:
            yield _entry(path)
        except (GlsmedError, FileNotFoundError) as error:
            if path.exists():  # else it was removed while the folder was read
                faults[path] = f"{in_one_line(error)}: {_MEND}"


def _entry(path: Path) -> AdmittedSite:
    request = _verified(path)
    admitted_at = datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")
    return AdmittedSite(path, request, admitted_at)


def _verified(path: Path) -> EnrolmentRequest:
    request = load(path, EnrolmentRequest)
    try:
        request.verify()
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    return request


def _fault_of(
    entry: AdmittedSite, admitted: Mapping[str, AdmittedSite], withdrawn: Mapping[str, Withdrawal]
) -> str | None:
    """What stands against an entry beside those that are admitted already; None if nothing does."""
    site = entry.request.site
    if entry.key in withdrawn:
        return f"{_withdrawn_words(site, withdrawn[entry.key])}. Remove this file"
    if site in admitted:
        return f"{site!r} is admitted by {admitted[site].file.name} already: remove this file"
    for other in admitted.values():
        if other.key == entry.key:
            return f"{_shared_key_words(site, other)}. Remove this file; for a key of its own, {NEW_KEY}"
    return None


def _withdrawn_words(site: str, withdrawal: Withdrawal) -> str:
    known_as = "" if withdrawal.site == site else f", as {withdrawal.site!r},"
    return (
        f"the key of {site!r} ({withdrawal.key}) was withdrawn at this study{known_as} on {withdrawal.withdrawn_at}, "
        f"and a withdrawn key never joins again. To return, {NEW_KEY}"
    )


def _shared_key_words(site: str, other: AdmittedSite) -> str:
    return f"the key of {site!r} is already admitted as {other.request.site!r}: every site needs its own"


def _lost_record_words(request: EnrolmentRequest, lost: tuple[Path, ...]) -> str | None:
    """Why a key that may have been withdrawn does not join; None if no record is lost that may be about it."""
    for path in lost:
        if may_be_record_of(path, request.public_key):
            return (
                f"the key of {request.site!r} may have been withdrawn: {path} cannot be read. Restore that record from "
                "a backup; or remove it if you know that it is of another key"
            )
    return None


def _left_over(site: str, sites: Path, registry: Registry) -> AdmittedSite | None:
    """The file of a site whose withdrawal was recorded, and that is still there."""
    path = sites / f"{site}.yaml"
    left = {withdrawal.site for withdrawal in registry.withdrawn.values()}
    return _entry(path) if site in left and path in registry.faults and path.stem not in registry.unreadable else None


def _why_not_withdrawn(site: str, registry: Registry) -> str:
    if site in registry.unreadable:
        return f"sites/{site}.yaml cannot be read: remove it, and a running centre withdraws the key that it knows"
    for withdrawal in registry.withdrawn.values():
        if withdrawal.site == site:
            return f"the key of {site!r} was withdrawn already, on {withdrawal.withdrawn_at}"
    names = list(registry.admitted)
    return f"no site named {site!r} is admitted ({', '.join(names) or 'none is'})" + did_you_mean(site, names)


def _check_study(request: EnrolmentRequest, *, study: str, study_digest: str) -> None:
    if request.study != study:
        raise DataError(f"{request.site} asks to join the study {request.study!r}; this one is {study!r}")
    if request.study_digest != study_digest:
        raise DataError(
            f"{request.site} approved another version of study.yaml (sha256 {request.study_digest[:12]}…, "
            f"here {study_digest[:12]}…): send it the current file and ask for a new request"
        )


def _check_is_new(request: EnrolmentRequest, registry: Registry) -> None:
    key = fingerprint(request.public_key)
    if key in registry.withdrawn:
        raise DataError(_withdrawn_words(request.site, registry.withdrawn[key]))
    if doubt := _lost_record_words(request, registry.lost_records):
        raise DataError(doubt)
    known = registry.admitted.get(request.site)
    if known is not None and known.key != key:
        raise DataError(
            f"a site named {request.site!r} is admitted with another key: if it made a new key on purpose, withdraw "
            f"the old one first: flwr-server withdraw {request.site}"
        )
    for other in registry.admitted.values():
        if other.request.site != request.site and other.key == key:
            raise DataError(_shared_key_words(request.site, other))
