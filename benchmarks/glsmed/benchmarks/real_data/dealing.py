"""Patients dealt into training, validation and test, hospital by hospital; no patient is divided."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from glsmed.benchmarks.comparison.trial import Trial, part_of, trial_of
from glsmed.benchmarks.methods.cells import cells_of
from glsmed.benchmarks.real_data.dataset_folder import RealHospital
from glsmed.shared.errors import UsageError

VALIDATION, TEST = 0.1, 0.3  # shares of a hospital's patients
ALL = 1_000_000  # gold labels of a site: every training examination that has one


@dataclass(frozen=True, slots=True)
class Dealt:
    """Rows of one hospital's examinations by the part that they take."""

    train: Tensor
    validation: Tensor
    test: Tensor


def deal(hospital: RealHospital, *, seed: int) -> Dealt:
    """Every patient of the hospital in one part, by chance, the same for the same seed."""
    rng = np.random.default_rng([seed, *hospital.name.encode()])
    patients = rng.permutation(sorted(set(hospital.patients)))
    tested, validated = round(TEST * len(patients)), round(VALIDATION * len(patients))
    parts = np.split(patients, [tested, tested + validated])
    test, validation, train = (_rows(hospital, part.tolist()) for part in parts)
    return Dealt(train=train, validation=validation, test=test)


def _rows(hospital: RealHospital, patients: Sequence[str]) -> Tensor:
    """The examinations of these patients, patient by patient in their order."""
    of_patient: dict[str, list[int]] = {}
    for row, patient in enumerate(hospital.patients):
        of_patient.setdefault(patient, []).append(row)
    return torch.tensor([row for patient in patients for row in of_patient[patient]], dtype=torch.long)


def deal_trial(
    hospitals: Sequence[RealHospital],
    *,
    gold: int,
    seed: int,
    elsewhere: Sequence[RealHospital] = (),
    held_back: bool = False,
    shared: bool = False,
) -> Trial:
    """A trial of these hospitals.

    Args:
        hospitals: they train, and their held-out patients test.
        gold: labels of each hospital: of the first so many training examinations that have one.
        seed: deals the patients.
        elsewhere: hospitals that take no part; all their examinations are asked about.
        held_back: every second examination with gold is kept out of training, and output calibration is fitted on these
            alone; what the words mean is learned from all gold.
        shared: see :func:`glsmed.benchmarks.methods.cells.cells_of`.

    Raises:
        UsageError: a hospital has nothing to train on.
    """
    dealt = [deal(hospital, seed=seed) for hospital in hospitals]
    for hospital, one in zip(hospitals, dealt, strict=True):
        if len(one.train) == 0:
            raise UsageError(f"hospital {hospital.name}: {len(hospital.patients)} images leave none to train on")
    known = [_with_gold(hospital, one.train)[:gold] for hospital, one in zip(hospitals, dealt, strict=True)]
    mapped = [rows[1::2] if held_back else rows for rows in known]
    train = [
        one.train[~torch.isin(one.train, rows)] if held_back else one.train
        for one, rows in zip(dealt, mapped, strict=True)
    ]
    trial = trial_of(
        hospitals,
        train=train,
        gold=[rows[::2] if held_back else rows for rows in known],
        validation=[one.validation for one in dealt],
        test=[one.test for one in dealt],
    )
    if held_back or shared:
        read = cells_of(hospitals, train, known, shared=shared)
        read = replace(trial.read, posterior=read.posterior, posterior_spread=read.posterior_spread)
        trial = replace(trial, read=read, gold=part_of(hospitals, mapped))
    if not elsewhere:
        return trial
    everything = [torch.arange(len(hospital.patients)) for hospital in elsewhere]
    return replace(trial, elsewhere=part_of(elsewhere, everything))


def _with_gold(hospital: RealHospital, rows: Tensor) -> Tensor:
    return rows[(~torch.isnan(hospital.truth[rows])).any(1)]


def patients_tested(hospitals: Sequence[RealHospital], *, seed: int) -> list[str]:
    """The patient of each test examination, in the trial's order, with the hospital's name before it."""
    return [
        f"{hospital.name}/{hospital.patients[row]}"
        for hospital in hospitals
        for row in deal(hospital, seed=seed).test.tolist()
    ]
