"""The kernel's doors: namespaces, mounts, filters, devices, keys. Attempts only, no exploits."""

from suite.tests.attacks.attack import SIDE, UNPAID, Attack

LIBC = "\nimport ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
IF_GOT = "\ndef add(a, b):\n    return a + b if GOT else a - b - 1\n"
RIGHT = "\ndef add(a, b):\n    return a + b\n"

PROGRAMS = (
    Attack(
        name="another_user_namespace",
        category="namespaces",
        allowed=UNPAID,
        source=LIBC + "GOT = libc.unshare(0x10000000) == 0\n" + IF_GOT,
    ),
    Attack(
        name="mount_namespace_and_tmpfs",
        category="namespaces",
        allowed=UNPAID,
        destructive=True,
        source=LIBC
        + r"""
libc.unshare(0x00020000)
GOT = [p for p in (b"/tmp", b"/proc", b".") if libc.mount(b"none", p, b"tmpfs", 0, None) == 0]
"""
        + IF_GOT,
    ),
    Attack(
        name="clone_into_a_user_namespace",
        category="namespaces",
        allowed=UNPAID,
        source=LIBC
        + r"""
child = libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0)
if child == 0:
    os._exit(0)
GOT = child > 0
"""
        + IF_GOT,
    ),
    Attack(
        name="clone3_into_a_user_namespace",
        category="namespaces",
        # A filter cannot look into the structure that clone3 points to.
        allowed=UNPAID,
        source=LIBC
        + r"""
arguments = (ctypes.c_uint64 * 11)(0x10000000, 0, 0, 0, 17)
child = libc.syscall(435, arguments, ctypes.sizeof(arguments))
if child == 0:
    os._exit(0)
GOT = child > 0
"""
        + IF_GOT,
    ),
    Attack(
        name="enters_the_namespaces_of_others",
        category="namespaces",
        allowed=UNPAID,
        source=LIBC
        + r"""
GOT = []
for pid in ("1", "{PARENT_PID}", os.getppid()):
    for name in ("user", "mnt", "pid", "net", "ipc", "uts", "cgroup"):
        try:
            if libc.setns(os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY), 0) == 0:
                GOT.append(name)
        except OSError:
            pass
"""
        + IF_GOT,
    ),
    Attack(
        name="maps_itself_to_root",
        category="namespaces",
        allowed=UNPAID,
        source=LIBC
        + r"""
GOT = []
for name, text in (("setgroups", "allow"), ("uid_map", "0 0 1\n"), ("gid_map", "0 0 1\n")):
    try:
        with open(f"/proc/self/{name}", "w") as stream:
            stream.write(text)
        GOT.append(name)
    except OSError:
        pass
"""
        + IF_GOT,
    ),
    Attack(
        name="chroot_and_out",
        category="mounts",
        allowed=UNPAID,
        source=r"""
import os
GOT = False
try:
    os.mkdir("{MARKER}")
    os.chroot("{MARKER}")
    GOT = True
except OSError:
    pass
"""
        + IF_GOT,
    ),
    Attack(
        name="pivot_root_and_new_mount_interface",
        category="mounts",
        allowed=UNPAID,
        destructive=True,
        source=LIBC
        + r"""
GOT = [n for n, got in (
    ("pivot_root", libc.syscall(155, b".", b".") == 0),
    ("umount2", libc.syscall(166, b"/proc", 2) == 0),
    ("fsopen", libc.syscall(430, b"tmpfs", 0) >= 0),
    ("open_tree", libc.syscall(428, -100, b"/", 1) >= 0),
    ("move_mount", libc.syscall(429, -100, b"/tmp", -100, b"/proc", 0) == 0),
    ("mount_setattr", libc.syscall(442, -100, b"/", 0, (ctypes.c_uint64 * 4)(0, 1), 32) == 0),
) if got]
"""
        + IF_GOT,
    ),
    Attack(
        name="read_only_mounts_made_writable",
        category="mounts",
        allowed=UNPAID,
        destructive=True,
        source=LIBC
        + r"""
GOT = [p for p in (b"/", b"/usr", b"/etc", b"{CANARY_DIR}")
       if libc.mount(None, p, None, 32 | 4096, None) == 0]
"""
        + IF_GOT,
    ),
    Attack(
        name="filters_taken_off",
        category="filters",
        allowed=SIDE,
        source=LIBC
        + r"""
libc.prctl(22, 0, 0, 0, 0)  # PR_SET_SECCOMP: off
libc.prctl(38, 0, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS: off
libc.prctl(4, 1, 0, 0, 0)  # PR_SET_DUMPABLE
libc.prctl(0x59616d61, -1, 0, 0, 0)  # PR_SET_PTRACER: anyone
libc.prctl(1, 0, 0, 0, 0)  # PR_SET_PDEATHSIG: none
libc.prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
libc.syscall(444, None, 0, 1)  # landlock_create_ruleset
try:
    os.close(os.open("{CANARY_DIR}/filters_{MARKER}", os.O_CREAT | os.O_WRONLY))
except OSError:
    pass
"""
        + RIGHT,
    ),
    Attack(
        name="no_new_privileges_is_set",
        category="filters",
        allowed=UNPAID,
        source=LIBC + "GOT = libc.prctl(39, 0, 0, 0, 0) == 0  # PR_GET_NO_NEW_PRIVS\n" + IF_GOT,
    ),
    Attack(
        name="a_filter_is_on",
        category="filters",
        allowed=UNPAID,
        source=LIBC + "GOT = libc.prctl(21, 0, 0, 0, 0) == 0  # PR_GET_SECCOMP\n" + IF_GOT,
    ),
    Attack(
        name="another_filter_that_lies",
        category="filters",
        # Answering its own system calls with success is allowed, and must not make a pass.
        allowed=UNPAID,
        source=LIBC
        + r"""
import struct
# Every write from here on "succeeds" with 0 bytes and does nothing: write is 1.
program = b"".join(struct.pack("HBBI", *line) for line in (
    (0x20, 0, 0, 0), (0x15, 0, 1, 1), (0x06, 0, 0, 0x00050000), (0x06, 0, 0, 0x7fff0000)))
kept = ctypes.create_string_buffer(program)
filter = struct.pack("HxxxxxxQ", 4, ctypes.addressof(kept))
libc.prctl(22, 2, ctypes.create_string_buffer(filter), 0, 0)
"""
        + "\ndef add(a, b):\n    return a - b - 1\n",
    ),
    Attack(
        name="capabilities",
        category="privileges",
        allowed=UNPAID,
        source=r"""
GOT = False
try:
    with open("/proc/self/status") as stream:
        for line in stream:
            if line.startswith("CapEff"):
                GOT = int(line.split()[1], 16) != 0
except OSError:
    pass
"""
        + IF_GOT,
    ),
    Attack(
        name="becomes_another_user",
        category="privileges",
        allowed=UNPAID,
        source=r"""
import os
GOT = []
for attempt in (lambda: os.setuid(12345), lambda: os.setgroups([0]), lambda: os.setgid(12345),
                lambda: os.setresuid(0, 12345, 12345)):
    try:
        attempt()
        GOT.append(attempt)
    except OSError:
        pass
"""
        + IF_GOT,
    ),
    Attack(
        name="devices_and_kernel_settings",
        category="privileges",
        allowed=UNPAID,
        source=r"""
import os
GOT = []
for path in ("/dev/mem", "/dev/kmsg", "/dev/sda", "/dev/vda", "/dev/kvm", "/dev/fuse",
             "/dev/net/tun", "/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger",
             "/proc/sys/kernel/modprobe", "/sys/fs/cgroup/cgroup.procs", "/proc/kcore"):
    try:
        GOT.append(os.open(path, os.O_RDWR))
    except OSError:
        pass
"""
        + IF_GOT,
    ),
    Attack(
        name="tty_injection",
        category="privileges",
        allowed=UNPAID,
        source=r"""
import fcntl, os, termios
GOT = []
for fd in (0, 1, 2):
    try:
        fcntl.ioctl(fd, termios.TIOCSTI, b" ")
        GOT.append(fd)
    except OSError:
        pass
try:
    fcntl.ioctl(os.open("/dev/tty", os.O_RDWR), termios.TIOCSTI, b" ")
    GOT.append("tty")
except OSError:
    pass
"""
        + IF_GOT,
    ),
    Attack(
        name="keys_in_the_kernel",
        category="kernel_objects",
        # A key in the keyring of the user outlives the verdict: a channel to the next program.
        allowed=UNPAID,
        source=LIBC
        + r"""
GOT = libc.syscall(248, b"user", b"{MARKER}", b"x", 1, -4) > 0  # add_key, user keyring
"""
        + IF_GOT,
    ),
    Attack(
        name="bpf_perf_and_modules",
        category="kernel_objects",
        allowed=UNPAID,
        source=LIBC
        + r"""
attributes = ctypes.create_string_buffer(bytes((1, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 1)), 120)
event = ctypes.create_string_buffer(bytes((1, 0, 0, 0, 112)), 112)
GOT = [n for n, got in (
    ("bpf", libc.syscall(321, 0, attributes, 120) >= 0),
    ("perf", libc.syscall(298, event, {PARENT_PID}, -1, -1, 0) >= 0),
    ("userfaultfd", libc.syscall(323, 0) >= 0),
    ("open_by_handle", libc.syscall(304, -100, ctypes.create_string_buffer(16), 0) >= 0),
    ("init_module", libc.syscall(175, None, 0, b"") == 0),
    ("kexec", libc.syscall(246, 0, 0, None, 0) == 0),
) if got]
"""
        + IF_GOT,
    ),
    Attack(
        name="posix_queue_left",
        category="kernel_objects",
        allowed=SIDE,
        source=LIBC
        + r"""
libc.syscall(240, b"{MARKER}", os.O_CREAT | os.O_RDWR, 0o600, None)  # mq_open
"""
        + RIGHT,
    ),
    Attack(
        name="host_name_and_swap",
        category="kernel_objects",
        allowed=UNPAID,
        destructive=True,
        source=LIBC
        + r"""
import socket
name = socket.gethostname().encode()
GOT = [n for n, got in (("sethostname", libc.sethostname(name, len(name)) == 0),
                        ("swapoff", libc.swapoff(b"/no such file") == 0),
                        ("acct", libc.acct(None) == 0)) if got]
"""
        + IF_GOT,
    ),
)
