"""The report: what happened in a study, on one page."""

from glsmed.server.reporting.missing import missing_in_words, not_looked_at, unmeasured_sites
from glsmed.server.reporting.provenance import digest_table, privacy_blocks, version_table
from glsmed.server.reporting.results import CHOOSING_WORDS, gain_blocks, results_blocks
from glsmed.server.reporting.study_record import StudyRecord
from glsmed.server.reporting.taking_part import round_blocks, site_blocks, training_cells_table
from glsmed.shared.pages.blocks import Block, Heading, Listing, Page, Paragraph, bounded


def report_page(record: StudyRecord, *, written_at: str) -> Page:
    """The report of a study, finished or not.

    Args:
        record: the study's record.
        written_at: when, for people.
    """
    cells = training_cells_table(record)
    return Page(
        f"Study {record.study.study}",
        [
            *_head(record, written_at),
            Heading("Results"),
            *results_blocks(record),
            *gain_blocks(record),
            *missing_blocks(record),
            Heading("Sites"),
            *site_blocks(record),
            *([cells] if cells else []),
            *round_blocks(record),
            Heading("Privacy"),
            *privacy_blocks(record),
            Heading("Digests and software"),
            digest_table(record),
            version_table(),
        ],
    )


def missing_blocks(record: StudyRecord) -> list[Block]:
    """What was not measured, and why."""
    blocks: list[Block] = [Heading("What was not measured")]
    away = [f"{site}: {reason}." for site, reason in unmeasured_sites(record).items()]
    for words, lines in (("Sites without any number:", away), ("Numbers that did not come:", missing_in_words(record))):
        if lines:
            blocks += [Paragraph(words), Listing(lines)]
    return [*blocks, Paragraph("Nobody looked at:"), Listing(not_looked_at(record))]


def state_words(record: StudyRecord) -> str:
    """How the study stands, in one sentence."""
    done, planned = len(record.accepted_rounds), record.study.training.rounds
    sites = {site for one in record.accepted_rounds for site in one.counted}
    return (
        f"{done} of {planned} rounds counted, with updates of {len(sites)} {'site' if len(sites) == 1 else 'sites'}. "
        f"State: {record.state.state}."
    )


def choice_words(record: StudyRecord) -> str:
    """Which round's model is kept, and why; empty before the end."""
    if not record.has_finished:
        return ""
    chosen, best = record.summary.get("chosen_by", {}), record.summary.get("best_round")
    if chosen.get("mean") is None:
        return f"The model of round {best} is kept: the last, since no site sent its validation metrics of two rounds."
    over_sites = record.summary.get("chosen_over_sites", "mean")
    return (
        f"The model of round {best} is kept: of all rounds it has the best {over_sites} validation "
        f"{CHOOSING_WORDS[chosen['metric']]} "
        f"({chosen['mean']:.4f}), rounds being compared as if each had the same sites and findings. Findings with one "
        "class at a site do not count."
    )


def _head(record: StudyRecord, written_at: str) -> list[Block]:
    message = bounded(record.state.message, most=500)
    blocks: list[Block] = [Paragraph(f"{state_words(record)} Written at {written_at} from the record of the run.")]
    if not record.has_finished:
        blocks.append(Paragraph("The study has not ended: numbers may change.", strong=True))
    blocks += [
        Paragraph(text) for text in (choice_words(record), f"Last message: {message}" if message else "") if text
    ]
    return blocks
