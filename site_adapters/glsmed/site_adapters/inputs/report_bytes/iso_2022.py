"""ISO-2022-JP, the encoding of Japanese mail and HL7: seven bits, with escape sequences that change the alphabet."""

import re

_ESCAPE = b"\x1b"
_SETS = {
    b"\x1b(B": "ascii",
    b"\x1b(J": "roman",
    b"\x1b(I": "katakana",
    b"\x1b$@": "kanji",
    b"\x1b$B": "kanji",
    b"\x1b$(D": "supplement",
}
_SEQUENCE = re.compile(rb"\x1b(?:\([BJI]|\$[@B]|\$\(D)")
_LOST_ESCAPES = re.compile(rb"\$[@B](?:[!-~]{2}){2,}\([BJ]")


def has_escapes(raw: bytes) -> bool:
    """Whether the bytes hold an escape sequence of ISO-2022-JP."""
    return _SEQUENCE.search(raw) is not None


def lost_its_escapes(raw: bytes) -> bool:
    """Whether this looks like ISO-2022-JP whose escape characters a system has taken out."""
    return _ESCAPE not in raw and _LOST_ESCAPES.search(raw) is not None


def decode_iso_2022_jp(raw: bytes) -> str:
    """The text; signs that NEC and IBM added to the standard, such as ①, are read too.

    Raises:
        ValueError: another escape sequence, half a character, or a byte of eight bits.
    """
    pieces: list[str] = []
    alphabet, start = "ascii", 0
    for match in _SEQUENCE.finditer(raw):
        pieces.append(_decode_piece(raw[start : match.start()], alphabet))
        alphabet, start = _SETS[match.group()], match.end()
    pieces.append(_decode_piece(raw[start:], alphabet))
    return "".join(pieces)


def _decode_piece(piece: bytes, alphabet: str) -> str:
    if not piece.isascii() or _ESCAPE in piece:
        raise ValueError("mixes ISO-2022-JP with another encoding: export it again as UTF-8")
    if alphabet in ("ascii", "roman"):
        return piece.decode("ascii")
    if alphabet == "katakana":
        return bytes(byte | 0x80 if byte >= 0x21 else byte for byte in piece).decode("cp932")
    # a line break may stand between two-byte characters where a system forgot to go back to ASCII
    return "".join(
        part if part.isspace() else _decode_pairs(part.encode("ascii"), alphabet)
        for part in re.split(r"([\r\n\t ]+)", piece.decode("ascii"))
    )


def _decode_pairs(pairs: bytes, alphabet: str) -> str:
    if len(pairs) % 2:
        raise ValueError("is ISO-2022-JP with half a character: it is cut off, or was changed on its way")
    characters = [pairs[at : at + 2] for at in range(0, len(pairs), 2)]
    try:
        if alphabet == "supplement":
            return b"".join(b"\x8f" + _eight_bits(pair) for pair in characters).decode("euc_jp")
        return b"".join(_shift_jis(*pair) for pair in characters).decode("cp932")
    except UnicodeDecodeError:
        raise ValueError("is ISO-2022-JP with a character that does not exist: it was changed on its way") from None


def _eight_bits(pair: bytes) -> bytes:
    return bytes(byte | 0x80 for byte in pair)


def _shift_jis(row: int, cell: int) -> bytes:
    """The same character in Shift JIS, whose Microsoft form has more of them than Python's own ISO-2022-JP."""
    lead = (row - 0x21) // 2 + 0x81
    trail = cell + (0x1F if cell < 0x60 else 0x20) if row % 2 else cell + 0x7E
    return bytes([lead if lead <= 0x9F else lead + 0x40, trail])
