import pytest

from glsmed.site_adapters.inputs.report_bytes.rtf_text import rtf_to_plain

HEAD = rb"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss\fcharset0 Arial;}}\f0 "
HEAD_932 = rb"{\rtf1\ansi\ansicpg932\deff0{\fonttbl{\f0\fnil\fcharset128 MS Gothic;}}\f0 "


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (HEAD + rb"Peque\'f1o derrame\par Neumon\'eda.}", "Pequeño derrame\nNeumonía."),
        (HEAD + rb"\uc1 Gr\u246?\u223?e}", "Größe"),
        (HEAD + rb"\uc0\u32954\u28814 ?}", "肺炎?"),
        (HEAD + rb"\uc1\u-32582?\u28814?}", "肺炎"),
        (HEAD + "Größe".encode("latin-1") + b"}", "Größe"),
        (HEAD + "Größe".encode() + b"}", "Größe"),
        (HEAD_932 + rb"\'8b\'b9\'90\'85\'82\'c8\'82\'b5}", "胸水なし"),
        (HEAD_932 + rb"\'83e\'83X\'83g}", "テスト"),
        (HEAD_932 + "胸水なし".encode("cp932") + b"}", "胸水なし"),
        (rb"{\rtf1\mac Neumon\'92a}", "Neumonía"),
        (rb"{\rtf1\pca Gr\'94\'e1e}", "Größe"),
        (HEAD + rb"\{seen\}\~now}", "{seen}\xa0now"),
    ],
)
def test_accents_and_escapes_become_letters(raw: bytes, text: str) -> None:
    assert rtf_to_plain(raw)[0] == text


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (HEAD + b"No effusion", "cut off"),
        (HEAD + rb"No {\deleted large }effusion}", "hidden or deleted"),
        (HEAD_932 + rb"\'8b}", "its code page cp932 does not have"),
        (HEAD + rb"\uc0\u-10179 }", "half a Unicode character"),
    ],
)
def test_damaged_rtf_is_refused(raw: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        rtf_to_plain(raw)
