import pytest

from glsmed.client.imports.reports.statuses import fhir_status, observation_status, result_status, status_in_words


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("", "final"),
        ("Final", "final"),
        ("F", "final"),
        ("Definitivo", "final"),
        ("freigegeben", "final"),
        ("確定", "final"),
        ("Vorläufig", "preliminary"),
        ("borrador", "preliminary"),
        ("P", "preliminary"),
        ("訂正", "corrected"),
        ("Nachtrag", "addendum"),
        ("anulado", "cancelled"),
    ],
)
def test_words_of_four_languages(word: str, status: str) -> None:
    assert status_in_words(word) == status


@pytest.mark.parametrize("read", [status_in_words, result_status, observation_status, fhir_status])
def test_an_unknown_state_is_refused(read: object) -> None:
    assert callable(read)
    with pytest.raises(ValueError, match="expected"):
        read("whatever")
