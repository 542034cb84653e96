from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from glsmed.client.imports.image_record import ImageRecord
from glsmed.client.imports.images.selection import Selection, select
from glsmed.shared.errors import UsageError

CHEST = ImageRecord(
    path=Path("chest.dcm"),
    acquired_at=datetime.fromisoformat("2026-03-05T23:59"),
    modality="DX",
    body_part="CHEST",
    view="PA",
    presentation_intent="FOR PRESENTATION",
    age_years=80.5,
)
DAY = date(2026, 3, 5)


def reason(record: ImageRecord, selection: Selection) -> str:
    """Why the image is left out; blank where it is kept."""
    found = select([record], selection)
    assert len(found.records) + len(found.skipped) == 1
    return found.skipped[0].reason if found.skipped else ""


@pytest.mark.parametrize(
    "selection",
    [
        Selection(),
        Selection(modalities=("CR", "dx")),
        Selection(body_parts=("thorax",)),
        Selection(views=("pa", "AP")),
        Selection(first_day=DAY, last_day=DAY),
        Selection(youngest_years=18, oldest_years=80),
    ],
)
def test_what_fits_is_kept(selection: Selection) -> None:
    assert reason(CHEST, selection) == ""


@pytest.mark.parametrize(
    ("change", "selection", "expected"),
    [
        ({"modality": "CT"}, Selection(modalities=("CR", "DX")), "has modality CT, asked for CR, DX"),
        ({"modality": ""}, Selection(modalities=("DX",)), "says no modality"),
        ({"body_part": "KNEE"}, Selection(body_parts=("CHEST",)), "has body part KNEE, asked for CHEST"),
        ({"view": "LATERAL"}, Selection(views=("PA",)), "has view LATERAL, asked for PA"),
        ({}, Selection(views=("LL",)), "has view PA, asked for LL"),
        ({}, Selection(first_day=date(2026, 3, 6)), "was acquired outside the days asked for"),
        ({}, Selection(last_day=date(2026, 3, 4)), "was acquired outside the days asked for"),
        ({"acquired_at": None}, Selection(last_day=DAY), "says no date of acquisition"),
        ({"age_years": 17.99}, Selection(youngest_years=18), "is of a patient outside the ages asked for"),
        ({"age_years": 81.0}, Selection(oldest_years=80), "is of a patient outside the ages asked for"),
        ({"age_years": None}, Selection(oldest_years=80), "says no age of the patient"),
    ],
)
def test_what_does_not_fit_is_left_out_with_its_reason(
    change: dict[str, object], selection: Selection, expected: str
) -> None:
    assert reason(replace(CHEST, **change), selection) == expected  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    ("change", "asked_for"),
    [
        ({"presentation_intent": "FOR PROCESSING"}, Selection(for_processing=True)),
        ({"burned_in_annotation": True}, Selection(burned_in_annotation=True)),
        ({"secondary_capture": True}, Selection(secondary_captures=True)),
    ],
)
def test_raw_marked_and_captured_images_come_only_when_asked_for(
    change: dict[str, object], asked_for: Selection
) -> None:
    record = replace(CHEST, **change)  # type: ignore[arg-type]  # fields by name
    assert reason(record, Selection()) != ""
    assert reason(record, asked_for) == ""


@pytest.mark.parametrize("intent", ["", "FOR PRESENTATION"])
def test_an_image_of_no_declared_intent_counts_as_for_presentation(intent: str) -> None:
    assert reason(replace(CHEST, presentation_intent=intent), Selection()) == ""


def test_limits_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(UsageError, match="ages: expected the first before the last, got 80 and 18"):
        Selection(youngest_years=80, oldest_years=18)
    with pytest.raises(UsageError, match="days: "):
        Selection(first_day=DAY, last_day=date(2026, 3, 4))
