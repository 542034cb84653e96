"""Each site's own model at the other sites, where the study compares."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glsmed.server.reporting.parts.numbers import number
from glsmed.server.reporting.parts.recorded_words import reason_in_words
from glsmed.server.reporting.study_record import StudyRecord
from glsmed.shared.pages.blocks import Block, Listing, Paragraph, Table, bounded
from glsmed.shared.pages.spoken import say


@dataclass(frozen=True, slots=True)
class CrossTable:
    """AUROC, mean over findings, by model and by the site where it was measured.

    Attributes:
        is_wanted: whether the study compares at all.
        hidden: sites whose model was not measured elsewhere, with the reason.
    """

    is_wanted: bool
    models: Mapping[str, Mapping[str, float]]
    hidden: Mapping[str, str]


def read_cross_table(record: StudyRecord) -> CrossTable:
    """The cross-site evaluation at the end of a study."""
    summary: Mapping[str, Any] = record.summary.get("cross_site", {})
    of_all = {say("model of all"): summary["global"]} if "global" in summary else {}
    own = {bounded(site, most=63): one for site, one in summary.get("models_of", {}).items()}
    models = {name: _auroc(one.get("measured_at", {})) for name, one in {**of_all, **own}.items()}
    hidden = {bounded(site, most=63): reason_in_words(reason) for site, reason in summary.get("not_shown", {}).items()}
    return CrossTable(record.study.federation.cross_site_evaluation, models, hidden)


def cross_blocks(table: CrossTable) -> list[Block]:
    """The table, and why a model is not in it."""
    if not table.is_wanted:
        return [Paragraph(say("This study does not compare models across sites (federation.cross_site_evaluation)."))]
    sites = sorted({site for measured in table.models.values() for site in measured})
    if not sites:
        return [Paragraph(say("Sites measure each other's models after the last round."))]
    rows = [[name, *(number(own.get(site)) for site in sites)] for name, own in table.models.items()]
    head = [say("model"), *(say("at {site}", site=site) for site in sites)]
    blocks: list[Block] = [Table(head, rows, say("AUROC on each site's test patients, mean over findings."))]
    hidden = [f"{site}: {reason}" for site, reason in table.hidden.items()]
    if hidden:
        blocks += [Paragraph(say("Not measured elsewhere:")), Listing(hidden)]
    return blocks


def _auroc(measured_at: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    return {bounded(site, most=63): own["auroc"] for site, own in measured_at.items() if "auroc" in own}
