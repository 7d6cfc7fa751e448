"""Signals to the judge by every road, and priorities."""

from suite.tests.attacks.attack import SIDE, UNPAID, Attack

RIGHT = "\ndef add(a, b):\n    return a + b\n"
# One line tells whether the signal went through.
IF_SENT = "\ndef add(a, b):\n    return a + b if SENT else a - b - 1\n"

PROGRAMS = (
    Attack(
        name="signals_the_judge",
        category="signal_storm",
        allowed=UNPAID,
        destructive=True,
        source=r"""
import os, signal
SENT = []
for _ in range(200):
    for pid in ({PARENT_PID}, os.getppid()):
        if pid > 1:
            try:
                os.kill(pid, signal.SIGUSR1)
                SENT.append(pid)
            except OSError:
                pass
"""
        + IF_SENT,
    ),
    Attack(
        name="stops_its_parent",
        category="signal_storm",
        allowed=UNPAID,
        destructive=True,
        source=r"""
import os, signal
SENT = []
for number in (signal.SIGSTOP, signal.SIGKILL):
    if os.getppid() > 1:
        try:
            os.kill(os.getppid(), number)
            SENT.append(number)
        except OSError:
            pass
"""
        + IF_SENT,
    ),
    Attack(
        name="signals_its_process_group",
        category="signal_storm",
        allowed=UNPAID,
        destructive=True,
        source=r"""
import os, signal
for number in (signal.SIGUSR1, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
    try:
        os.killpg(0, number)
    except OSError:
        pass

def add(a, b):
    return a - b - 1
""",
    ),
    Attack(
        name="may_it_signal_everyone",
        category="signal_storm",
        allowed=UNPAID,
        source=r"""
import os
SENT = []
for pid in range(2, 70_000):
    if pid not in (os.getpid(), os.getppid()):  # a supervisor of its own is no breach
        try:
            os.kill(pid, 0)  # 0 asks for the right and sends nothing
            with open(f"/proc/{pid}/stat") as stream:
                ppid = int(stream.read().rsplit(")", 1)[1].split()[1])
            if ppid != os.getpid():
                SENT.append(pid)
        except (OSError, ValueError):
            pass
"""
        + IF_SENT,
    ),
    Attack(
        name="signals_by_other_syscalls",
        category="signal_storm",
        allowed=UNPAID,
        source=r"""
import ctypes, os
libc = ctypes.CDLL(None)
pid = {PARENT_PID}
info = (ctypes.c_int * 32)(0, 0, -1)
SENT = [n for n in (
    libc.syscall(200, pid, 0),  # tkill
    libc.syscall(234, pid, pid, 0),  # tgkill
    libc.syscall(129, pid, 10, info),  # rt_sigqueueinfo
    libc.syscall(297, pid, pid, 10, info),  # rt_tgsigqueueinfo
    libc.syscall(0x40000000 | 62, pid, 0),  # kill of x32
) if n == 0]
fd = libc.syscall(434, pid, 0)  # pidfd_open
if fd >= 0 and libc.syscall(424, fd, 0, None, 0) == 0:  # pidfd_send_signal
    SENT.append(0)
"""
        + IF_SENT,
    ),
    Attack(
        name="signals_by_asynchronous_io",
        category="signal_storm",
        # kill is not called: the kernel sends the signal to the owner of the descriptor.
        allowed=SIDE,
        destructive=True,
        source=r"""
import fcntl, os, signal
for pid in ({PARENT_PID}, os.getppid()):
    try:
        reader, writer = os.pipe()
        fcntl.fcntl(reader, fcntl.F_SETOWN, pid)
        fcntl.fcntl(reader, 10, signal.SIGUSR1)  # F_SETSIG
        fcntl.fcntl(reader, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
        os.write(writer, b"x")
    except OSError:
        pass
"""
        + RIGHT,
    ),
    Attack(
        name="kill_of_the_32_bit_interface",
        category="signal_storm",
        # A filter that looks at the number and not at the architecture lets it through.
        allowed=UNPAID,
        source=r"""
import ctypes, mmap
page = mmap.mmap(-1, 4096, prot=7)
# push rbx; mov eax, 37; mov ebx, edi; mov ecx, esi; int 0x80; pop rbx; ret
page.write(bytes.fromhex("53b82500000089fb89f1cd805bc3"))
address = ctypes.addressof(ctypes.c_char.from_buffer(page))
SENT = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_int)(address)({PARENT_PID}, 0) == 0
"""
        + IF_SENT,
    ),
    Attack(
        name="timer_storm_on_itself",
        category="signal_storm",
        allowed=SIDE,
        source=r"""
import signal
signal.signal(signal.SIGALRM, lambda *a: None)
signal.setitimer(signal.ITIMER_REAL, 1e-6, 1e-6)
signal.setitimer(signal.ITIMER_PROF, 1e-6, 1e-6)
signal.signal(signal.SIGPROF, signal.SIG_IGN)
"""
        + RIGHT,
    ),
    Attack(
        name="priorities_of_the_judge",
        category="priorities",
        allowed=UNPAID,
        source=r"""
import os
pid = {PARENT_PID}
SENT = []
for attempt in (
    lambda: os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, pid)),
    lambda: os.sched_setaffinity(pid, os.sched_getaffinity(pid)),
    lambda: os.sched_setscheduler(pid, os.SCHED_OTHER, os.sched_param(0)),
    lambda: __import__("resource").prlimit(pid, 4),
):
    try:
        attempt()
        SENT.append(attempt)
    except OSError:
        pass
"""
        + IF_SENT,
    ),
    Attack(
        name="priorities_of_itself",
        category="priorities",
        allowed=SIDE,
        source=r"""
import os
for attempt in (
    lambda: os.nice(-20),
    lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(99)),
    lambda: os.sched_setaffinity(0, {0}),
    lambda: open("/proc/self/oom_score_adj", "w").write("-1000"),
    lambda: open("/proc/{PARENT_PID}/oom_score_adj", "a").close(),
):
    try:
        attempt()
    except (OSError, ValueError):
        pass
"""
        + RIGHT,
    ),
)
