"""Escape sequences of HL7 v2 that a database has kept as they were sent.

Source: HL7 v2.5.1, 2.7 (use of escape sequences in text fields), with the recommended separators.
"""

import re

_SIGNS = {"F": "|", "S": "^", "T": "&", "R": "~", "E": "\\", "H": "", "N": ""}
_ESCAPE = re.compile(
    r"\\(?:(?P<sign>[FSTREHN])|\.(?P<command>br|sp|fi|nf|in|ti|sk|ce)[+-]?\d*|X(?P<bytes>(?:0[AD])+))\\"
)
_BREAKS = ("br", "sp", "ce")


def resolve_hl7_escapes(text: str) -> str:
    """The text with line breaks and signs in place of their escape sequences; unchanged where there are none."""
    return _ESCAPE.sub(_resolved, text) if "\\" in text else text


def _resolved(match: re.Match[str]) -> str:
    if sign := match["sign"]:
        return _SIGNS[sign]
    if match["command"] == "sk":
        return " "
    return "\n" if match["bytes"] or match["command"] in _BREAKS else ""
