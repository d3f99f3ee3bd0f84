"""Registrations of the operators' site, one module per app."""
