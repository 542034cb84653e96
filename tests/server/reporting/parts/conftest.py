"""The study of the report's tests."""

from tests.server.reporting.conftest import folder as folder
