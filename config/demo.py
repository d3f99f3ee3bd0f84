"""`./run demo` and `./run demo --once`: the whole product on this machine, with the demo distributor in it.

`./run demo` goes on with the demo data that is there, or loads it; `--fresh` and `--once` always load it anew. Data
that is not the demo's is never touched in a database that `DATABASE_URL` names.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import IO, NoReturn

from config import demo_data
from config.embedded import attach
from config.embedded.client import open_lock, try_lock
from config.embedded.paths import EmbeddedError, Places
from config.embedded.processes import die_with_parent
from config.embedded.redis import free_port
from config.env import STATE
from config.preparation import migrate_if_needed, plain_about_connections
from config.supervisor import GaveUp, Program, Supervisor, last_lines, say

HOME = Path(__file__).resolve().parent.parent
LOGS = STATE / "log"
FIRST_PORT = 8000
READY_SECONDS = 90


class DemoFailed(RuntimeError):
    """The demo cannot go on; the message is for the person at the terminal."""


def main(arguments: Sequence[str]) -> int:
    """Run the demo; return the exit status. Ctrl-C and SIGTERM stop everything that was started."""
    parser = argparse.ArgumentParser(prog="./run demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="load it anew, play the demo month, verify it, stop")
    parser.add_argument("--fresh", action="store_true", help="load the demo data anew")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's `&` has it ignored
    try:
        with plain_about_connections(), open_lock(Places.of_checkout().run / "demo.lock") as lock:
            if not try_lock(lock, fcntl.LOCK_EX):
                return join_running(lock, options)
            return run(lock, once=options.once, fresh=options.fresh or options.once)
    except (DemoFailed, EmbeddedError, GaveUp, demo_data.Refused) as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        return 0 if not options.once else 130


def leave(*_: object) -> NoReturn:
    """SIGTERM unwinds like an error, so that everything is stopped on the way out."""
    sys.exit(143)


def join_running(lock: IO[str], options: argparse.Namespace) -> int:
    """Another demo of this checkout runs: say where. It cannot be loaded anew beneath the other's feet."""
    if options.once or options.fresh:
        msg = "a demo of this checkout is running; stop it first"
        raise DemoFailed(msg)
    lock.seek(0)
    url = lock.read().strip()
    say("A demo of this checkout is running already." if url else "A demo of this checkout is just starting.")
    if url:
        announce(url)
    return 0


def run(lock: IO[str], *, once: bool, fresh: bool) -> int:
    """Start everything, and either stay or play the story."""
    lock.truncate(0)
    started = time.monotonic()
    with (
        listen() as listener,
        attach() as attachment,
        Supervisor(home=HOME, logs=LOGS, attachment=attachment) as supervisor,
    ):
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        os.environ["SITE_URL"] = url
        demo_data.refuse_foreign_data()
        fresh = fresh or not demo_data.is_loaded()
        if fresh:
            say("Loading the demo distributor …")
            demo_data.clear(keep_redis="redis" not in attachment.names)
        migrate_if_needed()
        supervisor.start(*simulator_programs())
        if fresh:
            load(supervisor)
        supervisor.start(*product(listener.fileno()))
        wait_until_ready(supervisor, url)
        if once:
            status = play(supervisor)
            say(f"The demo took {time.monotonic() - started:.0f} s.")
            return status
        lock.write(url)
        lock.flush()
        announce(url)
        supervisor.watch()
    return 0


def announce(url: str) -> None:
    """Say where it is and who may sign in."""
    sys.stdout.write(f"Ready: {url}\n{demo_data.sign_ins()}")
    sys.stdout.flush()


def listen() -> socket.socket:
    """Listen on `PORT`, else on the first free port from 8000 on.

    The socket is taken before anything is loaded and handed to the web server: no other demo can come in between, and
    callers of a web server that is just being started again wait instead of being refused.
    """
    wanted = os.environ.get("PORT", "")
    if not wanted:
        found = next(filter(None, map(try_port, range(FIRST_PORT, FIRST_PORT + 100))), None) or try_port(0)
    else:
        found = try_port(int(wanted)) if wanted.isdecimal() and 0 < int(wanted) < 65536 else None
    if found is None:
        msg = f"PORT={wanted} cannot be used here"
        raise DemoFailed(msg)
    return found


def try_port(port: int) -> socket.socket | None:
    """A socket that listens on this port of this machine only, or nothing when it is taken."""
    try:
        return socket.create_server(("127.0.0.1", port), backlog=128)
    except OSError:
        return None


def simulator_programs() -> list[Program]:
    """The Partner Center and the VIES of this machine, unless the environment names others."""
    ledger = ("--data", str(demo_data.SIMULATOR))
    wanted = (
        ("PARTNER_CENTER_URL", "simulator", "storefront.partner_center.simulator", ledger),
        ("VIES_URL", "vies", "accounts.vies.simulator", ()),
    )
    programs = []
    for variable, name, module, more in wanted:
        if not os.environ.get(variable):
            port = free_port()
            os.environ[variable] = f"http://127.0.0.1:{port}"
            programs.append(Program(name, [sys.executable, "-m", module, "--port", str(port), *more]))
    return programs


def product(listener: int) -> list[Program]:
    """Web on the socket of that number, one worker for each kind of work, and the scheduler."""
    python = (sys.executable, "-m")
    web = [*python, "gunicorn", "config.wsgi", "--bind", f"fd://{listener}", "--workers", "2", "--threads", "4"]
    quick = ["--graceful-timeout", "5", "--timeout", "60", "--no-control-socket"]
    celery = [*python, "celery", "--app", "config"]
    worker = [*celery, "worker", "--loglevel", "INFO", "--without-gossip", "--without-mingle"]
    queues = {"interactive": "interactive,default", "batch": "batch", "render": "render,mail"}
    return [
        Program("web", [*web, *quick], {"PROCESS": "web"}, sockets=(listener,)),
        *(
            Program(
                f"worker-{name}",
                [*worker, "--queues", served, "--hostname", f"{name}@%h", "--concurrency", "2"],
                {"PROCESS": "worker"},
            )
            for name, served in queues.items()
        ),
        Program("beat", [*celery, "beat", "--loglevel", "INFO"], {"PROCESS": "worker"}),
    ]


def wait_until_ready(supervisor: Supervisor, url: str) -> None:
    """Return when `/readyz` says that database, Redis, storage and workers are well."""
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end:
        supervisor.look()
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:  # noqa: S310 -- our own address
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.3)
    msg = f"the product does not get ready; see {LOGS}\n{last_lines(LOGS / 'web.log')}"
    raise DemoFailed(msg)


def load(supervisor: Supervisor) -> None:
    """Load the demo distributor; the simulator runs meanwhile."""
    process = manage("load_demo", stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout as told:
        text = told.read()
    if supervisor.wait(process) != 0:
        sys.stdout.write(text)
        msg = "the demo data could not be loaded"
        raise DemoFailed(msg)
    demo_data.mark_loaded(sign_ins=text)


def play(supervisor: Supervisor) -> int:
    """Play the demo month against the running product (at `SITE_URL`); its exit status is ours."""
    return supervisor.wait(manage("play_demo_story"))


def manage(command: str, stdout: int | None = None) -> subprocess.Popen[str]:
    """Start a management command that ends when we end."""
    return subprocess.Popen(
        [sys.executable, "manage.py", command],
        cwd=HOME,
        stdout=stdout,
        text=True,
        preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 -- this process has one thread
    )
