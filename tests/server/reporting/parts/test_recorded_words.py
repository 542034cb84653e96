import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from glsmed.server import monitoring, rounds
from glsmed.server.reporting.parts.recorded_words import MESSAGES, REASONS, message_in_words, reason_in_words
from glsmed.server.rounds import site_messenger
from glsmed.server.rounds.best_round import Choice
from glsmed.server.rounds.quarantine import BadModel
from glsmed.shared.pages.spoken import speaking
from tests.spoken_sentences import misplaced

FOLDERS = [Path(str(room.__file__)).parent for room in (rounds, monitoring)]
SPEAKERS = ("_say", "tell", "RunState")


def told() -> Iterator[str]:
    """What the round loop and the status write as messages, with x for every value."""
    for path in (path for folder in FOLDERS for path in sorted(folder.rglob("*.py"))):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] in SPEAKERS:
                yield from (_filled(one) for one in call.args if isinstance(one, ast.JoinedStr | ast.Constant))


def _filled(text: ast.JoinedStr | ast.Constant) -> str:
    parts = text.values if isinstance(text, ast.JoinedStr) else [text]
    filled = "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in parts)
    unnamed = filled.removeprefix("x: ")  # the round
    return re.sub(r"^x\. ", f"{BadModel(5, {'a': 'late'}, '', {})}. ", unnamed)


def test_every_message_of_the_round_loop_has_japanese() -> None:
    said = {message for message in told() if " " in message}
    assert len(said) >= 10
    with speaking("ja"):
        assert [message for message in sorted(said) if message_in_words(message).isascii()] == []


ROUND_WORDS = [
    ("a (12 cells), b (36 cells) counted after 0.7 s", "0.7 秒後に有効: a（12セル）, b（36セル）"),
    (
        "no site counted after 8.8 s; not counted: a: late; b: DataError",
        "8.8 秒後に有効: 施設なし。無効: a: 遅延; b: DataError",
    ),
    ("training at late, none", "late, none で学習中"),  # sites may be named so
    ("validation auroc 0.9, ece 0.1; without a: late", "検証 auroc 0.9, ece 0.1。除外: a: 遅延"),
    ("waiting for sites: 1 of 2 ready (a)", "施設を待っています: 2施設中 1 が準備完了（a）"),
    (
        "waiting for sites: 0 of 2 ready (none); b is online but not ready: late; c still works on round 3",
        (
            "施設を待っています: 2施設中 0 が準備完了。"
            "b はオンラインですが準備ができていません: 遅延; c はまだラウンド 3 の処理中です"
        ),
    ),
]
WORDS = [
    *((f"round 2 of 3: {english}", f"ラウンド 2 / 3: {japanese}") for english, japanese in ROUND_WORDS),
    (
        f"{Choice(4, 'ece', 0.41)} is kept; test ece 0.1",
        "ラウンド 4（検証 ece の平均 0.4100）のモデルを採用。テスト: ece 0.1",
    ),
    (
        f"{BadModel(5, {'a': 'late'}, 'b', {})}. Its file is in checkpoints/quarantined; going on from round 4",
        (
            "ラウンド 5 のモデルは使えません（a: 遅延）。原因は b の更新です。"
            "ファイルは checkpoints/quarantined にあり、ラウンド 4 から続けます"
        ),
    ),
    ("run/x.yaml: no such file; write one", "run/x.yaml: no such file; write one"),  # an error stays as it is
]


@pytest.mark.parametrize(("message", "said"), WORDS)
def test_messages_of_the_record_in_the_language_of_the_page(message: str, said: str) -> None:
    assert message_in_words(message) == message
    with speaking("ja"):
        assert message_in_words(message) == said


def test_every_reason_that_a_site_may_give_has_japanese() -> None:
    known = [f"{code} ({meaning})" for code, meaning in site_messenger._MEANINGS.items()]
    with speaking("ja"):
        for reason in ("late", *site_messenger._NOT_FROM_SITE.values(), *known):
            assert not reason_in_words(reason).isascii()
        assert reason_in_words("DataError") == "DataError"


def test_japanese_has_the_places_of_its_english() -> None:
    assert misplaced({**MESSAGES, **REASONS}) == []
