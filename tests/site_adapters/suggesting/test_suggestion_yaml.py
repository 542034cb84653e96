import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.shared.files.documents import parse_document
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.lint.lint_context import Subject, load_subject
from glsmed.site_adapters.lint.run import has_errors, lint
from glsmed.site_adapters.reading.reader import Reader
from glsmed.site_adapters.suggesting.suggestion_yaml import suggestions_yaml, usable
from glsmed.site_adapters.suggesting.suggestions import Suggestion, suggest

Writer = Callable[..., Path]
FINDINGS = ("effusion", "pneumonia", "atelectasis")


def reports(pattern: str, *, times: int = 12) -> dict[str, str]:
    return {f"{pattern}{at}": pattern.format(finding=FINDINGS[at % 3]) for at in range(times)}


@pytest.fixture
def subject() -> Subject:
    return load_subject("en_radiology")


def found(subject: Subject, texts: dict[str, str]) -> list[Suggestion]:
    return suggest(subject, texts, {}, most=10)


def test_the_output_can_be_pasted_and_read_as_it_is(subject: Subject, adapter_file: Writer) -> None:
    texts = {**reports("One wonders about {finding} today."), **reports("{finding} seemingly.")}
    suggestions = usable(subject, found(subject, texts))
    path = adapter_file(suggestions_yaml(subject, suggestions))
    assert suggestions
    assert not has_errors(lint(path))
    assert Reader(load_adapter(path)).read("Effusion seemingly.").cells["effusion"].state == "uncertain"


def test_real_clauses_stand_in_comments_only(subject: Subject) -> None:
    text = suggestions_yaml(subject, usable(subject, found(subject, reports("Seemingly {finding} of bed 7."))))
    assert "of bed 7" in text
    assert "bed 7" not in json.dumps(parse_document(text, source="suggestions").data)


def test_nothing_to_suggest_is_valid_yaml(subject: Subject) -> None:
    assert parse_document(suggestions_yaml(subject, []), source="suggestions").data == {"cues": []}


def test_japanese_is_mined_by_characters(adapter_file: Writer) -> None:
    subject = load_subject("ja_radiology")
    texts = {str(at): f"{finding}の線も捨てきれない。" for at, finding in enumerate(["胸水", "気胸", "肺炎"] * 4)}
    suggestions = usable(subject, suggest(subject, texts, {}, most=5))
    assert any(entry.words.endswith("線も捨てきれない") for entry in suggestions)
    head = "adapter: sakura\nextends: ja_radiology\n"
    path = adapter_file(suggestions_yaml(subject, suggestions), head=head)
    assert Reader(load_adapter(path)).read("胸水の線も捨てきれない。").cells["effusion"].state == "uncertain"


@pytest.mark.parametrize("words", ["null", "no: yes", "1e-5", "# none", "{a}", "off"])
def test_words_that_yaml_would_take_for_something_else_stay_words(subject: Subject, words: str) -> None:
    (suggestion,) = found(subject, reports("Seemingly {finding}."))[:1]
    text = suggestions_yaml(subject, [dataclasses.replace(suggestion, words=words)])
    assert parse_document(text, source="suggestions").data["cues"][0]["phrases"] == [words]
