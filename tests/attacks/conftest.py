"""The small federation of tests/server, whose numbers can be worked out by hand."""

from tests.server.conftest import clock, make_site, study

__all__ = ["clock", "make_site", "study"]
