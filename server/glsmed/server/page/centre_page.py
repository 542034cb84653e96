"""The page of a study, made of the same sections as its report."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.monitoring.study_status import study_status
from glsmed.server.reporting.parts.words import WORDS
from glsmed.server.reporting.report import standing_section, study_sections
from glsmed.server.reporting.study_record import read_study_record
from glsmed.shared.pages.blocks import Section
from glsmed.shared.pages.spoken import Language, say
from glsmed.shared.web.local_site import LocalSite
from glsmed.shared.web.section_pages import Watched, watched_site

_FILES = ("study.yaml", "rounds.jsonl", "metrics.csv", "audit.jsonl", "summary.json")


def centre_page(folder: StudyFolder, *, language: Language = "en") -> LocalSite:
    """The local site of a study; it may run, have ended, or not have begun.

    Args:
        folder: of the study; nothing in it is written.
        language: of the page.

    Raises:
        ConfigurationError: study.yaml has faults.
    """
    name = folder.study().study
    return watched_site(
        Watched(
            title=lambda: say("Study {name}", name=name),
            now=lambda: _standing(folder),
            rest=lambda: _sections(folder),
            files=lambda: _files(folder),
            words=WORDS,
            language=language,
        )
    )


def _standing(folder: StudyFolder) -> Section:
    now = datetime.now(UTC)
    return standing_section(study_status(folder, now=now), now=now)


def _sections(folder: StudyFolder) -> Sequence[Section]:
    return study_sections(read_study_record(folder))


def _files(folder: StudyFolder) -> list[Path]:
    return [folder.study_file, *(folder.run / name for name in _FILES), *sorted(folder.sites.glob("**/*"))]
