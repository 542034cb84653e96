"""The model card of the shipped model: what it is and how well it does at this very site. It stays beside the model."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import torch

from glsmed.client.data.examples import Examples
from glsmed.client.evaluation.beside_local import Findings, beside_local
from glsmed.client.evaluation.card.words import WORDS
from glsmed.client.evaluation.evaluation import Evaluation, reference_labels
from glsmed.client.evaluation.patient_bootstrap import DRAWS, Measured, bootstrap_intervals
from glsmed.client.evaluation.shipped_model import BESIDE
from glsmed.client.learning.operating_point import FindingOperation
from glsmed.client.learning.output_calibration import FindingCalibration, OutputCalibration
from glsmed.shared.files.atomic import PRIVATE_FILE, write_text
from glsmed.shared.metrics.macro import has_both_classes
from glsmed.shared.pages.blocks import Block, Figure, Heading, Listing, Page, Paragraph, Table
from glsmed.shared.pages.html_page import as_html
from glsmed.shared.pages.markdown_page import as_markdown
from glsmed.shared.pages.spoken import LANGUAGES, say, speaking
from glsmed.shared.protocol.study import Study

_Intervals = Mapping[str, Mapping[str, Measured]]

CARD = "model-card"
_NONE = "–"


@dataclass(frozen=True, slots=True)
class ShippedFacts:
    """What the card says of a shipped model.

    Attributes:
        site, study, round: whose, of which study, and of which round it is.
        evaluation: of the shipped model on the test split.
        test: that split.
        local: the metrics of the site's own best model by finding; empty where there is none.
        epsilon: privacy spent; None without differential privacy.
        sensitivity: that alerts aim at.
    """

    site: str
    study: Study
    round: int
    evaluation: Evaluation
    test: Examples
    local: Findings = field(default_factory=dict)
    epsilon: float | None = None
    sensitivity: float = 0.9


def write_site_card(folder: Path, facts: ShippedFacts) -> None:
    """Write ``model-card.md`` and ``.html`` beside the shipped model in ``folder``, and ``.ja`` of each in Japanese.

    Raises:
        OSError: the disk is full.
    """
    beside = json.loads((folder / BESIDE).read_text(encoding="utf-8"))
    intervals = {finding: _intervals(facts, finding) for finding in facts.evaluation.by_finding}
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    for language in LANGUAGES:
        ending = "" if language == "en" else f".{language}"
        with speaking(language, WORDS):
            page = site_card(facts, beside, intervals, written_at=now)
            write_text(folder / f"{CARD}{ending}.md", as_markdown(page), mode=PRIVATE_FILE)
            write_text(folder / f"{CARD}{ending}.html", as_html(page), mode=PRIVATE_FILE)


def site_card(facts: ShippedFacts, beside: Mapping[str, object], intervals: _Intervals, *, written_at: str) -> Page:
    """The card.

    Args:
        facts: about the model.
        beside: what ``site.json`` holds beside the weights.
        intervals: of each metric by finding, where it has both classes.
        written_at: when, for people.
    """
    study = facts.study
    digests = [[say("study"), study.digest()], [say("weights"), str(beside.get("weights_sha256", _NONE))]]
    blocks: list[Block] = [
        *_what(facts, written_at),
        Heading(say("Intended use")),
        Paragraph(study.intended_use or say("Not given: study.yaml has no intended_use.")),
        Heading(say("How well it does here")),
        *_performance(facts, intervals),
        Heading(say("What makes it this site's")),
        _own_numbers(facts, beside),
        *_operating_points(facts, beside),
        Heading(say("Cautions")),
        Listing(_cautions()),
        Heading(say("Privacy")),
        Paragraph(_privacy(facts)),
        Heading(say("Digests")),
        Table([say("what"), "SHA-256"], digests),
    ]
    return Page(say("Model card: {study} at {site}", study=study.study, site=facts.site), blocks)


def _what(facts: ShippedFacts, written_at: str) -> list[Block]:
    written = "Written at {when}, when the study made its final evaluation. It does not leave this site."
    network = say(
        "{network} of round {round}, one grey image of {side} by {side} pixels in, a probability for each of {count} "
        "findings out.",
        network=facts.study.model.architecture,
        round=facts.round,
        side=facts.study.model.image_size_px,
        count=len(facts.study.findings),
    )
    return [Paragraph(say(written, when=written_at)), Paragraph(network)]


def _cautions() -> list[str]:
    return [
        say("It is meant for this site alone: offset and output calibration are this site's."),
        say("It is research software and not a medical device. It may not decide about a patient."),
        say("New scanners, other patients or other reading habits change it: watch it with `glsmed-client drift`."),
    ]


def _performance(facts: ShippedFacts, intervals: _Intervals) -> list[Block]:
    measured = facts.evaluation
    gold = "{patients} patients of the test split, compared with gold."
    plain = (
        "{patients} patients of the test split, compared with plain statements of this site's reports, since there is "
        "no gold."
    )
    rows = [_row(facts, finding, intervals.get(finding, {})) for finding in facts.study.findings]
    names = ("finding", "examinations", "with it", "AUROC", "Brier score", "log-loss", "calibration error")
    caption = "With 95 % intervals over {draws} draws of patients. A finding with one class has none."
    blocks: list[Block] = [
        Paragraph(say(gold if measured.reference == "gold" else plain, patients=measured.patients)),
        Table([say(name) for name in names], rows, say(caption, draws=DRAWS)),
    ]
    own = beside_local(measured.by_finding, facts.local)
    if own:
        blocks.append(Paragraph(own))
    return [*blocks, *_calibration(facts)]


def _row(facts: ShippedFacts, finding: str, intervals: Mapping[str, Measured]) -> list[str]:
    numbers = facts.evaluation.by_finding.get(finding)
    if numbers is None:
        return [finding, "0", "0", *[say("no reference")] * 4]
    counts = [f"{numbers['n']:.0f}", f"{numbers['positives']:.0f}"]
    if not has_both_classes(numbers):
        return [finding, *counts, *[say("one class only")] * 4]
    shown = [_with_interval(intervals[name]) for name in ("auroc", "brier", "log_loss")]
    return [finding, *counts, *shown, f"{numbers['ece']:.3f}"]


def _intervals(facts: ShippedFacts, finding: str) -> dict[str, Measured]:
    if not has_both_classes(facts.evaluation.by_finding[finding]):
        return {}
    place = facts.study.findings.index(finding)
    truth = reference_labels(facts.test)[0][:, place]
    known = ~torch.isnan(truth)
    patients = [one for one, is_known in zip(facts.test.patients, known.tolist(), strict=True) if is_known]
    said = facts.evaluation.probabilities[known, place].double().numpy()
    return bootstrap_intervals(said, truth[known].double().numpy(), patients)


def _with_interval(one: Measured) -> str:
    between = "{value} ({low} to {high})"
    return say(between, value=f"{one.value:.3f}", low=f"{one.low:.3f}", high=f"{one.high:.3f}")


def _calibration(facts: ShippedFacts) -> list[Block]:
    from glsmed.shared.pages.figures import reliability_svg  # brings matplotlib: seconds that training need not wait

    cells, said, true = facts.evaluation.calibration.double()
    filled = cells > 0
    points = list(zip((said / cells)[filled].tolist(), (true / cells)[filled].tolist(), strict=True))
    caption = say("Calibration on the test split over all findings together, in 15 bins of what was said.")
    return [Figure(reliability_svg({facts.site: points}, title=caption), caption)] if points else []


def _own_numbers(facts: ShippedFacts, beside: Mapping[str, object]) -> Table:
    curves = OutputCalibration.model_validate(beside["site_map"]).curves
    offsets = beside["offset"]
    rows = [
        [finding, f"{offset:+.3f}", *_curve(curves.get(finding))]
        for finding, offset in zip(facts.study.findings, offsets if isinstance(offsets, list) else [], strict=True)
    ]
    names = ("finding", "base-rate offset (logit)", "output calibration", "gold cells behind it")
    return Table([say(name) for name in names], rows)


def _curve(curve: FindingCalibration | None) -> list[str]:
    if curve is None:
        return [say("none: too little gold"), "0"]
    line = f"{curve.slope:.3f} z {curve.intercept:+.3f}"
    words = say("isotonic, {count} knots", count=len(curve.knots)) if curve.knots else line
    return [words, str(curve.gold_cells)]


def _operating_points(facts: ShippedFacts, beside: Mapping[str, object]) -> list[Block]:
    """Where the site raises alerts, and what that does on validation images; nothing where no description was made."""
    kept = beside.get("operation")
    if not isinstance(kept, Mapping) or not kept:
        return []
    curves = OutputCalibration.model_validate(beside["site_map"]).curves
    rows = [
        [str(name), *_alert(FindingOperation.model_validate(one), curves.get(str(name)), facts.sensitivity)]
        for name, one in kept.items()
    ]
    names = ("finding", "alert from a probability of", "sensitivity", "specificity", "patients with it")
    caption = "Chosen on validation images so that at least {aim} of the present findings raise an alert."
    table = Table([say(name) for name in names], rows, say(caption, aim=f"{100 * facts.sensitivity:g} %"))
    return [Heading(say("Operating points"), 3), table]


def _alert(operation: FindingOperation, curve: FindingCalibration | None, aim: float) -> list[str]:
    point = operation.at(aim)
    if point is None:
        return [say("none: too few positives"), _NONE, _NONE, str(operation.positives)]
    probability = float((curve or FindingCalibration())(torch.tensor([point.logit])))
    specificity = _NONE if point.specificity is None else f"{point.specificity:.3f}"
    return [f"{probability:.3f}", f"{point.sensitivity:.3f}", specificity, str(operation.positives)]


def _privacy(facts: ShippedFacts) -> str:
    if facts.epsilon is None:
        return say("Training had no differential privacy.")
    delta = facts.study.training.privacy.delta
    spent = "Training spent epsilon {epsilon} at delta {delta}, with the patient as the unit."
    return say(spent, epsilon=f"{facts.epsilon:.2f}", delta=f"{delta:g}")
