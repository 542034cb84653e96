"""The workbench as a local site."""

from pathlib import Path

from glsmed.shared.pages.spoken import Language
from glsmed.shared.web.local_site import LocalSite
from glsmed.shared.web.rendering import NavigationItem
from glsmed.site_adapters.workbench.bench import Workbench
from glsmed.site_adapters.workbench.pages.calibrate_pages import CalibratePages
from glsmed.site_adapters.workbench.pages.change_pages import ChangePages
from glsmed.site_adapters.workbench.pages.report_pages import ReportPages
from glsmed.site_adapters.workbench.pages.suggest_pages import SuggestPages
from glsmed.site_adapters.workbench.pages.words import WORDS

FOLDER = Path(__file__).parent


def workbench_site(bench: Workbench, *, language: Language) -> LocalSite:
    """The pages of a workbench, to be served on loopback."""
    changes = ChangePages(bench)
    rooms = (ReportPages(bench), changes, SuggestPages(bench, changes), CalibratePages(bench))
    return LocalSite(
        title=f"glsmed workbench: {bench.file.path.name}",
        routes=[route for room in rooms for route in room.routes],
        templates=[FOLDER / "templates"],
        static=[FOLDER / "static"],
        words=[WORDS],
        navigation=[
            NavigationItem("/", "Reports", "R"),
            NavigationItem("/changes", "Customise", "C"),
            NavigationItem("/suggest", "Suggest", "S"),
            NavigationItem("/calibrate", "Calibrate", "K"),
        ],
        language=language,
    )
