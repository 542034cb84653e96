"""Exports as systems of many makers write them: each becomes a manifest to train from, or is refused in words."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import Workbook
from PIL import Image
from pydicom.dataset import Dataset

from glsmed.client.data.manifest import survey_manifest
from glsmed.client.imports.image_record import FoundImages, ImageRecord
from glsmed.client.imports.joining import JoinRules
from glsmed.client.imports.reports.sources import ReportNames, reports_from
from glsmed.client.imports.site_import import import_site
from glsmed.shared.errors import DataError
from tests.client.imports.reports.test_structured_reports import container, text
from tests.client.imports.reports.test_structured_reports import write as write_sr

DAY = datetime(2026, 1, 8, 10)  # noqa: DTZ001  # the scanner's clock
Files = Mapping[str, bytes | Callable[[Path], object]]


def image(folder: Path, number: int) -> ImageRecord:
    path = folder / f"{number}.png"
    Image.new("L", (16, 16), number).save(path)
    return ImageRecord(
        path,
        study_uid=f"1.2.840.99.{number}",
        accession_number=f"A000{number}",
        patient_id=f"P{number}",
        acquired_at=DAY,
    )


def imported(folder: Path, files: Files) -> tuple[Mapping[str, str], list[str]]:
    """Texts by study UID as training would read them, and why parts were left out."""
    exports = folder / "exports"
    exports.mkdir()
    for name, content in files.items():
        if isinstance(content, bytes):
            (exports / name).write_bytes(content)
        else:
            content(exports / name)
    found = reports_from([exports], ReportNames())
    reasons = [each.reason for each in found.left_out]
    try:
        summary = import_site(
            FoundImages([image(folder, 1), image(folder, 2)], []), found, rules=JoinRules(), manifest=folder / "m.csv"
        )
    except DataError:
        return {}, [*reasons, *(line for line in (folder / "import-log.csv").read_text().splitlines())]
    survey = survey_manifest(folder / "m.csv")
    assert survey.faults == ()
    assert survey.manifest is not None
    reasons += list(summary.reasons)
    return {study.rpartition(".")[2]: words for study, words in survey.manifest.reports.items()}, reasons


# HL7 v2

PID = "PID|1||P1^^^HOSP^MR||Doe^Jane"
OBR = "OBR|1|PL9|A0001^RIS|71046^Chest|||20260108101500|||||||||||||||20260108120000|||F"


def msh(kind: str = "ORU^R01", charset: str = "", version: str = "2.5") -> str:
    return f"MSH|^~\\&|RIS|HOSP|PACS|HOSP|20260109||{kind}|77|P|{version}||||||{charset}"


def obx(written: str, *, number: int = 1, what: str = "71046^Report", kind: str = "TX", status: str = "F") -> str:
    return f"OBX|{number}|{kind}|{what}||{written}||||||{status}"


def document(kind: str, content: bytes) -> str:
    return obx(f"RIS^{kind}^Base64^{base64.b64encode(content).decode()}", kind="ED")


def oru(*segments: str, head: str = "", end: str = "\r") -> str:
    return end.join((head or msh(), PID, *segments, ""))


def hl7(written: str, encoding: str = "utf-8") -> Files:
    return {"export.hl7": written.encode(encoding)}


TXA = "TXA|1|CR|TX|20260108101500||20260108120000||||||D77||PL9|A0001||{completion}||{availability}"


def mdm(event: str, *segments: str, completion: str = "AU", availability: str = "AV") -> str:
    """A document; its own segments stand behind the TXA."""
    txa = TXA.format(completion=completion, availability=availability)
    return "\r".join((msh(f"MDM^{event}^MDM_T02"), f"EVN|{event}|20260109", PID, "PV1|1|O", txa, *segments, ""))


HL7: Mapping[str, tuple[Files, Sequence[str]]] = {
    "escapes of every kind": (
        hl7(
            oru(OBR, obx("Heart \\T\\ lungs\\.br\\size 3 \\F\\ 4 \\S\\ 2\\X0D0A\\\\H\\clear\\N\\ \\E\\ end", kind="FT"))
        ),
        ["Heart & lungs\nsize 3 | 4 ^ 2\nclear \\ end"],
    ),
    "hex escapes of letters": (
        hl7(oru(OBR, obx("Neumon\\XED\\a", kind="FT"), head=msh(charset="8859/1"))),
        ["Neumonía"],
    ),
    "an observation for each line": (
        hl7(
            oru(OBR, *(obx(line, number=n) for n, line in enumerate(("FINDINGS:", "Opacity.", "", "Heart normal."), 1)))
        ),
        ["FINDINGS:\nOpacity.\n\nHeart normal."],
    ),
    "lines as repetitions": (hl7(oru(OBR, obx("Opacity.~~Heart normal."))), ["Opacity.\n\nHeart normal."]),
    "notes beside the report": (
        hl7(oru(OBR, "NTE|1||call the ward", obx("Clear."), "NTE|1||seen by Dr A")),
        ["Clear."],
    ),
    "notes in place of observations": (
        hl7(oru(OBR, "NTE|1|L|Small effusion.|RE", "NTE|2|L|No pneumothorax.|RE", "NTE|3|L|bring old films|PI")),
        ["Small effusion.\nNo pneumothorax."],
    ),
    "an old release without a character set": (
        hl7(oru(OBR, obx("Größe unverändert."), head="MSH|^~\\&|RIS|H|P|H|2026||ORU^R01|7|P|2.2"), "latin-1"),
        ["Größe unverändert."],
    ),
    "line feeds": (hl7(oru(OBR, obx("Clear."), end="\n")), ["Clear."]),
    "carriage returns and line feeds": (hl7(oru(OBR, obx("Clear."), end="\r\n")), ["Clear."]),
    "both kinds of line end in one file": (
        hl7(
            oru(OBR, obx("Clear."), end="\n")
            + oru(OBR.replace("A0001", "A0002"), obx("Effusion."), end="\r\n").replace("P1^", "P2^")
        ),
        ["Clear.", "Effusion."],
    ),
    "a report with bare line feeds inside": (
        hl7(oru(OBR, obx("Opacity.\nHeart normal."))),
        ["Opacity.\nHeart normal."],
    ),
    "a file of batches": (
        hl7("\r".join(("FHS|^~\\&|RIS", "BHS|^~\\&|RIS", oru(OBR, obx("Clear.")).strip(), "BTS|1", "FTS|1", ""))),
        ["Clear."],
    ),
    "frames of MLLP": (hl7(f"\x0b{oru(OBR, obx('Clear.'))}\x1c\r"), ["Clear."]),
    "segments of a vendor's own": (
        hl7(oru("ZPI|x", OBR, "ZRX|1|drug", obx("Clear."), "ZDS|1.2.840.99.1^RIS^Application^DICOM")),
        ["Clear."],
    ),
    "other separators": (
        hl7(oru(OBR, obx("Left & right: 2 mm")).replace("|", "!").replace("^~\\&", "*+\\%").replace("^", "*")),
        ["Left & right: 2 mm"],
    ),
    "findings and impression as suffixes": (
        hl7(
            oru(
                OBR, obx("Opacity.", what="71046&GDT^Chest"), obx("Pneumonia likely.", number=2, what="71046&IMP^Chest")
            )
        ),
        ["Findings:\nOpacity.\nImpression:\nPneumonia likely."],
    ),
    "findings and impression by LOINC": (
        hl7(
            oru(
                OBR,
                obx("Opacity.", what="59776-5^Findings^LN"),
                obx("Pneumonia.", number=2, what="19005-8^Impression^LN"),
            )
        ),
        ["Findings:\nOpacity.\nImpression:\nPneumonia."],
    ),
    "RTF in an observation": (
        hl7(oru(OBR, obx(r"{\E\rtf1\E\ansi Cora\E\'e7\E\'e3o normal\E\par Sem derrame}", kind="FT"))),
        ["Coração normal\nSem derrame"],
    ),
    "a document in Base64": (
        hl7(
            oru(
                OBR,
                document("TEXT^plain", "Größe normal.".encode("cp1252")),
            )
        ),
        ["Größe normal."],
    ),
    "RTF in Base64": (
        hl7(
            oru(
                OBR,
                document("Application^rtf", rb"{\rtf1\ansi No effusion\par}"),
            )
        ),
        ["No effusion"],
    ),
    "a corrected report after the first": (
        hl7(
            oru(OBR, obx("Clear."))
            + oru(OBR.replace("|||F", "|||C").replace("120000", "130000"), obx("A nodule.", status="C"))
        ),
        ["A nodule."],
    ),
    "an addendum in a message of its own": (
        hl7(
            oru(OBR, obx("Clear.")) + oru(OBR.replace("120000", "130000"), obx("A nodule.", what="55107-7^Addendum^LN"))
        ),
        ["Clear.\n\nADDENDUM:\nA nodule."],
    ),
    "the number of the order in a field for the filler's own use": (
        hl7(oru("OBR|1|PL9|F77|71046^Chest" + "|" * 16 + "A0001" + "|||||F", obx("Clear."))),
        ["Clear."],
    ),
    "only patient and day": (
        hl7(oru("OBR|1|||71046^Chest|||20260108101500|||||||||||||||20260108|||F", obx("Clear."))),
        ["Clear."],
    ),
    "ISO-2022-JP as HL7 declares it": (
        hl7(oru(OBR, obx("左肺に結節影を認める。"), head=msh(charset="~ISO IR87")), "iso2022_jp"),
        ["左肺に結節影を認める。"],
    ),
    "Shift JIS without a word": (
        hl7(oru(OBR, obx("胸水は認めない。心拡大あり。")), "cp932"),
        ["胸水は認めない。心拡大あり。"],
    ),
    "UTF-16 with its mark": (hl7(oru(OBR, obx("Ergüsse beidseits.")), "utf-16"), ["Ergüsse beidseits."]),
    "UTF-8 that calls itself Latin-1": (
        hl7(oru(OBR, obx("Derrame pleural pequeño."), head=msh(charset="8859/1"))),
        ["Derrame pleural pequeño."],
    ),
    "messages in two encodings in one file": (
        {
            "mixed.hl7": oru(OBR, obx("Größe normal."), head=msh(charset="8859/1")).encode("latin-1")
            + oru(OBR.replace("A0001", "A0002"), obx("胸水なし。"), head=msh(charset="~ISO IR87"))
            .replace("P1^", "P2^")
            .encode("iso2022_jp")
        },
        ["Größe normal.", "胸水なし。"],
    ),
    "a signed document": (
        hl7(mdm("T02", obx("Small effusion."), obx("No nodule.", number=2))),
        ["Small effusion.\nNo nodule."],
    ),
    "a document as RTF in Base64": (
        hl7(
            mdm(
                "T02",
                document("Application^rtf", rb"{\rtf1\ansi Clear lungs\par}"),
            )
        ),
        ["Clear lungs"],
    ),
    "a document with the order beside it": (
        hl7(mdm("T02", obx("Clear.")).replace("|PL9|A0001|", "|||").replace("TXA|", "OBR|1|PL9|A0001|71046\rTXA|")),
        ["Clear."],
    ),
    "a document and its addendum": (
        hl7(mdm("T02", obx("Clear.")) + mdm("T06", obx("A nodule."))),
        ["Clear.\n\nADDENDUM:\nA nodule."],
    ),
    "a document that replaces another": (hl7(mdm("T02", obx("Clear.")) + mdm("T10", obx("A nodule."))), ["A nodule."]),
    "a notice of a document beside the document": (hl7(mdm("T01") + mdm("T02", obx("Clear."))), ["Clear."]),
}

REFUSED_HL7: Mapping[str, tuple[Files, str]] = {
    "only a PDF": (
        hl7(oru(OBR, document("Application^PDF", b"%PDF-1.7"))),
        "a PDF, not text",
    ),
    "a laboratory's result": (hl7(oru(OBR.replace("|||F", "||LAB|F"), obx("Hb 12"))), "LAB (OBR-24), not of radiology"),
    "an admission": (hl7(oru(OBR, obx("x"), head=msh("ADT^A01"))), "is ADT, expected ORU"),
    "a separator that was not escaped": (hl7(oru(OBR, obx("3 | 4 mm"))), "field separator that is not escaped"),
    "a document that nobody signed": (hl7(mdm("T02", obx("Draft."), completion="DI")), "is preliminary"),
    "a document that was deleted": (
        hl7(mdm("T02", obx("Clear.")) + mdm("T04", completion="AU", availability="CA")),
        "was cancelled",
    ),
    "a document of no known state": (hl7(mdm("T02", obx("Clear."), completion="QQ")), "TXA-17: expected one of"),
    "a document without TXA": (hl7(oru(obx("Clear."), head=msh("MDM^T02"))), "is MDM without a TXA"),
    "a patient's number that contradicts": (
        hl7(oru(OBR, obx("Clear.")).replace("P1^", "P7^")),
        "another patient's examination",
    ),
    "a message that is cut": (hl7(oru(OBR, "OBX|1|TX|71046||No eff").rstrip()), "cut off"),
}


# FHIR


def report(**changes: object) -> dict[str, object]:
    resource: dict[str, object] = {
        "resourceType": "DiagnosticReport",
        "id": "r1",
        "status": "final",
        "identifier": [{"type": {"coding": [{"code": "ACSN"}]}, "value": "A0001"}],
        "conclusion": "Small effusion.",
        **changes,
    }
    return {key: value for key, value in resource.items() if value is not None}


def bundle(*resources: Mapping[str, object]) -> dict[str, object]:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}


def as_json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


def attached(content: bytes, kind: str) -> list[dict[str, str]]:
    return [{"contentType": kind, "data": base64.b64encode(content).decode()}]


def order(number: str, **more: object) -> dict[str, object]:
    return {
        "resourceType": "ServiceRequest",
        "identifier": [{"type": {"coding": [{"code": "ACSN"}]}, "value": number}],
        **more,
    }


def contained(number: str, words: str) -> dict[str, object]:
    """A report with its order inside, which every report calls by the same name."""
    return report(
        id=number, identifier=None, conclusion=words, contained=[order(number, id="o")], basedOn=[{"reference": "#o"}]
    )


XML_REPORT = """\
<?xml version="1.0" encoding="{encoding}"?>
<DiagnosticReport xmlns="http://hl7.org/fhir">
  <id value="r1"/>
  <contained><ServiceRequest><id value="o"/><identifier><type><coding><code value="ACSN"/></coding></type>
    <value value="A0001"/></identifier></ServiceRequest></contained>
  <basedOn><reference value="#o"/></basedOn>
  <status value="final"/>
  {content}
</DiagnosticReport>"""
XML_BUNDLE = """\
<Bundle xmlns="http://hl7.org/fhir"><type value="searchset"/>
<entry><fullUrl value="urn:uuid:1"/>
<resource><Patient><identifier><value value="P1"/></identifier></Patient></resource></entry>
<entry><resource><DiagnosticReport><status value="final"/><subject><reference value="urn:uuid:1"/></subject>
<effectiveDateTime value="2026-01-08"/><conclusion value="Clear."/></DiagnosticReport></resource></entry></Bundle>"""
XML_TEXT = (
    '<text><status value="additional"/><div xmlns="http://www.w3.org/1999/xhtml">'
    "<p>Small effusion.</p><p>No nodule.</p></div></text>"
)
XML_ATTACHED = '<presentedForm><contentType value="text/plain"/><data value="{data}"/></presentedForm>'


def xml(content: str, encoding: str = "utf-8") -> Files:
    return {"report.xml": XML_REPORT.format(content=content, encoding=encoding).encode(encoding)}


def observation(name: str, words: str, **more: object) -> dict[str, object]:
    return {"resourceType": "Observation", "code": {"text": name}, "valueString": words, **more}


FHIR: Mapping[str, tuple[Files, Sequence[str]]] = {
    "a bundle": (
        {"b.json": as_json(bundle(report(), report(id="r2", identifier=[{"value": "A0002"}], conclusion="Clear.")))},
        ["Small effusion.", "Clear."],
    ),
    "orders inside reports, all of one name": (
        {"b.json": as_json(bundle(contained("A0001", "One."), contained("A0002", "Two.")))},
        ["One.", "Two."],
    ),
    "one resource a line": (
        {
            "DiagnosticReport.ndjson": as_json(report())
            + b"\n"
            + as_json(report(id="2", identifier=[{"value": "A0002"}]))
        },
        ["Small effusion."] * 2,
    ),
    "an export in bulk, a file for each kind": (
        {
            "DiagnosticReport.ndjson": as_json(report(identifier=None, basedOn=[{"reference": "ServiceRequest/o1"}])),
            "Patient.ndjson": as_json({"resourceType": "Patient", "id": "p", "identifier": [{"value": "P1"}]}),
            "ServiceRequest.ndjson": as_json(order("A0002", id="o2")) + b"\n" + as_json(order("A0001", id="o1")),
        },
        ["Small effusion."],
    ),
    "references by whole address and version": (
        {
            "b.json": as_json(
                bundle(
                    report(
                        identifier=None,
                        basedOn=[{"reference": "https://ris.example/fhir/ServiceRequest/o1/_history/3"}],
                    ),
                    order("A0001", id="o1"),
                )
            )
        },
        ["Small effusion."],
    ),
    "attached RTF": (
        {
            "r.json": as_json(
                report(conclusion=None, presentedForm=attached(rb"{\rtf1\ansi Kein Ergu\'df\par}", "application/rtf"))
            )
        },
        ["Kein Erguß"],
    ),
    "attached HTML": (
        {"r.json": as_json(report(conclusion=None, presentedForm=attached(b"<p>No&nbsp;nodule.</p>", "text/html")))},
        ["No nodule."],
    ),
    "attached Shift JIS that names itself": (
        {
            "r.json": as_json(
                report(
                    conclusion=None,
                    presentedForm=attached("胸水なし。".encode("cp932"), "text/plain; charset=Shift_JIS"),
                )
            )
        },
        ["胸水なし。"],
    ),
    "results with text": (
        {
            "b.json": as_json(
                bundle(
                    report(
                        conclusion=None,
                        result=[
                            {"reference": "Observation/f"},
                            {"reference": "Observation/i"},
                            {"reference": "Observation/h"},
                        ],
                    ),
                    observation("Findings", "Opacity.", id="f"),
                    observation("Impression", "Pneumonia.", id="i"),
                    observation("Clinical history", "cough", id="h"),
                )
            )
        },
        ["Findings:\nOpacity.\nImpression:\nPneumonia."],
    ),
    "a narrative that was written": (
        {
            "r.json": as_json(
                report(
                    conclusion=None,
                    text={"status": "additional", "div": "<div><p>Small effusion.</p><p>No nodule.</p></div>"},
                )
            )
        },
        ["Small effusion.\n\nNo nodule."],
    ),
    "XML": (xml('<conclusion value="Small effusion.&#10;No nodule."/>'), ["Small effusion.\nNo nodule."]),
    "XML in Latin-1": (xml('<conclusion value="Größe unverändert."/>', "iso-8859-1"), ["Größe unverändert."]),
    "XML in UTF-16": (xml('<conclusion value="胸水なし。"/>', "utf-16"), ["胸水なし。"]),
    "XML with an attached text": (
        xml(XML_ATTACHED.format(data=base64.b64encode(b"Clear.").decode())),
        ["Clear."],
    ),
    "XML with a narrative": (xml(XML_TEXT), ["Small effusion.\n\nNo nodule."]),
    "a bundle in XML": ({"b.xml": XML_BUNDLE.encode()}, ["Clear."]),
    "JSON in UTF-16": (
        {"r.json": json.dumps(report(conclusion="Größe normal."), ensure_ascii=False).encode("utf-16")},
        ["Größe normal."],
    ),
}

REFUSED_FHIR: Mapping[str, tuple[Files, str]] = {
    "only a PDF": (
        {"r.json": as_json(report(conclusion=None, presentedForm=attached(b"%PDF-1.7", "application/pdf")))},
        "application/pdf, not text",
    ),
    "a PDF that calls itself text": (
        {"r.json": as_json(report(conclusion=None, presentedForm=attached(b"%PDF-1.7", "text/plain")))},
        "is a PDF, not text",
    ),
    "a narrative that a program made": (
        {
            "r.json": as_json(
                report(conclusion=None, text={"status": "generated", "div": "<div>Chest, final, 2026</div>"})
            )
        },
        "there is no report text",
    ),
    "XML that is cut": ({"r.xml": XML_BUNDLE.encode()[:-40]}, "is damaged XML"),
    "XML with entities": ({"r.xml": b'<!DOCTYPE x [<!ENTITY a "b">]>' + XML_BUNDLE.encode()}, "entities"),
    "entered in error": (
        {"r.json": as_json(report(status="entered-in-error"))},
        "no report itself, only what is cancelled",
    ),
    "patients only": (
        {"p.json": as_json({"resourceType": "Patient", "id": "1"})},
        "holds no DiagnosticReport, only Patient",
    ),
    "two patients of one name in two files": (
        {
            "r.json": as_json(
                report(identifier=None, subject={"reference": "Patient/1"}, effectiveDateTime="2026-01-08")
            ),
            "p1.json": as_json({"resourceType": "Patient", "id": "1", "identifier": [{"value": "P1"}]}),
            "p2.json": as_json({"resourceType": "Patient", "id": "1", "identifier": [{"value": "P2"}]}),
        },
        "no examination has its accession number, study UID or patient",
    ),
}


# DICOM SR, tables, text


def sr(*content: Dataset, **elements: object) -> Files:
    """A structured report of the first examination."""
    standard: dict[str, object] = {"AccessionNumber": "A0001", "StudyInstanceUID": "1.2.840.99.1", "PatientID": "P1"}

    def save(path: Path) -> None:
        write_sr(path.parent, *content, **(standard | elements)).rename(path)

    return {"report-sr.dcm": save}


def workbook(*sheets: tuple[str, Sequence[Sequence[object]]], merged: Sequence[str] = ()) -> Files:
    def save(path: Path) -> None:
        book = Workbook()
        for title, rows in sheets:
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(list(row))
            for cells in merged:
                sheet.merge_cells(cells)
        del book["Sheet"]
        book.save(path)

    return {"export.xlsx": save}


def table(content: str, encoding: str = "utf-8", name: str = "ris.csv") -> Files:
    return {name: content.encode(encoding)}


CDA = """<?xml version="1.0" encoding="UTF-8"?><ClinicalDocument xmlns="urn:hl7-org:v3"><component><structuredBody>
<component><section><title>Findings</title><text><paragraph>Opacity.</paragraph></text></section></component>
<component><section><title>Impression</title><text><list><item>Pneumonia.</item></list></text></section></component>
</structuredBody></component></ClinicalDocument>"""

OTHERS: Mapping[str, tuple[Files, Sequence[str]]] = {
    "SR with nested containers": (
        sr(
            container("121070", "Findings", container("X1", "Lungs", text("Opacity.", "X2", "Statement"))),
            container("121076", "Conclusions", text("Pneumonia.", "121077", "Conclusion")),
        ),
        ["Findings:\nOpacity.\nConclusion:\nPneumonia."],
    ),
    "SR with the meanings of another language": (
        sr(
            container("99A", "Befund", text("Kein Erguss.", "99B", "Text")),
            container("99C", "Beurteilung", text("Unauffällig.", "99D", "Text")),
        ),
        ["Befund:\nKein Erguss.\nBeurteilung:\nUnauffällig."],
    ),
    "SR without the history": (
        sr(container("121060", "History", text("cough", "121060", "History")), text("Clear.")),
        ["Clear."],
    ),
    "SR in Japanese": (sr(text("胸水なし。"), SpecificCharacterSet=["", "ISO 2022 IR 87"]), ["胸水なし。"]),
    "a merged title above the header": (
        workbook(
            (
                "Export",
                [
                    ["Radiology export", "", ""],
                    ["January", "", ""],
                    ["Accession", "MRN", "Report"],
                    ["A0001", "P1", "Clear."],
                ],
            ),
            merged=["A1:C1"],
        ),
        ["Clear."],
    ),
    "groups of columns in merged cells": (
        workbook(
            (
                "Export",
                [
                    ["Patient", "", "Order", "Report", ""],
                    ["ID", "Name", "Accession", "Findings", "Impression"],
                    ["P1", "x", "A0001", "Opacity.", "Pneumonia."],
                ],
            ),
            merged=["A1:B1", "D1:E1"],
        ),
        ["Findings:\nOpacity.\nImpression:\nPneumonia."],
    ),
    "a second sheet with something else": (
        workbook(
            ("Notes", [["made by", "IT"], ["on", "Monday"]]), ("Data", [["Accession", "Report"], ["A0001", "Clear."]])
        ),
        ["Clear."],
    ),
    "dates as numbers": (workbook(("Data", [["MRN", "Exam Date", "Report"], ["P1", 46030, "Clear."]])), ["Clear."]),
    "numbers as text and text as numbers": (
        workbook(("Data", [["Accession", "MRN", "Report", "Study Date"], [" A0001 ", "P1", "Clear.", "08.01.2026"]])),
        ["Clear."],
    ),
    "American dates by the rest of their column": (
        table("MRN,Exam Date,Report\nP1,01/08/2026,Clear.\nP9,01/31/2026,Other.\n"),
        ["Clear."],
    ),
    "a time with AM": (
        table("MRN,Exam Date,Report\nP1,1/8/2026 10:00 AM,Clear.\nP8,1/28/2026 1:00 PM,Other.\n"),
        ["Clear."],
    ),
    "a date in words": (table("MRN,Exam Date,Report\nP1,08-JAN-2026 10:00,Clear.\n"), ["Clear."]),
    "a date of a Japanese era": (
        table("患者ID,検査日,レポート\nP1,令和8年1月8日,胸水なし。\n", "cp932"),
        ["胸水なし。"],
    ),
    "a date that may be two beside a number of the order": (
        table("Accession,Exam Date,Report\nA0001,03/04/2026,Clear.\n"),
        ["Clear."],
    ),
    "a title above a CSV": (
        table("Export of 2026;;\n\nAuftragsnummer;Patientennummer;Befund\nA0001;P1;Kein Erguss.\n"),
        ["Kein Erguss."],
    ),
    "tabs and UTF-16": (table("Accession\tReport\nA0001\tGröße normal.\n", "utf-16", "ris.tsv"), ["Größe normal."]),
    "findings and impression in columns": (
        table("Accession,Findings,Impression\nA0001,Opacity.,Pneumonia.\n"),
        ["Findings:\nOpacity.\nImpression:\nPneumonia."],
    ),
    "a formula that keeps zeros": (table('Accession,MRN,Report\n"=""A0001""","=""P1""",Clear.\n'), ["Clear."]),
    "CDA": ({"A0001.xml": CDA.encode()}, ["Findings:\nOpacity.\nImpression:\nPneumonia."]),
    "text in Shift JIS": (
        {"A0001.txt": "右胸水は認めない。心拡大を認める。".encode("cp932")},
        ["右胸水は認めない。心拡大を認める。"],
    ),
    "text in ISO-2022-JP": ({"A0001.txt": "左肺に結節影。".encode("iso2022_jp")}, ["左肺に結節影。"]),
    "text in UTF-16 without a mark": (
        {"A0001.txt": "胸水なし。心拡大あり。".encode("utf-16-le")},
        ["胸水なし。心拡大あり。"],
    ),
    "text in Latin-1": (
        {"A0001.txt": "Größe unverändert, kein Erguß.".encode("latin-1")},
        ["Größe unverändert, kein Erguß."],
    ),
    "an HTML page": (
        {"A0001.html": b"<html><body><h1>Report</h1>No&nbsp;effusion.<br>Heart normal.</body></html>"},
        ["Report\nNo effusion.\nHeart normal."],
    ),
    "files in different encodings": (
        {"A0001.txt": "Größe normal.".encode("cp1252"), "A0002.txt": "胸水なし。心拡大あり。".encode("cp932")},
        ["Größe normal.", "胸水なし。心拡大あり。"],
    ),
}

REFUSED_OTHERS: Mapping[str, tuple[Files, str]] = {
    "SR of measurements": (sr(), "holds no text"),
    "two sheets of reports": (
        workbook(
            ("2025", [["Accession", "Report"], ["A0001", "Clear."]]),
            ("2026", [["Accession", "Report"], ["A0001", "Nodule."]]),
        ),
        "several sheets with values (2025, 2026)",
    ),
    "a date that may be two": (table("MRN,Exam Date,Report\nP1,03/04/2026,Clear.\n"), "may be two dates"),
    "identifiers that a spreadsheet rounded": (
        table("Accession,Report\n1.23E+13,Clear.\n"),
        "as a spreadsheet rounds it",
    ),
    "columns that slipped": (table("Accession,Exam Date,Report\nA0001,No effusion.,2026-01-08\n"), "expected a date"),
    "a PDF": ({"A0001.pdf": b"%PDF-1.7 x"}, "is a PDF, not text"),
    "an old Word file": ({"A0001.doc": b"\xd0\xcf\x11\xe0 x"}, "a Word document of the old kind"),
    "letters that became question marks": (
        {"A0001.txt": b"Ver?nderung der Gr??e, unver?ndert"},
        "its accents were lost",
    ),
    "two encodings in one file": (
        {"A0001.txt": "Größe normal.\n".encode("cp1252") + "Größe normal.\n".encode()},
        "UTF-8",
    ),
}

READ = {
    f"{kind}: {name}": case
    for kind, cases in (("HL7", HL7), ("FHIR", FHIR), ("other", OTHERS))
    for name, case in cases.items()
}
REFUSED = {
    f"{kind}: {name}": case
    for kind, cases in (("HL7", REFUSED_HL7), ("FHIR", REFUSED_FHIR), ("other", REFUSED_OTHERS))
    for name, case in cases.items()
}


@pytest.mark.parametrize("name", READ)
def test_an_export_becomes_a_manifest_with_its_reports(tmp_path: Path, name: str) -> None:
    files, texts = READ[name]
    read, reasons = imported(tmp_path, files)
    assert read == {str(number): words for number, words in enumerate(texts, 1)}, reasons


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_left_out_with_the_reason(tmp_path: Path, name: str) -> None:
    files, words = REFUSED[name]
    read, reasons = imported(tmp_path, files)
    assert read == {}
    assert any(words in reason for reason in reasons), reasons
