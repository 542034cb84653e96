"""How much privacy a site has spent: on disk before any step is taken, so that a crash forgets nothing.

Every patient of the training split is drawn with the same probability in each step, so that one account holds for all.
"""

import json
import warnings
from pathlib import Path
from typing import Annotated

from opacus.accountants import RDPAccountant  # type: ignore[import-untyped]  # opacus ships no types
from pydantic import Field, ValidationError

from glsmed.shared.errors import DataError, PrivacyError
from glsmed.shared.files.atomic import write_text
from glsmed.shared.files.documents import StrictModel
from glsmed.shared.protocol.study import PrivacySection

_PRIVATE_FILE = 0o600


class Spent(StrictModel):
    """Steps that were paid for."""

    noise_multiplier: Annotated[float, Field(gt=0)]
    sampling_rate: Annotated[float, Field(gt=0, le=1)]
    steps: Annotated[int, Field(ge=1)]


class _File(StrictModel):
    study: str
    spent: tuple[Spent, ...]


class PrivacyLedger:
    """The account of one site in one study, whose digest it carries.

    Args:
        path: of the file; made by the first payment.
        study: digest of the study: another study has another account.
    """

    def __init__(self, path: Path, *, study: str) -> None:
        self._path = path
        self._study = study

    def pay(self, spent: Spent, settings: PrivacySection) -> float:
        """The epsilon that will have been spent after these steps, once they are on disk.

        Raises:
            PrivacyError: it would be more than ``settings.max_epsilon``; nothing is written.
            DataError: the file is damaged, or of another study.
        """
        so_far = self._read()
        after = epsilon((*so_far, spent), delta=settings.delta)
        if not after <= settings.max_epsilon:
            before = epsilon(so_far, delta=settings.delta)
            raise PrivacyError(
                f"this round would bring epsilon from {before:.3f} to {after:.3f}; training.privacy.max_epsilon is "
                f"{settings.max_epsilon:g}: this site trains no further in this study"
            )
        content = _File(study=self._study, spent=(*so_far, spent))
        write_text(self._path, content.model_dump_json(indent=1) + "\n", mode=_PRIVATE_FILE)
        return after

    def _read(self) -> tuple[Spent, ...]:
        if not self._path.exists():
            return ()
        try:
            content = _File.model_validate(json.loads(self._path.read_text(encoding="utf-8")))
        except (ValueError, ValidationError, OSError) as error:
            raise DataError(
                f"{self._path}: the privacy account cannot be read: put a whole copy of it back; without one this site "
                f"cannot say what it has spent, and must train no further in this study ({error})"
            ) from None
        if content.study != self._study:
            raise DataError(f"{self._path}: the privacy account is of another study; move it away to start a new one")
        return content.spent


def epsilon(spent: tuple[Spent, ...], *, delta: float) -> float:
    """The epsilon of (epsilon, delta) differential privacy after these steps, by Renyi accounting (Mironov 2017).

    Steps are Poisson-sampled Gaussian mechanisms (Mironov et al. 2019); the accountant is Opacus'.
    """
    if not spent:
        return 0.0
    accountant = RDPAccountant()
    accountant.history = [(one.noise_multiplier, one.sampling_rate, one.steps) for one in spent]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Optimal order is the", category=UserWarning)  # still an upper bound
        return float(accountant.get_epsilon(delta=delta))
