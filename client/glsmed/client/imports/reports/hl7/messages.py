"""HL7 v2 in files: messages with or without MLLP frames and batch headers, their encoding, segments and escapes.

Written here rather than taken from a library: the Python ones expect text that is decoded already, one message, and
segments that end in carriage returns, and exports of hospitals keep to none of these (HL7 v2.5.1, chapter 2).
"""

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from glsmed.site_adapters.inputs.report_bytes.encodings import decode

_START_OF_FRAME, _END_OF_FRAME = b"\x0b", b"\x1c"
_MESSAGE = re.compile(rb"(?:\A|(?<=[\r\n\x0b\x1c]))MSH(?=[^\w\s])")
_BATCH_SEGMENT = re.compile(rb"(?:\A|(?<=[\r\n]))(?:FHS|BHS|BTS|FTS)[^\w\s][^\r\n]*[\r\n]*")
_COUNT = re.compile(rb"(?:\A|(?<=[\r\n]))BTS[^\w\s](\d+)")
_LINE_END = re.compile(r"\r\n|\r|\n")
_CHARACTER_SET = 17  # MSH-18, counted as fields after the name
_CHARACTER_SETS: Mapping[str, str | None] = {  # table 0211 without its spaces and signs; None: the bytes decide
    **dict.fromkeys(("", "ASCII", "ISOIR6", "UNICODE", "UNICODEUTF16", "UNICODEUTF32"), None),
    **dict.fromkeys(("ISOIR13", "ISOIR14", "ISOIR87", "ISOIR159", "ISO2022IR87", "ISO2022IR13"), None),
    "UNICODEUTF8": "utf-8",
    "ISOIR192": "utf-8",
    "ISOIR100": "iso8859-1",
    **{f"8859/{part}": f"iso8859-{part}" for part in (*range(1, 12), *range(13, 17))},
    "WINDOWS31J": "cp932",
    "GB180302000": "gb18030",
    "KSX1001": "euc_kr",
}
_IN_NAMES = re.compile(r"[\s_-]")
_ESCAPED_SET = re.compile(rb"\\[CM]((?:[0-9A-Fa-f]{2}){2,3})\\")
_LOOKED_AT = 200  # bytes at the beginning of a file


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment; ``fields[0]`` is its name, and MSH counts its separator as a field, as the standard does."""

    fields: tuple[str, ...]

    @property
    def name(self) -> str:
        """Three characters: OBX."""
        return self.fields[0]

    def field(self, number: int) -> str:
        """The field as it was sent, or blank."""
        return self.fields[number] if number < len(self.fields) else ""


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Attributes:
        segments: in their order.
        separators: of components, repetitions, escapes and subcomponents, as MSH-2 gives them.
        encoding: that the message's bytes were in.
        declared: the encoding that MSH-18 names, where the bytes are all ASCII and do not show it.
        is_cut: the last segment breaks off, or an MLLP frame was not closed.
    """

    segments: tuple[Segment, ...]
    separators: str
    encoding: str
    is_cut: bool
    declared: str | None = None

    def part(self, segment: Segment, field: int, component: int = 1) -> str:
        """A component of a field's first repetition, escapes resolved, stripped."""
        first = segment.field(field).split(self.separators[1])[0]
        return self.component(first, component)

    def component(self, repetition: str, number: int) -> str:
        """A component of one repetition of a field, escapes resolved, stripped; subcomponents after the first go."""
        parts = repetition.split(self.separators[0])
        part = parts[number - 1] if number <= len(parts) else ""
        return self.unescaped(part.split(self.separators[3])[0]).strip()

    def repetitions(self, segment: Segment, field: int) -> list[str]:
        """A field's repetitions as they were sent."""
        return segment.field(field).split(self.separators[1])

    def unescaped(self, text: str) -> str:
        """Text with its escape sequences resolved; what is no escape sequence stays as it is."""
        escape = re.escape(self.separators[2])
        if self.separators[2] not in text:
            return text
        return re.sub(rf"{escape}([^{escape}\s]{{1,200}}){escape}", self._resolved, text)

    def _resolved(self, match: re.Match[str]) -> str:
        code = match.group(1)
        named = dict(zip("SRET", self.separators, strict=True)) | {"F": self.segments[0].field(1), "H": "", "N": ""}
        if code in named:
            return named[code]
        if code[0] == "X" and re.fullmatch(r"X(?:[0-9A-Fa-f]{2})+", code):
            return self._from_hex(code[1:])
        if code.startswith("."):
            return _formatted(code[1:])
        return "" if code[0] == "Z" else match.group()

    def _from_hex(self, digits: str) -> str:
        raw = bytes.fromhex(digits)
        if raw.strip(b"\r\n") == b"":
            return "\n"
        encoding = self.declared or self.encoding
        try:
            return raw.decode("cp1252" if encoding in ("latin-1", "iso8859-1") else encoding)
        except (UnicodeDecodeError, LookupError):
            raise ValueError(f"holds the escape \\X{digits}\\, which is nothing in {encoding}") from None


def _formatted(command: str) -> str:
    """What a formatting command of chapter 2.7.6 does to plain text: new lines, or spaces."""
    number = re.sub(r"\D", "", command)
    if command.startswith("sk"):
        return " " * int(number or 1)
    if command.startswith("sp"):
        return "\n" * int(number or 1)
    return "\n" if command[:2] in ("br", "ce") else ""


def is_hl7(raw: bytes) -> bool:
    """Whether the bytes begin with a message or the header of a file or batch."""
    start = raw[:_LOOKED_AT].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe\x0b\r\n\t ")
    return re.match(rb"(?:MSH|FHS|BHS)[^\w\s]", start) is not None


def as_single_bytes(raw: bytes) -> bytes:
    """The file with one byte for each sign of ASCII: UTF-16 and UTF-32 become UTF-8, and a mark is taken away.

    Raises:
        ValueError: it holds NULs and is neither.
    """
    wide = b"\0" in raw[:_LOOKED_AT]
    return (decode(raw).text.encode() if wide else raw).removeprefix(b"\xef\xbb\xbf")


def messages(raw: bytes) -> Iterator["Message | ValueError"]:
    """The messages in the order of the file; in place of one that cannot be read, why."""
    starts = [match.start() for match in _MESSAGE.finditer(raw)]
    for start, end in zip(starts, [*starts[1:], len(raw)], strict=True):
        framed = raw[start - 1 : start] == _START_OF_FRAME
        try:
            yield _message(raw[start:end], framed=framed)
        except ValueError as error:
            yield error


def announced(raw: bytes) -> int | None:
    """How many messages the trailer of a batch (BTS-1) says there are; None without one."""
    counts = [int(count) for count in _COUNT.findall(raw)]
    return sum(counts) if counts else None


def _message(raw: bytes, *, framed: bool) -> Message:
    closed = _END_OF_FRAME in raw
    body = _BATCH_SEGMENT.sub(b"", raw.split(_END_OF_FRAME)[0].rstrip(_START_OF_FRAME))
    declared = _declared(body)
    decoded = decode(_with_escape_characters(body), declared=declared)
    ended = closed or body[-1:] in (b"\r", b"\n")
    separator, separators = decoded.text[3], decoded.text[4:8]
    if len(set(separator + separators)) != 5 or any(map(str.isspace, separators)):
        raise ValueError(f"has no usable separators in MSH-1 and MSH-2: {decoded.text[3:8]!r}")
    segments = tuple(_segments(decoded.text, separator))
    is_cut = (framed and not closed) or _breaks_off(segments, ended)
    return Message(segments, separators, decoded.encoding, is_cut, declared if body.isascii() else None)


def _with_escape_characters(body: bytes) -> bytes:
    r"""Escapes of chapter 2.7 that change the character set (\C2842\) as the bytes that they stand for."""
    if b"\\C" not in body and b"\\M" not in body:
        return body
    return _ESCAPED_SET.sub(lambda match: b"\x1b" + bytes.fromhex(match.group(1).decode("ascii")), body)


def _declared(body: bytes) -> str | None:
    head = re.split(rb"[\r\n]", body, maxsplit=1)[0].decode("latin-1")
    fields = head.split(head[3:4]) if len(head) > 3 else []
    written = fields[_CHARACTER_SET] if len(fields) > _CHARACTER_SET else ""
    named = (_meant(name.strip()) for name in written.replace("\\", "~").split("~"))
    return next(filter(None, named), None)


def _meant(name: str) -> str | None:
    """The encoding that a name in MSH-18 stands for: of table 0211, or one that Python knows, as vendors write them."""
    bare = _IN_NAMES.sub("", name.upper())
    if bare in _CHARACTER_SETS:
        return _CHARACTER_SETS[bare]
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise ValueError(f"names the unknown character set {name!r} in MSH-18") from None


def _segments(text: str, separator: str) -> Iterator[Segment]:
    """Segments; a line that does not begin as one goes on with the text before it."""
    begins = re.compile(rf"[A-Z][A-Z0-9]{{2}}(?:{re.escape(separator)}|$)")
    lines: list[str] = []
    for line in _LINE_END.split(text):
        if begins.match(line) or not lines:
            lines.append(line)
        elif line.strip():
            lines[-1] += f"\n{line}"
    for line in lines:
        name, *fields = line.split(separator)
        yield Segment((name, separator, *fields) if name == "MSH" else (name, *fields))


def _breaks_off(segments: tuple[Segment, ...], ended: bool) -> bool:
    """Whether the file ends within an OBX: without a line end, and before the status that every OBX has."""
    last = segments[-1]
    return not ended and last.name == "OBX" and not last.field(11)
