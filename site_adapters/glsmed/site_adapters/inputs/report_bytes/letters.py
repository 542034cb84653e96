"""How well text reads as Western European or as Japanese: the evidence for one encoding against another."""

import re
import unicodedata

_WESTERN_LETTERS = frozenset("áàâäãåæçéèêëíìîïñóòôöõøœúùûüýÿß" + "ÁÀÂÄÃÅÆÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØŒÚÙÛÜŸẞ")
# Each set is one language's accents: letters that no language has together speak against a reading.
_LANGUAGES = tuple(
    frozenset(letters)
    for letters in (
        "áéíóúüñ",
        "äöüßé",
        "àâæçèéêëîïôœùûüÿ",
        "áâãàçéêíóôõúü",
        "àèéìíîòóùú",
        "åäöéü",
        "æøåéö",
        "éëïöüáóíúèêçà",
        "àçèéíïòóúü",
        "éïöçèñöü",
    )
)
_ONE_LETTER_WORDS = frozenset("àÀéÉèÈóÓáÁùÙêÊ")
_BETWEEN_LETTERS = frozenset("\u00ad\u2026")
_LOOKED_AT = 12  # characters on either side of a sign
_CONTRACTION = re.compile(r"(?:s|t|d|m|re|ve|ll)\b", re.IGNORECASE)
_ELISION = re.compile(r"\b(?:[cdjlmnsto]|qu|lorsqu|puisqu|jusqu|presqu|aujourd|un|(?:d|n|s|c)?[aeu]ll)$", re.IGNORECASE)
_VOWEL = re.compile(r"[aeiouhyàâäáéèêëíîïóôöúûüœ]", re.IGNORECASE)
_FOLLOWED_BY = {"œ": "uidsemv", "ç": "aouãõáóúôàâi", "À": " "}  # where the letter is not the last of its word
_TWO_LETTERS = re.compile(r"[^\W\d_]{2}")
_BESIDE_LETTERS = frozenset("°±²³·§½¼¾×÷ºª“”‘’«»‹›…–—•´\u00ad")
_CLOSED_BY = {"¿": "?", "¡": "!", "„": "“”", "‚": "‘’"}
_UNIT = re.compile(r"(?:m|g|l|L|s|S|M|A|V|W|T|Sv|Gy|mol|Ci|Hz)\b")
_SHORT = 2  # letters; words of so few that are common stand below
_SHORT_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a i y o e u x no of in is to at on or by as an be it if de la el en se es lo al un su si le du et ne il zu im "
        "am so da um er mm cm dr pa ap ll ct",
    )
)
_LAST_WORD = re.compile(r"[^\W\d_]+$")
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_VOWELS = frozenset("aeiouäöüAEIOUÄÖÜ")
_MOST_ACCENTS_IN_A_ROW = 2
_FOREIGN_WEIGHT = 0.5

_KANA = re.compile(r"[\u3041-\u309f\u30a1-\u30ff]")
_JAPANESE_SIGNS = re.compile(
    r"[\u3000-\u303f\u3041-\u309f\u30a0-\u30ff\uff01-\uff5e\u2010-\u27bf\u3200-\u33ffα-ωΑ-Ω°±×÷§¶′″]"
)
_HALF_KATAKANA = re.compile(r"[\uff61-\uff9f]")
# What the accent of a Western word looks like in Shift JIS, together with the letter after it
_STRAY_KANJI = re.compile(
    r"(?<=[A-Za-z])[\u4e00-\u9fff](?=[\0-\x7f]|$)|(?:(?<=[\0-\x7f])|^)[\u4e00-\u9fff](?=[A-Za-z])"
)
_MOST_NARROW = 2  # half-width katakana for each other Japanese character
_LEVEL_2_WEIGHT = 0.6
_PAIR = 2  # bytes of a kanji
_NO_KANA_WEIGHT = 0.6
_LEVEL_1_ROWS = range(0xB0, 0xD0)  # of EUC-JP: the 2,965 kanji of everyday texts


def western_score(text: str) -> float:
    """The share in 0–1 of the characters beyond ASCII that stand where Western European writing would put them."""
    places = [place for place, sign in enumerate(text) if not sign.isascii()]
    if not places:
        return 1.0
    at_home = sum(_is_at_home(text, place) for place in places) / len(places)
    return at_home * (1 if _of_one_language(text) else _FOREIGN_WEIGHT)


def _of_one_language(text: str) -> bool:
    """Whether nine accented letters in ten belong to one language; names may have others."""
    letters = [sign.lower() for sign in text if sign in _WESTERN_LETTERS]
    return not letters or max(sum(map(known.__contains__, letters)) for known in _LANGUAGES) >= 0.9 * len(letters)


def _is_at_home(text: str, place: int) -> bool:
    sign, before, after = text[place], text[place - 1 : place], text[place + 1 : place + 2]
    if sign in _WESTERN_LETTERS:
        return _letter_is_at_home(text, place)
    if sign in _CLOSED_BY:
        return not before.isalnum() and any(closing in text[place:] for closing in _CLOSED_BY[sign])
    if sign == "\u00a0":
        return _parts_words(text[max(0, place - _LOOKED_AT) : place], text[place + 1 : place + _LOOKED_AT])
    if sign == "µ":
        return _UNIT.match(text, place + 1) is not None
    if sign in "€©®™":
        return not after.isalpha() and not (before.isalpha() and sign == "€")
    if before.isalpha() and after.isalpha():
        if sign in "’–—":
            return _joins_words(text[max(0, place - _LOOKED_AT) : place], text[place + 1 : place + _LOOKED_AT], sign)
        return sign in _BETWEEN_LETTERS
    return sign in _BESIDE_LETTERS


def _parts_words(before: str, after: str) -> bool:
    """Whether a no-break space stands where a space may; in DOS programs its place is that of á."""
    left, right = _LAST_WORD.search(before), _FIRST_WORD.match(after)
    if left and right:
        return all(len(word) > _SHORT or word.lower() in _SHORT_WORDS for word in (left.group(), right.group()))
    if left:
        return not after[:1].isspace() and after[:1] not in (".", ",", ")")
    return not right or not (before[-1:].isspace() or not before)


def _joins_words(before: str, after: str, sign: str) -> bool:
    """Whether a dash or apostrophe stands between words; in Mac Roman their places are those of ó, ñ and í."""
    if sign == "’":
        return bool(_CONTRACTION.match(after) or (_ELISION.search(before) and _VOWEL.match(after)))
    return bool(_TWO_LETTERS.match(after) and _TWO_LETTERS.match(before[::-1]))


def _letter_is_at_home(text: str, place: int) -> bool:
    sign, before, after = text[place], text[place - 1 : place], text[place + 1 : place + 2]
    if not before.isalpha() and not after.isalpha():
        return sign in _ONE_LETTER_WORDS and not before.isdigit() and not after.isdigit()
    if before.isdigit() or after.isdigit():
        return False
    if _accents_around(text, place) > _MOST_ACCENTS_IN_A_ROW:
        return False
    if sign == "ß":
        return before in _VOWELS
    if sign == "á" and before in _VOWELS and (after in _VOWELS or not after.isalpha()):
        return False  # "Erguß" of a DOS program, where ß has the place of á
    if after.isalpha() and after.lower() not in _FOLLOWED_BY.get(sign, after.lower()):
        return False
    if sign.isupper():
        return not before.islower()
    return not after.isupper()


def _accents_around(text: str, place: int) -> int:
    start = end = place
    while start > 0 and text[start - 1] in _WESTERN_LETTERS:
        start -= 1
    while end < len(text) and text[end] in _WESTERN_LETTERS:
        end += 1
    return end - start


def japanese_score(text: str) -> float:
    """The share in 0–1 of the characters beyond ASCII that everyday Japanese has."""
    foreign = [sign for sign in text if not sign.isascii()]
    wide = [sign for sign in foreign if not _HALF_KATAKANA.match(sign)]
    strays = len(_STRAY_KANJI.findall(text))
    if not foreign:
        return 0.0
    of_wide = max(0.0, sum(map(_japanese_weight, wide)) - strays) / max(1, len(wide))
    narrow = len(foreign) - len(wide)
    # half-width katakana stand beside other Japanese; alone, they are what another encoding looks like
    trusted = of_wide if narrow <= _MOST_NARROW * len(wide) else 0.0
    return (of_wide * len(wide) + trusted * narrow) / len(foreign)


def kana_score(text: str) -> float:
    """As :func:`japanese_score`, less where there is no kana: kanji alone also come by chance, or from Chinese."""
    return japanese_score(text) * (1 if _KANA.search(text) else _NO_KANA_WEIGHT)


def euc_score(text: str) -> float:
    """As :func:`kana_score`, where half-width katakana are what they seem: EUC-JP marks each of them."""
    return kana_score(unicodedata.normalize("NFKC", text) if _HALF_KATAKANA.search(text) else text)


def _japanese_weight(sign: str) -> float:
    return 1.0 if _JAPANESE_SIGNS.match(sign) else _kanji_weight(sign)


def _kanji_weight(sign: str) -> float:
    code = sign.encode("euc_jp", "replace")
    if len(code) == _PAIR and code[0] in _LEVEL_1_ROWS:
        return 1.0
    # Microsoft's Shift JIS has some hundred more, many of them in names
    return _LEVEL_2_WEIGHT if len(sign.encode("cp932", "replace")) == _PAIR else 0.0
