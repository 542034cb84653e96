"""Draws the tutorial's pictures, in English and Japanese, as plain SVG: boxes, arrows and words.

python docs/figures/draw_tutorial.py      writes docs/figures/tutorial-*.svg
"""

from collections.abc import Sequence
from html import escape
from pathlib import Path

HERE = Path(__file__).resolve().parent
_HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="{title}" '
    'font-family="system-ui, sans-serif" font-size="14">\n'
    '<rect width="{width}" height="{height}" fill="#fff"/>\n'
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<path d="M0 0 8 4 0 8z" fill="#2d3748"/></marker></defs>\n'
)
_GREEN, _BLUE, _YELLOW = "#e6fffa", "#ebf8ff", "#fffff0"

TEXTS = {
    "": {
        "federation": "Reports and images stay at the hospitals; weights and the numbers they allow travel.",
        "centre": ("centre", "study.yaml, averages"),
        "sites": (("st-mary", "English"), ("sakura", "Japanese"), ("san-lucas", "Spanish")),
        "stay": "images, reports: stay here",
        "way": "model down, update up",
        "doubt": "From the words of a report to what the network learns.",
        "chain": (
            ("report", "“Pleural effusion cannot be excluded.”"),
            ("cue", "cannot be excluded"),
            ("probability", "P(effusion) = 0.25 ± 0.19"),
            ("target", "label 0, rate 0.5: target 0.25"),
            ("loss", "learns 0.25, not 0 or 1"),
        ),
        "steps": "The steps of this tutorial, and who takes each.",
        "who": ("centre", "hospital"),
        "taken": (
            (0, "1 init", "study.yaml"),
            (1, "2 init", "config.yaml"),
            (1, "3 check", "check.html"),
            (1, "4 enroll", "request.yaml"),
            (0, "5 admit", "by telephone"),
            (0, "6 run", "rounds"),
            (1, "7 use", "predict, case"),
        ),
    },
    ".ja": {
        "federation": "レポートと画像は病院に残り、重みと、病院が許した数値だけが行き来する。",
        "centre": ("センター", "study.yaml、平均"),
        "sites": (("st-mary", "英語"), ("sakura", "日本語"), ("san-lucas", "スペイン語")),
        "stay": "画像とレポートはここに残る",
        "way": "モデルが下り、更新が上る",
        "doubt": "レポートの言葉から、ネットワークが学ぶ目標値まで。",
        "chain": (
            ("レポート", "「胸水は否定できない。」"),
            ("手がかり語", "否定できない"),
            ("確率", "P(胸水) = 0.35 ± 0.21"),
            ("目標値", "ラベル0、率0.7：目標0.35"),
            ("損失", "0でも1でもなく0.35を学ぶ"),
        ),
        "steps": "このチュートリアルの手順と、それを行う人。",
        "who": ("センター", "病院"),
        "taken": (
            (0, "1 init", "study.yaml"),
            (1, "2 init", "config.yaml"),
            (1, "3 check", "check.html"),
            (1, "4 enroll", "request.yaml"),
            (0, "5 admit", "電話で照合"),
            (0, "6 run", "ラウンド"),
            (1, "7 use", "predict、case"),
        ),
    },
}


def pictures() -> dict[str, str]:
    """Every picture by its file name."""
    drawn = {}
    for language, words in TEXTS.items():
        for name, draw in (("federation", _federation), ("doubt", _doubt), ("steps", _steps)):
            drawn[f"tutorial-{name}{language}.svg"] = draw(words)
    return drawn


def _federation(words: dict[str, object]) -> str:
    title, centre, sites = words["federation"], words["centre"], words["sites"]
    parts = [_box(270, 20, 220, centre, _BLUE)]
    for place, (name, language) in enumerate(sites):  # type: ignore[misc, arg-type, var-annotated]  # words of TEXTS
        left = 20 + 250 * place
        parts += [_box(left, 190, 220, (name, language, str(words["stay"])), _GREEN, height=80)]
        parts += [_arrow(330 + 50 * place, 76, left + 90, 188), _arrow(left + 130, 190, 350 + 50 * place, 78)]
    parts.append(_text(16, 140, str(words["way"]), size=12))
    return _picture(760, 290, str(title), parts)


def _doubt(words: dict[str, object]) -> str:
    parts = []
    chain: Sequence[tuple[str, str]] = words["chain"]  # type: ignore[assignment]  # words of TEXTS
    for place, pair in enumerate(chain):
        top = 16 + 74 * place
        parts.append(_box(150, top, 320, pair, _YELLOW))
        if place:
            parts.append(_arrow(310, top - 18, 310, top - 2))
    return _picture(620, 390, str(words["doubt"]), parts)


def _steps(words: dict[str, object]) -> str:
    taken: Sequence[tuple[int, str, str]] = words["taken"]  # type: ignore[assignment]  # words of TEXTS
    who: Sequence[str] = words["who"]  # type: ignore[assignment]  # as above
    parts = [_text(12, 56 + 110 * row, name, size=13) for row, name in enumerate(who)]
    middle = [(row, 100 + 118 * place) for place, (row, _, _) in enumerate(taken)]
    for place, (row, name, gives) in enumerate(taken):
        parts.append(_box(middle[place][1], 24 + 110 * row, 104, (name, gives), (_BLUE, _GREEN)[row]))
        if place:
            before, left = middle[place - 1]
            parts.append(_arrow(left + 104, 52 + 110 * before, middle[place][1] - 2, 52 + 110 * row))
    return _picture(930, 210, str(words["steps"]), parts)


def _box(left: int, top: int, width: int, lines: object, fill: str, *, height: int = 56) -> str:
    words: Sequence[str] = lines  # type: ignore[assignment]  # words of TEXTS
    step = height / (len(words) + 1)
    inside = [
        _text(left + width / 2, top + step * (place + 1) + 5, line, size=14 if place == 0 else 12, anchor="middle")
        for place, line in enumerate(words)
    ]
    frame = f'<rect x="{left}" y="{top}" width="{width}" height="{height}" rx="6" fill="{fill}" stroke="#2d3748"/>'
    return "\n".join([frame, *inside])


def _arrow(left: float, top: float, right: float, bottom: float) -> str:
    return f'<line x1="{left}" y1="{top}" x2="{right}" y2="{bottom}" stroke="#2d3748" marker-end="url(#tip)"/>'


def _text(left: float, top: float, words: str, *, size: int, anchor: str = "start") -> str:
    place = f'x="{left:g}" y="{top:g}" font-size="{size}" text-anchor="{anchor}"'
    return f'<text {place} fill="#1a202c">{escape(words)}</text>'


def _picture(width: int, height: int, title: str, parts: Sequence[str]) -> str:
    head = _HEAD.format(width=width, height=height, title=escape(title))
    return head + "\n".join(parts) + "\n</svg>\n"


if __name__ == "__main__":
    for name, text in pictures().items():
        (HERE / name).write_text(text, encoding="utf-8")
