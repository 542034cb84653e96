import shutil
import subprocess
from pathlib import Path

import pytest

from glsmed.shared.errors import DataError
from glsmed.shared.protocol.enrolment import fingerprint, generate_private_key, load_public_key, make_request

RSA_LINE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJmWq0Vx3Wn1Jb8vC0c0m8gT6f8Yk0Gx2B4qF1m7c0aZ"


def test_a_request_carries_the_proof_that_the_site_holds_the_key() -> None:
    request = make_request(generate_private_key(), site="st-mary", study="doubt", study_digest="ab")
    request.verify()


@pytest.mark.parametrize("field", ["site", "study", "study_digest", "glsmed", "flwr", "created_at"])
def test_an_altered_request_is_refused(field: str) -> None:
    request = make_request(generate_private_key(), site="st-mary", study="doubt", study_digest="ab")
    with pytest.raises(DataError, match="altered or not signed by its own key"):
        request.model_copy(update={field: "other"}).verify()


def test_a_request_with_a_foreign_key_is_refused() -> None:
    request = make_request(generate_private_key(), site="st-mary", study="doubt", study_digest="ab")
    foreign = make_request(generate_private_key(), site="st-mary", study="doubt", study_digest="ab").public_key
    with pytest.raises(DataError, match="altered"):
        request.model_copy(update={"public_key": foreign}).verify()


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed on this machine")
def test_fingerprint_is_the_one_that_ssh_keygen_prints(tmp_path: Path) -> None:
    request = make_request(generate_private_key(), site="st-mary", study="doubt", study_digest="ab")
    line = tmp_path / "key.pub"
    line.write_text(request.public_key)
    printed = subprocess.run(["ssh-keygen", "-lf", str(line)], capture_output=True, text=True, check=True).stdout
    assert fingerprint(request.public_key) in printed


@pytest.mark.parametrize(
    ("line", "message"), [(RSA_LINE, "not an elliptic-curve key"), ("nonsense", "not an OpenSSH public key")]
)
def test_other_keys_are_refused(line: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_public_key(line)


def test_a_broken_private_key_is_named() -> None:
    with pytest.raises(DataError, match="private key cannot be read"):
        make_request(b"not a key", site="a", study="b", study_digest="c")
