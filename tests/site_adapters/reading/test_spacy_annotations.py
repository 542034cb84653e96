import pytest
import spacy
from spacy.tokens import Doc, Span

from glsmed.site_adapters.reading.reader import Reader
from glsmed.site_adapters.reading.spacy_annotations import annotate

TEXT = "INDICATION: History of mass. IMPRESSION: Possible pneumothorax. Effusion cannot be excluded. No effusion."
NLP = spacy.blank("en")


def annotated(reader: Reader, text: str, doc: Doc | None = None) -> Doc:
    doc = NLP(text) if doc is None else doc
    annotate(doc, reader.read_in_full(text), reader.adapter)
    return doc


def spans_of(doc: Doc, key: str) -> list[Span]:
    return list(doc.spans[key])


def test_findings_are_cells_as_extract_writes_them(english: Reader) -> None:
    cell = english.read("No effusion.").cells["effusion"]
    assert annotated(english, "No effusion.")._.findings == {"effusion": cell.as_dict()}


def test_each_mention_is_a_span_with_what_is_said_of_it(english: Reader) -> None:
    spans = spans_of(annotated(english, "Possible pneumothorax. No effusion."), "glsmed_findings")
    possible, negated = english.adapter.cues["possible"].prior, english.adapter.cues["negated"].prior
    assert possible is not None
    assert negated is not None
    assert [(span.text, span.label_, span._.state, span._.cue) for span in spans] == [
        ("pneumothorax", "pneumothorax", "uncertain", "possible"),
        ("effusion", "effusion", "absent", "negated"),
    ]
    assert [span._.probability for span in spans] == [possible.mean, negated.mean]
    assert [span._.spread for span in spans] == pytest.approx([possible.spread, negated.spread], abs=1e-4)


def test_each_cue_is_a_span_with_kind_and_scope(english: Reader) -> None:
    spans = spans_of(annotated(english, "Possible pneumothorax. Effusion cannot be excluded."), "glsmed_cues")
    assert [(span.text, span.label_, span._.cue, span._.scope.text) for span in spans] == [
        ("Possible", "uncertainty", "possible", "Possible pneumothorax"),
        ("cannot be excluded", "uncertainty", "cannot_exclude", "Effusion cannot be excluded"),
    ]


def test_a_cue_that_says_nothing_of_findings_has_no_state(english: Reader) -> None:
    (span,) = spans_of(annotated(english, "No change in the mass."), "glsmed_cues")
    assert (span.label_, span._.state, span._.probability, span._.spread) == ("pseudo", None, None, None)


def test_assertions_tell_which_mention_decides(english: Reader) -> None:
    assertions = [said for said in annotated(english, TEXT)._.assertions if said["finding"] != "lung_lesion"]
    assert [(said["finding"], said["state"], said["decides"]) for said in assertions] == [
        ("mass", "no evidence", False),
        ("pneumothorax", "uncertain", True),
        ("effusion", "uncertain", False),
        ("effusion", "absent", True),
    ]


def test_an_assertion_has_the_places_of_mention_cue_and_scope(english: Reader) -> None:
    text = "The heart is normal. Effusion cannot be excluded."
    said = annotated(english, text)._.assertions[-1]
    assert text[said["start"] : said["end"]] == "Effusion"
    assert [text[start:end] for start, end in said["cue_spans"]] == ["cannot be excluded"]
    assert text[slice(*said["scope"])] == "Effusion cannot be excluded"


def test_a_plain_mention_has_neither_cue_nor_scope(english: Reader) -> None:
    doc = annotated(english, "Small effusion.")
    assert (doc._.assertions[0]["cue_spans"], doc._.assertions[0]["scope"]) == ([], None)
    assert doc.spans["glsmed_findings"][0]._.scope is None


def test_two_findings_in_one_place_are_told_apart(english: Reader) -> None:
    text = "A mass."
    spans = spans_of(annotated(english, text), "glsmed_findings")
    assert {span.label_ for span in spans} == {"mass", "lung_lesion"}
    assert len({(span.start, span.end) for span in spans}) == 1
    assert [span._.probability for span in spans] == [
        english.read(text).cells[span.label_].as_dict()["probability"] for span in spans
    ]


def test_spans_are_widened_to_whole_tokens(english: Reader) -> None:
    text = "No effusion/pneumothorax."
    doc = annotated(english, text, Doc(NLP.vocab, words=["No", "effusion/pneumothorax."], spaces=[True, False]))
    assert [span.text for span in doc.spans["glsmed_findings"]] == ["effusion/pneumothorax."] * 2


def test_a_doc_can_be_saved_with_what_was_read(english: Reader) -> None:
    doc = annotated(english, TEXT)
    loaded = Doc(spacy.blank("en").vocab).from_bytes(doc.to_bytes())
    assert loaded._.findings == doc._.findings
    for key in ("glsmed_findings", "glsmed_cues"):
        told = [(span.text, span.label_, span._.state, span._.cue) for span in doc.spans[key]]
        assert [(span.text, span.label_, span._.state, span._.cue) for span in loaded.spans[key]] == told != []


def test_reading_again_replaces_what_was_there(english: Reader) -> None:
    doc = annotated(english, "No effusion.")
    before = doc._.assertions
    assert annotated(english, "No effusion.", doc)._.assertions == before
    assert len(doc.spans["glsmed_findings"]) == 1


def test_another_span_has_no_values(english: Reader) -> None:
    span = annotated(english, "No effusion.")[0:1]
    assert (span._.state, span._.probability, span._.scope) == (None, None, None)


def test_a_doc_that_was_not_read_is_empty() -> None:
    doc = NLP("No effusion.")
    assert (doc._.findings, doc._.assertions, doc._.cues) == ({}, [], [])
