import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from glsmed.benchmarks.commands.methods import compare_methods
from glsmed.benchmarks.comparison.fitting import FitSettings
from glsmed.benchmarks.comparison.jobs import Plan, jobs_of
from glsmed.benchmarks.comparison.plans import PlanOptions, make_plan
from glsmed.benchmarks.comparison.results import Results
from glsmed.benchmarks.comparison.run import run_plan
from glsmed.benchmarks.comparison.trial import Sizes
from glsmed.benchmarks.simulator.sources import source_named
from glsmed.shared.errors import DataError

SIZES, FIT = Sizes(train=40, validation=20, test=30, gold=25), FitSettings(epochs=1)


def plan(**changes: object) -> Plan:
    options = PlanOptions("drawn", ["alike"], ["no-gold", "gold"], ["gls-lexicon", "u-ones", "gce"], seeds=2, gold=25)
    made = make_plan(options)
    return replace(made, sizes=SIZES, settings=FIT, **changes)  # type: ignore[arg-type]  # fields by name


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("methods")
    compare_methods(plan(), "drawn", out=folder, reference="gls-lexicon")
    return folder


def test_every_run_has_its_json_with_all_metrics(finished: Path) -> None:
    runs = sorted((finished / "runs").glob("*.json"))
    assert len(runs) == 2 * 2 * 3
    content = json.loads(runs[0].read_text())
    assert set(content["metrics"]) == {"last", "last_mapped", "best", "best_mapped"}
    assert {"all", "hedged", "st-mary", "sakura", "san-lucas"} <= set(content["metrics"]["last"])
    measured = content["metrics"]["last"]["all"]["macro"]
    assert {"auroc", "brier_reliability", "ece_equal_mass", "calibration_slope", "net_benefit"} <= set(measured)


def test_summary_compares_with_the_reference(finished: Path) -> None:
    summary = json.loads((finished / "summary.json").read_text())
    compared = summary["alike/gold"]["last_mapped"]["reference_less_method"]["all"]
    assert set(compared) == {"u-ones", "gce"}
    assert set(compared["gce"]["auroc"]) == {"mean", "low", "high"}


def test_arms_are_compared_for_the_reference(finished: Path) -> None:
    arms = json.loads((finished / "summary.json").read_text())["alike/first_arm_less_arm"]["last_mapped"]
    assert set(arms) == {"gold"}
    first, second = (
        [json.loads((finished / "runs" / f"drawn.alike.{seed}.{arm}.gls-lexicon.json").read_text()) for seed in (0, 1)]
        for arm in ("no-gold", "gold")
    )
    losses = [
        sum(run["metrics"]["last_mapped"]["all"]["macro"]["brier"] for run in runs) / 2 for runs in (first, second)
    ]
    assert arms["gold"]["brier"]["mean"] == pytest.approx(losses[0] - losses[1], abs=1e-6)


def test_tables_say_in_markdown_what_the_summary_says(finished: Path) -> None:
    summary = json.loads((finished / "summary.json").read_text())["alike/gold"]["last_mapped"]
    lines = (finished / "tables.md").read_text().splitlines()
    rows = [[cell.strip(" *") for cell in line.split("|")[1:-1]] for line in lines if line.startswith("|")]
    brier = summary["reference_less_method"]["all"]["u-ones"]["brier"]
    said = f"{brier['mean']:+.4f} [{brier['low']:+.4f}, {brier['high']:+.4f}]"
    assert any(row[0] == "u-ones" and said in row for row in rows)
    assert any(row[0] == "gce" and f"{summary['all']['gce']['auroc']:.4f}" in row for row in rows)


def test_report_is_one_page_with_figures(finished: Path) -> None:
    page = (finished / "report.html").read_text()
    assert page.count("<img") == 3 * (2 + 3)
    words = re.sub(r"base64,[^\"]*", "", page)  # a picture's letters may spell anything
    assert "http" not in words
    assert "nan" not in words


def test_tuned_candidates_are_kept(finished: Path) -> None:
    tuned = json.loads((finished / "tuned.json").read_text())
    unusual = "train=40.validation=20.test=30.gold=25.epochs=1"
    assert set(tuned) == {f"alike.no-gold.gce.{unusual}", f"alike.gold.gce.{unusual}"}
    assert set(tuned[f"alike.gold.gce.{unusual}"]) == {"0", "1"}


def test_what_is_done_is_not_done_again(finished: Path) -> None:
    results = Results(finished, SIZES, FIT)
    assert run_plan(plan(), source_named("drawn"), results, tell=lambda _: None) == 0
    one = jobs_of(plan())[5]
    (finished / "runs" / f"{one.name}.json").unlink()
    lines: list[str] = []
    assert run_plan(plan(), source_named("drawn"), results, tell=lines.append) == 1
    assert lines == [f"1/1 {one.name}: 0 min left"]


def test_other_settings_are_run_anew(finished: Path) -> None:
    asked = make_plan(PlanOptions("drawn", ["alike"], ["gold"], ["gce"], seeds=1, gold=25, epochs=2))
    assert asked.settings == FitSettings(epochs=2)
    assert not Results(finished, SIZES, asked.settings).has(jobs_of(plan())[0])


def test_a_run_says_how_far_its_logits_went(finished: Path) -> None:
    job = jobs_of(plan())[0]
    results = Results(finished, SIZES, FIT)
    answers = results.answers(job, "last")
    largest = results.largest_logit(job)
    assert largest == pytest.approx(abs(np.log(answers / (1 - answers))).max(), rel=1e-3)
    summary = json.loads((finished / "summary.json").read_text())["alike/no-gold"]["largest_logit"]
    assert summary["gls-lexicon"] == max(results.largest_logit(replace(job, seed=seed)) or 0 for seed in (0, 1))


def test_a_run_from_before_logits_were_kept_is_no_obstacle(finished: Path) -> None:
    job = jobs_of(plan())[0]
    path = finished / "runs" / f"{job.name}.json"
    whole = path.read_text()
    path.write_text(json.dumps({name: value for name, value in json.loads(whole).items() if name != "largest_logit"}))
    assert Results(finished, SIZES, FIT).largest_logit(job) is None
    path.write_text(whole)


def test_every_calibration_error_has_its_floor(finished: Path) -> None:
    summary = json.loads((finished / "summary.json").read_text())
    for measured in summary["alike/gold"]["last_mapped"]["all"].values():
        assert 0 < measured["ece_floor"] < 0.2
        assert 0 < measured["ece_equal_mass_floor"] < 0.2
    assert "ece_floor" in (finished / "report.html").read_text()


def test_folds_are_run_once_and_measured_together(tmp_path: Path) -> None:
    folded = plan(folds=3, seeds=1, arms=("gold",), methods=("gls-lexicon", "u-ones"))
    compare_methods(folded, "drawn", out=tmp_path, reference="gls-lexicon")
    results, job = Results(tmp_path, SIZES, FIT), jobs_of(folded)[0]
    assert job.name == "drawn.alike.0.3-fold.gold.gls-lexicon"
    assert (tmp_path / "runs" / f"{job.name}.json").is_file()
    assert results.answers(job, "last_mapped").shape == (3 * SIZES.studies, 5)
    assert results.test_set(job).site.tolist() == 3 * ([0] * 30 + [1] * 30 + [2] * 30)
    assert run_plan(folded, source_named("drawn"), results, tell=lambda _: None) == 0
    assert "in 3 folds" in (tmp_path / "report.html").read_text()


def test_a_method_with_two_networks_is_compared_with_two_plain_ones(tmp_path: Path) -> None:
    pair = plan(seeds=1, arms=("gold",), methods=("co-teaching", "u-ones-ensemble", "u-ignore-ensemble"), tuned=False)
    compare_methods(pair, "drawn", out=tmp_path, reference="co-teaching")
    summary = json.loads((tmp_path / "summary.json").read_text())["alike/gold"]["last_mapped"]
    assert set(summary["method_less_control"]) == {"co-teaching less u-ones-ensemble"}
    difference = summary["method_less_control"]["co-teaching less u-ones-ensemble"]["brier"]["mean"]
    means = [summary["all"][name]["brier"] for name in ("co-teaching", "u-ones-ensemble")]
    assert difference == pytest.approx(means[0] - means[1], abs=1e-6)
    assert "co-teaching less u-ones-ensemble" in (tmp_path / "report.html").read_text()


def test_a_method_about_federations_is_run_in_federated_arms_only() -> None:
    names = [job.name for job in jobs_of(plan(arms=("gold", "gold-federated"), methods=("u-ones", "fednoro"), seeds=1))]
    assert names == [
        f"drawn.alike.0.{rest}" for rest in ("gold.u-ones", "gold-federated.u-ones", "gold-federated.fednoro")
    ]


def test_a_run_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="missing"):
        Results(tmp_path, SIZES, FIT).content(jobs_of(plan())[0])
