"""The data sheet (Gebru et al., CACM 2021): what the study's data were, as far as sites let it be known."""

from collections.abc import Mapping

from glsmed.server.reporting.parts.numbers import count
from glsmed.server.reporting.provenance import unmentioned_words
from glsmed.server.reporting.study_record import StudyRecord
from glsmed.server.reporting.taking_part import cells_in_words, not_counted_words, site_blocks, training_cells_table
from glsmed.shared.pages.blocks import Block, Heading, Listing, Page, Paragraph, Table
from glsmed.shared.pages.spoken import say


def data_sheet(record: StudyRecord, *, written_at: str) -> Page:
    """The data sheet of a study.

    Args:
        record: the study's record.
        written_at: when, for people.
    """
    cells = training_cells_table(record)
    return Page(
        say("Data sheet: {study}", study=record.study.study),
        [
            Paragraph(say("Written at {when} from the record of the run.", when=written_at)),
            Heading(say("What the data are")),
            Paragraph(
                say(
                    "Medical images with the reports that hospitals wrote about them. Images, reports and labels stay "
                    "at each hospital; the centre has none of them, and no page here was made from any."
                )
            ),
            Heading(say("Whose")),
            *site_blocks(record),
            Heading(say("How many")),
            *([cells] if cells else [Paragraph(say("No site let its counts go (`counts` in egress.metrics)."))]),
            *_evaluated(record),
            Heading(say("Labels")),
            *_labels(record),
            Heading(say("Splits")),
            Paragraph(
                say(
                    "By patient, with a hash of the identifier, at each site: for training, for the choice of the "
                    "round, and for the final evaluation. Each site sets the shares in its config.yaml; they are not "
                    "sent."
                )
            ),
            *_training_rows(record),
            Heading(say("What is not known here")),
            Listing(_unknown()),
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
    caption = say(
        "Examinations of the {split} split with the finding, of those with a reference for it.", split=say(record.split)
    )
    return [Table([say("site"), *findings], rows, caption)]


def _with_it(numbers: Mapping[str, float]) -> str:
    if "n" not in numbers:
        return "–"
    positives = count(numbers["positives"]) if "positives" in numbers else say("few")
    return say("{part} of {whole}", part=positives, whole=count(numbers["n"]))


def _labels(record: StudyRecord) -> list[Block]:
    labels = record.study.labels
    gold, plain = "{site}: compared with gold.", "{site}: compared with plain statements of reports."
    references = [
        say(gold if numbers["reference"] == "gold" else plain, site=site)
        for site, numbers in sorted(record.results.items())
    ]
    learned, left = (
        "Gold labels of training patients are learned from.",
        "Gold labels of training patients are not used.",
    )
    shared, own = "All sites share a prior of cues.", "Every site has its own prior of cues."
    settings = [
        say("Findings that a report does not mention: {unmentioned}.", unmentioned=unmentioned_words(record)),
        say(learned if labels.gold_as_labels else left),
        say(shared if labels.shared_calibration else own),
        say("Rates below 0: {rates}.", rates=labels.negative_rates),
    ]
    return [Listing([*settings, *references])]


def _training_rows(record: StudyRecord) -> list[Block]:
    """Cells that sites trained on in the last round that counted, and why others did not count."""
    blocks: list[Block] = []
    if record.accepted_rounds:
        last = record.accepted_rounds[-1]
        rows = [[site, cells_in_words(cells)] for site, cells in sorted(last.counted.items())]
        caption = say("Labelled cells behind the updates of round {number}.", number=last.round)
        blocks.append(Table([say("site"), say("cells")], rows, caption))
    absent = not_counted_words(record)
    if absent:
        blocks += [Paragraph(say("Updates that did not count:")), Listing(absent)]
    return blocks


def _unknown() -> list[str]:
    return [
        say("Age, sex and origin of patients, scanners, dates and views: sites do not send them."),
        say(
            "How patients were chosen: each hospital makes its own manifest, and its own filters stand in its import "
            "log."
        ),
        say(
            "Errors of the reports and of gold labels; gold_quality says how far labels agree with gold where a site "
            "sends it."
        ),
    ]
