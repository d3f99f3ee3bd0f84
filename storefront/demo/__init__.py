"""The demo distributor in Athens: its companies, catalogue, two months of history, and a month that is played."""
