import stat
from pathlib import Path

import pytest

from glsmed.server.folders.new_study import make_study_folder
from glsmed.server.folders.study_folder import STUDY_FOLDER_VARIABLE, StudyFolder
from glsmed.shared.errors import FederationError
from glsmed.shared.files.atomic import PRIVATE_FILE, PRIVATE_FOLDER


def test_a_child_process_finds_the_folder_through_its_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in StudyFolder.at(tmp_path).environment().items():
        monkeypatch.setenv(name, value)
    assert StudyFolder.of_environment().study_file == tmp_path.resolve() / "study.yaml"


def test_without_the_variable_there_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(STUDY_FOLDER_VARIABLE, raising=False)
    with pytest.raises(FederationError, match="GLSMED_STUDY_FOLDER is not set: start the study with flwr-server"):
        StudyFolder.of_environment()


def test_node_ids_of_64_bits_come_back_with_their_sites(tmp_path: Path) -> None:
    folder = StudyFolder.at(tmp_path)
    folder.keep_site_by_node({2**64 - 1: "st-mary", 7: "sakura"})
    assert folder.site_by_node() == {2**64 - 1: "st-mary", 7: "sakura"}


@pytest.mark.parametrize("content", ["", "[]", '{"st-mary": "12"}'])
def test_a_file_that_does_not_map_nodes_to_sites_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "nodes.json").write_text(content)
    with pytest.raises(FederationError, match=r"nodes\.json does not say which node is which site"):
        StudyFolder.at(tmp_path).site_by_node()


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_flower_keeps_is_for_this_user_only(tmp_path: Path) -> None:
    folder = make_study_folder(tmp_path, name="doubt", public_names=["localhost"], port=8443, loopback_port=8440)
    folder.state.mkdir(mode=0o755)
    folder.prepare_state()
    folder.renew_for_this_start(folder.study())
    secret = folder.link_settings(folder.study()).superexec_secret
    assert (_mode(folder.state), _mode(secret)) == (PRIVATE_FOLDER, PRIVATE_FILE)


def test_nobody_else_looks_into_a_study_folder_whoever_made_it(tmp_path: Path) -> None:
    (tmp_path / "study").mkdir(mode=0o755)
    folder = make_study_folder(
        tmp_path / "study", name="doubt", public_names=["localhost"], port=8443, loopback_port=8440
    )
    assert _mode(folder.root) == PRIVATE_FOLDER
    folder.root.chmod(0o755)
    folder.prepare_state()
    assert _mode(folder.root) == PRIVATE_FOLDER


def test_every_start_has_a_secret_of_its_own(tmp_path: Path) -> None:
    folder = make_study_folder(tmp_path, name="doubt", public_names=["localhost"], port=8443, loopback_port=8440)
    secret = folder.link_settings(folder.study()).superexec_secret
    folder.prepare_state()
    folder.renew_for_this_start(folder.study())
    first = secret.read_text()
    folder.renew_for_this_start(folder.study())
    assert secret.read_text() != first
