import pytest

from glsmed.site_adapters.inputs.report_bytes.encodings import decode


@pytest.mark.parametrize(
    "text", ["胸水なし", "結節影、約10mm。", "Ergüsse", "Lungenödem", "Gefäße", "está", "más", "Röntgen: groß"]
)
def test_one_short_text_is_enough(text: str) -> None:
    encoding = "latin-1" if text.encode("latin-1", "replace").decode("latin-1") == text else "cp932"
    assert decode(text.encode(encoding)).text == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_japanese_utf_16_without_a_mark_or_a_nul_is_read(encoding: str) -> None:
    assert decode("心拡大は認めない。".encode(encoding)).text == "心拡大は認めない。"


@pytest.mark.parametrize(
    "raw",
    [
        "Tórax: pequeño derrame".encode("mac_roman"),
        "Pleuraerguß".encode("cp850"),
        "Płuca bez zmian, węzły, żebra".encode("cp1250"),
        "Плевра".encode("koi8_r"),
        "双肺纹理清晰，未见积液。".encode("gb18030"),
        "양측 폐야에 이상 소견 없음.".encode("euc_kr"),
        "ﾊｲｴﾝﾅｼ".encode("cp932"),
    ],
)
def test_an_encoding_that_is_not_known_for_certain_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"in doubt|in parts only"):
        decode(raw)


@pytest.mark.parametrize(
    "raw",
    ["Neumonía".encode("latin-1") + " pequeña".encode(), "Neumonía, pequeña".encode() + b"\xc3", "Nódulo".encode()[:2]],
)
def test_utf_8_that_is_cut_or_mixed_does_not_become_nonsense(raw: bytes) -> None:
    with pytest.raises(ValueError, match="UTF-8 in parts only"):
        decode(raw)


def test_the_doubt_names_the_candidates_and_the_place() -> None:
    with pytest.raises(ValueError, match=r"byte 9\): it could be .*cp850 \(DOS\).*; find out"):
        decode("Pleuraergüsse, größer".encode("cp850"))


def test_a_damaged_utf_16_file_is_named_as_such() -> None:
    with pytest.raises(ValueError, match="mark of UTF-16-LE but is damaged"):
        decode("Erguss".encode("utf-16") + b"\x00")


def test_an_unknown_declared_encoding_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown encoding 'klingon'"):
        decode(b"\xe9t\xe9", declared="klingon")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("ＣＴにて精査を。①右肺 5㎜ ㈱", "cp932"),
        ("髙橋医師に電話で報告しました。", "cp932"),
        ("Ⅲ型の結節 3㎝", "cp932"),
        ("VERGRÖßERT, KEIN ERGUß", "latin-1"),
    ],
)
def test_signs_that_windows_added_and_capitals_are_read(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)).text == text


def test_half_width_katakana_of_euc_do_not_become_kanji() -> None:
    try:
        assert decode("ﾊｲｴﾝ、ﾊｲｴﾝ、ﾊｲｴﾝ。".encode("euc_jp")).text == "ﾊｲｴﾝ、ﾊｲｴﾝ、ﾊｲｴﾝ。"
    except ValueError as error:
        assert "in doubt" in str(error)  # noqa: PT017  # either is right; nonsense is not


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("más área Ángulo", "cp850"),
        ("Índice y ápex", "cp850"),
        ("diámetro 37°C", "cp850"),
        ("Ángulo según", "mac_roman"),
        ("líquido", "mac_roman"),
        ("嚢胞", "euc_jp"),
    ],
)
def test_what_would_read_as_other_words_is_refused(text: str, encoding: str) -> None:
    with pytest.raises(ValueError, match=r"in doubt|in parts only"):
        decode(text.encode(encoding))


@pytest.mark.parametrize(
    "text",
    [
        "No\u00a0pleural\u00a0effusion",
        "Kein\u00a0Erguss, 5\u00a0µm",
        "cœur, œdème",
        "ça, façon, À noter",
        "„Rundherd“ rechts",
    ],
)
def test_rare_signs_of_windows_are_read(text: str) -> None:
    assert decode(text.encode("cp1252")).text == text


@pytest.mark.parametrize(
    "text", ["Dr. Kowałski", "żebra", "α-blocker, ≥ 5 mm → control", "Ж", "neumoni\u0301a", "✓ seen"]
)
def test_one_unusual_letter_in_utf_8_is_no_doubt(text: str) -> None:
    assert decode(text.encode()).text == text
