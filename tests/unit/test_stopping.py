"""However many signals come, and whenever: it stops once."""

import signal
import subprocess
import sys
import time

PROGRAM = """
from waymark.stopping import until_signalled
with until_signalled() as stop:
    print("ready", flush=True)
    while not stop.wait(0.001):
        pass
    for _ in range(100_000):
        stop.set()
"""


def test_a_storm_of_signals_stops_a_process_and_never_holds_it() -> None:
    """A signal that comes while an earlier one is handled must not wait for it: with a lock, it does for ever."""
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            end = time.monotonic() + 0.3
            while process.poll() is None and time.monotonic() < end:
                process.send_signal(signal.SIGTERM)
                process.send_signal(signal.SIGINT)
            try:
                process.wait(10)
            finally:
                process.kill()
