"""How Microsoft Partner Center is spoken to: payloads, client, typed errors, and a simulator process."""
