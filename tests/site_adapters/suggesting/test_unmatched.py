from glsmed.site_adapters.lint.lint_context import Subject, load_subject
from glsmed.site_adapters.suggesting.unmatched import Unmatched, never_matched

HEAD = "adapter: site\nextends: {}\n"


def _subject(phrases: str, parent: str = "en_radiology") -> Subject:
    cue = f"cues: [{{id: w, kind: uncertainty, certainty: 0.4, phrases: [{phrases}]}}]\n"
    return load_subject("site.yaml", draft=HEAD.format(parent) + cue)


def test_slips_forms_and_fillers_count_as_the_phrase() -> None:
    subject, before = _subject("questionable evidence, whiffs"), load_subject("en_radiology")
    texts = ["Questionable left evidence of effusion.", "Whiffs."]
    assert never_matched(subject, before, texts) == []


def test_the_nearest_wording_is_the_most_alike_then_the_most_frequent() -> None:
    subject, before = _subject("hint of a"), load_subject("en_radiology")
    texts = ["Hint of an effusion."] * 3 + ["A tint of it."]
    assert never_matched(subject, before, texts) == [Unmatched("hint of a", "w", "hint of an", 3)]


def test_characters_are_compared_in_japanese() -> None:
    subject, before = _subject("らしき影", "ja_radiology"), load_subject("ja_radiology")
    (found,) = never_matched(subject, before, ["結節らしい影あり。"])
    assert found.nearest == "らしい影"
