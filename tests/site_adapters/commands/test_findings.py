import json

from typer.testing import CliRunner

from glsmed.site_adapters.adapter.finding_list import known_findings
from glsmed.site_adapters.cli import app


def test_a_line_a_finding() -> None:
    done = CliRunner().invoke(app, ["findings"])
    heads, *lines = done.output.splitlines()
    assert heads.split() == ["finding", "terms", "languages", "first", "terms"]
    assert [line.split()[0] for line in lines] == [finding.name for finding in known_findings()]


def test_json_holds_the_same() -> None:
    rows = json.loads(CliRunner().invoke(app, ["findings", "ja_radiology", "--json"]).output)
    (edema,) = (finding for finding in known_findings("ja_radiology") if finding.name == "edema")
    assert {"name": "edema", "terms": edema.terms}.items() <= next(
        row for row in rows if row["name"] == "edema"
    ).items()
