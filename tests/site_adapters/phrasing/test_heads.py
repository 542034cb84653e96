"""What a denial is of: the finding, or another word beside it."""

import pytest

from tests.site_adapters.conftest import built_in_reader


@pytest.mark.parametrize(
    ("language", "text", "state"),
    [
        ("en", "No change in the nodule.", "present"),
        ("en", "The nodule is not calcified.", "present"),
        ("en", "The nodule is not seen.", "absent"),
        ("en", "No evidence of a nodule.", "absent"),
        ("en", "No sign of growth of the nodule.", "present"),
        ("de", "Keine Zunahme des Rundherdes.", "present"),
        ("de", "Kein Nachweis eines Rundherdes.", "absent"),
        ("es", "No hay aumento del nódulo pulmonar.", "present"),
        ("es", "No hay evidencia de nódulo pulmonar.", "absent"),
        ("ja", "結節の増大は認めません。", "present"),
        ("ja", "結節は認めません。", "absent"),
    ],
)
def test_a_denial_is_of_the_word_that_it_governs(language: str, text: str, state: str) -> None:
    assert built_in_reader(f"{language}_radiology").read(text).cells["nodule"].state == state


@pytest.mark.parametrize(
    ("text", "mentioned"),
    [("Status post pneumonia.", False), ("Status post lobectomy, pneumonia on the left.", True)],
)
def test_a_history_ends_behind_an_operation(text: str, *, mentioned: bool) -> None:
    assert ("pneumonia" in built_in_reader("en_radiology").read(text).cells) is mentioned
