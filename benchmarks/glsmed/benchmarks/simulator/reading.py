"""Simulated reading: evidence becomes belief, belief a phrase by the hospital's hedging style, phrases a report."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from glsmed.benchmarks.reading_room.hospitals import Hospital
from glsmed.benchmarks.reading_room.readers import PHRASINGS, TEXTBOOK, UNMENTIONED, HedgingStyle, believe, phrase
from glsmed.benchmarks.reading_room.writers import ENGLISH, JAPANESE, SPANISH, Language, write_report
from glsmed.benchmarks.simulator.pictures import Pictures
from glsmed.benchmarks.simulator.scenarios import Scenario

_TURNED = {"affirmed": "negated", "negated": "affirmed"}
_BOILERPLATE = ("cannot_exclude", "possible")
_MORE_NAMES: dict[tuple[str, str, str], dict[str, Sequence[str]]] = {
    ENGLISH.headers: {"pneumonia": ("pneumonia", "a pneumonia")},
    JAPANESE.headers: {"pneumonia": ("肺炎", "肺炎像")},
    SPANISH.headers: {"pneumonia": ("neumonía",)},
}


@dataclass(frozen=True, slots=True)
class ReadingRules:
    """How one hospital reads in a scenario."""

    scenario: Scenario
    style: HedgingStyle
    bar: float
    is_first: bool


def rules_of(hospital: Hospital, place: int, scenario: Scenario) -> ReadingRules:
    """The rules of the hospital at this place of the list."""
    style = hospital.hedging_style if scenario.styles_differ else replace(TEXTBOOK, unmentioned_share=0.0)
    return ReadingRules(scenario, style, scenario.severity_bars[place], is_first=place == 0)


def beliefs(pictures: Pictures, rules: ReadingRules, rng: np.random.Generator) -> NDArray[np.float64]:
    """``(N, K)`` beliefs in (0, 1); if doubt follows the class, evidence is shuffled among equal truths."""
    evidence = pictures.evidence if rules.scenario.doubt == "case" else _dealt(pictures, rng)
    return np.asarray(believe(evidence, rng, bar=rules.bar), dtype=np.float64)


def _dealt(pictures: Pictures, rng: np.random.Generator) -> NDArray[np.float32]:
    evidence = pictures.evidence.copy()
    for column in range(evidence.shape[1]):
        for value in (0, 1):
            chosen = np.flatnonzero(pictures.truth[:, column] == value)
            evidence[chosen, column] = evidence[rng.permutation(chosen), column]
    return evidence


def phrasing(belief: float, truth: int, rules: ReadingRules, rng: np.random.Generator) -> str:
    """How the report says a belief, with the scenario's errors and omissions."""
    if truth and rng.random() < rules.scenario.unmentioned_positives:
        return UNMENTIONED
    chosen = phrase(belief, rules.style, rng)
    if chosen in _TURNED and rng.random() < rules.scenario.labeller_error:
        return _TURNED[chosen]
    if chosen == PHRASINGS[0] and rules.is_first and rng.random() < rules.scenario.boilerplate:
        return _BOILERPLATE[int(rng.integers(len(_BOILERPLATE)))]
    return chosen


def phrasings(
    believed: NDArray[np.float64],
    truth: NDArray[np.int8],
    findings: tuple[str, ...],
    rules: ReadingRules,
    rng: np.random.Generator,
) -> list[dict[str, str]]:
    """How each examination's report says each finding."""
    return [
        {
            finding: phrasing(float(belief[column]), int(values[column]), rules, rng)
            for column, finding in enumerate(findings)
        }
        for belief, values in zip(believed, truth, strict=True)
    ]


def language_for(hospital: Hospital, findings: tuple[str, ...]) -> Language:
    """The hospital's language with words for exactly these findings."""
    known = {**hospital.language.names, **_MORE_NAMES[hospital.language.headers]}
    return replace(hospital.language, names={finding: known[finding] for finding in findings})


def write_reports(phrasings: list[dict[str, str]], language: Language, rng: np.random.Generator) -> list[str]:
    """One report for each examination."""
    return [write_report(told, language, rng) for told in phrasings]
