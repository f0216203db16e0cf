"""What a process that works for strangers may use. It sets these limits on itself, before it works."""

from __future__ import annotations

import os
import resource

_NICE = 5


def confine(memory: int) -> None:
    """Stand behind the server, stay within so much memory, and leave nothing behind when it is killed (setrlimit(2)).

    Args:
        memory: bytes of address space.
    """
    os.nice(_NICE)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def allow(seconds: int) -> None:
    """Be ended by the system after so much more processor time, should the server that would have done it be gone.

    Args:
        seconds: of processor time, from now on.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.getrlimit(resource.RLIMIT_CPU)[1]))
