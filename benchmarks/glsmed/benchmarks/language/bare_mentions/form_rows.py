"""The rows of ``glsmed-benchmark language`` about bare mentions."""

from collections.abc import Iterator, Mapping, Sequence

from glsmed.benchmarks.corpora.openi import OpeniReport
from glsmed.benchmarks.language.bare_mentions.form_score import SYSTEMS, difference, held_out_gain
from glsmed.benchmarks.language.bare_mentions.mentions import (
    BareMention,
    Form,
    bare_mentions,
    forms,
    unread_mentions,
)
from glsmed.benchmarks.language.requirements import Requirement, at_least
from glsmed.site_adapters.reading.reader import Reader


def form_rows(reader: Reader, reports: Sequence[OpeniReport], systems: Mapping[str, str]) -> Iterator[Requirement]:
    """For each form its difference from other mentions; for the form that the reader tells apart, what it gains.

    Args:
        reader: of the English vocabulary.
        reports: of Open-i.
        systems: the hospital system of a report by its id.
    """
    coded = [report for report in reports if report.gold]
    mentions = list(bare_mentions(reader, coded, systems))
    for name, form in forms(reader.adapter.phrasing["verbs"]).items():
        yield _difference_row(name, mentions, form)
    for system in SYSTEMS:
        gains = held_out_gain(mentions, lambda mention: mention.cue, at=system)
        yield at_least(
            f"bare mentions, Brier gained at hospital system {system} by the form, learned at the other",
            gains["brier"],
            0.0,
            log_loss_gained=gains["log_loss"],
            mentions=sum(mention.system == system for mention in mentions),
        )
    unread = {role: f"{coded} of {tried}" for role, (tried, coded) in unread_mentions(reader, coded).items()}
    yield at_least("bare mentions only in sections that are no evidence, indexed", None, None, by_section=unread)


def _difference_row(name: str, mentions: Sequence[BareMention], form: Form) -> Requirement:
    systems = {"all": mentions} | {at: [one for one in mentions if one.system == at] for at in SYSTEMS}
    found = {at: difference(those, form) for at, those in systems.items()}
    told = {at: "none" if one is None else one.as_dict() for at, one in found.items()}
    everywhere = found["all"]
    what = f"bare mentions {name}: difference in the share that was indexed"
    if everywhere is None:
        return at_least(what, None, None, systems=told)
    return at_least(what, everywhere.difference, None, differs=everywhere.differs, systems=told)
