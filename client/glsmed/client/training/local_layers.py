"""Layers that this site keeps for itself while the others are shared; docs/learning.md says what that is worth.

They are kept after every round, so that the model of any round is the shared arrays of the centre with this site's own
of that time. Before its first round a site has those of the study's initial model.
"""

from collections.abc import Collection
from pathlib import Path

from glsmed.client.training.round_arrays import RoundArrays
from glsmed.shared.wire.packed_model import Arrays


class OwnLayers:
    """A site's own layers.

    Args:
        folder: where they are kept.
        own: names of the arrays that the study leaves to the sites.
        initial: arrays of the study's initial model, in the model's order.
    """

    def __init__(self, folder: Path, own: Collection[str], initial: Arrays) -> None:
        self._files = RoundArrays(folder)
        self._initial = {name: array.copy() for name, array in initial.items() if name in own}

    def with_shared(self, shared: Arrays, *, after_round: int) -> Arrays:
        """All arrays of the model after a round: the centre's, and this site's own of that time.

        Raises:
            DataError: the file of the site's own is damaged.
        """
        if not self._initial:
            return shared
        return {**shared, **self._initial, **(self._files.latest(at_most=after_round) or {})}

    def keep(self, model: Arrays, *, after_round: int) -> None:
        """Keep this site's layers of a trained model.

        Raises:
            OSError: the disk is full.
        """
        if self._initial:
            self._files.save(after_round, {name: model[name] for name in self._initial})

    def shared(self, model: Arrays) -> Arrays:
        """The arrays of a model that may travel, in its order."""
        return {name: array for name, array in model.items() if name not in self._initial}
