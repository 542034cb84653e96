"""The sites' own models of the last round, kept at the centre until the other sites have measured them.

    run/peers/round-0003/st-mary.safetensors

Only those of sites whose policy lets them be shown. They are complete before the round's checkpoint is, so that a run
that goes on after it has them.
"""

import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from glsmed.server.folders.model_file import ModelFile, write_model
from glsmed.server.rounds.outgoing import OutgoingModel, as_it_travels
from glsmed.server.strategies.rule import Values
from glsmed.server.updates.checked_update import BLOCK, CheckedUpdate, SiteModel, other_buffers
from glsmed.shared.errors import FederationError, WireError
from glsmed.shared.wire.packed_model import FLOAT, ModelLayout, as_values
from glsmed.shared.wire.precision import Precision

_ROUND = re.compile(r"round-(\d{4,})")


class PeerModels:
    """The models in one folder.

    Args:
        folder: made by the first model.
        layout: of the study's model.
        precision: in which models travel.
    """

    def __init__(self, folder: Path, layout: ModelLayout, precision: Precision) -> None:
        self._folder = folder
        self._layout = layout
        self._precision = precision

    def keep(self, number: int, updates: Iterable[CheckedUpdate]) -> None:
        """Write the models of a round that may be shown, in place of what an earlier attempt at it left.

        Raises:
            FederationError: the disk is full.
        """
        folder = self._of_round(number)
        try:
            shutil.rmtree(folder, ignore_errors=True)
            for update in may_be_shown(updates):
                self._write(folder / f"{update.facts.site}.safetensors", update)
        except OSError as error:
            raise FederationError(f"{folder} cannot be written ({error}): make room and start again") from None

    def forget(self, *, but: int | None = None) -> None:
        """Remove the models of all rounds, or of all but one."""
        for folder in self._folder.glob("round-*"):
            name = _ROUND.fullmatch(folder.name)
            if name and int(name.group(1)) != but:
                shutil.rmtree(folder)
        if but is None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def sites(self, number: int) -> Sequence[str]:
        """The sites whose models of a round are here, in the order of their names."""
        return sorted(path.stem for path in self._of_round(number).glob("*.safetensors"))

    def outgoing(self, number: int, site: str) -> OutgoingModel:
        """A site's model as it travels.

        Raises:
            FederationError: its file is damaged, or the disk is full.
        """
        path = self._of_round(number) / f"{site}.safetensors"
        try:
            model = ModelFile.open(path)
        except (OSError, ValueError, KeyError, WireError) as error:
            raise FederationError(f"{path} is damaged ({error}): remove it to go on without this model") from None
        return as_it_travels(model, self._precision, rounded=path.with_suffix(".bin"))

    def _of_round(self, number: int) -> Path:
        return self._folder / f"round-{number:04d}"

    def _write(self, path: Path, update: CheckedUpdate) -> None:
        buffers = {name: iter([as_values(array)]) for name, array in other_buffers(update.payload).items()}
        words: Mapping[str, str] = {"format": "glsmed-peer-1", "site": update.facts.site}
        write_model(path, self._layout, {**buffers, FLOAT: _stretches(update.floats)}, words)


def may_be_shown(updates: Iterable[CheckedUpdate]) -> Iterator[CheckedUpdate]:
    """The updates whose sites let others measure their models: the one place where this is decided at the centre."""
    return (update for update in updates if update.show_to_peers)


def _stretches(model: SiteModel) -> Iterator[Values]:
    for start in range(0, model.sent.count, BLOCK):
        yield model.model(start, min(start + BLOCK, model.sent.count))
