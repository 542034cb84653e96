from datetime import datetime
from pathlib import Path

from glsmed.client.imports.examinations import examinations
from glsmed.client.imports.image_record import ImageRecord

DAY = datetime(2026, 1, 8, 10)  # noqa: DTZ001  # the scanner's clock


def test_images_are_together_by_the_best_that_their_headers_have() -> None:
    images = [
        ImageRecord(Path("a"), study_uid="1.2", accession_number="A1", patient_id="P1"),
        ImageRecord(Path("b"), accession_number="A2", patient_id="P1"),
        ImageRecord(Path("c"), study_uid="1.2", patient_id="p1 "),
        ImageRecord(Path("d"), patient_id="P1", acquired_at=DAY),
        ImageRecord(Path("e"), patient_id="P1", acquired_at=DAY.replace(hour=12)),
        ImageRecord(Path("f")),
        ImageRecord(Path("g/f")),
    ]
    whole, refused = examinations(images)
    assert refused == []
    assert {each.key: [image.path.name for image in each.images] for each in whole} == {
        "1.2": ["a", "c"],
        "A2": ["b"],
        "P1_2026-01-08": ["d", "e"],
        "f": ["f"],
        "g/f": ["f"],
    }


def test_an_examination_of_two_patients_is_left_out_whole() -> None:
    images = [
        ImageRecord(Path("a"), study_uid="1.2", patient_id="P1"),
        ImageRecord(Path("b"), study_uid="1.2", patient_id="P2"),
    ]
    whole, refused = examinations(images)
    assert whole == []
    assert [reason for _, reason in refused] == ["its examination has images of several patients: 1.2, of P1, P2"] * 2
