"""What a start does for studies whose sites have no certificates yet, or such as end soon."""

from pathlib import Path

from glsmed.server.admission.registry import admit
from glsmed.server.folders.new_study import make_study_folder
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.processes.site_certification import certify_sites
from glsmed.shared.files.yaml_writer import dump_yaml
from glsmed.shared.protocol.enrolment import generate_private_key, make_request

PASSPHRASE = b"four words of a poem"


def _study(root: Path) -> StudyFolder:
    """A study of an earlier release with one site: nobody has a certificate."""
    folder = make_study_folder(
        root, name="doubt", public_names=["localhost"], port=8443, loopback_port=8440, ca_passphrase=PASSPHRASE
    )
    digest = folder.study().digest()
    request = make_request(generate_private_key(), site="st-mary", study="doubt", study_digest=digest)
    (root / "request.yaml").write_text(dump_yaml(request.model_dump()))
    admit(root / "request.yaml", sites=folder.sites, study="doubt", study_digest=digest)
    return folder


def test_a_start_makes_what_is_missing_and_says_whom_to_send_it(tmp_path: Path) -> None:
    folder, told = _study(tmp_path / "study"), list[str]()
    certify_sites(folder, passphrase=PASSPHRASE, tell=told.append)
    file = folder.site_certificates / "st-mary.crt"
    assert file.is_file()
    assert told == [
        f"st-mary needs a new certificate (there is none yet): send it {file}, which it keeps as keys/site.crt"
    ]
    certify_sites(folder, passphrase=PASSPHRASE, tell=told.append)
    assert len(told) == 1


def test_without_the_passphrase_the_study_starts_and_says_what_to_do(tmp_path: Path) -> None:
    folder, told = _study(tmp_path / "study"), list[str]()
    certify_sites(folder, passphrase=None, tell=told.append)
    assert not folder.site_certificates.exists()
    assert told[0].startswith("st-mary needs a new certificate (there is none yet): run flwr-server certify st-mary")
