import json
from pathlib import Path
from typing import Any

from glsmed.client.imports.reports.fhir.surroundings import Surroundings


def resource(kind: str, number: str, value: str) -> dict[str, Any]:
    return {"resourceType": kind, "id": number, "identifier": [{"value": value}]}


def files(folder: Path, *contents: object) -> list[Path]:
    paths = [folder / f"{number}.json" for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_text(json.dumps(content))
    return paths


def test_a_reference_is_resolved_by_type_and_id_of_any_server_and_version(tmp_path: Path) -> None:
    patient = resource("Patient", "7", "P7")
    around = Surroundings.of_files(files(tmp_path, patient))
    for written in ("Patient/7", "https://ris.example/fhir/Patient/7", "Patient/7/_history/2"):
        assert around.resolve({"reference": written}, within={}) == patient
    assert around.resolve({"reference": "Patient/8"}, within={}) == {}
    assert around.resolve(None, within={}) == {}


def test_what_is_contained_is_looked_for_in_the_same_resource() -> None:
    one = {"contained": [resource("ServiceRequest", "o", "A1")]}
    other = {"contained": [resource("ServiceRequest", "o", "A2")]}
    around = Surroundings()
    assert around.resolve({"reference": "#o"}, within=one)["identifier"] == [{"value": "A1"}]
    assert around.resolve({"reference": "#o"}, within=other)["identifier"] == [{"value": "A2"}]


def test_a_name_that_two_files_give_to_different_things_stands_for_neither(tmp_path: Path) -> None:
    around = Surroundings.of_files(files(tmp_path, resource("Patient", "1", "P1"), resource("Patient", "1", "P2")))
    assert around.document("Patient/1") == {}
    again = Surroundings.of_files(files(tmp_path, resource("Patient", "1", "P1"), resource("Patient", "1", "P1")))
    assert again.document("Patient/1")["id"] == "1"


def test_a_file_s_own_resources_go_before_those_of_others(tmp_path: Path) -> None:
    around = Surroundings.of_files(files(tmp_path, resource("Patient", "1", "of another file")))
    near = around.with_file([("1", resource("Patient", "1", "its own"))])
    assert near.document("Patient/1")["identifier"] == [{"value": "its own"}]
    assert around.document("Patient/1")["identifier"] == [{"value": "of another file"}]


def test_files_that_cannot_be_read_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{")
    assert Surroundings.of_files([tmp_path / "x.json", tmp_path / "none.json"]).named == {}
