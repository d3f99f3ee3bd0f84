"""Where Microsoft is: the real Partner Center, or the simulator on this machine."""

from __future__ import annotations

from config.env import env

PARTNER_CENTER_URL = env.str("PARTNER_CENTER_URL", default="http://127.0.0.1:8766")
