import pytest

from glsmed.site_adapters.inputs.report_bytes.encodings import decode
from glsmed.site_adapters.inputs.report_bytes.iso_2022 import decode_iso_2022_jp

TEXT = "右肺に結節影を認める。\n胸水なし。CT再検。"


@pytest.mark.parametrize("codec", ["iso2022_jp", "iso2022_jp_ext", "iso2022_jp_2004"])
def test_the_text_is_as_python_reads_it(codec: str) -> None:
    assert decode(TEXT.encode(codec)).text == TEXT


def test_half_width_katakana_are_read() -> None:
    assert decode_iso_2022_jp("ﾊｲｴﾝの疑い".encode("iso2022_jp_ext")) == "ﾊｲｴﾝの疑い"


def test_signs_that_nec_added_are_read() -> None:
    assert decode_iso_2022_jp(b"\x1b$B-!\x1b(B") == "①"


def test_a_line_break_before_the_return_to_ascii_is_kept() -> None:
    assert decode_iso_2022_jp(b"\x1b$B6;?e\r\n$J$7\x1b(B") == "胸水\r\nなし"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"\x1b$B6;?\x1b(B", "half a character"),
        (b"\x1b$B6;?e\x1b(B \xe9", "mixes ISO-2022-JP"),
        (b"\x1b$B6;?e\x1b$)C", "mixes ISO-2022-JP"),
        (b"\x1b$B))))\x1b(B", "does not exist"),
    ],
)
def test_damage_is_refused(raw: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        decode_iso_2022_jp(raw)


def test_text_whose_escapes_were_taken_out_is_refused() -> None:
    with pytest.raises(ValueError, match="escape characters were taken out"):
        decode(TEXT.encode("iso2022_jp").replace(b"\x1b", b""))
