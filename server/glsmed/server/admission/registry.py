"""Which sites may join: one request file per admitted site in the study's ``sites`` folder, and the withdrawn keys.

One file that cannot be used never hides the others: it becomes a fault, which says what to do.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from glsmed.server.admission.withdrawals import NEW_KEY, Withdrawal, in_one_line, keep_withdrawal, utc_now, withdrawals
from glsmed.shared.errors import DataError, GlsmedError, UsageError
from glsmed.shared.files.atomic import write_bytes
from glsmed.shared.files.documents import did_you_mean, load
from glsmed.shared.protocol.enrolment import EnrolmentRequest, fingerprint


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
            about the site, so it stays as it is.
    """

    admitted: Mapping[str, AdmittedSite]
    withdrawn: Mapping[str, Withdrawal]
    faults: Mapping[Path, str]
    unreadable: frozenset[str]


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
    admitted: dict[str, AdmittedSite] = {}
    for entry in sorted(readable, key=lambda entry: (entry.file.stem != entry.request.site, entry.file.name)):
        fault = _fault_of(entry, admitted, withdrawn)
        if fault:
            faults[entry.file] = f"{entry.file}: {fault}"
        else:
            admitted[entry.request.site] = entry
    return Registry(dict(sorted(admitted.items())), withdrawn, dict(sorted(faults.items())), unreadable)


def admit(request_file: Path, *, sites: Path, study: str, study_digest: str) -> EnrolmentRequest:
    """Check a hospital's request and keep it among the admitted ones; returns it.

    Raises:
        ConfigurationError: the file is not an enrolment request.
        DataError: it was altered, is for another study or another version of this one, its key was withdrawn, or the
            site's name or key is taken.
    """
    request = _verified(request_file)
    _check_study(request, study=study, study_digest=study_digest)
    sites.mkdir(parents=True, exist_ok=True)
    registry = read_registry(sites)
    _check_is_new(request, registry)
    known = registry.admitted.get(request.site)
    if known is None or known.request != request:
        write_bytes(sites / f"{request.site}.yaml", request_file.read_bytes())
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
                faults[path] = f"{in_one_line(error)}: restore the file, or admit the hospital's request.yaml again"


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
    known = registry.admitted.get(request.site)
    if known is not None and known.key != key:
        raise DataError(
            f"a site named {request.site!r} is admitted with another key: if it made a new key on purpose, withdraw "
            f"the old one first: flwr-server withdraw {request.site}"
        )
    for other in registry.admitted.values():
        if other.request.site != request.site and other.key == key:
            raise DataError(_shared_key_words(request.site, other))
