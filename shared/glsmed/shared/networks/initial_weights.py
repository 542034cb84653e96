"""A file of weights (safetensors) that a study starts from: checked by its hash, and fitted to the study's network.

Three colour channels are summed into one. The head stays as the seed made it. Prefixes that training frameworks put
before names are taken off, if more names then fit. What is left over on either side is an error.
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor, nn

from glsmed.shared.errors import DataError, NetworkError
from glsmed.shared.files.file_digest import file_digest
from glsmed.shared.networks.frozen_norm import with_folded_statistics
from glsmed.shared.networks.parts import head_modules, head_names

_DEEPEST_PREFIX = 4  # of names: module.student.backbone.encoder.
_MOST_NAMED = 5
_COMPUTED = ("num_batches_tracked", "relative_position_index", "attn_mask")  # buffers, in older files too
_COLOURS = 3


def read_weights(path: Path, *, sha256: str) -> dict[str, Tensor]:
    """The tensors of a safetensors file with this hash, by name.

    Raises:
        DataError: it is missing, another file, or damaged.
    """
    if not path.is_file():
        raise DataError(f"{path}: no such file: put the weights that the study starts from beside study.yaml")
    got = file_digest(path)
    if got != sha256:
        raise DataError(
            f"{path}: expected the initial weights with SHA-256 {sha256[:12]}…, got {got[:12]}…: this is another file "
            "than the study names, or it was damaged on its way"
        )
    try:
        return load(path.read_bytes())
    except (OSError, SafetensorError) as error:
        raise DataError(
            f"{path}: expected a safetensors file, got something else ({error}); "
            "`flwr-server weights convert` makes one of a torch file"
        ) from None


def fit_weights(model: nn.Module, weights: Mapping[str, Tensor], *, source: str) -> None:
    """Put weights into a network, all but its head.

    Args:
        model: gets the weights.
        weights: by name, as some training framework named them.
        source: what to call them in an error.

    Raises:
        NetworkError: naming what is missing, unexpected, of another shape or not finite.
    """
    prefix = _prefix(model, weights)
    named = {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}
    heads = tuple(f"{name}." for name in head_modules(model))
    body = {name: value for name, value in named.items() if not name.startswith(heads)}
    fitted = with_folded_statistics(model, _in_the_networks_form(model, _grey(model, body)))
    wanted = {name: value for name, value in model.state_dict().items() if name not in head_names(model)}
    ignored = {name for name, _ in model.named_buffers()}
    fitted = {name: value for name, value in fitted.items() if name in wanted or not _is_ignored(name, ignored)}
    faults = list(_faults(wanted, fitted))
    if faults:
        raise NetworkError(f"{source} does not fit the study's network: {'; '.join(faults)}")
    model.load_state_dict({name: value.to(wanted[name].dtype) for name, value in fitted.items()}, strict=False)


def _prefix(model: nn.Module, weights: Mapping[str, Tensor]) -> str:
    """What stands before the names of the file, judged by how many names of the network it leaves."""
    candidates = {""}
    for name in weights:
        parts = name.split(".")
        candidates |= {".".join(parts[:depth]) + "." for depth in range(1, min(len(parts), _DEEPEST_PREFIX + 1))}
    names = list(model.state_dict())
    return max(candidates, key=lambda prefix: (sum(prefix + name in weights for name in names), -len(prefix), prefix))


def _grey(model: nn.Module, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights, with the kernels of three colours summed where the network has one channel.

    A grey image shown to a network of colours is the same in all three channels: so is the result, up to its scale.
    """
    state = model.state_dict()

    def one(name: str, value: Tensor) -> Tensor:
        channels = state[name].shape[1:2] if name in state else None
        is_colour = value.ndim == 4 and value.shape[1] == _COLOURS and channels == (1,)  # O, I, H, W
        return value.float().sum(1, keepdim=True) if is_colour else value

    return {name: one(name, value) for name, value in weights.items()}


def _in_the_networks_form(model: nn.Module, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    if not hasattr(model, "pretrained_cfg"):
        return dict(weights)
    from glsmed.shared.networks.timm_networks import in_timms_form

    return in_timms_form(model, weights)


def _is_ignored(name: str, buffers: Collection[str]) -> bool:
    """Whether an array of the file is computed anew by the network, or counts batches that are past."""
    return name in buffers or name.endswith(_COMPUTED)


def _faults(wanted: Mapping[str, Tensor], got: Mapping[str, Tensor]) -> Iterator[str]:
    if missing := [name for name in wanted if name not in got]:
        yield f"missing {_named(missing)}"
    if unexpected := [name for name in got if name not in wanted]:
        yield f"unexpected {_named(unexpected)}"
        if any(name.endswith("running_mean") for name in unexpected):
            yield "the file has batch statistics, which timm's network of that name takes and freezes: timm/NAME"
    both = [name for name in wanted if name in got]
    if shapes := [
        f"{name} (expected {tuple(wanted[name].shape)}, got {tuple(got[name].shape)})"
        for name in both
        if wanted[name].shape != got[name].shape
    ]:
        yield f"of another shape {_named(shapes)}"
    if bad := [name for name in both if not bool(torch.isfinite(got[name].float()).all())]:
        yield f"not finite {_named(bad)}"


def _named(names: list[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMED])
    return shown if len(names) <= _MOST_NAMED else f"{shown} and {len(names) - _MOST_NAMED} more"
