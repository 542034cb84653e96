"""Writing an ONNX file, and proving that it says the same as the network that it was made from."""

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from glsmed.shared.errors import GlsmedError, UsageError
from glsmed.shared.exporting.model_sheet import INPUT, OUTPUT, ModelSheet
from glsmed.shared.files.atomic import write_bytes, write_text

TOLERANCE = 1e-4
_BATCHES = (1, 3)  # the second proves that the number of images is free
_PREFIX = "glsmed."


def write_onnx(path: Path, model: nn.Module, sheet: ModelSheet) -> float:
    """Write the file and its sheet as JSON beside it; returns the largest difference of a probability.

    The graph is run by onnxruntime on images of noise and of one grey, and compared with the model. Nothing is written
    unless they agree to 1e-4.

    Args:
        path: of the ONNX file.
        model: from uint8 images ``(N, 1, S, S)`` to probabilities ``(N, K)``, on the CPU.
        sheet: what goes with it; its fields are in the file's metadata too.

    Raises:
        UsageError: the extra ``export`` is not installed.
        GlsmedError: the network cannot be exported, or the graph says something else than the network.
        OSError: the file cannot be written.
    """
    content = _graph(model.eval(), sheet)
    difference = max(_difference(content, model, images) for images in _trial_images(sheet.image_size_px))
    if not difference <= TOLERANCE:  # NaN is a difference too
        raise GlsmedError(f"the graph and the network differ by {difference:.2g}, expected at most {TOLERANCE:g}")
    write_bytes(path, content)
    write_text(path.with_suffix(".json"), sheet.model_dump_json(indent=1) + "\n")
    return difference


def _graph(model: nn.Module, sheet: ModelSheet) -> bytes:
    """The ONNX file's content."""
    try:
        import onnx
        import onnxruntime  # noqa: F401  # needed for the check: better to miss it now
        import onnxscript  # noqa: F401  # torch needs it
    except ImportError as error:
        raise UsageError(f"{error.name} is not installed: pip install 'glsmed[export]'") from None
    example = torch.zeros(2, 1, sheet.image_size_px, sheet.image_size_px, dtype=torch.uint8)
    with _quiet():
        try:
            program = torch.onnx.export(
                model,
                (example,),
                dynamo=True,
                input_names=[INPUT],
                output_names=[OUTPUT],
                dynamic_shapes=({0: torch.export.Dim("N")},),
                verbose=False,
            )
        except torch.onnx.errors.OnnxExporterError as error:
            raise GlsmedError(f"torch cannot export {sheet.architecture}: {error}") from None
    if program is None:  # torch says so of its other exporter alone
        raise GlsmedError(f"torch cannot export {sheet.architecture}")
    graph = program.model_proto
    for name, value in sheet.model_dump(mode="json").items():
        entry = graph.metadata_props.add()
        entry.key, entry.value = _PREFIX + name, value if isinstance(value, str) else str(value)
    onnx.checker.check_model(graph)
    return bytes(graph.SerializeToString())


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without what torch's exporter tells of its steps, and warns of its own internals."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _trial_images(size_px: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    noise = [torch.randint(0, 256, (count, 1, size_px, size_px), generator=generator).byte() for count in _BATCHES]
    greys = [torch.full((1, 1, size_px, size_px), grey, dtype=torch.uint8) for grey in (0, 128, 255)]
    return [*noise, *greys]


def _difference(content: bytes, model: nn.Module, images: Tensor) -> float:
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    (said,) = session.run([OUTPUT], {INPUT: images.numpy()})
    with torch.no_grad():
        return float((torch.from_numpy(said) - model(images)).abs().max())
