from glsmed.server.readiness.report import CheckReport


def test_what_checks_found_adds_up_in_order() -> None:
    report = CheckReport(["a"], ["b"], ["c"])
    report.add(CheckReport(["d"], ["e"], ["f"]))
    assert report == CheckReport(["a", "d"], ["b", "e"], ["c", "f"])
