import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glsmed.site_adapters.text.phrases import Hit, PhraseIndex, Script, sentence_length, token_bounds, tokens_of


def _index(*phrases: str, fillers: str = "", inflections: tuple[tuple[str, str], ...] = ()) -> PhraseIndex[str]:
    index: PhraseIndex[str] = PhraseIndex(inflections, fillers.split())
    index.learn_words(word for phrase in phrases for word in phrase.split())
    for phrase in phrases:
        index.add(phrase.split(), phrase)
    return index


def _found(index: PhraseIndex[str], text: str) -> list[tuple[int, int, str]]:
    return [(hit.start, hit.end, hit.payload) for hit in index.find(text.split())]


@pytest.mark.parametrize(
    ("text", "script", "tokens"),
    [
        ("no effusion, 3.5 cm", "words", ["no", "effusion", ",", "3", ".", "5", "cm"]),
        ("pleural-based air_space", "words", ["pleural", "based", "air", "space"]),
        ("effusion - none", "words", ["effusion", "-", "none"]),
        ("ct上、胸水。", "characters", ["ct", "上", "、", "胸", "水", "。"]),
        ("", "words", []),
    ],
)
def test_tokens(text: str, script: Script, tokens: list[str]) -> None:
    assert tokens_of(text, script) == tokens
    assert [text[start:end] for start, end in token_bounds(text, script)] == tokens


@pytest.mark.parametrize(("tokens", "length"), [(["no", "."], 1), (["no"], 1), ([".", "!"], 0), (["a", ".", "b"], 3)])
def test_stops_at_the_end_do_not_count(tokens: list[str], length: int) -> None:
    assert sentence_length(tokens) == length


def test_the_longest_phrase_at_a_place_wins() -> None:
    index = _index("no", "no change", "no change in", "change")
    assert _found(index, "no change in no change no") == [(0, 3, "no change in"), (3, 5, "no change"), (5, 6, "no")]


def test_a_phrase_that_breaks_off_gives_way_to_a_shorter_one() -> None:
    assert _found(_index("a b", "a b c d", "c"), "a b c e") == [(0, 2, "a b"), (2, 3, "c")]


def test_hits_do_not_overlap() -> None:
    assert _found(_index("a b", "b c"), "a b c") == [(0, 2, "a b")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("heart is enlarged", True),
        ("heart is mildly enlarged", True),
        ("heart is very mildly very enlarged", True),
        ("heart is very mildly very mildly enlarged", False),
        ("heart is not enlarged", False),
    ],
)
def test_up_to_three_fillers_may_stand_inside_a_phrase(text: str, found: bool) -> None:
    hits = _found(_index("heart is enlarged", fillers="mildly very"), text)
    assert hits == ([(0, len(text.split()), "heart is enlarged")] if found else [])


def test_a_filler_is_not_skipped_after_a_phrase() -> None:
    assert _found(_index("effusion", fillers="mildly"), "effusion mildly") == [(0, 1, "effusion")]


def test_a_filler_that_is_spelled_out_goes_before_a_skipped_one() -> None:
    index = _index("the small sign", "the sign", fillers="small")
    assert _found(index, "the small sign") == [(0, 3, "the small sign")]
    assert _found(index, "the small small sign") == [(0, 4, "the small sign")]


@pytest.mark.parametrize(("word", "found"), [("nodule", True), ("nodules", True), ("nodulen", False), ("nodul", False)])
def test_words_may_be_inflected(word: str, found: bool) -> None:
    assert bool(_found(_index("nodule", inflections=(("", "s"),)), word)) is found


def test_short_words_are_not_inflected() -> None:
    assert _found(_index("no", inflections=(("", "s"),)), "nos") == []


def test_forms_and_words() -> None:
    index = _index("nodule", ",", fillers="the", inflections=(("", "s"),))
    assert set(index.forms("nodules")) == {"nodule", "nodules"}
    assert index.words == {"nodule", "nodules", "the"}


@pytest.mark.parametrize(
    ("text", "known"), [("zork nodule", True), ("the zork", True), ("zork , .", False), ("", False)]
)
def test_signs_are_no_known_words(text: str, known: bool) -> None:
    assert _index("nodule", ",", ".", fillers="the").knows_any(text.split()) is known


def test_a_phrase_added_again_gets_the_new_meaning() -> None:
    index: PhraseIndex[int] = PhraseIndex()
    index.learn_words(["a", "b"])
    index.add(["a", "b"], 1)
    index.add(["a", "b"], 2)
    assert index.get(["a", "b"]) == 2
    assert index.get(["a"]) is None
    assert index.find(["a", "b"]) == [Hit(0, 2, 2)]


WORDS = st.lists(st.sampled_from("abcd"), max_size=12)


@settings(deadline=None)
@given(phrases=st.sets(st.lists(st.sampled_from("abcd"), min_size=1, max_size=4).map(" ".join), min_size=1), text=WORDS)
def test_without_fillers_it_finds_what_a_slow_search_finds(phrases: set[str], text: list[str]) -> None:
    expected, start = [], 0
    while start < len(text):
        ends = [end for end in range(len(text), start, -1) if " ".join(text[start:end]) in phrases]
        if ends:
            expected.append((start, ends[0], " ".join(text[start : ends[0]])))
        start = ends[0] if ends else start + 1
    assert _found(_index(*sorted(phrases)), " ".join(text)) == expected


@given(st.text(st.characters(max_codepoint=127)))
def test_plain_letters_have_the_same_tokens_as_beside_others(text: str) -> None:
    assert [*tokens_of(f"{text} ", "words"), "é"] == tokens_of(f"{text} é", "words")
