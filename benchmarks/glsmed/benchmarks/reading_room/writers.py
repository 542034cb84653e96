"""Report writers in English, Japanese and Spanish: six ways to say a finding, with sections around them.

All sentences are our own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from glsmed.benchmarks.reading_room.readers import UNMENTIONED

Phrasings = Mapping[str, str]

_WORTH_AN_IMPRESSION = ("affirmed", "likely", "possible", "cannot_exclude")


@dataclass(frozen=True, slots=True)
class Language:
    """What a hospital's reports are made of.

    Attributes:
        headers: of the sections indication, findings, impression.
        names: noun phrases by finding.
        sentences: sentence patterns by phrasing; ``{finding}`` takes a noun phrase.
        indications: reasons for the examination; ``{finding}`` takes a noun phrase; not evidence.
        fillers: sentences about nothing that is looked for.
        all_clear: the impression when nothing is worth one.
        capitalises: whether a sentence begins with a capital letter.
        separator: what stands between sentences.
    """

    headers: tuple[str, str, str]
    names: Mapping[str, Sequence[str]]
    sentences: Mapping[str, Sequence[str]]
    indications: Sequence[str]
    fillers: Sequence[str]
    all_clear: Sequence[str]
    capitalises: bool
    separator: str


def write_report(phrasings: Phrasings, language: Language, rng: np.random.Generator) -> str:
    """A report with three sections that says each finding as told; unmentioned findings stand nowhere."""
    told = [(finding, how) for finding, how in phrasings.items() if how != UNMENTIONED]
    order = rng.permutation(len(told))
    body = [_sentence(*told[place], language=language, rng=rng) for place in order]
    body.insert(int(rng.integers(len(body) + 1)), _pick(language.fillers, rng))
    conclusions = [
        _sentence(finding, how, language=language, rng=rng) for finding, how in told if how in _WORTH_AN_IMPRESSION
    ]
    asked = _pick(sorted(language.names), rng)
    indication = _pick(language.indications, rng).format(finding=_pick(language.names[asked], rng))
    sections = (
        [indication],
        body,
        conclusions or [_pick(language.all_clear, rng)],
    )
    blocks = [
        f"{header}\n{language.separator.join(lines)}" for header, lines in zip(language.headers, sections, strict=True)
    ]
    return "\n\n".join(blocks) + "\n"


def _sentence(finding: str, how: str, *, language: Language, rng: np.random.Generator) -> str:
    text = _pick(language.sentences[how], rng).format(finding=_pick(language.names[finding], rng))
    return text[0].upper() + text[1:] if language.capitalises else text


def _pick(options: Sequence[str], rng: np.random.Generator) -> str:
    return options[int(rng.integers(len(options)))]


ENGLISH = Language(
    headers=("INDICATION:", "FINDINGS:", "IMPRESSION:"),
    names={
        "effusion": ("pleural effusion", "a small pleural effusion"),
        "cardiomegaly": ("cardiomegaly", "cardiac enlargement"),
        "nodule": ("a pulmonary nodule", "a lung nodule"),
        "consolidation": ("consolidation", "airspace consolidation"),
        "pneumothorax": ("pneumothorax", "an apical pneumothorax"),
    },
    sentences={
        "affirmed": ("there is {finding}.", "{finding} is seen.", "findings consistent with {finding}."),
        "likely": ("probable {finding}.", "{finding} is likely.", "appearance most likely represents {finding}."),
        "possible": ("possible {finding}.", "this may represent {finding}.", "question of {finding}."),
        "cannot_exclude": ("{finding} cannot be excluded.", "{finding} is not excluded."),
        "unlikely": ("{finding} is unlikely.", "{finding} is considered unlikely."),
        "negated": ("no {finding}.", "there is no evidence of {finding}.", "{finding} is not seen."),
    },
    indications=("Cough for two weeks.", "Rule out {finding}.", "Shortness of breath.", "Follow-up of {finding}."),
    fillers=(
        "The trachea is in the midline.",
        "The bones are intact for age.",
        "Technique is adequate.",
        "The upper abdomen is unremarkable.",
    ),
    all_clear=("No acute abnormality.", "Unremarkable examination of the chest."),
    capitalises=True,
    separator=" ",
)

JAPANESE = Language(
    headers=("【検査目的】", "【所見】", "【診断】"),
    names={
        "effusion": ("胸水", "胸水貯留"),
        "cardiomegaly": ("心拡大", "心陰影の拡大"),
        "nodule": ("肺結節", "結節影"),
        "consolidation": ("コンソリデーション", "区域性のコンソリデーション"),
        "pneumothorax": ("気胸", "肺尖部の気胸"),
    },
    sentences={
        "affirmed": ("{finding}を認めます。", "{finding}がみられます。", "{finding}あり。"),
        "likely": ("{finding}の可能性が高いです。", "{finding}が強く疑われます。"),
        "possible": ("{finding}の疑い。", "{finding}が疑われます。", "{finding}の可能性があります。"),
        "cannot_exclude": ("{finding}は否定できません。", "{finding}を否定できない。"),
        "unlikely": ("{finding}の可能性は低いです。", "{finding}の可能性は低いと考えます。"),
        "negated": ("{finding}を認めません。", "{finding}なし。", "{finding}はみられません。"),
    },
    indications=("二週間続く咳嗽。", "{finding}の除外目的。", "息切れの精査。", "健診で異常を指摘。"),
    fillers=("気管は正中に位置しています。", "骨に年齢相応の変化を認めます。", "撮影条件は良好です。"),
    all_clear=("特記すべき異常なし。", "活動性病変を指摘できません。"),
    capitalises=False,
    separator="\n",
)

SPANISH = Language(
    headers=("INDICACIÓN:", "HALLAZGOS:", "IMPRESIÓN:"),
    names={
        "effusion": ("derrame pleural", "derrame pleural leve"),
        "cardiomegaly": ("cardiomegalia", "aumento de la silueta cardíaca"),
        "nodule": ("nódulo pulmonar", "un nódulo pulmonar"),
        "consolidation": ("consolidación", "consolidación alveolar"),
        "pneumothorax": ("neumotórax", "neumotórax apical"),
    },
    sentences={
        "affirmed": ("se observa {finding}.", "se aprecia {finding}.", "presencia de {finding}."),
        "likely": ("probable {finding}.", "muy sugestivo de {finding}.", "hallazgos compatibles con {finding}."),
        "possible": ("posible {finding}.", "podría corresponder a {finding}."),
        "cannot_exclude": ("no se puede descartar {finding}.", "no se descarta {finding}."),
        "unlikely": ("{finding} poco probable.", "se considera poco probable {finding}."),
        "negated": ("no se observa {finding}.", "sin {finding}.", "no hay evidencia de {finding}."),
    },
    indications=("Tos de dos semanas.", "Descartar {finding}.", "Disnea de esfuerzo.", "Control de {finding}."),
    fillers=(
        "La tráquea está centrada.",
        "Estructuras óseas acordes con la edad.",
        "Técnica adecuada.",
        "Abdomen superior sin alteraciones.",
    ),
    all_clear=("Sin hallazgos agudos.", "Estudio dentro de la normalidad."),
    capitalises=True,
    separator=" ",
)
