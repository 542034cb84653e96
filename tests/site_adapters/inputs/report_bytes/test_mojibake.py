import pytest

from glsmed.site_adapters.inputs.report_bytes.mojibake import mend

TEXTS = ["Neumonía en el lóbulo", "Größe unverändert", "Patient’s heart – normal", "胸水を認めない。"]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("times", [1, 2])
def test_utf_8_that_was_read_as_latin_1_is_mended(text: str, times: int) -> None:
    garbled = text
    for _ in range(times):
        garbled = garbled.encode().decode("latin-1")
    assert mend(garbled) == (text, "UTF-8 that was read as Latin-1")


def test_windows_signs_that_were_read_as_latin_1_are_mended() -> None:
    assert mend("\x93small\x94 \x96 effusion")[0] == "“small” – effusion"


@pytest.mark.parametrize("text", [*TEXTS, "Płuca bez zmian", "Плевральный выпот", "MANHÃ: SÃO PAULO", "à ±2 °C"])
def test_right_text_is_left_alone(text: str) -> None:
    assert mend(text) == (text, "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Neumonía y NeumonÃ­a", "not in all places alike"),
        ("Nódulo \ufffd", r"lost characters \(U\+FFFD in line 1"),
        ("胸水を認めない。肺炎の疑い。".encode("cp932").decode("latin-1"), "looks like cp932"),
        ("胸水を認めない。肺炎の疑い。".encode("euc_jp").decode("latin-1"), "looks like euc_jp"),
        ("胸水を認めない。".encode().decode("cp932", "ignore"), "not in all places alike"),
    ],
)
def test_what_cannot_be_mended_for_certain_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        mend(text)
