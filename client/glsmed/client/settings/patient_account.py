"""The site's one account of privacy: what its patients' data have spent in all studies, on disk and in the audit log.

A study.yaml cannot move it, and another study goes on with it. Every payment is written to the audit log first, with
the account's number and digest: an account that is missing, older or another than the log says is noticed, and never
less is counted than either of the two holds. Several studies of a hospital, each with its own state folder and audit
log, may pay from one account: it is then ahead of each log.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import structlog
from pydantic import Field, ValidationError

from glsmed.shared.errors import DataError
from glsmed.shared.files.atomic import PRIVATE_FILE, write_text
from glsmed.shared.files.audit import recorded
from glsmed.shared.files.documents import StrictModel
from glsmed.shared.privacy.accounting import PrivateSteps

PAID = "privacy_paid"
MENDED = "privacy_account_mended"
_METRICS = "/metrics"
Record = Callable[[str, Mapping[str, object]], object]


def metrics_of(study: str) -> str:
    """The entry of the account with what a study's validation and test patients paid for its metrics."""
    return f"{study}{_METRICS}"


class Spent(StrictModel):
    """Gradient steps that were paid for."""

    noise_multiplier: Annotated[float, Field(gt=0)]
    sampling_rate: Annotated[float, Field(gt=0, le=1)]
    steps: Annotated[int, Field(ge=1)]

    @property
    def taken(self) -> PrivateSteps:
        """The same for the accountant."""
        return PrivateSteps(self.noise_multiplier, self.sampling_rate, self.steps)


class PatientAccount(StrictModel):
    """All that was paid, by digest of the study; for metrics of its end by ``metrics_of`` it.

    Attributes:
        payments: how many there were.
    """

    payments: Annotated[int, Field(ge=0)] = 0
    studies: dict[str, tuple[Spent, ...]] = Field(default_factory=dict)

    def of(self, study: str) -> list[PrivateSteps]:
        """The steps of one study."""
        return [one.taken for one in self.studies.get(study, ())]

    def all(self, *, without: str = "") -> list[PrivateSteps]:
        """The steps of every study, but for one entry: they were taken on the same patients.

        In one study nobody pays both for training and for metrics: a patient is in one split. In the next it may be in
        another, so that all entries of other studies count.
        """
        return [one.taken for name, entries in self.studies.items() if name != without for one in entries]

    def with_payment(self, study: str, spent: Spent) -> "PatientAccount":
        """The account after one more payment; steps that are alike are one entry."""
        entries = {(one.noise_multiplier, one.sampling_rate): one.steps for one in self.studies.get(study, ())}
        kind = spent.noise_multiplier, spent.sampling_rate
        entries[kind] = entries.get(kind, 0) + spent.steps
        return PatientAccount(payments=self.payments + 1, studies={**self.studies, study: _entries(entries)})

    def with_the_most_of(self, other: "PatientAccount") -> "PatientAccount":
        """What either of the two holds, and the larger where both hold something."""
        studies = {
            study: _entries(_most(self.studies.get(study, ()), other.studies.get(study, ())))
            for study in [*self.studies, *(name for name in other.studies if name not in self.studies)]
        }
        return PatientAccount(payments=max(self.payments, other.payments), studies=studies)

    def goes_on_from(self, other: "PatientAccount") -> bool:
        """Whether this can be the other after further payments: there are more, and nothing of it is missing."""
        return self.payments > other.payments and self.with_the_most_of(other).studies == self.studies

    def digest(self) -> str:
        """SHA-256 of what it holds."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


class _FirstForm(StrictModel):
    """The file of earlier releases: the account of one study."""

    study: str
    spent: tuple[Spent, ...]


@dataclass(frozen=True, slots=True)
class PatientAccountFile:
    """Reads and writes the account; whoever pays holds a lock meanwhile.

    Attributes:
        path: of the account.
        audit_log: of the site, which is read to compare; None where there is none.
        record: appends an event to it.
    """

    path: Path
    audit_log: Path | None = None
    record: Record | None = None

    @property
    def lock(self) -> Path:
        """Held from reading to writing."""
        return self.path.with_suffix(".lock")

    def read(self) -> PatientAccount:
        """The account, with what the audit log knows beyond it; nothing is written.

        Raises:
            DataError: the file is damaged, and the audit log has nothing of it.
        """
        return self._compared()[0]

    def mismatch(self) -> str:
        """In words how the file differs from the audit log; empty where they agree.

        Raises:
            DataError: as :meth:`read`.
        """
        return self._compared()[1]

    def write(self, account: PatientAccount, fields: Mapping[str, object]) -> None:
        """Note a payment in the audit log, then replace the account.

        Raises:
            OSError: the disk is full; nothing may be trained.
        """
        self._note(PAID, account, fields)
        self._replace(account)

    def mend(self) -> str:
        """Make file and audit log agree again, on the most that either holds; returns what was wrong, in words.

        Raises:
            DataError: as :meth:`read`.
            OSError: the disk is full.
        """
        account, wrong = self._compared()
        if wrong:
            structlog.get_logger().warning("privacy_account_mended", reason=wrong)
            account = account.model_copy(update={"payments": account.payments + 1})
            self._note(MENDED, account, {"reason": wrong})
            self._replace(account)
        return wrong

    def _compared(self) -> tuple[PatientAccount, str]:
        logged, digest = self._logged()
        try:
            account = self._stored()
        except DataError:
            if digest is None:
                raise
            return logged, "it is damaged"
        if digest is None or account.digest() == digest or account.goes_on_from(logged):
            return account, ""
        return account.with_the_most_of(logged), _difference(account, logged, there=self.path.exists())

    def _stored(self) -> PatientAccount:
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return PatientAccount()
        except OSError as error:
            raise self._damaged(error) from None
        try:
            return PatientAccount.model_validate_json(content)
        except ValidationError as error:
            try:
                first = _FirstForm.model_validate_json(content)
            except ValidationError:
                raise self._damaged(error) from None
        account = PatientAccount()
        for spent in first.spent:
            account = account.with_payment(first.study, spent)
        return account

    def _damaged(self, error: Exception) -> DataError:
        return DataError(
            f"{self.path}: the privacy account cannot be read: restore it from a backup; without one, this site cannot "
            f"say what it has spent, and must train no further in private studies ({error})"
        )

    def _logged(self) -> tuple[PatientAccount, str | None]:
        """The account by the audit log, and the digest of its last; None where the log has none."""
        account, digest = PatientAccount(), None
        if self.audit_log is None:
            return account, None
        for event in (PAID, MENDED):
            for fields in recorded(self.audit_log, event):
                entry = _Logged.model_validate(dict(fields))
                if entry.account.payments >= account.payments:
                    account, digest = entry.account, entry.sha256
        return account, digest

    def _note(self, event: str, account: PatientAccount, fields: Mapping[str, object]) -> None:
        if self.record is not None:
            whole = {"account": account.model_dump(mode="json"), "sha256": account.digest()}
            self.record(event, {"payments": account.payments, **whole, **fields})

    def _replace(self, account: PatientAccount) -> None:
        write_text(self.path, account.model_dump_json(indent=1) + "\n", mode=PRIVATE_FILE)


class _Logged(StrictModel, extra="ignore"):
    """What an entry of the audit log says of the account."""

    account: PatientAccount
    sha256: str


def _entries(steps: Mapping[tuple[float, float], int]) -> tuple[Spent, ...]:
    return tuple(
        Spent(noise_multiplier=noise, sampling_rate=rate, steps=count) for (noise, rate), count in steps.items()
    )


def _most(first: tuple[Spent, ...], second: tuple[Spent, ...]) -> dict[tuple[float, float], int]:
    most: dict[tuple[float, float], int] = {}
    for one in (*first, *second):
        kind = one.noise_multiplier, one.sampling_rate
        most[kind] = max(most.get(kind, 0), one.steps)
    return most


def _difference(account: PatientAccount, logged: PatientAccount, *, there: bool) -> str:
    if not there:
        return f"it is missing, and the audit log has {logged.payments} payments"
    if account.payments < logged.payments:
        return f"it is older than the audit log: {account.payments} payments, not {logged.payments}"
    return f"it is not the one of which the audit log has {logged.payments} payments"
