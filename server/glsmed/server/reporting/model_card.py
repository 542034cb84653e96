"""The model card (Mitchell et al., FAT* 2019): what the study's model is, for what, and how well it does."""

from glsmed.server.reporting.provenance import (
    architecture_words,
    digest_table,
    intended_use_blocks,
    privacy_blocks,
    unmentioned_words,
)
from glsmed.server.reporting.report import choice_words, missing_blocks, state_words
from glsmed.server.reporting.results import gain_blocks, results_blocks
from glsmed.server.reporting.study_record import StudyRecord
from glsmed.shared.pages.blocks import Block, Heading, Listing, Page, Paragraph
from glsmed.shared.pages.spoken import say


def model_card(record: StudyRecord, *, written_at: str) -> Page:
    """The model card of a study's model, as far as the record has it.

    Args:
        record: the study's record.
        written_at: when, for people.
    """
    return Page(
        say("Model card: {study}", study=record.study.study),
        [
            Paragraph(say("Written at {when} from the record of the run.", when=written_at)),
            Heading(say("Model")),
            *_model(record),
            Heading(say("Intended use")),
            *intended_use_blocks(record),
            Heading(say("Training")),
            Paragraph(state_words(record)),
            *_training(record),
            Heading(say("Performance")),
            *results_blocks(record),
            *gain_blocks(record),
            Heading(say("What was not measured")),
            *missing_blocks(record),
            Heading(say("Cautions")),
            Listing(_cautions()),
            Heading(say("Privacy")),
            *privacy_blocks(record),
            Heading(say("Digests")),
            digest_table(record),
        ],
    )


def _model(record: StudyRecord) -> list[Block]:
    kept = choice_words(record)
    where = record.summary.get("checkpoint")
    blocks: list[Block] = [Paragraph(architecture_words(record))]
    blocks += (
        [Paragraph(kept)] if kept else [Paragraph(say("The study has not ended: no model is kept yet."), strong=True)]
    )
    return [*blocks, *([Paragraph(say("File: {path}", path=f"run/{where}"))] if where else [])]


def _training(record: StudyRecord) -> list[Block]:
    training, labels = record.study.training, record.study.labels
    steps = say(
        "Each round, every site takes {steps} steps of {batch} with {optimizer} (learning rate {rate}); the centre "
        "merges the updates by {rule}.",
        steps=training.steps_per_round,
        batch=training.batch_size,
        optimizer=training.optimizer,
        rate=f"{training.learning_rate:g}",
        rule=record.study.federation.aggregation.rule,
    )
    gold, without = "gold labels of training patients as certain", "no gold labels"
    targets = say(
        "Targets come from the doubt in each site's reports (generalized label smoothing), with {gold}; findings that "
        "a report does not mention are {unmentioned}. Output calibration at each site: {curve}.",
        gold=say(gold if labels.gold_as_labels else without),
        unmentioned=unmentioned_words(record),
        curve=record.study.model.calibration_map,
    )
    return [Paragraph(steps), Paragraph(targets)]


def _cautions() -> list[str]:
    return [
        say("The centre's checkpoint has no base-rate offset and no output calibration. These are each site's own."),
        say("Without them its probabilities mean something else at every site."),
        say("At a hospital outside the study nothing is known of it: measure it there before anyone looks at it."),
        say(
            "It has learned from reports, with their doubts and their errors, and from gold labels only where sites "
            "had any."
        ),
        say("A finding that a site's adapter does not know was not learned from that site."),
    ]
