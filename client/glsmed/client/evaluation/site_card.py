"""The model card of the shipped model: what it is and how well it does at this very site. It stays beside the model."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import torch

from glsmed.client.data.examples import Examples
from glsmed.client.evaluation.evaluation import Evaluation, reference_labels
from glsmed.client.evaluation.patient_bootstrap import DRAWS, Measured, bootstrap_intervals
from glsmed.client.evaluation.shipped_model import BESIDE
from glsmed.client.learning.output_calibration import FindingCalibration, OutputCalibration
from glsmed.shared.files.atomic import PRIVATE_FILE, write_text
from glsmed.shared.metrics.macro import has_both_classes
from glsmed.shared.pages.blocks import Block, Figure, Heading, Listing, Page, Paragraph, Table
from glsmed.shared.pages.html_page import as_html
from glsmed.shared.pages.markdown_page import as_markdown
from glsmed.shared.protocol.study import Study

CARD = "model-card"
_NONE = "–"
_CAUTIONS = (
    "It is meant for this site alone: offset and output calibration are this site's.",
    "It is research software and not a medical device. It may not decide about a patient.",
    "New scanners, other patients or other reading habits change it: watch it with `glsmed-client drift`.",
)


@dataclass(frozen=True, slots=True)
class ShippedFacts:
    """What the card says of a shipped model.

    Attributes:
        site, study, round: whose, of which study, and of which round it is.
        evaluation: of the shipped model on the test split.
        test: that split.
        beside_local: the site's own model beside it, in words; empty where there is none.
        epsilon: privacy spent; None without differential privacy.
    """

    site: str
    study: Study
    round: int
    evaluation: Evaluation
    test: Examples
    beside_local: str = ""
    epsilon: float | None = None


def write_site_card(folder: Path, facts: ShippedFacts) -> None:
    """Write ``model-card.md`` and ``.html`` beside the shipped model in ``folder``.

    Raises:
        OSError: the disk is full.
    """
    beside = json.loads((folder / BESIDE).read_text(encoding="utf-8"))
    page = site_card(facts, beside, written_at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"))
    write_text(folder / f"{CARD}.md", as_markdown(page), mode=PRIVATE_FILE)
    write_text(folder / f"{CARD}.html", as_html(page), mode=PRIVATE_FILE)


def site_card(facts: ShippedFacts, beside: Mapping[str, object], *, written_at: str) -> Page:
    """The card.

    Args:
        facts: about the model.
        beside: what ``site.json`` holds beside the weights.
        written_at: when, for people.
    """
    study = facts.study
    blocks: list[Block] = [
        Paragraph(f"Written at {written_at}, when the study made its final evaluation. It does not leave this site."),
        Paragraph(
            f"{study.model.architecture} of round {facts.round}, one grey image of {study.model.image_size_px} by "
            f"{study.model.image_size_px} pixels in, a probability for each of {len(study.findings)} findings out."
        ),
        Heading("Intended use"),
        Paragraph(study.intended_use or "Not given: study.yaml has no intended_use."),
        Heading("How well it does here"),
        *_performance(facts),
        Heading("What makes it this site's"),
        _own_numbers(facts, beside),
        *_operating_points(beside),
        Heading("Cautions"),
        Listing(_CAUTIONS),
        Heading("Privacy"),
        Paragraph(_privacy(facts)),
        Heading("Digests"),
        Table(["what", "SHA-256"], [["study", study.digest()], ["weights", str(beside.get("weights_sha256", _NONE))]]),
    ]
    return Page(f"Model card: {study.study} at {facts.site}", blocks)


def _performance(facts: ShippedFacts) -> list[Block]:
    measured, reference = facts.evaluation, facts.evaluation.reference
    against = "gold" if reference == "gold" else "plain statements of this site's reports, since there is no gold"
    rows = [_row(facts, place) for place in range(len(facts.study.findings))]
    head = ["finding", "examinations", "with it", "AUROC", "Brier score", "log-loss", "calibration error"]
    blocks: list[Block] = [
        Paragraph(f"{measured.patients} patients of the test split, compared with {against}."),
        Table(head, rows, f"With 95 % intervals over {DRAWS} draws of patients. A finding with one class has none."),
    ]
    if facts.beside_local:
        blocks.append(Paragraph(facts.beside_local))
    return [*blocks, *_calibration(facts)]


def _row(facts: ShippedFacts, place: int) -> list[str]:
    finding = facts.study.findings[place]
    numbers = facts.evaluation.by_finding.get(finding)
    if numbers is None:
        return [finding, "0", "0", *["no reference"] * 4]
    counts = [f"{numbers['n']:.0f}", f"{numbers['positives']:.0f}"]
    if not has_both_classes(numbers):
        return [finding, *counts, *["one class only"] * 4]
    intervals = _intervals(facts, place)
    shown = [_with_interval(intervals[name]) for name in ("auroc", "brier", "log_loss")]
    return [finding, *counts, *shown, f"{numbers['ece']:.3f}"]


def _intervals(facts: ShippedFacts, place: int) -> dict[str, Measured]:
    truth = reference_labels(facts.test)[0][:, place]
    known = ~torch.isnan(truth)
    patients = [one for one, is_known in zip(facts.test.patients, known.tolist(), strict=True) if is_known]
    said = facts.evaluation.probabilities[known, place].double().numpy()
    return bootstrap_intervals(said, truth[known].double().numpy(), patients)


def _with_interval(one: Measured) -> str:
    return f"{one.value:.3f} ({one.low:.3f} to {one.high:.3f})"


def _calibration(facts: ShippedFacts) -> list[Block]:
    from glsmed.shared.pages.figures import reliability_svg  # brings matplotlib: seconds that training need not wait

    cells, said, true = facts.evaluation.calibration.double()
    filled = cells > 0
    points = list(zip((said / cells)[filled].tolist(), (true / cells)[filled].tolist(), strict=True))
    caption = "Calibration on the test split over all findings together, in 15 bins of what was said."
    return [Figure(reliability_svg({facts.site: points}, title=caption), caption)] if points else []


def _own_numbers(facts: ShippedFacts, beside: Mapping[str, object]) -> Table:
    curves = OutputCalibration.model_validate(beside["site_map"]).curves
    offsets = beside["offset"]
    rows = [
        [finding, f"{offset:+.3f}", *_curve(curves.get(finding))]
        for finding, offset in zip(facts.study.findings, offsets if isinstance(offsets, list) else [], strict=True)
    ]
    return Table(["finding", "base-rate offset (logit)", "output calibration", "gold cells behind it"], rows)


def _curve(curve: FindingCalibration | None) -> list[str]:
    if curve is None:
        return ["none: too little gold", "0"]
    words = f"isotonic, {len(curve.knots)} knots" if curve.knots else f"{curve.slope:.3f} z {curve.intercept:+.3f}"
    return [words, str(curve.gold_cells)]


def _operating_points(beside: Mapping[str, object]) -> list[Block]:
    """The site's thresholds, where the model has them: one row a finding, one column a number."""
    points = beside.get("operating_points")
    if not isinstance(points, Mapping) or not points:
        return []
    numbers = {name: value if isinstance(value, Mapping) else {"threshold": value} for name, value in points.items()}
    columns = list(dict.fromkeys(column for values in numbers.values() for column in values))
    rows = [[str(name), *(_shown(values.get(column)) for column in columns)] for name, values in numbers.items()]
    return [Heading("Operating points", 3), Table(["finding", *(one.replace("_", " ") for one in columns)], rows)]


def _shown(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else _NONE if value is None else str(value)


def _privacy(facts: ShippedFacts) -> str:
    if facts.epsilon is None:
        return "Training had no differential privacy."
    delta = facts.study.training.privacy.delta
    return f"Training spent epsilon {facts.epsilon:.2f} at delta {delta:g}, with the patient as the unit."
