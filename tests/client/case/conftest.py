"""A hospital with its shipped model, and prices as ``case --init`` writes them."""

from tests.client.shipped_hospital import hospital_data, shipped, shipped_state, site_file
from tests.shared.case.conftest import prices

__all__ = ["hospital_data", "prices", "shipped", "shipped_state", "site_file"]
