import sys

import pytest

from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.reporting.report_process import main


def test_it_writes_the_pages_of_the_study_file_that_it_is_given(
    folder: StudyFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["report_process", str(folder.study_file)])
    main()
    assert (folder.run / "report.html").is_file()
