"""One conversion of a torch file (.pth, .pt) into safetensors, without running what the file may hold.

A torch file is a pickle, which can run code when it is opened. Only its tensors are read (``weights_only``).
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from pickle import UnpicklingError

import torch
from safetensors.torch import save_file
from torch import Tensor

from glsmed.shared.errors import DataError, UsageError
from glsmed.shared.files.atomic import atomic_replace
from glsmed.shared.files.file_digest import file_digest

_FOREIGN = re.compile(r"(?:GLOBAL|global|type) ([\w.]+)")
_DEEPEST = 3


def convert_torch_file(source: Path, target: Path, *, entry: str | None = None, licence: str | None = None) -> int:
    """Write the tensors of a torch file as safetensors; returns how many.

    Args:
        source: the torch file.
        target: the safetensors file, with the source's name and hash, and the licence, in its header.
        entry: name of the part that holds the weights, where there are several: ``teacher``, ``state_dict.ema``.
        licence: of the weights.

    Raises:
        DataError: the file cannot be read, or holds more than tensors.
        UsageError: the target is no safetensors file; it is not clear which part holds the weights.
        OSError: the disk is full.
    """
    if target.suffix != ".safetensors":
        raise UsageError(f"{target}: expected a name that ends in .safetensors")
    weights = _chosen(dict(_parts(_tensors_of(source))), entry, source)
    header = {"source": source.name, "source_sha256": file_digest(source)}
    with atomic_replace(target) as temporary:
        save_file(
            {name: value.clone().contiguous() for name, value in weights.items()},
            temporary,
            metadata=header if licence is None else {**header, "licence": licence},
        )
    return len(weights)


def _tensors_of(source: Path) -> object:
    try:
        return torch.load(source, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise DataError(f"{source}: no such file") from None
    except UnpicklingError as error:
        found = _FOREIGN.search(str(error))
        what = f"an object of {found.group(1)}" if found else "objects of Python"
        raise DataError(
            f"{source}: holds {what} beside its tensors, and reading that could run code: ask who made the file for "
            "its state_dict alone, or for safetensors"
        ) from None
    except (OSError, RuntimeError, EOFError, ValueError, KeyError) as error:
        first = str(error).split("\n", 1)[0]
        raise DataError(f"{source}: expected a torch file of weights, got something else: {first}") from None


def _parts(content: object, name: str = "", depth: int = 0) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """The parts of a file that hold tensors by name, with what they are called."""
    if not isinstance(content, Mapping) or depth > _DEEPEST:
        return
    tensors = {str(key): value for key, value in content.items() if isinstance(value, Tensor)}
    if tensors:
        yield name, tensors
    for key, value in content.items():
        yield from _parts(value, f"{name}.{key}".lstrip("."), depth + 1)


def _chosen(parts: Mapping[str, dict[str, Tensor]], entry: str | None, source: Path) -> dict[str, Tensor]:
    """The part that was asked for, or the only one with most of the tensors."""
    if entry is not None and entry in parts:
        return parts[entry]
    most = max(map(len, parts.values()), default=0)
    largest = [name for name, tensors in parts.items() if len(tensors) == most]
    if entry is None and len(largest) == 1:
        return parts[largest[0]]
    if not parts:
        raise DataError(f"{source}: holds no tensors by name, so no weights")
    shown = ", ".join(sorted(parts))
    asked = "say which part holds the weights" if entry is None else f"there is no part {entry!r}"
    raise UsageError(f"{source}: {asked}: --entry with one of {shown}")
