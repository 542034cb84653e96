"""Pays for private steps before they are taken, within what the study and the site itself allow."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from glsmed.client.settings.config import SiteConfig, SitePrivacySection
from glsmed.client.settings.patient_account import PatientAccountFile, Record, Spent
from glsmed.shared.errors import PrivacyBudgetError, PrivacyError
from glsmed.shared.files.exclusive_lock import waited_lock
from glsmed.shared.privacy.accounting import PrivateSteps, epsilon
from glsmed.shared.protocol.study import PrivacySection, Study


@dataclass(frozen=True, slots=True)
class PrivacyLedger:
    """What one site has spent on its patients, for one study and for all.

    Attributes:
        file: the site's account.
        study: digest of the study.
        limit: the site's own, over all studies.
    """

    file: PatientAccountFile
    study: str
    limit: SitePrivacySection = field(default_factory=SitePrivacySection)

    @classmethod
    def of_site(cls, config: SiteConfig, study: Study, *, record: Record | None = None) -> Self:
        """The ledger of a site for a study; one that pays is given how to append to the audit log."""
        path = config.privacy.account or config.state.privacy_account
        file = PatientAccountFile(path, audit_log=config.state.audit_log, record=record)
        return cls(file, study.digest(), config.privacy)

    def pay(self, spent: Spent, settings: PrivacySection) -> float:
        """The study's epsilon after these steps, once they are in the audit log and on disk.

        An account that was missing, older or another than the audit log says is mended first.

        Raises:
            PrivacyBudgetError: the study's or the site's limit would be exceeded; nothing is written.
            DataError: the account is damaged.
            OSError: the disk is full.
        """
        self.file.path.parent.mkdir(parents=True, exist_ok=True)
        with waited_lock(self.file.lock):
            self.file.mend()
            account = self.file.read()
            paid = account.with_payment(self.study, spent)
            after = epsilon(paid.of(self.study), delta=settings.delta)
            in_study = f"training.privacy.max_epsilon of study.yaml is {settings.max_epsilon:g}"
            _require(after, settings.max_epsilon, account.of(self.study), settings.delta, in_study)
            own = self.limit.max_epsilon_per_patient
            in_all = f"privacy.max_epsilon_per_patient of config.yaml is {own:g}, over all studies"
            over_all = epsilon(paid.all(), delta=self.limit.delta)
            _require(over_all, own, account.all(), self.limit.delta, in_all)
            self.file.write(paid, {"study": self.study, "epsilon": round(after, 4), "over_all": round(over_all, 4)})
        return after

    def spent(self, settings: PrivacySection) -> float:
        """The epsilon that has been spent in the study so far.

        Raises:
            DataError: the account is damaged.
        """
        return epsilon(self.file.read().of(self.study), delta=settings.delta)


def require_small_delta(settings: PrivacySection, patients: int) -> None:
    """Raise unless delta is at most 1 over the number of patients: a larger one allows to publish one of them whole.

    Raises:
        PrivacyError: it is larger.
    """
    if settings.delta * patients > 1:
        raise PrivacyError(
            f"training.privacy.delta is {settings.delta:g}; with {patients} training patients expected at most "
            f"{1 / patients:.2g}, 1 / patients: this site does not train in this study"
        )


def _require(after: float, limit: float, before: Sequence[PrivateSteps], delta: float, setting: str) -> None:
    if not after <= limit:
        spent = epsilon(before, delta=delta)
        raise PrivacyBudgetError(
            f"this round would raise epsilon from {spent:.3f} to {after:.3f}; {setting}: this site trains no further "
            "in this study"
        )
