"""``glsmed-adapter cues``: every cue of every report, for work on the cues themselves."""

from glsmed.site_adapters.commands.arguments import AdapterArgument, InOption, OutOption, WorkersOption
from glsmed.site_adapters.inputs.jsonl import STREAM


def cues_command(
    adapter: AdapterArgument, *, source: InOption = STREAM, target: OutOption = STREAM, workers: WorkersOption = 1
) -> None:
    """Every cue with its kind and scope, whatever the finding, one JSON line a report.

    **Example**: `glsmed-adapter cues es_radiology --in reports.jsonl --out cues.jsonl`
    """
    from glsmed.site_adapters.commands.line_commands import answer_lines
    from glsmed.site_adapters.commands.report_answers import cues_answer

    answer_lines(adapter, cues_answer, source=source, target=target, workers=workers)
