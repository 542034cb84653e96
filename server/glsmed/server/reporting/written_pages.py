"""The pages of a study in its run folder."""

from datetime import UTC, datetime
from pathlib import Path

from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.reporting.data_sheet import data_sheet
from glsmed.server.reporting.model_card import model_card
from glsmed.server.reporting.parts.words import WORDS
from glsmed.server.reporting.report import report_page
from glsmed.server.reporting.study_record import read_study_record
from glsmed.shared.errors import FederationError
from glsmed.shared.files.atomic import write_text
from glsmed.shared.pages.html_page import as_html
from glsmed.shared.pages.markdown_page import as_markdown
from glsmed.shared.pages.spoken import Language, speaking


def write_pages(folder: StudyFolder, *, language: Language = "en") -> list[Path]:
    """Write report.html, model-card and data-sheet (.md and .html) into the run folder; returns them, the report first.

    Args:
        folder: of the study.
        language: of the pages.

    Raises:
        ConfigurationError: study.yaml has faults.
        DataError: the folder of admitted sites is missing.
        FederationError: a file of the run is damaged, or the disk is full.
    """
    record, now = read_study_record(folder), datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    with speaking(language, WORDS):
        texts = {"report.html": as_html(report_page(record, written_at=now))}
        for name, make in (("model-card", model_card), ("data-sheet", data_sheet)):
            page = make(record, written_at=now)
            texts |= {f"{name}.html": as_html(page), f"{name}.md": as_markdown(page)}
    try:
        for name, text in texts.items():
            write_text(folder.run / name, text)
    except OSError as error:
        raise FederationError(
            f"{error.filename or folder.run}: cannot be written: {error.strerror}; make room and try again"
        ) from None
    return [folder.run / name for name in texts]
