from glsmed.benchmarks.corpora.openi import OpeniReport
from glsmed.benchmarks.language.bare_mentions.form_rows import form_rows
from tests.site_adapters.conftest import built_in_reader


def test_rows_tell_each_form_and_what_the_form_gains_at_each_system() -> None:
    texts = ["Small effusion."] * 30 + ["The effusion is small."] * 30
    reports = [OpeniReport(f"CXR{at}", text, {"effusion": int(at < 30 or at % 2)}) for at, text in enumerate(texts)]
    systems = {f"CXR{at}": "AB"[at // 3 % 2] for at in range(60)}
    rows = {row.what: row for row in form_rows(built_in_reader("en_radiology"), reports, systems)}
    alone = rows["bare mentions a noun phrase alone: difference in the share that was indexed"]
    assert alone.value == 0.5
    assert alone.numbers["differs"] is True
    assert rows["bare mentions in a question: difference in the share that was indexed"].value is None
    gains = [row for what, row in rows.items() if "Brier gained" in what]
    assert [row.met for row in gains] == [True, True]
