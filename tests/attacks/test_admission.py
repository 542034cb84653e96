"""An attacker on the way of request.yaml: paints a fingerprint, comes back under a second name, bursts the reader.

Each attack stands beside its positive control: the same with the defence taken away.
"""

import base64
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from glsmed.server.admission.comparison import require_same_key
from glsmed.server.admission.registry import Compare, admit, read_registry
from glsmed.server.admission.withdrawals import Withdrawal
from glsmed.server.cli import app
from glsmed.server.folders.new_study import make_study_folder
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.shared.errors import ConfigurationError, DataError, Fault, printable
from glsmed.shared.files import yaml_reader
from glsmed.shared.files.documents import StrictModel, load
from glsmed.shared.files.yaml_reader import YamlLimitError, read_yaml
from glsmed.shared.files.yaml_writer import dump_yaml
from glsmed.shared.processes.command_line import run_command
from glsmed.shared.protocol import enrolment
from glsmed.shared.protocol.enrolment import EnrolmentRequest, fingerprint, generate_private_key, make_request
from glsmed.shared.protocol.study import Study

PAINT = "\x1b[2K\x1b[1A\u202ekey SHA256:hospital\r\nadmitted\x9b0m"
FIELDS = [name for name in EnrolmentRequest.model_fields if name != "signature"]


@pytest.fixture
def folder(tmp_path: Path) -> StudyFolder:
    root = tmp_path / "study"
    return make_study_folder(root, name="doubt", public_names=["localhost"], port=8443, loopback_port=8440)


def _signed(key: bytes, **fields: str) -> dict[str, Any]:
    """A request with fields of the attacker's choice, properly signed with the attacker's own key."""
    honest = make_request(key, site="st-mary", study="doubt", study_digest="ab").model_dump()
    content = {**honest, **fields}
    content.pop("signature")
    words = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    signature = enrolment._load_private_key(key).sign(words, enrolment._SIGNATURE)
    return {**content, "signature": base64.b64encode(signature).decode()}


def _admit(file: Path, sites: Path, compare: Compare | None = None) -> None:
    admit(file, sites=sites, study="doubt", study_digest="ab", compare=compare)


def _is_harmless(text: str) -> bool:
    return all(character == "\n" or printable(character) == character for character in text)


def test_control_an_escape_in_a_message_does_reach_a_terminal_unless_it_is_escaped() -> None:
    assert not _is_harmless(f"request.yaml: {PAINT}")
    assert _is_harmless(str(Fault("request.yaml", PAINT)))


@pytest.mark.parametrize("field", [*FIELDS, "signature"])
def test_no_field_can_paint_on_the_terminal(
    folder: StudyFolder, field: str, capsys: pytest.CaptureFixture[str]
) -> None:
    key = generate_private_key()
    fields = {"study_digest": folder.study().digest(), **({field: PAINT} if field != "signature" else {})}
    painted = _signed(key, **fields)
    if field == "signature":
        painted["signature"] += PAINT
    file = folder.root / "request.yaml"
    file.write_text(json.dumps(painted))  # JSON is YAML, with escapes that YAML reads
    with pytest.raises(SystemExit):
        run_command(lambda: app(["--study", str(folder.study_file), "admit", str(file)], standalone_mode=False))
    told = capsys.readouterr()
    assert _is_harmless(told.out + told.err), ascii(told.out + told.err)
    assert not list(folder.sites.glob("*.yaml"))


@pytest.mark.parametrize("name", ["odd \x1b[2Kname.yaml", "two\nlines.yaml"])
def test_neither_can_a_key_or_the_name_of_the_file(
    folder: StudyFolder, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder.root / name
    file.write_text(json.dumps({PAINT: 1, "site": {PAINT: [PAINT]}}))
    with pytest.raises(SystemExit):
        run_command(lambda: app(["--study", str(folder.study_file), "admit", str(file)], standalone_mode=False))
    told = capsys.readouterr()
    assert _is_harmless(told.err), ascii(told.err)
    (folder.sites / name).write_text(file.read_text())
    listed = CliRunner().invoke(app, ["--study", str(folder.study_file), "sites"])
    assert "restore the file" in listed.output
    assert _is_harmless(listed.output), ascii(listed.output)


@pytest.mark.parametrize("field", ["site", "study", "study_digest", "glsmed", "flwr", "created_at", "public_key"])
def test_every_field_has_a_length(tmp_path: Path, field: str) -> None:
    file = tmp_path / "request.yaml"
    file.write_text(json.dumps(_signed(generate_private_key(), **{field: "a" * 100_000})))
    with pytest.raises(ConfigurationError, match=field) as refused:
        load(file, EnrolmentRequest)
    assert len(str(refused.value)) < 1000


def test_a_key_swapped_on_the_way_is_not_admitted(tmp_path: Path) -> None:
    """The control: without a comparison the attacker's request, properly signed with their own key, is admitted."""
    hospitals = make_request(generate_private_key(), site="st-mary", study="doubt", study_digest="ab")
    file, sites = tmp_path / "request.yaml", tmp_path / "sites"
    file.write_text(dump_yaml(_signed(generate_private_key())))
    read_out = fingerprint(hospitals.public_key)
    with pytest.raises(DataError, match="holds another key"):
        _admit(file, sites, compare=lambda request: require_same_key(request, read_out))
    assert not read_registry(sites).admitted
    _admit(file, sites)
    assert list(read_registry(sites).admitted) == ["st-mary"]


@pytest.mark.parametrize(
    "second",
    [
        lambda line: f"{line} comment",
        lambda line: line.replace(" ", "  "),
        lambda line: f"{line}\n",
        lambda line: f"{line}====",
        lambda line: f"{line[:40]}!{line[40:]}",
    ],
    ids=["comment", "space", "line break", "padding", "not base64"],
)
def test_one_key_has_one_name(tmp_path: Path, second: Any) -> None:
    key = generate_private_key()
    first = make_request(key, site="a", study="doubt", study_digest="ab")
    file, sites = tmp_path / "request.yaml", tmp_path / "sites"
    file.write_text(dump_yaml(first.model_dump()))
    _admit(file, sites)
    again = second(first.public_key)
    assert again != first.public_key  # the control: compared as text, it is another key
    file.write_text(dump_yaml(_signed(key, site="b", public_key=again)))
    with pytest.raises((ConfigurationError, DataError)):
        _admit(file, sites)
    assert list(read_registry(sites).admitted) == ["a"]


def test_a_broken_file_does_not_keep_a_revoked_site_in(folder: StudyFolder) -> None:
    """See also tests/server/processes/test_site_keys.py. The control: both are admitted before."""
    for site in ("a", "b"):
        made = make_request(generate_private_key(), site=site, study="doubt", study_digest="ab")
        (folder.sites / f"{site}.yaml").write_text(dump_yaml(made.model_dump()))
    assert list(read_registry(folder.sites).admitted) == ["a", "b"]
    (folder.sites / "a.yaml").write_text("site: [")
    assert list(read_registry(folder.sites).admitted) == ["b"]
    (folder.sites / "b.yaml").unlink()
    assert not read_registry(folder.sites).admitted


def _bomb(anchors: int) -> str:
    """A short request that stands for 2^anchors values."""
    lines = ["a0: &a0 [1, 1, 1, 1]"]
    lines += [f"a{number}: &a{number} [*a{number - 1}, *a{number - 1}]" for number in range(1, anchors)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("model", [EnrolmentRequest, Study, Withdrawal], ids=lambda one: one.__name__)
def test_aliases_do_not_burst_a_reader(tmp_path: Path, model: type[StrictModel]) -> None:
    file = tmp_path / "bomb.yaml"
    file.write_text(_bomb(40))
    tracemalloc.start()
    with pytest.raises(ConfigurationError, match="through aliases"):
        load(file, model)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert file.stat().st_size < 1500
    assert peak < 20e6


def test_control_without_the_bound_the_same_text_takes_ten_times_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yaml_reader, "MOST_REPEATED", 10**9)
    tracemalloc.start()
    read_yaml(_bomb(14))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    with monkeypatch.context() as bounded:
        bounded.setattr(yaml_reader, "MOST_REPEATED", 10_000)
        with pytest.raises(YamlLimitError, match="through aliases"):
            read_yaml(_bomb(14))
    assert peak > 10e6  # from 500 characters, and four times as much for every two lines more
