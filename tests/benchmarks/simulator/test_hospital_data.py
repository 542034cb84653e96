from dataclasses import replace

import numpy as np
import pytest
import torch

from glsmed.benchmarks.reading_room.hospitals import HOSPITALS
from glsmed.benchmarks.simulator.hospital_data import (
    ABSENT,
    PRESENT,
    UNCERTAIN,
    UNMENTIONED,
    HospitalData,
    read_cells,
    simulate,
)
from glsmed.benchmarks.simulator.pictures import Pictures
from glsmed.benchmarks.simulator.reading import beliefs, language_for, phrasing, rules_of, write_reports
from glsmed.benchmarks.simulator.scenarios import SCENARIOS, Scenario, scenario_named
from glsmed.benchmarks.simulator.synthetic import SyntheticPictures
from glsmed.shared.errors import UsageError

SOURCE = SyntheticPictures(28)
EXPECTED = {"affirmed": PRESENT, "negated": ABSENT, "unmentioned": UNMENTIONED}


def hospitals(
    scenario: Scenario = SCENARIOS["case-dependent"], *, studies: int = 150, seed: int = 0
) -> list[HospitalData]:
    return simulate(SOURCE, scenario, studies=studies, seed=seed)


def one_finding(truth: list[int], evidence: list[float]) -> Pictures:
    n = len(truth)
    return Pictures(
        pixels=np.zeros((n, 28, 28), dtype=np.uint8),
        truth=np.array(truth, dtype=np.int8)[:, None],
        evidence=np.array(evidence, dtype=np.float32)[:, None],
        names=tuple(str(number) for number in range(n)),
    )


def test_the_extractor_reads_what_each_report_was_told_to_say() -> None:
    for hospital in hospitals():
        for row, told in enumerate(hospital.phrasings):
            for column, finding in enumerate(hospital.findings):
                expected = EXPECTED.get(told[finding], UNCERTAIN)
                assert int(hospital.state[row, column]) == expected, (hospital.reports[row], finding, told[finding])


@pytest.mark.parametrize("place", [0, 1, 2])
def test_pneumonia_has_words_in_every_language(place: int) -> None:
    language = language_for(HOSPITALS[place], ("pneumonia",))
    report = write_reports([{"pneumonia": "cannot_exclude"}], language, np.random.default_rng(0))
    cell = read_cells(HOSPITALS[place].adapter, report)[0]["pneumonia"]
    assert cell.state == "uncertain"


def test_same_seed_same_hospitals_other_seed_others() -> None:
    first, again, other = hospitals(studies=20), hospitals(studies=20), hospitals(studies=20, seed=1)
    assert first[2].reports == again[2].reports
    assert torch.equal(first[2].images, again[2].images)
    assert first[2].reports != other[2].reports


def test_doubt_follows_the_case_or_only_the_class() -> None:
    pictures = one_finding([1] * 2000, [0.15] * 1000 + [1.0] * 1000)
    believed = {
        doubt: beliefs(
            pictures,
            rules_of(HOSPITALS[0], 0, replace(SCENARIOS["alike"], doubt=doubt)),
            np.random.default_rng(0),
        )[:, 0]
        for doubt in ("case", "class")
    }
    hard, plain = believed["case"][:1000].mean(), believed["case"][1000:].mean()
    assert plain - hard > 0.5
    assert abs(believed["class"][:1000].mean() - believed["class"][1000:].mean()) < 0.05
    assert believed["class"].mean() == pytest.approx(believed["case"].mean(), abs=0.02)


def test_a_severity_bar_lowers_belief() -> None:
    pictures = one_finding([1] * 500, [0.5] * 500)
    means = [
        beliefs(pictures, rules_of(HOSPITALS[place], place, SCENARIOS["severity-bar"]), np.random.default_rng(0)).mean()
        for place in range(3)
    ]
    assert means[0] > means[1] > means[2]


@pytest.mark.parametrize(
    ("scenario", "belief", "truth", "share", "word"),
    [
        (Scenario("x", labeller_error=0.2, unmentioned_positives=0), 0.9999, 1, 0.2, "negated"),
        (Scenario("x", labeller_error=0, unmentioned_positives=0.3), 0.9999, 1, 0.3, "unmentioned"),
        (Scenario("x", labeller_error=0, unmentioned_positives=0, styles_differ=False), 0.001, 0, 1.0, "negated"),
        (Scenario("x", labeller_error=0, unmentioned_positives=0.3, styles_differ=False), 0.001, 0, 0.0, "unmentioned"),
    ],
)
def test_errors_and_omissions_have_their_share(
    scenario: Scenario, belief: float, truth: int, share: float, word: str
) -> None:
    rules, rng = rules_of(HOSPITALS[0], 0, scenario), np.random.default_rng(0)
    told = [phrasing(belief, truth, rules, rng) for _ in range(2000)]
    assert told.count(word) / 2000 == pytest.approx(share, abs=0.03)


def test_boilerplate_doubts_denials_of_the_first_hospital_only() -> None:
    scenario = Scenario("x", labeller_error=0, boilerplate=0.5, styles_differ=False)
    shares = []
    for place in (0, 1):
        rules, rng = rules_of(HOSPITALS[place], place, scenario), np.random.default_rng(0)
        told = [phrasing(0.001, 0, rules, rng) for _ in range(1000)]
        shares.append(sum(word in ("cannot_exclude", "possible") for word in told) / 1000)
    assert shares == pytest.approx([0.5, 0.0], abs=0.05)


def test_an_unknown_world_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"boiler-plate.*boilerplate"):
        scenario_named("boiler-plate")
