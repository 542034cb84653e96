import pytest

from glsmed.client.imports.reports.hl7.messages import Message, announced, as_single_bytes, is_hl7, messages

HEAD = "MSH|^~\\&|RIS|HOSP|PACS|HOSP|20260108103000||ORU^R01|77|P|2.5||||||{charset}\r"
BODY = "PID|1||P7^^^HOSP^MR\rOBR|1||A7\rOBX|1|TX|1^Report||{text}||||||F\r"


def build(text: str, charset: str = "") -> str:
    return HEAD.format(charset=charset) + BODY.format(text=text)


def only(raw: bytes) -> Message:
    (message,) = messages(raw)
    assert isinstance(message, Message)
    return message


def observed(raw: bytes) -> str:
    message = only(raw)
    (segment,) = (each for each in message.segments if each.name == "OBX")
    return message.unescaped(segment.field(5))


@pytest.mark.parametrize(
    ("charset", "encoding", "text"),
    [
        ("", "utf-8", "Ligero derrame pleural"),
        ("UNICODE UTF-8", "utf-8", "Größe unverändert"),
        ("8859/1", "latin-1", "Neumonía basal"),
        ("", "cp1252", "Größe unverändert – kein Erguss"),
        ("8859/1", "utf-8", "Neumonía basal"),
        ("ASCII", "cp932", "左肺に結節影を認める。"),
        ("~ISO IR87", "iso2022_jp", "左肺に結節影を認める。胸水なし。"),
        ("ISO IR6~ISO IR87", "iso2022_jp_ext", "ﾊｲｴﾝの疑い"),
        ("", "iso2022_jp", "心拡大あり。前回と比べ増大。"),
        ("windows-1252", "cp1252", "Größe – Erguss"),
        ("ISO-8859-15", "iso8859-15", "Größe 5 €"),
        ("Shift-JIS", "cp932", "胸水なし"),
        ("UTF_8", "utf-8", "胸水なし"),
        ("SHIFT_JIS", "cp932", "表示能力のソート｜構造"),
    ],
)
def test_text_is_read_in_its_own_encoding_before_it_is_split(charset: str, encoding: str, text: str) -> None:
    assert observed(build(text, charset).encode(encoding)) == text


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_segments_may_end_in_any_way(end: str) -> None:
    assert [each.name for each in only(build("x").replace("\r", end).encode()).segments] == ["MSH", "PID", "OBR", "OBX"]


def test_frames_and_batch_headers_are_taken_away() -> None:
    framed = b"\x0b" + build("one").encode() + b"\x1c\r\x0b" + build("two").encode() + b"\x1c\r"
    batch = b"FHS|^~\\&|RIS\rBHS|^~\\&|RIS\r" + build("one").encode() + build("two").encode() + b"BTS|2\rFTS|1\r"
    for raw in (framed, batch):
        assert [observed(part) for part in (build("one").encode(), build("two").encode())] == ["one", "two"]
        assert len([each for each in messages(raw) if isinstance(each, Message) and not each.is_cut]) == 2
    assert announced(batch) == 2


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"A \T\ B", "A & B"),
        (r"\F\\S\\R\\E\ ", "|^~\\ "),
        (r"one\.br\two", "one\ntwo"),
        (r"one\.sp2\two", "one\n\ntwo"),
        (r"\H\bold\N\ plain", "bold plain"),
        (r"one\X0D0A\two", "one\ntwo"),
        (r"Neumon\XC3AD\a", "Neumonía"),
        (r"C:\images", r"C:\images"),
        (r"\.in+4\indented\.sk3\far", "indented   far"),
    ],
)
def test_escapes_become_what_they_stand_for(written: str, meant: str) -> None:
    assert only(build("x").encode()).unescaped(written) == meant


def test_a_hex_escape_is_in_the_encoding_of_the_message() -> None:
    assert observed(build(r"Größe, Neumon\XED\a", "8859/1").encode("latin-1")) == "Größe, Neumonía"


def test_escapes_that_change_the_character_set_are_followed() -> None:
    written = build(r"\M2442\6;?e\C2842\ seen", "~ISO IR87")
    assert observed(written.encode()) == "胸水 seen"


def test_other_separators_are_obeyed() -> None:
    raw = b"MSH$%*@!$RIS$H$P$H$2026$$ORU%R01$1$P$2.5\rOBX$1$TX$1%Report$$cost 5@F@ and 50@S@$$$$$$F\r"
    assert observed(raw) == "cost 5$ and 50%"


def test_a_line_break_inside_a_field_goes_on_with_its_text() -> None:
    assert observed(build("No effusion.\nHeart normal.").encode()) == "No effusion.\nHeart normal."


def test_a_file_in_utf_16_is_made_narrow() -> None:
    raw = build("左肺に結節影").encode("utf-16")
    assert is_hl7(raw)
    assert observed(as_single_bytes(raw)) == "左肺に結節影"


@pytest.mark.parametrize(
    "raw",
    [
        b"\x0b" + build("No eff").encode(),
        build("No effusion, and the hea").encode().rsplit(b"||||||F", 1)[0],
    ],
)
def test_a_message_that_breaks_off_is_known(raw: bytes) -> None:
    assert only(raw).is_cut


def test_a_whole_message_without_a_last_line_end_is_not_cut() -> None:
    assert not only(build("No effusion").encode().rstrip(b"\r")).is_cut


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (build("x", "KLINGON").encode(), "unknown character set 'KLINGON'"),
        (build("Größe", "UNICODE UTF-8").encode("latin-1"), "declares the encoding utf-8 but is not in it"),
        (b"MSH|^\rPID|1\r", "no usable separators"),
        (build("Größe").encode("cp850"), "in doubt"),
    ],
)
def test_what_cannot_be_read_is_said(raw: bytes, words: str) -> None:
    (answer,) = messages(raw)
    assert isinstance(answer, ValueError)
    assert words in str(answer)
