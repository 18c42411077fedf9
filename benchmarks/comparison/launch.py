"""
Runs one command and says on its own stdout how long it took, its peak memory and its exit code.

A process of its own because a child's peak memory begins at that of the process that started it:
this one imports next to nothing, so that it is small. It takes a file for what the command says,
then the command. Where a process has others, the peaks of all are added, and what they share counts
more than once.
"""

import os
import signal
import sys
import time

LOOK = 0.01
"""Seconds between looks at which processes there are."""


def main(output: str, command: list[str]) -> None:
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
    peaks: dict[int, int] = {}
    while os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        peaks |= {one: peak for one in tree(child) if (peak := highest(one))}
        signal.sigtimedwait([signal.SIGCHLD], LOOK)
    seconds = time.perf_counter() - started
    _, status, used = os.wait4(child, 0)
    kilobyte = 1 if sys.platform == "darwin" else 1024
    peaks[child] = used.ru_maxrss
    print(seconds, sum(peaks.values()) * kilobyte, os.waitstatus_to_exitcode(status))


def tree(process: int) -> list[int]:
    """A process and all below it."""
    try:
        with open(f"/proc/{process}/task/{process}/children") as said:  # noqa: PTH123  # imports none
            below = [int(child) for child in said.read().split()]
    except OSError:  # it has ended, or this is no Linux
        below = []
    return [process, *(one for child in below for one in tree(child))]


def highest(process: int) -> int:
    """The most memory that a process has had, in kilobytes; 0 where that cannot be said."""
    try:
        with open(f"/proc/{process}/status") as said:  # noqa: PTH123  # as above
            lines = [line.split() for line in said if line.startswith("VmHWM")]
    except OSError:  # as above
        lines = []
    return int(lines[0][1]) if lines else 0


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
