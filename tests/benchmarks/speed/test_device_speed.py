import json

import pytest
import torch
from torch import Tensor

from glsmed.benchmarks.speed import device_speed
from glsmed.benchmarks.speed.bench import Bench, SpeedSettings
from glsmed.benchmarks.speed.device_speed import Compiled, covered_share, figures_of, measured
from glsmed.client.training.steps.training import train
from glsmed.shared.errors import UsageError

CPU = torch.device("cpu")
SMALL = SpeedSettings(architecture="resnet10", image_size_px=32, batch_size=2, steps=1, repeats=1, compiled=False)


def test_every_figure_of_a_round_is_json_and_plausible() -> None:
    figures = figures_of(("speed", "parts", "load", "private"), SMALL)
    lines = [json.loads(json.dumps(line)) for line in measured(figures, Bench(SMALL, CPU))]
    assert [line["figure"] for line in lines] == list(figures)
    for line in lines:
        assert (line["architecture"], line["batch_size"], line["device"]) == ("resnet10", 2, "cpu")
        on_a_gpu = line["figure"].endswith(("busy_share", "megabytes"))
        assert line["value"] is None if on_a_gpu else line["value"] >= 0, line


def test_a_kind_that_there_is_not_is_refused() -> None:
    with pytest.raises(UsageError, match=r"expected one of speed, parts, .* got 'sped'"):
        figures_of(("speed", "sped"), SMALL)


def test_compiled_steps_are_measured_where_that_is_asked_for() -> None:
    more = figures_of(("speed",), SpeedSettings()).keys() - figures_of(("speed",), SMALL).keys()
    assert more == {"client_compiled_images_per_second"}


def test_a_figure_that_fails_says_why_and_the_others_follow() -> None:
    def fails(_bench: Bench) -> object:
        raise RuntimeError("no kernel\nand a long story")

    lines = list(measured({"first": fails, "second": lambda _: 7}, Bench(SMALL, CPU)))
    assert lines[0]["error"] == "RuntimeError: no kernel"
    assert lines[1]["value"] == 7


@pytest.mark.parametrize(
    ("spans", "share"),
    [
        ([(0, 4)], 1.0),
        ([(0, 1), (3, 4)], 0.5),
        ([(3, 4), (0, 2), (1, 2.5)], 3.5 / 4),
        ([(0, 10), (1, 2), (5, 6)], 1.0),
    ],
)
def test_time_that_any_span_covers_counts_once(spans: list[tuple[float, float]], share: float) -> None:
    assert covered_share(spans) == pytest.approx(share)


def test_a_copied_model_has_the_size_that_its_figure_says() -> None:
    figure = figures_of(("copies",), SMALL)["arrays_of_45_megabytes"](Bench(SMALL, CPU))
    assert isinstance(figure, dict)
    assert figure["megabytes"] == pytest.approx(45, abs=4)


def test_steps_are_compiled_once_whatever_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    bench, made = Bench(SMALL, CPU), []

    def compiled_network(model: torch.nn.Module) -> torch.nn.Module:
        made.append(model)
        return model

    monkeypatch.setattr(device_speed, "compiled_network", compiled_network)
    model, compiler = bench.model(), Compiled()
    for number in (1, 2):
        train(model, bench.examples, bench.training, round_number=number, device=CPU, compiler=compiler)
    assert made == [model]


def test_a_step_without_its_data_is_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(SMALL, CPU)
    model = bench.model()
    before = [parameter.detach().clone() for parameter in model.parameters()]
    monkeypatch.setattr(bench, "model", lambda: model)
    device_speed._step(bench, torch.contiguous_format)()
    after: list[Tensor] = [parameter.detach() for parameter in model.parameters()]
    assert not any(torch.equal(old, new) for old, new in zip(before, after, strict=True))
