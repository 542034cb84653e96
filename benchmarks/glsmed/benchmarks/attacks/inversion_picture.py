"""The images that were found beside those that were trained on, as one small picture."""

import io
from collections.abc import Sequence
from textwrap import fill

from matplotlib.figure import Figure

from glsmed.benchmarks.attacks.inverted_updates import Inverted

_INCHES = 1.3  # of a column
_LETTERS = 18  # in a line above a column


def inversion_picture(done: Sequence[Inverted]) -> bytes:
    """A PNG: a column for each update, above an image that was trained on, below what was found of it.

    The numbers are dB above the mean image of other patients.
    """
    figure = Figure(figsize=(_INCHES * len(done), 3.3), dpi=80)
    for column, one in enumerate(done):
        for row, (image, words) in enumerate(((one.original, one.setting), (one.found, f"{one.gain:+.1f} dB"))):
            axes = figure.add_subplot(2, len(done), row * len(done) + column + 1)
            axes.imshow(image.numpy(), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
            axes.set_title(fill(words, _LETTERS), fontsize=7)
            axes.set_axis_off()
    figure.tight_layout()
    content = io.BytesIO()
    figure.savefig(content, format="png")
    return content.getvalue()
