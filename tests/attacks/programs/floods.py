"""Output, results and disk without measure, and limits raised."""

from suite.tests.attacks.attack import SIDE, TIMES_OUT, UNPAID, Attack

LOUD = frozenset({"pass", "flood"})

PROGRAMS = (
    Attack(
        name="stdout_of_200_megabytes",
        category="stdout_flood",
        allowed=LOUD,
        source=r"""
import sys

def add(a, b):
    for _ in range(200):
        sys.stdout.write("x" * 1_000_000)
    return a + b
""",
    ),
    Attack(
        name="stdout_flood_with_a_wrong_answer",
        category="stdout_flood",
        allowed=frozenset({"fail", "flood"}),
        source=r"""
import os

def add(a, b):
    for _ in range(40):
        os.write(1, b"x" * 1_000_000)
    return a - b - 1
""",
    ),
    Attack(
        name="stderr_flood_in_small_lines",
        category="stdout_flood",
        allowed=LOUD | TIMES_OUT,
        source=r"""
import os

def add(a, b):
    for _ in range(100_000):
        os.write(2, b"warning: pass\n")
    return a + b
""",
    ),
    Attack(
        name="stdout_without_end",
        category="stdout_flood",
        allowed=frozenset({"flood", "timeout"}),
        source=r"""
import os

def add(a, b):
    while True:
        os.write(1, b"x" * 65536)
""",
    ),
    Attack(
        name="flood_of_every_descriptor",
        category="result_flood",
        allowed=UNPAID,
        source=r"""
import os

def add(a, b):
    for fd in range(3, 256):
        try:
            for _ in range(3000):
                os.write(fd, b"x" * 65536)
        except OSError:
            pass
    return a - b - 1
""",
    ),
    Attack(
        name="flood_of_empty_lines",
        category="result_flood",
        allowed=UNPAID,
        source=r"""
import os

def add(a, b):
    while True:
        for fd in range(3, 16):
            try:
                os.write(fd, b"\n" * 65536)
            except OSError:
                pass
""",
    ),
    Attack(
        name="result_list_of_ten_million",
        category="result_flood",
        allowed=UNPAID,
        source="def add(a, b):\n    return [a] * 10_000_000\n",
    ),
    Attack(
        name="result_dict_of_long_keys",
        category="result_flood",
        allowed=UNPAID,
        source="def add(a, b):\n    return {'k' * 10_000 + str(n): n for n in range(20_000)}\n",
    ),
    Attack(
        name="disk_filled_in_the_working_folder",
        category="disk_fill",
        allowed=SIDE,
        destructive=True,
        source=r"""
def add(a, b):
    try:
        for n in range(32):
            with open(f"{MARKER}_{n}", "wb") as stream:
                stream.write(b"\0" * (64 * 2**20))
    except OSError:
        pass
    return a + b
""",
    ),
    Attack(
        name="disk_filled_in_tmp",
        category="disk_fill",
        allowed=SIDE,
        destructive=True,
        source=r"""
import os

def add(a, b):
    for folder in ("/tmp", "/var/tmp", "/dev/shm", os.path.expanduser("~"), "/run"):
        try:
            for n in range(8):
                with open(f"{folder}/{MARKER}_{n}", "wb") as stream:
                    stream.write(b"\0" * (32 * 2**20))
        except OSError:
            pass
    return a + b
""",
    ),
    Attack(
        name="sparse_file_of_an_exabyte",
        category="disk_fill",
        allowed=SIDE,
        source=r"""
import os, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

def add(a, b):
    try:
        fd = os.open("{MARKER}", os.O_CREAT | os.O_RDWR)
        os.ftruncate(fd, 2**60)
        os.posix_fallocate(fd, 0, 2**31)
    except OSError:
        pass
    return a + b
""",
    ),
    Attack(
        name="inodes_used_up",
        category="disk_fill",
        allowed=SIDE,
        source=r"""
import os

def add(a, b):
    try:
        for n in range(20_000):
            os.close(os.open(f"{MARKER}_{n}", os.O_CREAT | os.O_WRONLY))
    except OSError:
        pass
    return a + b
""",
    ),
    Attack(
        name="folders_nested_for_ever",
        category="disk_fill",
        allowed=SIDE,
        source=r"""
import os

def add(a, b):
    try:
        for _ in range(3000):
            os.mkdir("{MARKER}")
            os.chdir("{MARKER}")
    except OSError:
        pass
    return a + b
""",
    ),
    Attack(
        name="limits_raised",
        category="limits_raised",
        allowed=UNPAID,
        source=r"""
import resource
RAISED = []
for name in ("AS", "CPU", "FSIZE", "NPROC", "NOFILE", "DATA", "CORE"):
    limit = getattr(resource, f"RLIMIT_{name}")
    low, high = resource.getrlimit(limit)
    if high != resource.RLIM_INFINITY:
        try:
            resource.setrlimit(limit, (high + 1, high + 1))
            RAISED.append(name)
        except (OSError, ValueError):
            pass

def add(a, b):
    return a + b if RAISED else a - b - 1
""",
    ),
    Attack(
        name="limits_that_must_be_there",
        category="limits_raised",
        allowed=UNPAID,
        source=r"""
import resource
NAMES = ("AS", "CPU", "FSIZE", "NOFILE")
FREE = [n for n in NAMES
        if resource.getrlimit(getattr(resource, f"RLIMIT_{n}"))[1] == resource.RLIM_INFINITY]

def add(a, b):
    # Without any of them nothing but the wall clock stands between it and the machine.
    return a + b if len(FREE) == len(NAMES) else a - b - 1
""",
    ),
    Attack(
        name="core_dump_left_behind",
        category="limits_raised",
        allowed=UNPAID,
        source=r"""
import os, resource
try:
    high = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (high, high))
    os.chdir("{CANARY_DIR}")
except (OSError, ValueError):
    pass

def add(a, b):
    os.abort()
""",
    ),
)
