"""Input of the invoice pages."""
