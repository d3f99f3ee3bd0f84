"""What every app stands on: money, periods, errors, transitions, locks, public ids, outgoing HTTP, the outbox."""
