"""The state of a report in the codes of HL7 v2 (tables 0123, 0085 and 0271) and FHIR, and in words of tables."""

from collections.abc import Mapping

from glsmed.client.imports.report_record import Status

_RESULT: Mapping[str, Status] = {  # OBR-25, table 0123
    "F": "final",
    "C": "corrected",
    **dict.fromkeys("AIOPRS", "preliminary"),
    "M": "corrected",
    **dict.fromkeys("XYZN", "cancelled"),
}
_OBSERVATION: Mapping[str, Status] = {  # OBX-11, table 0085
    "F": "final",
    "U": "final",
    "V": "final",
    "C": "corrected",
    "A": "corrected",
    "B": "addendum",
    **dict.fromkeys("IOPRS", "preliminary"),
    **dict.fromkeys("DWXN", "cancelled"),
}
_FHIR: Mapping[str, Status] = {
    **dict.fromkeys(("registered", "partial", "preliminary", "modified"), "preliminary"),
    "final": "final",
    **dict.fromkeys(("amended", "corrected", "appended"), "corrected"),
    **dict.fromkeys(("cancelled", "entered-in-error"), "cancelled"),
}
_COMPLETION: Mapping[str, Status] = {  # TXA-17, table 0271
    **dict.fromkeys(("AU", "LA", ""), "final"),
    **dict.fromkeys(("DI", "DO", "IN", "IP", "PA"), "preliminary"),
}
_NOT_AVAILABLE = ("CA", "OB")  # TXA-19, table 0273: cancelled or deleted, obsolete
_WORDS: tuple[tuple[Status, str], ...] = (  # English, Spanish, German, Japanese
    ("final", "final finalized finalised signed verified approved definitivo firmado validado"),
    ("final", "freigegeben endbefund vidiert 確定 確定済 承認済 最終"),
    ("corrected", "corrected amended revised corregido rectificado korrigiert 訂正 修正"),
    ("addendum", "addendum appended adenda nachtrag ergänzung 追記 追加"),
    ("preliminary", "preliminary draft unsigned unverified provisional preliminar borrador"),
    ("preliminary", "vorläufig vorbefund 仮 仮報告 未確定 一次"),
    ("cancelled", "cancelled canceled deleted anulado cancelado storniert gelöscht 取消 削除 中止"),
)
_BY_WORD = {word: status for status, words in _WORDS for word in words.split()}


def result_status(code: str) -> Status | None:
    """What OBR-25 says; None where it is blank.

    Raises:
        ValueError: it is no code of table 0123.
    """
    return _look_up(code.strip().upper(), _RESULT, "OBR-25")


def observation_status(code: str) -> Status | None:
    """What OBX-11 says; None where it is blank.

    Raises:
        ValueError: it is no code of table 0085: often the text before holds a field separator.
    """
    return _look_up(code.strip().upper(), _OBSERVATION, "OBX-11")


def document_status(completion: str, availability: str) -> Status:
    """What TXA-17 and TXA-19 say; a document that was only dictated or is not signed is preliminary.

    Raises:
        ValueError: TXA-17 is no code of table 0271.
    """
    if availability.strip().upper() in _NOT_AVAILABLE:
        return "cancelled"
    return _look_up(completion.strip().upper(), _COMPLETION, "TXA-17") or "final"


def fhir_status(code: str) -> Status:
    """What DiagnosticReport.status says.

    Raises:
        ValueError: it is missing, unknown or no code of FHIR.
    """
    status = _look_up(code.strip(), _FHIR, "status")
    if status is None:
        raise ValueError(f"has no status: expected one of {', '.join(_FHIR)}")
    return status


def status_in_words(written: str) -> Status:
    """What a table's column of states says, in English, Spanish, German or Japanese, or as an HL7 code; blank is final.

    Raises:
        ValueError: it is none of the known words.
    """
    word = written.strip().casefold()
    if not word:
        return "final"
    status = _BY_WORD.get(word) or _RESULT.get(word.upper())
    if status is None:
        raise ValueError(f"expected a status such as final, preliminary, addendum or corrected, got {written!r}")
    return status


def _look_up(code: str, table: Mapping[str, Status], place: str) -> Status | None:
    if code and code not in table:
        raise ValueError(f"{place}: expected one of {', '.join(sorted(table))}, got {code[:20]!r}")
    return table.get(code)
