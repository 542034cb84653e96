"""Pays for private steps and noisy counts before they are made, within what the study and the site itself allow."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Self

from glsmed.client.settings.config import SiteConfig, SitePrivacySection
from glsmed.client.settings.patient_account import PatientAccount, PatientAccountFile, Record, Spent, metrics_of
from glsmed.shared.errors import PrivacyBudgetError, PrivacyError
from glsmed.shared.files.exclusive_lock import waited_lock
from glsmed.shared.privacy.accounting import PrivateSteps, epsilon, gaussian_noise
from glsmed.shared.privacy.planning import OFFSET_NOISE, offset_steps
from glsmed.shared.protocol.study import PrivacySection, Study, TrainingSection


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
        return self._pay(spent, settings, on=self.study)

    def pay_metrics(self, settings: PrivacySection) -> float:
        """The noise multiplier of the study's one set of noisy counts, once they are in the audit log and on disk.

        Raises:
            PrivacyBudgetError: the study's metrics were paid for before, or the site's limit would be exceeded.
            DataError: the account is damaged.
            OSError: the disk is full.
        """
        spent = metrics_cost(settings)
        self._pay(spent, settings, on=self.metrics)
        return spent.noise_multiplier

    def pay_offset(self, training: TrainingSection) -> None:
        """Pay for the noisy sum that the base-rate offset comes from, as :meth:`pay` does.

        Raises:
            PrivacyBudgetError: the study's or the site's limit would be exceeded; nothing is written.
            DataError: the account is damaged.
            OSError: the disk is full.
        """
        for step in offset_steps(training):
            self.pay(Spent(**asdict(step)), training.privacy)

    def owed(self, account: PatientAccount, training: TrainingSection) -> list[PrivateSteps]:
        """What is still to be paid before the study's first round: the base-rate offset, if it has one."""
        return [] if any(_is_of_offset(one) for one in account.of(self.study)) else offset_steps(training)

    def trained_steps(self, account: PatientAccount) -> int:
        """How many gradient steps were paid for in this study."""
        return sum(one.steps for one in account.of(self.study) if not _is_of_offset(one))

    @property
    def metrics(self) -> str:
        """The study's entry for metrics, which validation and test patients pay."""
        return metrics_of(self.study)

    def over_all(self, account: PatientAccount) -> float:
        """The epsilon of all studies for whichever patients spent the most, at the site's delta.

        It is an upper bound: those of this study paid for training or for metrics, and for both in all others.
        """
        halves = (account.all(without=entry) for entry in (self.study, self.metrics))
        return max(epsilon(taken, delta=self.limit.delta) for taken in halves)

    def _pay(self, spent: Spent, settings: PrivacySection, *, on: str) -> float:
        """Write to an entry of the account; the epsilon of that entry."""
        limit, but = settings.max_epsilon, self.metrics  # the patients of one entry do not pay the other
        setting = f"training.privacy.max_epsilon of study.yaml is {limit:g}"
        if on == self.metrics:
            limit, but = settings.metrics_epsilon, self.study
            setting = f"training.privacy.metrics_epsilon of study.yaml is {limit:g}, once in a study"
        self.file.path.parent.mkdir(parents=True, exist_ok=True)
        with waited_lock(self.file.lock):
            self.file.mend()
            account = self.file.read()
            paid = account.with_payment(on, spent)
            after = epsilon(paid.of(on), delta=settings.delta)
            _require(after, limit, account.of(on), settings.delta, setting)
            own = self.limit.max_epsilon_per_patient
            in_all = f"privacy.max_epsilon_per_patient of config.yaml is {own:g}, over all studies"
            over_all = epsilon(paid.all(without=but), delta=self.limit.delta)
            _require(over_all, own, account.all(without=but), self.limit.delta, in_all)
            self.file.write(paid, {"study": on, "epsilon": round(after, 4), "over_all": round(over_all, 4)})
        return after

    def spent(self, settings: PrivacySection) -> float:
        """The epsilon that has been spent in the study so far.

        Raises:
            DataError: the account is damaged.
        """
        return epsilon(self.file.read().of(self.study), delta=settings.delta)


def metrics_cost(settings: PrivacySection) -> Spent:
    """What the metrics of a study's end cost: one sum over everybody with the least noise for their epsilon."""
    noise = gaussian_noise(settings.metrics_epsilon, delta=settings.delta)
    return Spent(noise_multiplier=noise, sampling_rate=1.0, steps=1)


def _is_of_offset(taken: PrivateSteps) -> bool:
    return (taken.noise_multiplier, taken.sampling_rate) == (OFFSET_NOISE, 1.0)


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
            f"this would raise epsilon from {spent:.3f} to {after:.3f}; {setting}: this site spends no more on it"
        )
