"""One training on real data, and the choice among a method's candidates."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from glsmed.benchmarks.comparison.arms import ARMS
from glsmed.benchmarks.comparison.fitting import fit
from glsmed.benchmarks.comparison.trial import Trial
from glsmed.benchmarks.federation.built_federation import RunSettings
from glsmed.benchmarks.methods.catalogue import ALL_METHODS, make_method
from glsmed.benchmarks.real_data.dataset_folder import RealHospital, read_dataset
from glsmed.benchmarks.real_data.dealing import deal_trial, patients_tested, without_learned
from glsmed.benchmarks.real_data.federation import SMALL_ARCHITECTURE, train_federation
from glsmed.benchmarks.real_data.plans import (
    BY_POLICY,
    FEDERATION_ROUNDS,
    FEDERATION_STEPS,
    FEDERATIONS,
    QUICK_ROUNDS,
    QUICK_STEPS,
    Arrays,
    RealJob,
    RealPlan,
)
from glsmed.shared.protocol.network_settings import ARCHITECTURES

TUNING_SEED = 100_000
TUNING_GOLD = 50
LEAST_IMAGE_SIZE_PX = 32  # of a study


def train(plan: RealPlan, job: RealJob, candidate: int) -> Arrays:
    """What the job says of the test examinations, and what is true.

    ``probability`` ``(M, K)`` after the site's output calibration, ``raw`` without it; ``truth`` ``(M, K)``, NaN where
    it is unknown; ``hedged`` ``(M, K)``; ``site`` ``(M,)`` numbers of ``sites``; ``patient`` ``(M,)`` numbers. Of
    hospitals that took no part: ``elsewhere`` ``(E, K)`` logits, ``elsewhere_truth``, and ``elsewhere_patient``
    ``(E,)`` numbers.
    """
    if job.method in (*FEDERATIONS, *BY_POLICY):
        return _train_federation(plan, job)
    hospitals, elsewhere = _hospitals(plan, job)
    method = make_method(job.method, candidate=candidate)
    trial = deal_trial(
        hospitals,
        gold=job.gold,
        seed=job.seed,
        elsewhere=elsewhere,
        held_back=job.held_back,
        shared=method.shares_cue_counts,
    )
    answers = fit(method, trial, ARMS[arm_of(job.gold)], plan.settings, seed=job.seed)
    arrays: Arrays = {
        "probability": answers.last_mapped.numpy(),
        "raw": answers.last.numpy(),
        "truth": trial.test.truth.numpy(),
        "hedged": trial.test.hedged.numpy(),
        "site": trial.test.site.numpy(),
        "sites": np.array(trial.sites),
        "findings": np.array(trial.findings),
        "patient": _numbers(patients_tested(hospitals, seed=job.seed)),
    }
    if trial.elsewhere is not None:
        arrays |= {
            "elsewhere": answers.elsewhere.numpy(),
            "elsewhere_truth": trial.elsewhere.truth.numpy(),
            "elsewhere_patient": _numbers([f"{one.name}/{patient}" for one in elsewhere for patient in one.patients]),
        }
    return arrays


def _numbers(patients: Sequence[str]) -> NDArray[np.generic]:
    return np.unique(patients, return_inverse=True)[1]


def _train_federation(plan: RealPlan, job: RealJob) -> Arrays:
    settings = RunSettings(
        rounds=QUICK_ROUNDS if plan.quick else FEDERATION_ROUNDS,
        steps_per_round=QUICK_STEPS if plan.quick else FEDERATION_STEPS,
        gold=job.gold,
        seed=job.seed,
        learning_rate=plan.federation_rate,
        architecture=plan.settings.network if plan.settings.network in ARCHITECTURES else SMALL_ARCHITECTURE,
        device=plan.device,
        image_size_px=max(LEAST_IMAGE_SIZE_PX, plan.size_px),
    )
    with TemporaryDirectory(prefix="glsmed-real-") as work:
        return train_federation(plan.data, Path(work), job.method, settings)


def arm_of(gold: int) -> str:
    """The arm of so much gold: with any, labels, posteriors, offset and output calibration come from it alike."""
    return "gold" if gold else "no-gold"


def choose(plan: RealPlan, method: str, gold: int) -> int:
    """The candidate with the best AUROC on what validation reports state plainly, on a seed that no table counts."""
    if method in (*FEDERATIONS, *BY_POLICY) or len(ALL_METHODS[method]) == 1 or plan.quick:
        return 0
    trial = _tuning_trial(plan, TUNING_GOLD if gold else 0)
    arm = ARMS[arm_of(gold)]
    scores = [
        fit(make_method(method, candidate=candidate), trial, arm, plan.settings, seed=TUNING_SEED).validation_auroc
        for candidate in range(len(ALL_METHODS[method]))
    ]
    return int(np.argmax(scores))


def _tuning_trial(plan: RealPlan, gold: int) -> Trial:
    return deal_trial(read_dataset(plan.data, size_px=plan.size_px), gold=gold, seed=TUNING_SEED)


def _hospitals(plan: RealPlan, job: RealJob) -> tuple[Sequence[RealHospital], Sequence[RealHospital]]:
    """Those that train, and those that take no part."""
    everyone = read_dataset(plan.data, size_px=plan.size_px)
    if job.left_out:
        learning = [one for one in everyone if one.name != job.left_out]
        left_out = [one for one in everyone if one.name == job.left_out]
        return learning, [without_learned(one, learning, seed=job.seed) for one in left_out]
    return everyone, () if plan.elsewhere is None else read_dataset(plan.elsewhere, size_px=plan.size_px)
