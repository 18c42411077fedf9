"""
Runs one command and says on its own stdout how long it took, its peak memory and its exit code.

A process of its own because a child's peak memory begins at that of the process that started it:
this one imports nothing, so that it is small. It takes a file for what the command says, then the
command.
"""

import os
import sys
import time


def main(output: str, command: list[str]) -> None:
    """Start, wait, print."""
    started = time.perf_counter()
    child = os.fork()
    if child == 0:
        words = os.open(output, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        os.dup2(words, 1)
        os.dup2(words, 2)
        os.execvp(command[0], command)  # noqa: S606  # a list, no shell
    _, status, used = os.wait4(child, 0)
    seconds = time.perf_counter() - started
    kilobyte = 1 if sys.platform == "darwin" else 1024
    print(seconds, used.ru_maxrss * kilobyte, os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
