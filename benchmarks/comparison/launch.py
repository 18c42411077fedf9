"""
Runs one command and says on its own stdout how long it took, its peak memory and its exit code.

A process of its own because a child's peak memory begins at that of the process that started it:
this one imports next to nothing, so that it is small. It takes a file for what the command says,
whether to weigh it, and the command. What is weighed is looked at again and again, which takes
time: all of its processes together, what they share counted once. Else it is the largest.
"""

import os
import signal
import sys
import time

LOOK = 0.01
"""Seconds between looks at how large the processes are."""


def main(output: str, weighed: bool, command: list[str]) -> None:
    """Start, wait, print."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
    started = time.perf_counter()
    child = os.fork()
    if child == 0:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
        words = os.open(output, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        os.dup2(words, 1)
        os.dup2(words, 2)
        os.execvp(command[0], command)  # noqa: S606  # a list, no shell
    peak = 0
    while weighed and os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        peak = max(peak, sum(map(weight, tree(child))))
        signal.sigtimedwait([signal.SIGCHLD], LOOK)
    _, status, used = os.wait4(child, 0)
    seconds = time.perf_counter() - started
    kilobyte = 1 if sys.platform == "darwin" else 1024
    print(seconds, (peak or used.ru_maxrss) * kilobyte, os.waitstatus_to_exitcode(status))


def tree(process: int) -> list[int]:
    """A process and all below it; itself alone where the system does not say."""
    try:
        with open(f"/proc/{process}/task/{process}/children") as found:  # noqa: PTH123  # no import
            below = [int(child) for child in found.read().split()]
    except OSError:
        below = []
    return [process, *(one for child in below for one in tree(child))]


def weight(process: int) -> int:
    """Its kilobytes, of each page that it shares its part; nothing where it has ended."""
    try:
        with open(f"/proc/{process}/smaps_rollup") as found:  # noqa: PTH123  # as above
            return next((int(line.split()[1]) for line in found if line.startswith("Pss:")), 0)
    except OSError:
        return 0


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] == "weighed", sys.argv[3:])
