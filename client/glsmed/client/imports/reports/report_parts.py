"""Parts of a report that come apart: which of them a radiologist wrote about the images, and under which heading."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from glsmed.client.imports.report_record import Status

# LOINC codes and DICOM concepts of what is asked or known before the images are read
_NO_REPORT_CODES = re.compile(
    r"18785-6|11329-0|55115-0|10154-3|42349-1|29299-5|29762-2|46239-0|8648-8|10164-2|55752-0"
    r"|12106[01268]|121069|121109|121110|113014|110180"
)
_NO_REPORT_NAMES = re.compile(
    r"\b(?:reason|indications?|history|anamnes\w*|clinical (?:information|question|data|details)|order comments?)\b"
    r"|accession|study instance uid|dose\b|fragestellung|indikation|klinische angaben|vorgeschichte"
    r"|\bmotivo|indicaci[oó]n|antecedentes|datos cl[ií]nicos|informaci[oó]n cl[ií]nica"
    r"|依頼|検査目的|臨床情報|臨床診断|臨床経過|既往",
    re.IGNORECASE,
)
_HEADINGS_BY_CODE = {
    "59776-5": "Findings",
    "18782-3": "Findings",
    "19005-8": "Impression",
    "55110-1": "Conclusion",
    "18783-1": "Recommendation",
    "55107-7": "Addendum",
    "121070": "Findings",
    "121071": "Findings",
    "121072": "Impression",
    "121073": "Impression",
    "121074": "Recommendation",
    "121075": "Recommendation",
    "121076": "Conclusion",
    "121077": "Conclusion",
    "121078": "Addendum",
}
_HEADINGS = re.compile(
    r"(?:radiology |radiologic )?(findings?|impressions?|conclusions?|recommendations?|addend(?:um|a)|hallazgos|"
    r"procedure|technique|comparisons?|técnica|comparación|technik|vergleich|検査方法|比較|"
    r"impresi[oó]n|conclusi[oó]n|adenda|befund|beurteilung|nachtrag|所見|画像所見|診断|印象|結論|追記)(?: narrative)?",
    re.IGNORECASE,
)
_ADDENDA = re.compile(r"addend(?:um|a)|adenda|nachtrag|追記", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """One observation or content item; ``title`` is blank where it has no heading of a report's sections."""

    text: str
    code: str = ""
    title: str = ""
    status: Status | None = None


def is_no_report_text(code: str, name: str) -> bool:
    """Whether an item is the reason for the study, the history or an identifier, not what was read."""
    if _NO_REPORT_CODES.fullmatch(code):
        return True
    return any(_NO_REPORT_NAMES.search(word.replace("_", " ")) is not None for word in (code, name))


def heading(code: str, name: str) -> str:
    """The heading of a report's section that an item stands for; blank for the report as a whole."""
    if code in _HEADINGS_BY_CODE:
        return _HEADINGS_BY_CODE[code]
    for word in (name, code):
        if match := _HEADINGS.fullmatch(word.strip().rstrip(":")):
            return "Addendum" if _ADDENDA.fullmatch(match.group(1)) else match.group(1)
    return ""


def joined_parts(parts: Sequence[Part]) -> str:
    """The parts as one text; where they are of several sections, each under its heading."""
    titles = {part.title for part in parts if part.text.strip()}
    lines: list[str] = []
    title = ""
    for part in parts:
        if len(titles) > 1 and part.title and part.title != title and not _has_heading(part):
            lines.append(f"{part.title}:")
        title = part.title
        lines.append(part.text)
    return "\n".join(lines)


def _has_heading(part: Part) -> bool:
    return part.text.lstrip(" \n【[<").casefold().startswith(part.title.casefold())
