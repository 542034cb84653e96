import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glsmed.site_adapters.inputs.report_text import plain_report, read_report_text, report_as_given

ENGLISH = "Small left effusion — the patient’s heart size is normal.\nNo pneumothorax."
SPANISH = "Pequeño derrame pleural. Índice cardiotorácico aumentado.\n¿Neumonía? No se puede descartar."
GERMAN = "Kein Pleuraerguss. Herz vergrößert, Zwerchfell beidseits glatt.\nRückläufige Stauung."
JAPANESE = "【所見】\n左下肺野に斑状影を認める。\n肺炎の疑い。胸水は認めません。"

TEXTS = {"en": ENGLISH, "es": SPANISH, "de": GERMAN, "ja": JAPANESE}
UNICODE = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")


@pytest.mark.parametrize("encoding", UNICODE)
@pytest.mark.parametrize("language", TEXTS)
def test_unicode_is_read_with_and_without_a_mark(language: str, encoding: str) -> None:
    assert read_report_text(TEXTS[language].encode(encoding), name="r").text == TEXTS[language]


@pytest.mark.parametrize(
    ("language", "encoding", "said"),
    [
        ("en", "cp1252", "cp1252"),
        ("es", "latin-1", "latin-1"),
        ("de", "latin-1", "latin-1"),
        ("ja", "cp932", "cp932"),
        ("ja", "euc_jp", "euc_jp"),
        ("ja", "iso2022_jp", "iso-2022-jp"),
    ],
)
def test_a_national_encoding_is_found_by_how_it_reads(language: str, encoding: str, said: str) -> None:
    read = read_report_text(TEXTS[language].encode(encoding), name="r")
    assert (read.text, read.encoding) == (TEXTS[language], said)


@pytest.mark.parametrize("line_end", ["\r\n", "\r", "\x0b", "\x0c", "\u2028", "\x85"])
def test_every_line_end_becomes_a_line_feed(line_end: str) -> None:
    assert read_report_text(f"one{line_end}two".encode(), name="r").text == "one\ntwo"


def test_line_breaks_that_a_database_wrote_as_letters_become_line_feeds() -> None:
    assert read_report_text(b"No effusion.\\r\\nHeart normal.\\nClear.", name="r").text == (
        "No effusion.\nHeart normal.\nClear."
    )
    assert read_report_text(b"saved in C:\\new\nHeart normal.", name="r").text == "saved in C:\\new\nHeart normal."


def test_no_break_spaces_become_spaces_and_invisible_signs_go() -> None:
    raw = "No\u00a0pleural\u202feffu\u00adsion\ufeff.".encode()
    assert read_report_text(raw, name="r").text == "No pleural effusion."


def test_letters_with_separate_accents_become_whole() -> None:
    assert read_report_text("neumoni\u0301a".encode(), name="r").text == "neumonía"
    assert read_report_text("か\u3099".encode(), name="r").text == "が"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"No effusion.\0\0\0", "NUL bytes"),
        (b"No\x07effusion.", r"control character U\+0007 in line 1"),
        ("No ef\ufffdusion.".encode(), "lost characters"),
        (b"%PDF-1.7 ...", "is a PDF"),
        (b"PK\x03\x04word", "a Word document"),
        (b"\0" * 128 + b"DICM", "DICOM file"),
        (b"MSH|^~\\&|RIS|H", "glsmed-client import"),
        ("Größe".encode("cp850"), "in doubt"),
        (b"Neumon=C3=ADa y derrame pleural m=C3=ADnimo, n=C3=B3dulo", "quoted-printable"),
        (b"Neumon\\u00eda basal", "escapes in place of letters"),
        (b"Tm8gZWZmdXNpb24uIEhlYXJ0IG5vcm1hbC4gTm8gcG5ldW1vdGhvcmF4Lg==", "is Base64"),
        (b"Neumon?a, t?rax", "accents were lost"),
        (b"????????", "made of question marks"),
        ("Плевральный выпот".encode("cp1251"), "in doubt"),
    ],
)
def test_what_is_no_certain_text_is_refused_by_name(raw: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=rf"^reports/7\.txt .*{words}"):
        read_report_text(raw, name="reports/7.txt")


def test_the_declared_encoding_decides_where_the_bytes_leave_a_choice() -> None:
    raw = "Плевральный выпот".encode("cp1251")
    assert read_report_text(raw, name="r", declared="cp1251").text == "Плевральный выпот"


def test_a_declared_encoding_that_the_bytes_contradict_is_refused() -> None:
    with pytest.raises(ValueError, match="declares the encoding cp932 but"):
        read_report_text(GERMAN.encode("latin-1"), name="r", declared="cp932")


def test_what_was_mended_is_said() -> None:
    read = read_report_text(SPANISH.encode().decode("latin-1").encode(), name="r")
    assert (read.text, read.mended) == (SPANISH, "UTF-8 that was read as Latin-1")


def test_markup_in_a_national_encoding_is_read_away() -> None:
    read = read_report_text("<p>Pequeño&nbsp;derrame</p><p>Neumon&iacute;a</p>".encode("latin-1"), name="r")
    assert (read.text, read.encoding, read.format) == ("Pequeño derrame\n\nNeumonía", "latin-1", "html")


def test_the_charset_of_an_html_head_counts() -> None:
    page = '<html><head><meta charset="windows-1251"></head><body>Выпот</body></html>'
    assert read_report_text(page.encode("cp1251"), name="r").text == "Выпот"


@settings(deadline=None)  # a busy machine is no fault
@given(st.binary(max_size=60))
def test_any_bytes_give_text_without_controls_or_a_plain_refusal(raw: bytes) -> None:
    text = ""
    with contextlib.suppress(ValueError):
        text = read_report_text(raw, name="r").text
    assert not any(sign < " " and sign not in "\t\n" for sign in text)


_WORDS = st.sampled_from(
    ["derrame", "pequeño", "neumonía", "tórax", "corazón", "índice", "años", "también", "vergüenza", "está", "más"]
)


@settings(deadline=None)  # a busy machine is no fault
@given(st.lists(_WORDS, min_size=1, max_size=12))
def test_spanish_words_are_never_read_as_others(words: list[str]) -> None:
    text = " ".join(words) + "."
    assert read_report_text(text.encode("latin-1"), name="r").text == text


_KANA_WORDS = st.sampled_from(
    ["胸水なし", "肺炎の疑い", "心拡大を認める", "結節影あり", "ﾊｲｴﾝ", "（右）あり", "以前と比べ", "CTを推奨"]
)


@settings(deadline=None)  # a busy machine is no fault
@given(st.lists(_KANA_WORDS, min_size=3, max_size=12), st.sampled_from(["cp932", "euc_jp"]))
def test_japanese_is_read_rightly_or_refused(words: list[str], encoding: str) -> None:
    text = "、".join(words) + "。"
    try:
        assert read_report_text(text.encode(encoding), name="r").text == text
    except ValueError:
        assert "ﾊｲｴﾝ" in words  # half-width katakana look like other encodings


def test_escapes_of_hl7_in_a_text_are_resolved_and_said() -> None:
    read = read_report_text(rb"No effusion\.br\Cardiomegaly", name="r")
    assert (read.text, read.mended) == ("No effusion\nCardiomegaly", "escape sequences of HL7")


@pytest.mark.parametrize(
    ("payload", "what"),
    [
        ('{"resourceType": "DiagnosticReport", "conclusion": "No effusion."}', "a FHIR resource"),
        ('[{"id": "1",\n"resourceType": "DiagnosticReport"}]', "a FHIR resource"),
        ("MSH|^~\\&|RIS\rOBX|1|TX|||No effusion.", "an HL7 v2 message"),
        ("OBX|1|TX|||No effusion.\rOBX|2|TX|||Heart normal.", "an HL7 v2 message"),
    ],
)
def test_a_message_around_a_report_is_refused(payload: str, what: str) -> None:
    with pytest.raises(ValueError, match=f"r is {what}"):
        read_report_text(payload.encode(), name="r")


def test_characters_may_still_be_in_the_escapes_of_japanese_mail() -> None:
    given = JAPANESE.replace("\n", "").encode("iso2022_jp").decode("ascii")
    assert plain_report(given, encoding="utf-8").text == JAPANESE.replace("\n", "")
    with pytest.raises(ValueError, match="escape characters were taken out"):
        plain_report(given.replace("\x1b", ""), encoding="utf-8")


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("<p>No&nbsp;effusion.</p>", "No effusion."),
        ("No&nbsp;effusion.", "No effusion."),
        (r"{\rtf1\ansi No effusion.\par}", "No effusion."),
        ("VergrÃ¶ÃŸertes Herz.", "Vergrößertes Herz."),
    ],
)
def test_markup_in_a_given_text_is_read_away(given: str, text: str) -> None:
    assert report_as_given(given).strip() == text


@pytest.mark.parametrize("given", ["A\r\n  nodule <5 mm \n\n\n\n& no more.", "Cora\u0301", "[effusion]", "p\\v | x $5"])
def test_plain_text_is_kept_sign_by_sign(given: str) -> None:
    assert report_as_given(given) == given
