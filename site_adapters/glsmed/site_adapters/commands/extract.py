"""``glsmed-adapter extract``: the cells of every report."""

from glsmed.site_adapters.commands.arguments import (
    AdapterArgument,
    CalibrationOption,
    InOption,
    OutOption,
    WorkersOption,
)
from glsmed.site_adapters.inputs.jsonl import STREAM


def extract_command(
    adapter: AdapterArgument,
    *,
    source: InOption = STREAM,
    target: OutOption = STREAM,
    calibration: CalibrationOption = None,
    workers: WorkersOption = 1,
) -> None:
    """What each report says of each finding: state, probability, cue, section and the words, one JSON line a report.

    **Examples**

    - `glsmed-adapter extract en_radiology --in reports.jsonl --out labels.jsonl --workers 4`
    - `cat reports.jsonl | glsmed-adapter extract st-mary.yaml > labels.jsonl`
    """
    from glsmed.site_adapters.adapter.loader import load_adapter
    from glsmed.site_adapters.commands.line_commands import answer_lines
    from glsmed.site_adapters.commands.report_answers import Answer, CalibratedAnswer, extract_answer

    answer: Answer = extract_answer
    if calibration is not None:
        from glsmed.site_adapters.calibration.calibration import load_calibration  # only here: it starts numpy

        answer = CalibratedAnswer(load_calibration(calibration, load_adapter(adapter)))
    answer_lines(adapter, answer, source=source, target=target, workers=workers)
