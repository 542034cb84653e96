"""An update that passed all checks, read stretch by stretch as a model that began with the present one."""

import math
from dataclasses import dataclass

import numpy as np

from glsmed.server.strategies.rule import UpdateFacts, Values
from glsmed.shared.errors import UpdateRefusedError
from glsmed.shared.wire.model_form import FloatSource, ModelForm
from glsmed.shared.wire.packed_model import FLOAT, Packed

BLOCK = 131_072  # values in a stretch: half a MiB, so that one of every site stays in the processor's cache


@dataclass(frozen=True, slots=True)
class SiteModel:
    """The floats of an update.

    Attributes:
        sent: as the site sent them: a model, or its change.
        began_with: the model that the site began with.
    """

    sent: FloatSource
    is_change: bool
    began_with: FloatSource

    @classmethod
    def of(cls, form: ModelForm, packed: Packed, began_with: FloatSource) -> "SiteModel":
        """The floats of a payload whose form was checked."""
        return cls(FloatSource.of(form, packed), form.kind == "change", began_with)

    def change(self, start: int, stop: int) -> Values:
        """``(stop - start,)`` what the site changed."""
        values = self.sent.read(start, stop)
        if self.is_change:
            return values
        with np.errstate(over="ignore", invalid="ignore"):  # whoever checks the norm sees what is not finite
            return values - self.began_with.read(start, stop)

    def model(self, start: int, stop: int) -> Values:
        """``(stop - start,)`` what the site had after its own training."""
        values = self.sent.read(start, stop)
        return self.began_with.read(start, stop) + values if self.is_change else values

    def model_into(self, start: int, values: Values, *, base: Values, is_present: bool) -> None:
        """Fill ``values`` with the stretch of the site's model from ``start`` on, had it begun with ``base``.

        Args:
            start: of the stretch.
            values: ``(B,)`` contiguous.
            base: ``(B,)`` the stretch of the round's model.
            is_present: whether the site did begin with it.
        """
        if is_present and not self.is_change:
            self.sent.read_into(start, values)
        else:
            np.add(base, self.change(start, start + values.size), out=values)


@dataclass(frozen=True, slots=True)
class CheckedUpdate:
    """An update that counts.

    Attributes:
        payload: all buffers of the model as they came.
        show_to_peers: whether the site lets other sites measure its model.
    """

    facts: UpdateFacts
    floats: SiteModel
    payload: Packed
    show_to_peers: bool = False


def checked_norm(floats: SiteModel) -> float:
    """The L2 norm of a site's change, summed in float64.

    Raises:
        UpdateRefusedError: a value is not finite.
    """
    squares = 0.0
    for start in range(0, floats.sent.count, BLOCK):
        change = floats.change(start, min(start + BLOCK, floats.sent.count))
        with np.errstate(over="ignore", invalid="ignore"):
            part = float(np.dot(change, change))  # not finite if a value is not, or if it overflows
        if not math.isfinite(part):
            part = _exactly(change)
        squares += part
    return math.sqrt(squares)


def _exactly(change: Values) -> float:
    """The sum of squares of a stretch that is too large for float32, or holds what is not a number."""
    wide = change.astype(np.float64)
    if not np.isfinite(wide).all():
        raise UpdateRefusedError("it holds values that are not finite")
    return float(wide @ wide)


def other_buffers(packed: Packed) -> Packed:
    """The buffers of a payload without floating point."""
    return {name: array for name, array in packed.items() if not name.startswith(FLOAT)}
