"""From a frozen document to bytes: no database, no network, no clock."""
