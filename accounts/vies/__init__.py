"""VIES, the EU's register of VAT numbers: the client, and a simulator for tests and the demo."""
