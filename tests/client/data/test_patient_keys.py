import pytest
from hypothesis import given
from hypothesis import strategies as st

from glsmed.client.data.patient_keys import patient_key


@pytest.mark.parametrize("spelling", ["P0017", "p0017", " P 0017", "p\u00a00017", "Ｐ００１７", "P\t0017"])
def test_a_patient_has_one_key_however_the_identifier_is_typed(spelling: str) -> None:
    assert patient_key(spelling) == "p0017"


@given(st.text())
def test_a_key_is_its_own_key(text: str) -> None:
    assert patient_key(patient_key(text)) == patient_key(text)
