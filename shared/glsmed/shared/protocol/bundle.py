"""The bundle that the centre submits to Flower: three text files and no code.

A site runs the ClientApp that is installed at the site. The bundle names the ServerApp for the centre and, as the
ClientApp, an inert one that refuses to run. It is built from this release alone, so every site can compute which
bundle a centre of the same release sends.
"""

import hashlib
import io
import zipfile
from importlib.metadata import version

RELEASE = version("glsmed")
_FLWR_SERIES = ">=1.41,<1.42"
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)

_PYPROJECT = f"""\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "glsmed-study"
version = "{RELEASE}"
description = "Names the apps of a glsmed study; holds no code."
license = {{ file = "LICENSE" }}
dependencies = ["flwr{_FLWR_SERIES}"]

[tool.flwr.app]
publisher = "glsmed"
fab-format-version = 1
flwr-version-target = "1.41.0"
fab-include = ["LICENSE", "README.md"]

[tool.flwr.app.components]
serverapp = "glsmed.server.processes.serverapp:app"
clientapp = "glsmed.shared.protocol.inert_client_app:app"

[tool.flwr.app.config]
"""
_LICENSE = "Apache License, Version 2.0: see the LICENSE file of the glsmed distribution.\n"
_README = "This bundle holds no code. Each site runs the glsmed release that is installed there.\n"


def bundle_bytes() -> bytes:
    """The bundle as a Flower App Bundle (zip, stored uncompressed so that every machine makes the same bytes)."""
    files = {"pyproject.toml": _PYPROJECT, "LICENSE": _LICENSE, "README.md": _README}
    return zip_bundle({name: text.encode() for name, text in files.items()})


def bundle_digest() -> str:
    """SHA-256 of :func:`bundle_bytes` as 64 hexadecimal digits."""
    return hashlib.sha256(bundle_bytes()).hexdigest()


def zip_bundle(files: dict[str, bytes]) -> bytes:
    """Files as a Flower App Bundle with its ``.info/CONTENT`` manifest (path, sha256, size in bits)."""
    lines = [f"{name},{hashlib.sha256(content).hexdigest()},{len(content) * 8}" for name, content in files.items()]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in {**files, ".info/CONTENT": "\n".join(lines).encode()}.items():
            archive.writestr(zipfile.ZipInfo(name, date_time=_ZIP_DATE), content)
    return buffer.getvalue()
