"""How long each site's change of the model was, and what was refused: updates, models, sites set aside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from glsmed.server.reporting.parts.numbers import number
from glsmed.server.reporting.parts.recorded_words import reason_in_words
from glsmed.server.reporting.study_record import StudyRecord
from glsmed.server.reporting.taking_part import not_counted_words
from glsmed.shared.pages.blocks import Block, Figure, Listing, Paragraph, Table, bounded
from glsmed.shared.pages.figures import lines_svg
from glsmed.shared.pages.spoken import say

_LAST_ROUNDS = 10  # columns of the table


@dataclass(frozen=True, slots=True)
class Changes:
    """Norms and refusals of a study.

    Attributes:
        norms: L2 norm of each site's change, by site and round; masks hide those of single sites.
        refused: lines, one a site, with reasons and how often.
        quarantined: rounds whose model most sites could not use.
        set_aside: lines on sites that sat out.
        is_masked: whether only the sum of all sites was seen.
    """

    norms: Mapping[str, Mapping[int, float]]
    refused: Sequence[str]
    quarantined: Sequence[str]
    set_aside: Sequence[str]
    is_masked: bool


def read_changes(record: StudyRecord) -> Changes:
    """What the audit log and the rounds say of changes."""
    norms: dict[str, dict[int, float]] = {}
    for fields in record.merged:
        for site, norm in dict(fields.get("norms", {})).items():
            norms.setdefault(bounded(site, most=63), {})[int(fields["round"])] = float(norm)
    return Changes(
        norms=dict(sorted(norms.items())),
        refused=not_counted_words(record),
        quarantined=[_quarantined(fields) for fields in record.quarantined],
        set_aside=[
            say(
                "{site} sat out after rounds in a row without it: {reasons}.",
                site=site,
                reasons="; ".join(map(reason_in_words, reasons)),
            )
            for site, reasons in sorted(record.set_aside.items())
        ],
        is_masked=any("secure_sum_of" in fields for fields in record.merged),
    )


def change_blocks(changes: Changes) -> list[Block]:
    """Norms as a curve and a table, then every refusal with its reason."""
    blocks: list[Block] = []
    if changes.is_masked:
        blocks.append(Paragraph(say("Updates are masked: the centre sees their sum, and no site's own change.")))
    elif not changes.norms:
        blocks.append(Paragraph(say("No update was merged yet.")))
    else:
        blocks += _norms(changes.norms)
    for words, lines in (
        (say("Not counted:"), changes.refused),
        (say("Models that were taken back:"), changes.quarantined),
        (say("Set aside:"), changes.set_aside),
    ):
        if lines:
            blocks += [Paragraph(words), Listing(lines)]
    return blocks if changes.refused else [*blocks, Paragraph(say("No update was refused."))]


def _norms(norms: Mapping[str, Mapping[int, float]]) -> list[Block]:
    caption = say("L2 norm of each site's change of the model, by round.")
    rounds = sorted({one for own in norms.values() for one in own})[-_LAST_ROUNDS:]
    rows = [[site, *(number(own.get(one)) for one in rounds)] for site, own in norms.items()]
    last = say("The last {count} rounds.", count=len(rounds))
    drawn = {site: {float(one): value for one, value in own.items()} for site, own in norms.items()}
    figure = lines_svg(drawn, across=say("round"), up=say("L2 norm"), title=caption)
    return [Figure(figure, caption), Table([say("site"), *map(str, rounds)], rows, last)]


def _quarantined(fields: Mapping[str, Any]) -> str:
    sentence = "Round {number} was taken back to round {good}. Site named: {culprit}."
    culprit = bounded(fields.get("culprit") or say("none"), most=63)
    return say(sentence, number=fields.get("round"), good=fields.get("back_to_round"), culprit=culprit)
