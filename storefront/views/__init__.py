"""The reseller's pages."""
