"""The small federation of tests/server, whose numbers can be worked out by hand, and the drawn site of tests/client."""

from tests.client.conftest import drawn_data, write_config, write_dicom
from tests.server.conftest import clock, make_site, study

__all__ = ["clock", "drawn_data", "make_site", "study", "write_config", "write_dicom"]
