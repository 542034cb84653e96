"""What each layer saw of a batch and what the loss says of its output: all that per-patient gradients follow from.

Nothing is computed a second time and nothing hangs on the model afterwards: inputs are noted by hooks while the batch
passes, and the gradients by outputs come from one backward pass that makes no gradient of a weight.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.autograd.graph import GradientEdge, get_gradient_edge

Hook = Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]


@dataclass(slots=True)
class LayerPass:
    """A batch's way through one layer.

    Attributes:
        inputs: ``(n, …)``, what the layer saw.
        output: where its output stands in the graph, whatever is done to the output in place later.
        version: of ``inputs`` at that time.
    """

    layer: nn.Module
    inputs: Tensor
    output: GradientEdge
    version: int


@contextmanager
def noted_passes(model: nn.Module) -> Iterator[list[LayerPass]]:
    """Note the passes through every layer with trainable weights of its own, in order, while the block runs."""
    passes: list[LayerPass] = []

    def note(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        if output.requires_grad:
            passes.append(LayerPass(layer, inputs[0].detach(), get_gradient_edge(output), inputs[0]._version))

    handles = [layer.register_forward_hook(note) for layer in model.modules() if has_trainable_weights(layer)]
    try:
        yield passes
    finally:
        for handle in handles:
            handle.remove()


def output_gradients(loss: Tensor, passes: list[LayerPass]) -> list[Tensor | None]:
    """The loss's gradient by the output of each pass, ``(n, …)``; None where the loss does not depend on it.

    Raises:
        ValueError: a layer was used twice, or its input was overwritten since.
    """
    if len({id(one.layer) for one in passes}) < len(passes):
        raise ValueError("a layer is used twice in a pass")
    if any(one.inputs._version != one.version for one in passes):
        raise ValueError("a layer's input is overwritten in place")
    return list(torch.autograd.grad(loss, [one.output for one in passes], allow_unused=True))


def has_trainable_weights(layer: nn.Module) -> bool:
    """Whether the layer itself, without those inside it, has weights that the round changes."""
    return any(parameter.requires_grad for parameter in layer.parameters(recurse=False))
