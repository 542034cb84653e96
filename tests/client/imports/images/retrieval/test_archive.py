from datetime import date

import pytest

from glsmed.client.imports.images.retrieval.archive import ArchiveError, ArchiveQuery, RemoteInstance
from glsmed.shared.errors import UsageError


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (ArchiveQuery(), [{}]),
        (ArchiveQuery(first_day=date(2026, 2, 3)), [{"StudyDate": "20260203-"}]),
        (ArchiveQuery(last_day=date(2026, 2, 3)), [{"StudyDate": "-20260203"}]),
        (
            ArchiveQuery(first_day=date(2024, 2, 28), last_day=date(2024, 3, 1), modalities=("dx",)),
            [{"ModalitiesInStudy": "DX", "StudyDate": day} for day in ("20240228", "20240229", "20240301")],
        ),
        (
            ArchiveQuery(modalities=("CR", "DX"), accession_numbers=("A1",)),
            [{"AccessionNumber": "A1", "ModalitiesInStudy": modality} for modality in ("CR", "DX")],
        ),
    ],
)
def test_each_day_and_modality_is_a_question_of_its_own(query: ArchiveQuery, expected: list[dict[str, str]]) -> None:
    assert list(query.study_filters()) == expected


def test_days_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(UsageError, match="expected the first before the last"):
        ArchiveQuery(first_day=date(2026, 2, 3), last_day=date(2026, 2, 2))


@pytest.mark.parametrize("uid", ["", "..", "../../etc/passwd", "1.2/3", "1.2\\3", "1" * 65, ".hidden", "1.2\n3"])
def test_an_identifier_that_would_leave_its_folder_is_refused(uid: str) -> None:
    with pytest.raises(ArchiveError, match="is not a DICOM identifier"):
        RemoteInstance("1.2", "1.3", uid)
