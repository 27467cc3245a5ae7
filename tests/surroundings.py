"""What tests and the processes they begin run in."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM = 6 << 30  # bytes; what the tests hold at one time takes less than one


def settle() -> None:
    """Make processes begin quickly and disks answer at once, for this process and all it begins.

    Where Python is told to keep no bytecode, every process would compile all of sweepd again. One
    thread for linear algebra: on two cores more only wait for each other. In a folder in memory no
    write waits for its disk; one that is named (`TMPDIR`), small, or forbids programs is left
    alone.
    """
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # read when NumPy is first imported
        os.environ.setdefault(name, "1")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    if "TMPDIR" not in os.environ and _is_fit(MEMORY):
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None  # it is looked for anew


def _is_fit(folder: Path) -> bool:
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        return False
    is_barred = os.statvfs(folder).f_flag & os.ST_NOEXEC
    return not is_barred and shutil.disk_usage(folder).free > ROOM
