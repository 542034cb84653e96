"""How much privacy a site has spent: on disk before any step is taken, so that nothing is lost in a crash.

Every patient of the training split is drawn with the same probability in each step, so one account is enough for all.
"""

import warnings
from pathlib import Path
from typing import Annotated

from opacus.accountants import RDPAccountant  # type: ignore[import-untyped]  # opacus ships no types
from pydantic import Field

from glsmed.client.settings.account_file import AccountFile, StudyAccount
from glsmed.shared.errors import PrivacyError
from glsmed.shared.files.documents import StrictModel
from glsmed.shared.protocol.study import PrivacySection


class Spent(StrictModel):
    """Gradient steps that were paid for."""

    noise_multiplier: Annotated[float, Field(gt=0)]
    sampling_rate: Annotated[float, Field(gt=0, le=1)]
    steps: Annotated[int, Field(ge=1)]


class _Account(StudyAccount):
    spent: tuple[Spent, ...]


class PrivacyLedger:
    """The account of one site in one study, whose digest it carries.

    Args:
        path: of the file; made by the first payment.
        study: digest of the study: another study has another account.
    """

    def __init__(self, path: Path, *, study: str) -> None:
        remedy = "this site cannot say what it has spent, and must train no further in this study"
        self._file = AccountFile(path, _Account(study=study, spent=()), "privacy account", without_backup=remedy)

    def pay(self, spent: Spent, settings: PrivacySection) -> float:
        """The epsilon that will have been spent after these steps, once they are on disk.

        Raises:
            PrivacyError: it would be more than ``settings.max_epsilon``; nothing is written.
            DataError: the file is damaged, or of another study.
        """
        account = self._file.read()
        paid = account.model_copy(update={"spent": (*account.spent, spent)})
        after = epsilon(paid.spent, delta=settings.delta)
        if not after <= settings.max_epsilon:
            before = epsilon(account.spent, delta=settings.delta)
            raise PrivacyError(
                f"this round would raise epsilon from {before:.3f} to {after:.3f}; training.privacy.max_epsilon is "
                f"{settings.max_epsilon:g}: this site trains no further in this study"
            )
        self._file.write(paid)
        return after

    def spent(self, settings: PrivacySection) -> float:
        """The epsilon that has been spent so far.

        Raises:
            DataError: the file is damaged, or of another study.
        """
        return epsilon(self._file.read().spent, delta=settings.delta)


def epsilon(spent: tuple[Spent, ...], *, delta: float) -> float:
    """The epsilon of (epsilon, delta) differential privacy after these steps, by Renyi accounting (Mironov 2017).

    Steps are Poisson-sampled Gaussian mechanisms (Mironov et al. 2019); the accountant is Opacus'.
    """
    if not spent:
        return 0.0
    accountant = RDPAccountant()
    history = [(one.noise_multiplier, one.sampling_rate, one.steps) for one in spent]
    accountant.load_state_dict({"history": history, "mechanism": accountant.mechanism()})
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Optimal order is the", category=UserWarning)  # still an upper bound
        return float(accountant.get_epsilon(delta=delta))
