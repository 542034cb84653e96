"""What alerts would cost all hospitals of a study together, from the numbers that they let go."""

from collections.abc import Mapping, Sequence

import numpy as np

from glsmed.server.reporting.study_record import StudyRecord
from glsmed.shared.case.case_page import Case
from glsmed.shared.case.draws import share_draws
from glsmed.shared.case.plan import PlanFacts, PlanRow, plan
from glsmed.shared.case.prices import Prices
from glsmed.shared.case.yearly import Floats, Hospital, ModelName, Rates
from glsmed.shared.errors import DataError
from glsmed.shared.metrics.decision_metrics import RATE
from glsmed.shared.pages.blocks import bounded
from glsmed.shared.pages.spoken import say

_SEED = 0
_NOT_SENT = "sent no false_alert_rate with n and positives"
_NEEDED = ("false_alert_rate", "n", "positives")

Findings = Mapping[str, Mapping[str, float]]


def consortium_case(record: StudyRecord, prices: Prices) -> Case:
    """The case of the hospitals whose policies let enough go.

    Args:
        record: of a study that has ended.
        prices: the consortium's.

    Raises:
        DataError: the study has not ended, or no hospital let enough go.
    """
    if not record.has_finished:
        raise DataError("expected a study that has ended, got one without a final evaluation: wait for it")
    rng = np.random.default_rng(_SEED)
    own = record.summary.get("cross_site", {}).get("alone", {})
    sent = {site: _usable(numbers["findings"]) for site, numbers in sorted(record.results.items())}
    hospitals = [_hospital(site, found, own.get(site, {}), prices, rng) for site, found in sent.items() if found]
    if not hospitals:
        raise DataError(
            "no hospital can be counted: expected false_alert_rate and counts in egress.metrics of at least one, got "
            "none; hospitals may add them for a next run"
        )
    return Case(
        record.study.study,
        prices,
        hospitals,
        about=_about(hospitals),
        left_out={
            site: say("sent no false_alert_rate with n and positives") for site, found in sent.items() if not found
        },
        plan=_plan(hospitals, sent, prices),
    )


def _usable(findings: Findings) -> Findings:
    """The findings of which a hospital sent enough, and has both classes."""
    return {
        name: numbers
        for name, numbers in findings.items()
        if set(_NEEDED) <= numbers.keys() and 0 < numbers["positives"] < numbers["n"]
    }


def _hospital(site: str, found: Findings, own: Findings, prices: Prices, rng: np.random.Generator) -> Hospital:
    names = tuple(found)
    positives, cases = (np.array([found[name][key] for name in names]) for key in ("positives", "n"))
    models: dict[ModelName, Rates] = {}
    if all("false_alert_rate" in own.get(name, {}) for name in names):
        models["local"] = _rates([own[name]["false_alert_rate"] for name in names], positives, cases, rng)
    models["federated"] = _rates([found[name]["false_alert_rate"] for name in names], positives, cases, rng)
    present, absent = (tuple(int(count) for count in counts) for counts in (positives, cases - positives))
    return Hospital(site, names, _prevalence(names, positives, cases, prices, rng), models, present, absent)


def _rates(false_alerts: Sequence[float], positives: Floats, cases: Floats, rng: np.random.Generator) -> Rates:
    """At the threshold that finds 90 %: how far it does is as uncertain as so many positives leave it."""
    negatives = cases - positives
    found = share_draws(RATE * positives, positives, rng)
    wrong = share_draws(np.clip(false_alerts, 0, 1) * negatives, negatives, rng)
    return Rates(found, wrong, np.zeros(len(found)))


def _prevalence(
    names: Sequence[str], positives: Floats, cases: Floats, prices: Prices, rng: np.random.Generator
) -> Floats:
    counted = [prices.findings[name].prevalence if name in prices.findings else None for name in names]
    present = [float(one.present) if one else count for one, count in zip(counted, positives, strict=True)]
    of = [float(one.of) if one else count for one, count in zip(counted, cases, strict=True)]
    return share_draws(np.array(present), np.array(of), rng)


def _about(hospitals: Sequence[Hospital]) -> list[str]:
    lines = [
        say(
            "Rates are those that hospitals let go of their test patients: false alerts where 90 % of the present "
            "findings are found."
        ),
        say("How common findings are: the counts that hospitals let go, or those in prices.yaml."),
        say("Intervals take the examinations of a hospital as independent of each other."),
    ]
    without = [bounded(one.site) for one in hospitals if "local" not in one.models]
    if without:
        sites = ", ".join(without)
        lines.append(
            say(
                "Hospitals without numbers of a model of their own: {sites}. So that model is not compared.",
                sites=sites,
            )
        )
    return lines


def _plan(hospitals: Sequence[Hospital], sent: Mapping[str, Findings], prices: Prices) -> list[PlanRow]:
    """What each finding needs at each hospital; the slope needs the model's probabilities, which stay there."""
    return [
        plan(
            PlanFacts(
                f"{bounded(one.site)}: {finding}",
                one.present[place],
                one.absent[place],
                prevalence=float(one.prevalence[0, place]),
                sensitivity=RATE,
                auroc=sent[one.site][finding].get("auroc"),
            ),
            prices.wanted,
        )
        for one in hospitals
        for place, finding in enumerate(one.findings)
    ]
