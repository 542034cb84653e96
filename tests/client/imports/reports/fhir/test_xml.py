import pytest

from glsmed.client.imports.reports.fhir.xml import is_fhir_xml, resource_from_xml

NAMESPACE = 'xmlns="http://hl7.org/fhir"'


def test_values_objects_and_lists_are_those_of_json() -> None:
    text = (
        f"<Patient {NAMESPACE}><id value='7'/><name><family value='Doe'/></name>"
        "<identifier><value value='A'/></identifier><identifier><value value='B'/></identifier>"
        "<identifier><value value='C'/></identifier></Patient>"
    )
    assert resource_from_xml(text) == {
        "resourceType": "Patient",
        "id": "7",
        "name": {"family": "Doe"},
        "identifier": [{"value": "A"}, {"value": "B"}, {"value": "C"}],
    }


def test_resources_inside_are_resources() -> None:
    text = (
        f"<Bundle {NAMESPACE}><entry><resource><Basic><id value='1'/></Basic></resource></entry>"
        "<contained><Basic><id value='2'/></Basic></contained></Bundle>"
    )
    content = resource_from_xml(text)
    assert content["entry"]["resource"] == {"resourceType": "Basic", "id": "1"}
    assert content["contained"] == {"resourceType": "Basic", "id": "2"}


def test_a_prefix_of_the_namespace_makes_no_difference() -> None:
    plain = f"<Basic {NAMESPACE}><id value='1'/></Basic>"
    named = '<f:Basic xmlns:f="http://hl7.org/fhir"><f:id value="1"/></f:Basic>'
    assert resource_from_xml(plain) == resource_from_xml(named)
    assert is_fhir_xml(named.encode())


def test_line_breaks_of_a_value_stay() -> None:
    assert resource_from_xml(f'<Basic {NAMESPACE}><note value="a&#10;b"/></Basic>')["note"] == "a\nb"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"<Basic {NAMESPACE}><id value='1'/>", "damaged XML"),
        (f'<!DOCTYPE b [<!ENTITY x "y">]><Basic {NAMESPACE}/>', "document type or entities"),
    ],
)
def test_what_is_damaged_or_forbidden_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        resource_from_xml(text)


@pytest.mark.parametrize(
    "start", [b"<ClinicalDocument xmlns='urn:hl7-org:v3'>", b"<html><body>http://hl7.org/fhir</body>", b"{}", b""]
)
def test_other_files_are_not_fhir_in_xml(start: bytes) -> None:
    assert not is_fhir_xml(start)
