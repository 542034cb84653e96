"""What a person must look at in a site's data: counted for the console, and gathered for the page."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from torch import Tensor

from glsmed.client.checking.check_page import CheckPage, write_page
from glsmed.client.checking.contact_sheet import Group, Suspects, groups_of, suspects_of
from glsmed.client.checking.finding_counts import FindingCounts, count_findings
from glsmed.client.checking.image_review import LookStore, review_images
from glsmed.client.checking.sentences import SentenceCounts, count_sentences
from glsmed.client.data.examples import SplitName
from glsmed.client.data.manifest import ImageEntry, Survey
from glsmed.client.data.site_inputs import SiteInputs
from glsmed.client.data.splits import SPLITS
from glsmed.client.labels.label_table import LabelRow

if TYPE_CHECKING:
    from glsmed.client.resident.readiness import CheckReport

_FEW_SENTENCES = 20
_STRANGE_SHARE = 0.25

Entries = Mapping[SplitName, Sequence[ImageEntry]]


@dataclass(frozen=True, slots=True)
class SiteReview:
    """The parts of the page that the site's data fill."""

    images: int
    sentences: SentenceCounts
    findings: Sequence[FindingCounts]
    suspects: Sequence[Suspects]
    groups: Sequence[Group]
    groups_left_out: int


def review_site(
    inputs: SiteInputs, rows: Sequence[LabelRow], entries: Entries, images: Mapping[SplitName, Tensor] | None
) -> SiteReview:
    """Everything that a person must look at.

    Args:
        inputs: the site's files.
        rows: its label table.
        entries: its images by split.
        images: the decoded ones in the same order; None where they could not be decoded.

    Raises:
        DataError: what was found cannot be kept for the next check.
    """
    size_px = inputs.study.model.image_size_px
    store = LookStore(inputs.config.state.image_looks(size_px), size_px=size_px)
    placed = [entry for name in SPLITS for entry in entries[name]]
    pictures = None if images is None else [picture for name in SPLITS for picture in images[name]]
    reviewed = list(review_images(placed, pictures, store))
    store.save()
    rng = random.Random()  # noqa: S311  # which images are shown is no secret
    groups, left_out = groups_of(reviewed, inputs.manifest.reports, inputs.reader, rng)
    splits = {entry.study_id: name for name in SPLITS for entry in entries[name]}
    return SiteReview(
        images=len(reviewed),
        sentences=count_sentences(inputs.manifest.reports.values(), inputs.reader.adapter),
        findings=list(count_findings(rows, inputs.gold, splits)),
        suspects=list(suspects_of(reviewed, rng)),
        groups=groups,
        groups_left_out=left_out,
    )


def report_lines(survey: Survey) -> Iterator[str]:
    """How many reports were read, in which encodings and formats."""
    read = len(survey.manifest.reports)
    kinds = [_counted(kinds) for kinds in (survey.encodings, survey.formats)]
    yield f"{read} reports ({'; '.join(filter(None, kinds))})" if any(kinds) else f"{read} reports"


def sentence_lines(counts: SentenceCounts) -> Iterator[str]:
    """The share of sentences in another language, and of those without a known word."""
    yield (
        f"{counts.sentences} sentences: {100 * counts.share_of_other:.1f} % in another language than "
        f"{counts.language}, {100 * counts.share_of_unknown:.1f} % without a word that the adapter knows"
    )


def review_warnings(review: SiteReview) -> Iterator[str]:
    """What is worth a look in sentences and images, each kind once with its count."""
    counts = review.sentences
    for language, count in counts.other.items():
        example = counts.examples[language][0][0]
        yield (
            f"{count} of {counts.sentences} sentences are in another language ({language}) than the adapter's "
            f"({counts.language}), such as {_short(example)}: they may be read wrongly, or not at all"
        )
    if counts.sentences >= _FEW_SENTENCES and counts.share_of_unknown > _STRANGE_SHARE:
        yield (
            f"{counts.unknown} of {counts.sentences} sentences hold no word that the adapter knows, such as "
            f"{_short(counts.unknown_examples[0][0])}: is it the right adapter?"
        )
    for reason in review.suspects:
        yield f"{reason.count} of {review.images} images: {reason.words}, such as {reason.thumbnails[0].path}"


def write_review(path: Path, report: "CheckReport", *, site: str, survey: Survey, review: SiteReview) -> None:
    """Write the page of a check.

    Raises:
        DataError: it cannot be written.
    """
    page = CheckPage(
        site=site,
        when=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M"),
        lines=report.lines,
        faults=report.faults,
        warnings=report.warnings,
        split_patients={} if report.summary is None else report.summary.split_patients,
        encodings=survey.encodings,
        formats=survey.formats,
        sentences=review.sentences,
        findings=review.findings,
        suspects=review.suspects,
        groups=review.groups,
        groups_left_out=review.groups_left_out,
        images=review.images,
    )
    write_page(path, page)


def _counted(kinds: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in kinds.items())


def _short(sentence: str) -> str:
    return repr(sentence if len(sentence) <= 60 else f"{sentence[:60]}…")
