"""The reseller's pages of invoices."""
