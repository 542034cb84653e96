from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.site_adapters.lint.lint_context import Subject, load_subject
from glsmed.site_adapters.suggesting.suggestions import Suggestion, suggest

Writer = Callable[..., Path]
FINDINGS = ("effusion", "pneumonia", "atelectasis")


def reports(pattern: str, *, times: int = 12) -> dict[str, str]:
    return {f"{pattern}{at}": pattern.format(finding=FINDINGS[at % 3]) for at in range(times)}


def gold(texts: dict[str, str], value: int) -> dict[tuple[str, str], int]:
    return {(report_id, finding): value for report_id, text in texts.items() for finding in FINDINGS if finding in text}


@pytest.fixture
def subject() -> Subject:
    return load_subject("en_radiology")


def found(
    subject: Subject, texts: dict[str, str], labels: dict[tuple[str, str], int] | None = None
) -> list[Suggestion]:
    return suggest(subject, texts, labels or {}, most=10)


def test_words_that_look_like_doubt_are_found_without_gold(subject: Subject) -> None:
    best = found(subject, reports("One wonders about {finding} today."))[0]
    assert "wonders" in best.words
    assert (best.times, best.findings, best.labels, best.certainty) == (12, 3, 0, 0.4)


def test_gold_finds_words_that_do_not_look_like_doubt(subject: Subject) -> None:
    texts = {**reports("Ghostly {finding}."), **reports("Sizeable {finding}.")}
    labels = {**gold(reports("Ghostly {finding}."), 0), **gold(reports("Sizeable {finding}."), 1)}
    best = found(subject, texts, labels)[0]
    assert (best.words, best.labels, best.positives) == ("ghostly", 12, 0)
    assert best.certainty == pytest.approx(0.4 * 4 / 16, abs=0.01)


def test_disagreement_with_gold_ranks_before_frequency(subject: Subject) -> None:
    wrong, right = reports("Seemingly {finding}."), reports("Believably {finding}.", times=24)
    labels = {**gold(wrong, 0), **gold(right, 1)}
    assert [entry.words for entry in found(subject, {**wrong, **right}, labels)][:1] == ["seemingly"]


@pytest.mark.parametrize(
    ("pattern", "scope"), [("Seemingly {finding}.", "forward"), ("{finding}, seemingly.", "backward")]
)
def test_scope_is_the_side_on_which_the_words_stand(subject: Subject, pattern: str, scope: str) -> None:
    assert found(subject, reports(pattern))[0].scope == scope


@pytest.mark.parametrize("text", ["Possible {finding}.", "Seemingly. There is {finding}.", "Small left {finding}."])
def test_known_words_and_those_of_other_sentences_are_not_suggested(subject: Subject, text: str) -> None:
    assert found(subject, reports(text)) == []


def test_rare_words_are_not_suggested(subject: Subject) -> None:
    assert found(subject, reports("Seemingly {finding}.", times=2)) == []


def test_at_most_five_clauses_are_shown_and_no_two_alike(subject: Subject) -> None:
    texts = {f"{at}": f"Seemingly {FINDINGS[at % 3]} number {at // 2}." for at in range(20)}
    examples = found(subject, texts)[0].examples
    assert len(examples) == len({clause for _, clause in examples}) == 5
