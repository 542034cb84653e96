"""A file of weights that a new study is to start from: its name, hash and licence, for study.yaml."""

from pathlib import Path

from safetensors import SafetensorError, safe_open

from glsmed.shared.errors import DataError, UsageError
from glsmed.shared.files.file_digest import file_digest
from glsmed.shared.protocol.network_settings import InitialWeights

_LICENCE = "licence"


def describe_weights(file: Path, *, licence: str | None) -> InitialWeights:
    """What study.yaml says of a safetensors file.

    Args:
        file: the weights.
        licence: of the weights; None for the one in the file's header.

    Raises:
        DataError: the file is missing, or no safetensors file.
        UsageError: its licence is not known, or its name cannot stand in study.yaml.
    """
    digest = file_digest(file)
    try:
        with safe_open(file, framework="numpy") as source:
            header = source.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise DataError(
            f"{file}: expected a safetensors file of weights, got something else ({error}): "
            f"flwr-server weights convert {file} --out {file.stem}.safetensors"
        ) from None
    known = licence or header.get(_LICENCE)
    if not known:
        raise UsageError(f"{file}: under which licence are these weights? --licence NAME")
    try:
        return InitialWeights(file=file.name, sha256=digest, licence=known)
    except ValueError:
        raise UsageError(
            f"{file.name}: expected a file name of letters, digits, dots, - and _ that ends in .safetensors: rename it"
        ) from None
