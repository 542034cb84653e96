"""Sentences of a NUBes text keep their own cues."""

from glsmed.benchmarks.corpora.nubes import GoldCue, NubesText, sentences_of


def test_offsets_are_those_of_the_sentence() -> None:
    text = NubesText("s", "Sin tos.\nNo fiebre.\n", (GoldCue("negation", 9, 11, False, ((12, 18),)),))
    first, second = sentences_of([text])
    assert (first.text, first.cues) == ("Sin tos.", ())
    assert (second.name, second.text) == ("s:2", "No fiebre.")
    assert second.cues == (GoldCue("negation", 0, 2, False, ((3, 9),)),)
