"""The model card (Mitchell et al., FAT* 2019): what the study's model is, for what, and how well it does."""

from glsmed.server.reporting.provenance import (
    architecture_words,
    digest_table,
    intended_use_blocks,
    privacy_blocks,
)
from glsmed.server.reporting.report import choice_words, missing_blocks, state_words
from glsmed.server.reporting.results import gain_blocks, results_blocks
from glsmed.server.reporting.study_record import StudyRecord
from glsmed.shared.pages.blocks import Block, Heading, Listing, Page, Paragraph

_CAUTIONS = (
    "The centre's checkpoint has no base-rate offset and no output calibration. These are each site's own.",
    "Without them its probabilities mean something else at every site.",
    "At a hospital outside the study nothing is known of it: measure it there before anyone looks at it.",
    "It has learned from reports, with their doubts and their errors, and from gold labels only where sites had any.",
    "A finding that a site's adapter does not know was not learned from that site.",
)


def model_card(record: StudyRecord, *, written_at: str) -> Page:
    """The model card of a study's model, as far as the record has it.

    Args:
        record: the study's record.
        written_at: when, for people.
    """
    return Page(
        f"Model card: {record.study.study}",
        [
            Paragraph(f"Written at {written_at} from the record of the run."),
            Heading("Model"),
            *_model(record),
            Heading("Intended use"),
            *intended_use_blocks(record),
            Heading("Training"),
            Paragraph(state_words(record)),
            *_training(record),
            Heading("Performance"),
            *results_blocks(record),
            *gain_blocks(record),
            Heading("What was not measured"),
            *missing_blocks(record),
            Heading("Cautions"),
            Listing(_CAUTIONS),
            Heading("Privacy"),
            *privacy_blocks(record),
            Heading("Digests"),
            digest_table(record),
        ],
    )


def _model(record: StudyRecord) -> list[Block]:
    kept = choice_words(record)
    where = record.summary.get("checkpoint")
    blocks: list[Block] = [Paragraph(architecture_words(record))]
    blocks += [Paragraph(kept)] if kept else [Paragraph("The study has not ended: no model is kept yet.", strong=True)]
    return [*blocks, *([Paragraph(f"File: run/{where}")] if where else [])]


def _training(record: StudyRecord) -> list[Block]:
    training, labels = record.study.training, record.study.labels
    gold = "gold labels of training patients as certain" if labels.gold_as_labels else "no gold labels"
    return [
        Paragraph(
            f"Each round, every site takes {training.steps_per_round} steps of {training.batch_size} with "
            f"{training.optimizer} (learning rate {training.learning_rate:g}); the centre merges the updates by "
            f"{record.study.federation.aggregation.rule}."
        ),
        Paragraph(
            f"Targets come from the doubt in each site's reports (generalized label smoothing), with {gold}; findings "
            f"that a report does not mention are {labels.unmentioned}. Output calibration at each site: "
            f"{record.study.model.calibration_map}."
        ),
    ]
