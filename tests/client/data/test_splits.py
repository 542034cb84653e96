from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom  # type: ignore[import-untyped]  # scipy ships no types

from glsmed.client.data.patient_keys import patient_key
from glsmed.client.data.splits import split_of
from glsmed.client.settings.config import SplitSection

PATIENTS = [f"p{number}" for number in range(4000)]


@pytest.mark.parametrize("split", [SplitSection(), SplitSection(train=0.5, validation=0.2, test=0.3, seed=7)])
def test_shares_are_those_that_were_asked_for(split: SplitSection) -> None:
    counts: Counter[str] = Counter(split_of(patient, split) for patient in PATIENTS)
    for name, share in (("train", split.train), ("validation", split.validation), ("test", split.test)):
        low, high = binom.interval(1 - 1e-6, len(PATIENTS), share)
        assert low <= counts[name] <= high


@pytest.mark.parametrize(("patient", "expected"), [("p1", "train"), ("p0", "validation"), ("p4", "test")])
def test_the_split_of_a_patient_is_the_same_on_every_machine(patient: str, expected: str) -> None:
    # printf '0\0p1' | sha256sum begins with 420d, 0.258 of the range; p0 with d8a2, 0.846; p4 with f005, 0.938
    assert split_of(patient, SplitSection()) == expected


def test_another_seed_gives_another_split() -> None:
    splits = [[split_of(patient, SplitSection(seed=seed)) for patient in PATIENTS] for seed in (0, 1)]
    assert splits[0] != splits[1]


@settings(deadline=None)  # a busy machine is no fault
@given(st.text(alphabet="pP0Aa ", min_size=1), st.integers(0, 5))
def test_spellings_of_one_patient_are_in_one_split(patient: str, seed: int) -> None:
    split = SplitSection(seed=seed)
    assert split_of(patient_key(patient), split) == split_of(patient_key(f" {patient.upper()} "), split)
