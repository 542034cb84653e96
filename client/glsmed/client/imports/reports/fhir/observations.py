"""Text of a DiagnosticReport that has neither an attachment nor a conclusion: in its results, or in its narrative."""

from collections.abc import Iterator
from dataclasses import replace

from glsmed.client.imports.reports.fhir.documents import Resource, listed
from glsmed.client.imports.reports.fhir.surroundings import Surroundings
from glsmed.client.imports.reports.report_parts import Part, heading, is_no_report_text, joined_parts
from glsmed.site_adapters.inputs.report_text import ReportText, plain_report

_WRITTEN = ("additional", "extensions")  # states of a narrative that says more than the resource's own fields


def text_elsewhere(resource: Resource, around: Surroundings) -> ReportText:
    """The text of the report's Observations, else of its narrative where that says more than the fields do.

    Raises:
        ValueError: there is none.
    """
    parts = [part for part in _parts(resource, around) if part.text.strip()]
    if parts:
        return plain_report(joined_parts(parts), encoding="utf-8")
    narrative: Resource = next(iter(listed(resource, "text")), {})
    if narrative.get("status") in _WRITTEN and narrative.get("div"):
        read = plain_report(f"<html>{narrative['div']}</html>", encoding="utf-8")
        if read.text.strip():
            return replace(read, mended=read.mended or "the text is that of the resource's narrative")
    raise ValueError(
        "has neither presentedForm nor conclusion, nor results with text (Observation.valueString): there is no report "
        "text"
    )


def _parts(resource: Resource, around: Surroundings) -> Iterator[Part]:
    for reference in listed(resource, "result"):
        observation = around.resolve(reference, within=resource)
        codings = listed(observation.get("code") or {}, "coding")
        code = str(codings[0].get("code") or "") if codings else ""
        name = str((observation.get("code") or {}).get("text") or (codings[0].get("display") if codings else "") or "")
        if not is_no_report_text(code, name):
            yield Part(str(observation.get("valueString") or ""), code, heading(code, name))
