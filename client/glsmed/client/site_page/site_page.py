"""The page of a site: its sections, from files that are there."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from glsmed.client.after_study.drift_page import drift_page
from glsmed.client.after_study.site_drift import months_of, site_drift
from glsmed.client.labels.cue_uses import cue_uses
from glsmed.client.settings.config import SiteConfig
from glsmed.client.site_page.budgets_left import budget_blocks, read_budgets_left
from glsmed.client.site_page.cue_drift import cue_blocks, look_at_cues
from glsmed.client.site_page.departures import departure_blocks, read_departures, update_times, verdict_blocks
from glsmed.client.site_page.machine import machine_blocks, read_machine
from glsmed.client.site_page.taking_part import now_utc, read_taking_part, taking_part_blocks
from glsmed.client.site_page.words import WORDS
from glsmed.shared.pages.blocks import Block, Paragraph, Section
from glsmed.shared.pages.spoken import Language, say
from glsmed.shared.protocol.study import load_study
from glsmed.shared.web.local_site import LocalSite
from glsmed.shared.web.section_pages import Watched, watched_site


@dataclass(frozen=True, slots=True)
class NewExaminations:
    """What drift of probabilities is looked for in: as for ``glsmed-client drift``."""

    predictions: Path
    manifest: Path


def site_page(config: SiteConfig, *, language: Language = "en", new: NewExaminations | None = None) -> LocalSite:
    """The local site of a hospital; it may take part, or not.

    Args:
        config: the site; nothing of it is written.
        language: of the page.
        new: examinations since the model was shipped; None where none are named.
    """
    return watched_site(
        Watched(
            title=lambda: say("Site {name}", name=config.site),
            now=lambda: _standing(config),
            rest=lambda: _sections(config, new),
            files=lambda: _files(config, new),
            words=WORDS,
            language=language,
        )
    )


def _standing(config: SiteConfig) -> Section:
    found = read_taking_part(config, updates=update_times(config.state.audit_log))
    blocks = taking_part_blocks(found, now=now_utc())
    return Section("now", say("Now"), [*blocks, *machine_blocks(read_machine(config.state))])


def _sections(config: SiteConfig, new: NewExaminations | None) -> Sequence[Section]:
    left = read_departures(config)
    budgets = read_budgets_left(config, load_study(config.study))
    cues = look_at_cues(cue_uses(config.state.label_table), months_of(config.data.manifest))
    return [
        Section("left", say("What left this site"), [*verdict_blocks(left), *departure_blocks(left)]),
        Section("budgets", say("Budgets"), budget_blocks(budgets)),
        Section("cues", say("Has the way of writing changed?"), cue_blocks(cues)),
        Section("drift", say("Does the model still say what reports say?"), _drift(config, new)),
    ]


def _drift(config: SiteConfig, new: NewExaminations | None) -> Sequence[Block]:
    if new is None:
        sentence = "Name new examinations to see this: page --predictions predictions.csv --manifest manifest.csv"
        return [Paragraph(say(sentence))]
    return drift_page(site_drift(config, predictions=new.predictions, manifest=new.manifest), site=config.site).blocks


def _files(config: SiteConfig, new: NewExaminations | None) -> list[Path]:
    state, named = config.state, () if new is None else (new.predictions, new.manifest)
    return [state.audit_log, state.label_table, config.data.manifest, *sorted(state.accounts.glob("*")), *named]
