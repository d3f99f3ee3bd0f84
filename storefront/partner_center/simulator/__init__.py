"""A Partner Center of our own: a process that speaks the same HTTP, with its ledger on disk and a journal of requests.

Plain standard library, no Django: `python -m storefront.partner_center.simulator --port 8085 --data var/simulator`.
Nothing in the product asks whether it talks to this or to Microsoft; the base URL in the settings decides.

- The ledger (SQLite, synchronous) survives `kill -9`. The journal (`journal.jsonl`) holds every request as it came in,
  without tokens.
- `/_sim/…` (loopback only) resets it, seeds it, moves its clock, switches faults on, and reads journal and ledger.
- Terms end by its clock: with auto-renew on they renew from the original day, else the subscription expires.
- Recognisable inputs need no switch: see `inputs.py`.
"""
