"""Processor time of this process and of a PostgreSQL beside it."""

import os
import resource
from pathlib import Path


def own_cpu_s() -> float:
    """Of this process, in seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def postgresql_cpu_s() -> float:
    """Of the processes below the one SCALE_POSTGRESQL names, those that have ended too."""
    ticks, pid = 0, os.environ.get("SCALE_POSTGRESQL", "")
    for path in Path("/proc").glob("[0-9]*/stat") if pid else ():
        try:
            words = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if path.parent.name == pid:
            ticks += sum(int(word) for word in words[11:15])
        elif words[1] == pid:
            ticks += sum(int(word) for word in words[11:13])
    return ticks / os.sysconf("SC_CLK_TCK")


def postmaster() -> str:
    """The id of the PostgreSQL that this process has started."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        name, _, words = path.read_text().rpartition(")")
        if name.endswith("(postgres") and words.split()[1] == str(os.getpid()):
            return path.parent.name
    raise LookupError("PostgreSQL is not a process of ours")
