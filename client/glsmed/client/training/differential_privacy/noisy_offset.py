"""The base-rate offset of a private study: out of sums over the training patients with noise, drawn once and kept.

A patient adds to a finding the mean target of its labelled images, and 1 less that mean: two numbers with a length of 1
at most, so over K findings of sqrt(K). The sums with their noise are kept: to draw the noise anew would cost anew.
"""

import math
from typing import Annotated

import structlog
import torch
from pydantic import Field
from torch import Tensor

from glsmed.client.data.examples import Examples
from glsmed.client.settings.account_file import AccountFile, StudyAccount
from glsmed.client.settings.privacy_ledger import PrivacyLedger, require_small_delta
from glsmed.client.settings.state_folder import StateFolder
from glsmed.client.training.differential_privacy.secret_random import SecretRandom
from glsmed.shared.errors import PrivacyBudgetError
from glsmed.shared.privacy.planning import OFFSET_NOISE
from glsmed.shared.processes.error_words import words_for_log
from glsmed.shared.protocol.study import Study

_GRID = 2.0**-20  # of one patient: sums of multiples are exact, so the last bits of noisy sums tell nothing
_LARGEST_OFFSET = 4.0  # logit, as without privacy


class _BaseRates(StudyAccount):
    present: Annotated[tuple[float, ...], Field(description="of each finding: the sum of targets, with noise")] = ()
    absent: Annotated[tuple[float, ...], Field(description="the same of 1 less the target")] = ()


def noisy_offset(training: Examples, study: Study, state: StateFolder, ledger: PrivacyLedger) -> Tensor:
    """``(K,)`` logit of the site's base rates with noise, in [-4, 4]; the same at every start.

    0 for every finding where the budget does not pay for it.

    Args:
        training: the site's training split.
        study: a private one with ``training.site_offset``.
        state: where the noisy base rates are kept.
        ledger: pays for them before anything of a patient is summed.

    Raises:
        PrivacyError: the study's delta is too large for so many patients.
        DataError: the account, or the file of the base rates, is damaged.
        OSError: the disk is full.
    """
    digest = study.digest()
    file = AccountFile(
        state.noisy_base_rates(digest),
        _BaseRates(study=digest),
        name="file of noisy base rates",
        without_backup="move it away: then they are drawn, and paid for, again",
    )
    kept, deviation = file.read(), OFFSET_NOISE * math.sqrt(len(study.findings))
    if not kept.present:
        require_small_delta(study.training.privacy, training.labelled_patients)
        try:
            ledger.pay_offset(study.training)
        except PrivacyBudgetError as error:
            structlog.get_logger().warning("no_site_offset", detail=words_for_log(error))
            return torch.zeros(len(study.findings))
        sums = with_noise(bounded_sums(training), deviation, SecretRandom())
        kept = _BaseRates(study=digest, present=tuple(sums[0].tolist()), absent=tuple(sums[1].tolist()))
        file.write(kept)
    return offset_of(torch.tensor([kept.present, kept.absent], dtype=torch.float64), deviation)


def bounded_sums(training: Examples) -> Tensor:
    """``(2, K)`` float64 without noise: over patients, of mean targets and of 1 less them; where a cell has a label."""
    places = {patient: place for place, patient in enumerate(dict.fromkeys(training.patients))}
    rows = torch.tensor([places[patient] for patient in training.patients], dtype=torch.long)
    labelled = (training.weights > 0).double()
    targets = training.targets.double().clamp(0, 1)
    per_patient = torch.zeros(3, len(places), labelled.shape[1], dtype=torch.float64)
    for sums, cells in zip(per_patient, (labelled * targets, labelled * (1 - targets), labelled), strict=True):
        sums.index_add_(0, rows, cells)
    means = per_patient[:2] / per_patient[2].clamp(min=1)
    return ((means / _GRID).floor() * _GRID).sum(1)


def with_noise(sums: Tensor, deviation: float, random: SecretRandom) -> Tensor:
    """The sums with Gaussian noise of this standard deviation, on the same grid."""
    drawn = random.normal(sums.shape, device=torch.device("cpu"))
    return sums + (drawn * deviation / _GRID).round() * _GRID


def offset_of(sums: Tensor, deviation: float) -> Tensor:
    """``(K,)`` float32 logit of the base rates that noisy sums ``(2, K)`` tell, in [-4, 4].

    As many patients as the noise's standard deviation are added on both sides: where the noise is as large as the
    hospital, the base rate is near one half, and no offset remains.
    """
    present, absent = sums.clamp(min=0) + deviation
    return torch.logit(present / (present + absent)).clamp(-_LARGEST_OFFSET, _LARGEST_OFFSET).float()
