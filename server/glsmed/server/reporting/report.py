"""The report: what happened in a study, on one page."""

from datetime import datetime

from glsmed.server.monitoring.study_status import StudyStatus
from glsmed.server.reporting.missing import missing_in_words, not_looked_at, unmeasured_sites
from glsmed.server.reporting.parts.budgets import budget_blocks, read_budgets
from glsmed.server.reporting.parts.changes import change_blocks, read_changes
from glsmed.server.reporting.parts.cohort import cohort_blocks, read_cohort
from glsmed.server.reporting.parts.course import course_blocks, read_course
from glsmed.server.reporting.parts.cross_table import cross_blocks, read_cross_table
from glsmed.server.reporting.parts.delays import delay_blocks, read_delays
from glsmed.server.reporting.parts.recorded_words import message_in_words
from glsmed.server.reporting.parts.standing import Standing, standing_blocks
from glsmed.server.reporting.provenance import digest_table, privacy_blocks, version_table
from glsmed.server.reporting.results import CHOOSING_WORDS, gain_blocks, results_blocks
from glsmed.server.reporting.study_record import StudyRecord
from glsmed.server.reporting.taking_part import round_blocks, site_blocks
from glsmed.shared.pages.blocks import Block, Heading, Listing, Page, Paragraph, Section
from glsmed.shared.pages.spoken import say


def report_page(record: StudyRecord, *, written_at: str) -> Page:
    """The report of a study, finished or not: the sections of its page as they stand.

    Args:
        record: the study's record.
        written_at: when, for people.
    """
    parts = [block for one in study_sections(record) for block in (Heading(one.title), *one.blocks)]
    return Page(page_title(record), [*_head(record, written_at), *parts])


def page_title(record: StudyRecord) -> str:
    """What the page is called."""
    return say("Study {name}", name=record.study.study)


def standing_section(status: StudyStatus, *, now: datetime) -> Section:
    """How the study stands; the one part that changes every few seconds."""
    return Section("now", say("Now"), standing_blocks(Standing(status, now)))


def study_sections(record: StudyRecord) -> list[Section]:
    """Every part of the page but the one that changes every few seconds."""
    return [
        Section("cohort", say("Patients and findings"), cohort_blocks(read_cohort(record))),
        Section("results", say("Results"), [*results_blocks(record), *gain_blocks(record)]),
        Section("course", say("Results by round"), course_blocks(read_course(record))),
        Section("cross", say("Sites' models at other sites"), cross_blocks(read_cross_table(record))),
        Section("missing", say("What was not measured"), missing_blocks(record)),
        Section("sites", say("Sites"), site_blocks(record)),
        Section("rounds", say("Rounds"), round_blocks(record)),
        Section("delays", say("Who holds the study up"), delay_blocks(read_delays(record.rounds))),
        Section("changes", say("Changes and refusals"), change_blocks(read_changes(record))),
        Section("budgets", say("Budgets"), budget_blocks(read_budgets(record))),
        Section("privacy", say("Privacy"), privacy_blocks(record)),
        Section("digests", say("Digests and software"), [digest_table(record), version_table()]),
    ]


def missing_blocks(record: StudyRecord) -> list[Block]:
    """What was not measured, and why."""
    blocks: list[Block] = []
    away = [f"{site}: {reason}." for site, reason in unmeasured_sites(record).items()]
    without, lacking = say("Sites without any number:"), say("Numbers that did not come:")
    for words, lines in ((without, away), (lacking, missing_in_words(record))):
        if lines:
            blocks += [Paragraph(words), Listing(lines)]
    return [*blocks, Paragraph(say("Nobody looked at:")), Listing(not_looked_at(record))]


def state_words(record: StudyRecord) -> str:
    """How the study stands, in one sentence."""
    done, planned = len(record.accepted_rounds), record.study.training.rounds
    sites = {site for one in record.accepted_rounds for site in one.counted}
    one = "{done} of {planned} rounds counted, with updates of 1 site. State: {state}."
    several = "{done} of {planned} rounds counted, with updates of {count} sites. State: {state}."
    values = {"done": done, "planned": planned, "count": len(sites), "state": say(record.state.state)}
    return say(one if len(sites) == 1 else several, **values)


def choice_words(record: StudyRecord) -> str:
    """Which round's model is kept, and why; empty before the end."""
    if not record.has_finished:
        return ""
    chosen, best = record.summary.get("chosen_by", {}), record.summary.get("best_round")
    if chosen.get("mean") is None:
        last = "The model of round {best} is kept: the last, since no site sent its validation metrics of two rounds."
        return say(last, best=best)
    over_sites = record.summary.get("chosen_over_sites", "mean")
    return say(
        "The model of round {best} is kept: of all rounds it has the best {over} validation {metric} ({value}), rounds "
        "being compared as if each had the same sites and findings. Findings with one class at a site do not count.",
        best=best,
        over=say(over_sites),
        metric=say(CHOOSING_WORDS[chosen["metric"]]),
        value=f"{chosen['mean']:.4f}",
    )


def _head(record: StudyRecord, written_at: str) -> list[Block]:
    message = message_in_words(record.state.message)
    written = say("Written at {when} from the record of the run.", when=written_at)
    blocks: list[Block] = [Paragraph(f"{state_words(record)} {written}")]
    if not record.has_finished:
        blocks.append(Paragraph(say("The study has not ended: numbers may change."), strong=True))
    blocks += [
        Paragraph(text)
        for text in (choice_words(record), say("Last message: {message}", message=message) if message else "")
        if text
    ]
    return blocks
