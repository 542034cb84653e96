from pathlib import Path

import pytest

from glsmed.shared.errors import ConfigurationError
from glsmed.site_adapters.adapter.layers import built_in_names, read_layers

ROOT = """\
adapter: root
language: en
grammar: {script: words}
findings:
  effusion: {terms: [effusion]}
"""


def _faults(path: Path) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        read_layers(path)
    return [str(fault).removeprefix(f"{path}:") for fault in caught.value.faults]


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_the_outermost_parent_comes_first(tmp_path: Path) -> None:
    _write(tmp_path / "root.yaml", ROOT)
    _write(tmp_path / "group.yaml", "adapter: group\nextends: root.yaml\n")
    site = _write(tmp_path / "site.yaml", "adapter: site\nextends: group.yaml\n")
    layers = read_layers(site)
    assert [layer.file.adapter for layer in layers] == ["root", "group", "site"]
    assert [layer.inherited for layer in layers] == [True, True, False]


def test_a_parent_is_looked_for_beside_the_file_that_names_it(tmp_path: Path) -> None:
    _write(tmp_path / "shared" / "root.yaml", ROOT)
    _write(tmp_path / "shared" / "group.yaml", "adapter: group\nextends: root.yaml\n")
    site = _write(tmp_path / "sites" / "site.yaml", "adapter: site\nextends: ../shared/group.yaml\n")
    assert len(read_layers(site)) == 3


def test_a_built_in_name_needs_no_path() -> None:
    assert "en_radiology" in built_in_names()
    assert [layer.file.adapter for layer in read_layers("en_radiology")] == ["en_radiology"]


def test_every_fault_of_a_file_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    path = _write(
        tmp_path / "site.yaml",
        "adapter: site\n"
        "extends: en_radiology\n"
        "langauge: en\n"
        "version: one\n"
        "cues:\n"
        "  - {id: hedge, kind: uncertianty, phrases: perhaps, certainty: 2}\n"
        "  - {id: hedge, kind: negation, phrases: [3]}\n"
        "findings:\n"
        "  effusion: {term: [x]}\n"
        "findings: {}\n",
    )
    faults = _faults(path)
    expected = [
        "3: langauge: unknown key; did you mean 'language'?",
        "4: version: expected a whole number, got 'one'",
        "6: cues[0].kind: expected 'affirmation'",
        "6: cues[0].phrases: expected a list, got 'perhaps'",
        "6: cues[0].certainty: expected less than 1, got 2",
        "7: cues[1].id: two cues are called 'hedge'; first in line 6",
        "7: cues[1].phrases[0]: expected text, got 3",
        "9: findings.effusion.term: unknown key; did you mean 'terms'?",
        "10: findings: is written twice; first in line 8",
    ]
    assert len(faults) == len(expected)
    assert all(fault.startswith(start) for fault, start in zip(faults, expected, strict=True)), faults


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "1: is empty"),
        ("- a\n", "1: does not hold keys and values"),
        ("adapter: [\n", "2: is not YAML"),
        ("adapter: site\n\tversion: 1\n", "2: is not YAML"),
        ("adapter: !!python/object:os.system x\n", "1: is not YAML"),
        ("adapter: site\n", "1: without `extends` an adapter needs findings of its own"),
        ("adapter: site\nextends: en_radiolgy\n", "2: extends: 'en_radiolgy' is neither a file nor a built-in adapter"),
        ("1: 2\nadapter: site\nextends: en_radiology\n", "1: [1]: expected a key that is text, got 1"),
    ],
)
def test_a_file_that_is_no_adapter_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    (fault,) = _faults(_write(tmp_path / "site.yaml", text))
    assert fault.startswith(message)


def test_a_misspelled_built_in_name_is_guessed() -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'en_radiology'"):
        read_layers("en_radiolgy")


@pytest.mark.parametrize("length", [1, 2, 3])
def test_files_that_extend_each_other_in_a_circle_are_refused(tmp_path: Path, length: int) -> None:
    for number in range(length):
        _write(tmp_path / f"{number}.yaml", f"adapter: a{number}\nextends: {(number + 1) % length}.yaml\n")
    chain = " → ".join(f"{number}.yaml" for number in [*range(length), 0])
    with pytest.raises(ConfigurationError, match=f"goes in a circle: {chain}"):
        read_layers(tmp_path / "0.yaml")


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_bytes("adapter: site\nextends: es_radiology # señal\n".encode("latin-1"))
    with pytest.raises(ConfigurationError, match="is not UTF-8"):
        read_layers(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &x [*x]\n", "holds itself through an alias"),
        ("a: " + "[" * 600 + "]" * 600, "is nested too deeply"),
        ("adapter: site\nextends: \x07\n", "2: is not YAML: it holds the control character U+0007"),
        ("a: !!int x\n", "is not YAML: expected a number"),
        ("--- a\n--- b\n", "2: is not YAML"),
        ("? {a: b}\n: c\n", "1: is not YAML"),
    ],
)
def test_yaml_that_could_not_be_held_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (fault,) = _faults(_write(tmp_path / "site.yaml", text))
    assert message in fault
