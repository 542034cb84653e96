"""The record of a study that has ended, and prices as ``case --init`` writes them."""

from tests.server.reporting.conftest import folder
from tests.shared.case.conftest import prices

__all__ = ["folder", "prices"]
