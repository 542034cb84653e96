import pytest

from glsmed.site_adapters.inputs.report_text import read_report_text

DOCUMENT = """<?xml version="1.0" encoding="ISO-8859-1"?>
<ClinicalDocument xmlns="urn:hl7-org:v3"><title>Befund</title><component><structuredBody>
<component><section><title>Befund</title><text><paragraph>Kein  Erguss.</paragraph>
<list><item>Herz vergrößert</item><item>Größe &lt; 5 cm</item></list></text></section></component>
<component><section><title>Beurteilung:</title><text>Keine Stauung.</text></section></component>
</structuredBody></component></ClinicalDocument>"""


def test_sections_keep_their_titles_and_the_declared_encoding_counts() -> None:
    read = read_report_text(DOCUMENT.encode("latin-1"), name="r")
    assert read.text == "Befund:\nKein Erguss.\nHerz vergrößert\nGröße < 5 cm\nBeurteilung:\nKeine Stauung."
    assert read.format == "cda"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<?xml version='1.0'?><Report>No effusion</Report>", r"of a kind that is not read here \(Report\)"),
        ("<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "document type of its own"),
        (DOCUMENT[:-30], "broken in line"),
        ("<Report xmlns='urn:x'><p>No effusion</p></Report>", r"of a kind that is not read here \(Report\)"),
        ("<ClinicalDocument/>", "without text"),
    ],
)
def test_other_xml_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_report_text(text.encode(), name="r")
