"""Denials of another time, and ends that are not reached."""

import pytest

from tests.site_adapters.conftest import built_in_reader


@pytest.mark.parametrize(
    ("language", "text", "state"),
    [
        ("en", "The effusion was not seen on the prior film and is now present.", "present"),
        ("en", "The effusion was not present last week but is now seen.", "present"),
        ("en", "The effusion is not seen.", "absent"),
        ("en", "Follow up until resolution of the effusion.", "present"),
        ("en", "The effusion has partially resolved.", "present"),
        ("en", "The effusion has resolved.", "absent"),
        ("de", "In der Voraufnahme noch kein Erguss, jetzt Erguss links.", "present"),
        ("es", "La semana pasada no había derrame pleural; ahora hay derrame pleural.", "present"),
        ("ja", "先週は認めなかった胸水が今回みられます。", "present"),
    ],
)
def test_a_denial_or_an_end_counts_in_its_own_time(language: str, text: str, state: str) -> None:
    assert built_in_reader(f"{language}_radiology").read(text).cells["effusion"].state == state


def test_a_denial_that_speaks_of_the_past_alone_is_no_evidence() -> None:
    assert "effusion" not in built_in_reader("en_radiology").read("On the prior film no effusion was seen.").cells
