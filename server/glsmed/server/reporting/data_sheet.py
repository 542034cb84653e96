"""The data sheet (Gebru et al., CACM 2021): what the study's data were, as far as sites let it be known."""

from collections.abc import Mapping

from glsmed.server.reporting.parts.numbers import count
from glsmed.server.reporting.study_record import StudyRecord
from glsmed.server.reporting.taking_part import cells_in_words, not_counted_words, site_blocks, training_cells_table
from glsmed.shared.pages.blocks import Block, Heading, Listing, Page, Paragraph, Table

_UNKNOWN = (
    "Age, sex and origin of patients, scanners, dates and views: sites do not send them.",
    "How patients were chosen: each hospital makes its own manifest, and its own filters stand in its import log.",
    "Errors of the reports and of gold labels; gold_quality says how far labels agree with gold where a site sends it.",
)


def data_sheet(record: StudyRecord, *, written_at: str) -> Page:
    """The data sheet of a study.

    Args:
        record: the study's record.
        written_at: when, for people.
    """
    cells = training_cells_table(record)
    return Page(
        f"Data sheet: {record.study.study}",
        [
            Paragraph(f"Written at {written_at} from the record of the run."),
            Heading("What the data are"),
            Paragraph(
                "Medical images with the reports that hospitals wrote about them. Images, reports and labels stay at "
                "each hospital; the centre has none of them, and no page here was made from any."
            ),
            Heading("Whose"),
            *site_blocks(record),
            Heading("How many"),
            *([cells] if cells else [Paragraph("No site let its counts go (`counts` in egress.metrics).")]),
            *_evaluated(record),
            Heading("Labels"),
            *_labels(record),
            Heading("Splits"),
            Paragraph(
                "By patient, with a hash of the identifier, at each site: for training, for the choice of the round, "
                "and for the final evaluation. Each site sets the shares in its config.yaml; they are not sent."
            ),
            *_training_rows(record),
            Heading("What is not known here"),
            Listing(_UNKNOWN),
        ],
    )


def _evaluated(record: StudyRecord) -> list[Block]:
    """Examinations with a reference, and with the finding, in the split that was measured."""
    if not record.results:
        return []
    findings = record.study.findings
    rows = [
        [site, *(_with_it(numbers["findings"].get(finding, {})) for finding in findings)]
        for site, numbers in sorted(record.results.items())
    ]
    caption = f"Examinations of the {record.split} split with the finding, of those with a reference for it."
    return [Table(["site", *findings], rows, caption)]


def _with_it(numbers: Mapping[str, float]) -> str:
    if "n" not in numbers:
        return "–"
    positives = count(numbers["positives"]) if "positives" in numbers else "few"
    return f"{positives} of {count(numbers['n'])}"


def _labels(record: StudyRecord) -> list[Block]:
    labels = record.study.labels
    references = [
        f"{site}: compared with {'gold' if numbers['reference'] == 'gold' else 'plain statements of reports'}."
        for site, numbers in sorted(record.results.items())
    ]
    settings = [
        f"Findings that a report does not mention: {labels.unmentioned}.",
        f"Gold labels of training patients are {'learned from' if labels.gold_as_labels else 'not learned from'}.",
        f"A prior of cues shared by all sites: {'yes' if labels.shared_calibration else 'no'}.",
        f"Rates below 0: {labels.negative_rates}.",
    ]
    return [Listing([*settings, *references])]


def _training_rows(record: StudyRecord) -> list[Block]:
    """Cells that sites trained on in the last round that counted, and why others did not count."""
    blocks: list[Block] = []
    if record.accepted_rounds:
        last = record.accepted_rounds[-1]
        rows = [[site, cells_in_words(cells)] for site, cells in sorted(last.counted.items())]
        blocks.append(Table(["site", "cells"], rows, f"Labelled cells behind the updates of round {last.round}."))
    absent = not_counted_words(record)
    if absent:
        blocks += [Paragraph("Updates that did not count:"), Listing(absent)]
    return blocks
