"""The hospital with a shipped model, for this folder."""

from tests.client.shipped_hospital import hospital_data, shipped, shipped_state, site_file

__all__ = ["hospital_data", "shipped", "shipped_state", "site_file"]
