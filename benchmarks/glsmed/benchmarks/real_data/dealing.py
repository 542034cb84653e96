"""Patients dealt into training, validation and test, hospital by hospital; no patient is divided."""

from collections import Counter
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


def deal(hospitals: Sequence[RealHospital], *, seed: int) -> list[Dealt]:
    """Every patient in one part, by chance, the same for the same seed.

    A patient number that several hospitals have is taken for one patient, as where several readers read the same
    examinations: it is dealt by the first of them, and has the same part at the others.
    """
    part_of_patient: dict[str, int] = {}
    return [_deal_one(hospital, part_of_patient, seed) for hospital in hospitals]


def _deal_one(hospital: RealHospital, part_of_patient: dict[str, int], seed: int) -> Dealt:
    """Deals the patients that have no part yet, so that the hospital's shares come as near as they can."""
    rng = np.random.default_rng([seed, *hospital.name.encode()])
    patients: list[str] = rng.permutation(sorted(set(hospital.patients))).tolist()
    known = Counter(part_of_patient[patient] for patient in patients if patient in part_of_patient)
    free = [round(share * len(patients)) - known[part] for part, share in enumerate((TEST, VALIDATION))]
    for patient in patients:
        if patient not in part_of_patient:
            part_of_patient[patient] = next((part for part, left in enumerate(free) if left > 0), len(free))
            free = [left - (part == part_of_patient[patient]) for part, left in enumerate(free)]
    test, validation, train = (
        _rows(hospital, [patient for patient in patients if part_of_patient[patient] == part]) for part in range(3)
    )
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
    dealt = deal(hospitals, seed=seed)
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
    """The patient of each test examination, in the trial's order, with the name of the first hospital that has it."""
    home: dict[str, str] = {}
    for hospital in hospitals:
        home |= {patient: hospital.name for patient in hospital.patients if patient not in home}
    dealt = zip(hospitals, deal(hospitals, seed=seed), strict=True)
    tested = [hospital.patients[row] for hospital, parts in dealt for row in parts.test.tolist()]
    return [f"{home[patient]}/{patient}" for patient in tested]


def without_learned(hospital: RealHospital, learning: Sequence[RealHospital], *, seed: int) -> RealHospital:
    """The hospital without the patients that the others of its data set train on or choose by.

    Raises:
        UsageError: no patient is left.
    """
    learned = {
        one.patients[row]
        for one, parts in zip(learning, deal(learning, seed=seed), strict=True)
        for row in torch.cat([parts.train, parts.validation]).tolist()
    }
    left = [row for row, patient in enumerate(hospital.patients) if patient not in learned]
    if not left:
        raise UsageError(f"hospital {hospital.name}: the others train on all its patients; it cannot be left out")
    return hospital if len(left) == len(hospital.patients) else hospital.part(left)
