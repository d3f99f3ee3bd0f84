"""Where Microsoft is: the real Partner Center, or the simulator on this machine. Only the address differs."""

from __future__ import annotations

from urllib.parse import urlsplit

from config.env import env

PARTNER_CENTER_URL = env.str("PARTNER_CENTER_URL", default="http://127.0.0.1:8766")
PARTNER_CENTER_TOKEN_URL = env.str("PARTNER_CENTER_TOKEN_URL", default=f"{PARTNER_CENTER_URL}/distributor/oauth2/token")
PARTNER_CENTER_CLIENT_ID = env.str("PARTNER_CENTER_CLIENT_ID", default="storefront")
PARTNER_CENTER_CLIENT_SECRET = env.str("PARTNER_CENTER_CLIENT_SECRET", default="simulator")
PARTNER_CENTER_REFRESH_TOKEN = env.str("PARTNER_CENTER_REFRESH_TOKEN", default="simulator")
PARTNER_CENTER_RESOURCE = "https://api.partnercenter.microsoft.com"

# Seconds. A page waits for Microsoft at most PAGE_SECONDS; a worker longer, and longest for a checkout.
PARTNER_CENTER_CONNECT_SECONDS = env.float("PARTNER_CENTER_CONNECT_SECONDS", default=5.0)
PARTNER_CENTER_READ_SECONDS = env.float("PARTNER_CENTER_READ_SECONDS", default=60.0)
PARTNER_CENTER_CHECKOUT_SECONDS = env.float("PARTNER_CENTER_CHECKOUT_SECONDS", default=180.0)
PARTNER_CENTER_PAGE_SECONDS = env.float("PARTNER_CENTER_PAGE_SECONDS", default=3.0)

# Seconds between tries of a write whose outcome is unknown, before it is reconciled by reading.
FULFILMENT_RETRY_SECONDS = env.list("FULFILMENT_RETRY_SECONDS", cast=float, default=[2, 5, 15, 30, 60, 120])
# Seconds after acceptance at which the order is read back; the last value repeats.
FULFILMENT_POLL_SECONDS = env.list("FULFILMENT_POLL_SECONDS", cast=float, default=[3, 15, 60, 300, 900, 1800, 3600])
FULFILMENT_PROVISIONING_HOURS = env.float("FULFILMENT_PROVISIONING_HOURS", default=48.0)
# An unknown outcome is not called "nothing happened" before this many seconds: order lists lag by 15 minutes.
FULFILMENT_PROOF_SECONDS = env.float("FULFILMENT_PROOF_SECONDS", default=900.0)
# How long after the death of a worker others go on with its tenant; longer while it waits for an answer.
FULFILMENT_LEASE_SECONDS = env.float("FULFILMENT_LEASE_SECONDS", default=60.0)
# The sweeper does not ring again for the same work before this.
FULFILMENT_RING_SECONDS = env.float("FULFILMENT_RING_SECONDS", default=30.0)

# Seconds between looks at a term that has ended and is not confirmed; the last value repeats.
RENEWAL_LOOK_SECONDS = env.list("RENEWAL_LOOK_SECONDS", cast=float, default=[600, 1800, 3600, 7200, 21600])
# A renewal that Microsoft has not confirmed for so long is held and shown to the operators.
RENEWAL_PATIENCE_HOURS = env.float("RENEWAL_PATIENCE_HOURS", default=24.0)
# So long before a term's end auto-renew cannot be switched any more.
RENEWAL_LOCK_HOURS = env.float("RENEWAL_LOCK_HOURS", default=24.0)

OUTGOING_HTTP_HOSTS = [urlsplit(address).netloc for address in (PARTNER_CENTER_URL, PARTNER_CENTER_TOKEN_URL)]
