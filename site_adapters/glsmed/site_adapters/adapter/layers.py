"""Reads an adapter file and the files that it extends, and checks them; the outermost parent comes first."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from glsmed.shared.errors import ConfigurationError, Fault
from glsmed.shared.files.documents import Document, did_you_mean, parse_document, read_document, validate
from glsmed.site_adapters.adapter.adapter import Place
from glsmed.site_adapters.adapter.schema import AdapterFile

VOCABULARIES = Path(__file__).parents[1] / "vocabularies"


@dataclass(frozen=True, slots=True)
class Layer:
    """One checked file; ``inherited`` is false only for the file that was asked for."""

    document: Document
    file: AdapterFile
    inherited: bool

    def place(self, *path: str | int) -> Place:
        """The place of ``path`` in this file."""
        fault = self.document.fault(path, "")
        return Place(fault.source, fault.line, fault.key, self.inherited)


def built_in_names() -> list[str]:
    """The vocabularies that come with glsmed."""
    return sorted(path.stem for path in VOCABULARIES.glob("*.yaml"))


def read_layers(reference: str | Path, *, draft: str | None = None) -> list[Layer]:
    """The file that ``reference`` names and its parents, the outermost parent first.

    Args:
        reference: a built-in vocabulary or a file.
        draft: what the file would say, instead of what it says; then it need not be there yet.

    Raises:
        ConfigurationError: with every fault of the first file that has one, an unknown parent, or a cycle.
    """
    layers: list[Layer] = []
    seen: list[Path] = []
    path = _find(reference, origin=None) if draft is None else Path(reference)
    while True:
        layer = _read(path, inherited=bool(layers)) if layers or draft is None else _checked(_drafted(path, draft))
        layers.append(layer)
        seen.append(path.resolve())
        if layer.file.extends is None:
            return layers[::-1]
        path = _find(layer.file.extends, origin=layer)
        if path.resolve() in seen:
            chain = " → ".join(step.name for step in [*seen, path])
            raise ConfigurationError([layer.place("extends").fault(f"goes in a circle: {chain}")])


def _find(reference: str | Path, *, origin: Layer | None) -> Path:
    """The file of a built-in name, or of a path relative to the file that extends it."""
    built_in = VOCABULARIES / f"{reference}.yaml"
    if str(reference) in built_in_names():
        return built_in
    path = Path(reference) if origin is None else Path(origin.document.source).parent / reference
    if path.is_file():
        return path
    names = built_in_names()
    message = f"is neither a file nor a built-in adapter ({', '.join(names)})" + did_you_mean(str(reference), names)
    if origin is None:
        raise ConfigurationError([Fault(str(reference), message)])
    raise ConfigurationError([origin.place("extends").fault(f"{reference!r} {message}")])


def _read(path: Path, *, inherited: bool) -> Layer:
    read = _read_built_in if path.parent == VOCABULARIES else _read_file
    return read(path, inherited=inherited)


@cache
def _read_built_in(path: Path, *, inherited: bool) -> Layer:
    """A vocabulary, read once, for it does not change; reading YAML takes most of a command's time."""
    return _read_file(path, inherited=inherited)


def _read_file(path: Path, *, inherited: bool) -> Layer:
    return _checked(read_document(path), inherited=inherited)


def _drafted(path: Path, draft: str) -> Document:
    return parse_document(draft.replace("\r\n", "\n"), source=str(path))


def _checked(document: Document, *, inherited: bool = False) -> Layer:
    faults = list(_repeated_cues(document))
    try:
        file = validate(document, AdapterFile)
    except ConfigurationError as error:
        faults += error.faults
    if faults:
        raise ConfigurationError(sorted(faults, key=lambda fault: fault.line or 0))
    return Layer(document, file, inherited)


def _repeated_cues(document: Document) -> Iterator[Fault]:
    """A fault for each cue whose id another cue of the file has; whatever else is wrong with the file."""
    first: dict[str, int | None] = {}
    for index, cue_id in _cue_ids(document.data):
        path = ("cues", index, "id")
        if cue_id in first:
            yield document.fault(path, f"two cues are called {cue_id!r}; first in line {first[cue_id]}")
        first.setdefault(cue_id, document.line(path))


def _cue_ids(data: object) -> Iterator[tuple[int, str]]:
    cues = data.get("cues") if isinstance(data, dict) else None
    for index, cue in enumerate(cues if isinstance(cues, list) else ()):
        cue_id = cue.get("id") if isinstance(cue, dict) else None
        if isinstance(cue_id, str):
            yield index, cue_id
