import codecs

import pytest

from glsmed.site_adapters.inputs.tables.decoding import decode_table

JAPANESE = "study_id,report_text\ns1,胸水を認めない。心拡大の疑い。\n"
GERMAN = "study_id,report_text\ns1,Kein Pleuraerguß. Verdacht auf Rundherd links, Größe 2 cm.\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (JAPANESE, "utf-8"),
        (JAPANESE, "cp932"),
        (JAPANESE, "iso2022_jp"),
        (JAPANESE, "utf-16-le"),
        (GERMAN, "cp1252"),
        (GERMAN, "utf-16-be"),
    ],
)
@pytest.mark.parametrize("repeated", [1, 20_000])
def test_the_encoding_of_a_table_is_told_by_evidence(text: str, encoding: str, repeated: int) -> None:
    assert decode_table((text * repeated).encode(encoding)).text == text * repeated


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")],
)
def test_a_mark_decides_and_is_no_part_of_the_text(mark: bytes, encoding: str) -> None:
    assert decode_table(mark + JAPANESE.encode(encoding)).text == JAPANESE


def test_a_long_table_that_changes_its_encoding_is_refused() -> None:
    with pytest.raises(ValueError, match="is in several encodings"):
        decode_table((JAPANESE * 5_000).encode("cp932") + GERMAN.encode("cp1252") * 5_000)


def test_single_nuls_stay_in_the_text() -> None:
    assert decode_table(b"a,b\n1,\x002\n" * 5).text == "a,b\n1,\x002\n" * 5


@pytest.mark.parametrize("raw", [b"a,b\n\xff,1\n", b"a,b\n" + bytes(range(128, 256))])
def test_doubt_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match="UTF-8"):
        decode_table(raw)
