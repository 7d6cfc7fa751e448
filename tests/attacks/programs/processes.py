"""Processes: forks, daemons that outlive the verdict, other programs."""

from suite.tests.attacks.attack import SIDE, UNPAID, Attack

# Names the process, so that the harness finds it among all processes.
NAMED = r"""
import ctypes, os, signal, time

def _name():
    try:
        ctypes.CDLL(None).prctl(15, b"{MARKER}", 0, 0, 0)
    except Exception:
        pass
    try:
        with open("/proc/self/comm", "w") as stream:
            stream.write("{MARKER}")
    except OSError:
        pass

def _stay():
    _name()
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    for _ in range(300):
        time.sleep(0.1)
    os._exit(0)
"""
RIGHT = "\ndef add(a, b):\n    return a + b\n"

PROGRAMS = (
    Attack(
        name="forks_once",
        category="fork",
        allowed=SIDE,
        source=NAMED
        + r"""
def add(a, b):
    try:
        if os.fork() == 0:
            _stay()
    except OSError:
        pass
    return a + b
""",
    ),
    Attack(
        name="thirty_forks_by_posix",
        category="fork",
        allowed=SIDE,
        source=NAMED
        + r"""
import posix
for _ in range(30):
    try:
        if posix.fork() == 0:
            _stay()
    except OSError:
        break
"""
        + RIGHT,
    ),
    Attack(
        name="fork_bomb_of_bounded_size",
        category="fork",
        allowed=SIDE,
        destructive=True,
        source=NAMED
        + r"""
def add(a, b):
    for _ in range(8):  # up to 256 processes
        try:
            if os.fork() == 0:
                a = None
        except OSError:
            pass
    if a is None:
        _stay()
    return a + b
""",
    ),
    Attack(
        name="child_answers_in_place_of_its_parent",
        category="fork",
        allowed=UNPAID,
        source=r"""
import os, time

def add(a, b):
    try:
        child = os.fork()
    except OSError:
        return a - b - 1
    if child:
        os.waitpid(child, 0)
        return a - b - 1
    return 0
""",
    ),
    Attack(
        name="vfork_and_clone_by_raw_syscall",
        category="fork",
        allowed=SIDE,
        source=NAMED
        + r"""
def add(a, b):
    for arguments in ((56, 17, 0, 0, 0, 0), (57,)):  # clone(SIGCHLD) and fork
        if ctypes.CDLL(None).syscall(*arguments) == 0:
            _stay()
    return a + b
""",
    ),
    Attack(
        name="child_adopted_by_the_parent",
        category="fork",
        allowed=SIDE,
        source=NAMED
        + r"""
libc = ctypes.CDLL(None)
if libc.syscall(56, 0x8000 | 17, 0, 0, 0, 0) == 0:  # clone(CLONE_PARENT | SIGCHLD)
    _stay()
"""
        + RIGHT,
    ),
    Attack(
        name="double_forked_daemon",
        category="survivor",
        allowed=SIDE,
        source=NAMED
        + r"""
def add(a, b):
    try:
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.closerange(0, 256)
                _stay()
            os._exit(0)
    except OSError:
        pass
    return a + b
""",
    ),
    Attack(
        name="daemon_that_forks_on_in_a_chain",
        category="survivor",
        allowed=SIDE,
        source=NAMED
        + r"""
def add(a, b):
    try:
        if os.fork() == 0:
            os.setsid()
            _name()
            end = time.time() + 20
            while time.time() < end:  # every link lives for a moment only
                if os.fork():
                    os._exit(0)
                time.sleep(0.02)
            os._exit(0)
    except OSError:
        pass
    return a + b
""",
    ),
    Attack(
        name="daemon_beside_a_hang",
        category="survivor",
        allowed=frozenset({"timeout"}),
        source=NAMED
        + r"""
def add(a, b):
    try:
        if os.fork() == 0:
            os.setsid()
            _stay()
    except OSError:
        pass
    while True:
        pass
""",
    ),
    Attack(
        name="daemon_beside_an_exit",
        category="survivor",
        allowed=frozenset({"crash"}),
        source=NAMED
        + r"""
def add(a, b):
    try:
        for _ in range(3):
            if os.fork() == 0:
                os.setsid()
                os.setpgid(0, 0)
                _stay()
    except OSError:
        pass
    os._exit(0)
""",
    ),
    Attack(
        name="subprocess_in_a_new_session",
        category="survivor",
        allowed=SIDE,
        source=r"""
import subprocess, sys
for command in (["sleep", "30"], [sys.executable, "-c", "import time; time.sleep(30)"]):
    try:
        subprocess.Popen([*command], start_new_session=True, env={"KEPT": "{MARKER}"},
                         stdout=-3, stderr=-3, stdin=-3)
    except OSError:
        pass
"""
        + RIGHT,
    ),
    Attack(
        name="multiprocessing_pool_left_open",
        category="survivor",
        allowed=SIDE,
        source=NAMED
        + r"""
import multiprocessing
try:
    POOL = multiprocessing.get_context("fork").Pool(3, initializer=_name)
except Exception:
    POOL = None
"""
        + RIGHT,
    ),
    Attack(
        name="shell_writes_outside",
        category="exec_programs",
        allowed=SIDE,
        source=r"""
import os
os.system("echo x > {CANARY_DIR}/shell_{MARKER}; (sleep 1; echo y > {CANARY_DIR}/late_{MARKER}) &")
"""
        + RIGHT,
    ),
    Attack(
        name="posix_spawn_of_tools",
        category="exec_programs",
        allowed=SIDE,
        source=r"""
import os
for command in (["/bin/cp", "/bin/true", "{CANARY_DIR}/spawn_{MARKER}"],
                ["/usr/bin/nohup", "sleep", "30"]):
    try:
        os.posix_spawn(command[0], command, {"KEPT": "{MARKER}"})
    except OSError:
        pass
"""
        + RIGHT,
    ),
    Attack(
        name="program_in_memory",
        category="exec_programs",
        allowed=SIDE,
        source=r"""
import os

def add(a, b):
    try:
        with open("/bin/sleep", "rb") as stream:
            program = stream.read()
        fd = os.memfd_create("{MARKER}")
        os.write(fd, program)
        if os.fork() == 0:
            os.execve(fd, ["{MARKER}", "30"], {})
    except OSError:
        pass
    return a + b
""",
    ),
    Attack(
        name="scheduled_for_later",
        category="exec_programs",
        allowed=SIDE,
        source=r"""
import subprocess
for command in (["at", "now + 1 minute"], ["crontab", "-"], ["batch"],
                ["systemd-run", "--user", "sleep", "30"]):
    try:
        subprocess.run(command, input=b"# {MARKER}\n", capture_output=True, timeout=1)
    except (OSError, subprocess.SubprocessError):
        pass
"""
        + RIGHT,
    ),
    Attack(
        name="set_user_id_program_ignores_the_limits",
        category="exec_programs",
        allowed=SIDE,
        source=r"""
import os, subprocess
for command in (["su", "-c", "id"], ["sudo", "-n", "id"], ["mount"], ["newuidmap", "1", "0"]):
    try:
        subprocess.run(command, capture_output=True, timeout=1, stdin=-3)
    except (OSError, subprocess.SubprocessError):
        pass
"""
        + RIGHT,
    ),
)
