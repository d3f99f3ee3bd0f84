"""A small distributor that lives day by day; whoever plays it decides what happens."""
