import hashlib
import io
import tomllib
import zipfile

from flwr.cli.build import build_fab_from_files
from flwr.cli.config_utils import get_fab_metadata

from glsmed.shared.protocol.bundle import bundle_bytes, bundle_digest, zip_bundle


def _members(bundle: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_bundle_holds_not_a_line_of_code() -> None:
    assert set(_members(bundle_bytes())) == {"pyproject.toml", "LICENSE", "README.md", ".info/CONTENT"}


def test_digest_is_the_sha256_of_the_bytes_and_does_not_change() -> None:
    assert bundle_digest() == hashlib.sha256(bundle_bytes()).hexdigest()
    assert bundle_bytes() == bundle_bytes()


def test_flower_reads_it_as_a_bundle() -> None:
    fab_id, _ = get_fab_metadata(bundle_bytes())
    assert fab_id == "glsmed/glsmed-study"


def test_flower_would_build_the_same_files() -> None:
    ours = _members(bundle_bytes())
    built, _ = build_fab_from_files({name: ours[name] for name in ("pyproject.toml", "LICENSE", "README.md")})
    theirs = _members(built)
    assert set(theirs) == set(ours)
    assert tomllib.loads(theirs["pyproject.toml"].decode()) == tomllib.loads(ours["pyproject.toml"].decode())


def test_manifest_lists_digest_and_size_in_bits() -> None:
    manifest = _members(zip_bundle({"a.txt": b"abc"}))[".info/CONTENT"].decode()
    assert manifest == f"a.txt,{hashlib.sha256(b'abc').hexdigest()},24"
