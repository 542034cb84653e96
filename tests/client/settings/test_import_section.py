from pathlib import Path

import pytest
from pydantic import ValidationError

from glsmed.client.settings.import_section import ImportSection


def test_every_path_is_taken_from_the_files_folder(tmp_path: Path) -> None:
    section = ImportSection(images=Path("a"), pacs_ca=Path("/etc/ca.crt"), reports=(Path("b"), Path("/c")))
    resolved = section.resolved(tmp_path)
    assert (resolved.images, resolved.pacs_ca, resolved.pacs_to) == (tmp_path / "a", Path("/etc/ca.crt"), None)
    assert resolved.reports == (tmp_path / "b", Path("/c"))


def test_a_pattern_that_is_none_is_refused_when_the_file_is_read() -> None:
    with pytest.raises(ValidationError, match="is not a regular expression"):
        ImportSection(report_names="(?P<study_uid>")
