#!/usr/bin/env python3
"""Runs a test command and ends it, by name, when one test hangs.

`cargo test` knows no time limit for a test. But libtest says "test NAME has been running for over 60 seconds": from then on a test
has LIMIT more seconds. A test program that prints nothing for SILENCE seconds has hung as well; its name is cargo's last
"Running" line. Exit code: the command's, or 124.
"""
import os
import re
import selectors
import signal
import subprocess
import sys
import time

LIMIT = float(os.environ.get("TEST_LIMIT", "600"))
SILENCE = float(os.environ.get("TEST_SILENCE", "600"))
SLOW = re.compile(r"^test (\S+) has been running for over")
ENDED = re.compile(r"^test (\S+) (?:- .* )?\.\.\. ")
RUNNING = re.compile(r"^\s+(Running|Doc-tests) (.*)")


def main() -> int:
    command = subprocess.Popen(
        sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )

    def end(why: str) -> int:
        print(f"hung: {why}", flush=True)
        os.killpg(command.pid, signal.SIGKILL)
        command.wait()
        return 124

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(end("the whole command, at the limit of its step")))
    slow, program, heard = {}, "cargo", time.monotonic()
    selector = selectors.DefaultSelector()
    selector.register(command.stdout, selectors.EVENT_READ)
    rest = b""
    while True:
        if selector.select(1.0):
            read = os.read(command.stdout.fileno(), 1 << 16)
            if not read:
                return command.wait()
            heard = time.monotonic()
            sys.stdout.buffer.write(read)
            sys.stdout.flush()
            *lines, rest = (rest + read).split(b"\n")
            for line in (raw.decode(errors="replace") for raw in lines):
                if found := SLOW.match(line):
                    slow[found[1]] = heard
                elif found := ENDED.match(line):
                    slow.pop(found[1], None)
                elif found := RUNNING.match(line):
                    slow, program = {}, found[2]
        now = time.monotonic()
        for test, since in slow.items():
            if now - since > LIMIT:
                return end(f"test {test} in {program}, after {60 + LIMIT:.0f} s")
        if now - heard > SILENCE:
            return end(f"{program}: no output for {SILENCE:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
