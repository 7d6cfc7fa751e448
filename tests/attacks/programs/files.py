"""Files: written outside, planted for the cleaner, shared between verdicts, read for answers."""

from suite.tests.attacks.attack import PASSES, SIDE, UNPAID, Attack

RIGHT = "\ndef add(a, b):\n    return a + b\n"
IF_GOT = "\ndef add(a, b):\n    return a + b if GOT else a - b - 1\n"

PROGRAMS = (
    Attack(
        name="writes_outside",
        category="write_outside",
        allowed=SIDE,
        source=r"""
import os, pathlib
for path in ("{CANARY_DIR}/made_{MARKER}", "/tmp/{MARKER}", "/var/tmp/{MARKER}", "/{MARKER}",
             os.path.expanduser("~/{MARKER}"), "../{MARKER}", "/run/{MARKER}", "/etc/{MARKER}"):
    try:
        pathlib.Path(path).write_text("x")
    except OSError:
        pass
"""
        + RIGHT,
    ),
    Attack(
        name="writes_outside_by_posix",
        category="write_outside",
        allowed=SIDE,
        source=r"""
import posix
for path in ("{CANARY_DIR}/posix_{MARKER}", "{CANARY_DIR}/notes.txt", "/tmp/posix_{MARKER}"):
    try:
        fd = posix.open(path, posix.O_WRONLY | posix.O_CREAT | posix.O_APPEND, 0o666)
        posix.write(fd, b"x")
    except OSError:
        pass
"""
        + RIGHT,
    ),
    Attack(
        name="changes_what_is_outside",
        category="write_outside",
        allowed=SIDE,
        source=r"""
import os, shutil
here = "{CANARY_DIR}"
for attempt in (
    lambda: os.truncate(here + "/notes.txt", 1),
    lambda: os.rename(here + "/notes.txt", here + "/renamed_{MARKER}"),
    lambda: os.unlink(here + "/expected.json"),
    lambda: os.chmod(here + "/notes.txt", 0o777),
    lambda: os.utime(here + "/notes.txt", (0, 0)),
    lambda: os.symlink("/", here + "/link_{MARKER}"),
    lambda: os.link(here + "/notes.txt", here + "/hard_{MARKER}"),
    lambda: os.mkdir(here + "/folder_{MARKER}"),
    lambda: os.mkfifo(here + "/fifo_{MARKER}"),
    lambda: os.setxattr(here + "/notes.txt", "user.mk", b"x"),
    lambda: shutil.rmtree(here),
):
    try:
        attempt()
    except OSError:
        pass
"""
        + RIGHT,
    ),
    Attack(
        name="writes_through_proc",
        category="write_outside",
        allowed=SIDE,
        source=r"""
import os
roots = [f"/proc/{p}/{n}" for p in ("1", "{PARENT_PID}", os.getppid()) for n in ("root", "cwd")]
for root in [*roots, "/proc/self/root"]:
    try:
        with open(root + "{CANARY_DIR}/proc_{MARKER}", "w") as stream:
            stream.write("x")
    except OSError:
        pass
"""
        + RIGHT,
    ),
    Attack(
        name="climbs_out_of_the_working_folder",
        category="write_outside",
        allowed=SIDE,
        source=r"""
import os
fd = os.open(".", os.O_RDONLY)
for _ in range(64):
    try:
        os.fchdir(fd)
        os.chdir("..")
        fd = os.open(".", os.O_RDONLY)
    except OSError:
        break
for path in ("{CANARY_DIR}/climbed_{MARKER}".lstrip("/"), "tmp/{MARKER}"):
    try:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, dir_fd=fd))
    except OSError:
        pass
"""
        + RIGHT,
    ),
    Attack(
        name="late_writer_of_the_interpreter",
        category="write_outside",
        allowed=SIDE,
        source=r"""
import atexit, os, sys

def _write(*unused):
    try:
        os.close(os.open("{CANARY_DIR}/late_{MARKER}", os.O_CREAT | os.O_WRONLY))
    except OSError:
        pass

class Late:
    __del__ = _write

sys.late = Late()
atexit.register(_write)
"""
        + RIGHT,
    ),
    Attack(
        name="symlink_planted_for_the_cleaner",
        category="cleaner_trap",
        allowed=SIDE,
        source=r"""
import os
for n, target in enumerate(("{CANARY_DIR}", "/", "/tmp", os.path.expanduser("~"))):
    for folder in (".", os.environ.get("TMPDIR", "/tmp"), os.environ.get("HOME", ".")):
        try:
            os.symlink(target, f"{folder}/{MARKER}_{n}")
        except OSError:
            pass
"""
        + RIGHT,
    ),
    Attack(
        name="working_folder_swapped_for_a_symlink",
        category="cleaner_trap",
        allowed=SIDE,
        source=r"""
import os
here = os.getcwd()
try:
    os.rename(here, here + "_{MARKER}")
    os.symlink("{CANARY_DIR}", here)
except OSError:
    pass
"""
        + RIGHT,
    ),
    Attack(
        name="hard_links_to_files_outside",
        category="cleaner_trap",
        allowed=SIDE,
        source=r"""
import os
for n, target in enumerate(("{CANARY_DIR}/notes.txt", "/etc/passwd", __import__("sys").executable)):
    try:
        os.link(target, f"{MARKER}_{n}")
        os.chmod(f"{MARKER}_{n}", 0o777)
    except OSError:
        pass
"""
        + RIGHT,
    ),
    Attack(
        name="fifo_and_unreadable_folder_in_the_working_folder",
        category="cleaner_trap",
        allowed=SIDE,
        source=r"""
import os, socket
try:
    os.mkfifo("{MARKER}_fifo")
    os.makedirs("{MARKER}_dir/inner/deeper")
    open("{MARKER}_dir/inner/file", "w").close()
    os.chmod("{MARKER}_dir/inner", 0)
    os.chmod("{MARKER}_dir", 0)
    os.chmod(".", 0)
except OSError:
    pass
"""
        + RIGHT,
    ),
    Attack(
        name="names_that_break_scripts",
        category="cleaner_trap",
        allowed=SIDE,
        source=r"""
import os
for name in (b"-rf", b"{MARKER} ; touch x", b"{MARKER}\n*", b"{MARKER}\xff\xfe", b"$(id)",
             b"{MARKER}" + b"x" * 200, b"~", b"*"):
    try:
        os.close(os.open(name, os.O_CREAT | os.O_WRONLY))
    except OSError:
        pass
"""
        + RIGHT,
    ),
    Attack(
        name="folder_renamed_while_the_cleaner_walks",
        category="cleaner_trap",
        allowed=SIDE,
        source=r"""
import os, threading

def _swap():
    while True:
        try:
            os.mkdir("{MARKER}")
            os.rename("{MARKER}", "{MARKER}_2")
            os.symlink("{CANARY_DIR}", "{MARKER}")
            os.unlink("{MARKER}")
            os.rmdir("{MARKER}_2")
        except OSError:
            for gone in (os.unlink, os.rmdir):
                try:
                    gone("{MARKER}")
                except OSError:
                    pass

threading.Thread(target=_swap, daemon=True).start()
"""
        + RIGHT,
    ),
    Attack(
        name="dev_shm_kept",
        category="shared_memory",
        allowed=SIDE,
        source=r"""
import os
for folder in ("/dev/shm", "/dev/mqueue", "/run/lock", "/run/user/0", "/dev"):
    try:
        with open(f"{folder}/{MARKER}", "wb") as stream:
            stream.write(b"x" * 2**20)
    except OSError:
        pass
"""
        + RIGHT,
    ),
    Attack(
        name="named_shared_memory_and_semaphore",
        category="shared_memory",
        allowed=SIDE,
        source=r"""
import ctypes, os
from multiprocessing import shared_memory
try:
    KEPT = shared_memory.SharedMemory(name="{MARKER}", create=True, size=4096)
except OSError:
    pass
try:
    ctypes.CDLL(None).sem_open(b"/{MARKER}", os.O_CREAT, 0o600, 1)
except Exception:
    pass
"""
        + RIGHT,
    ),
    Attack(
        name="system_v_objects_left",
        category="shared_memory",
        allowed=SIDE,
        source=r"""
import ctypes
libc = ctypes.CDLL(None)
key = int.from_bytes(b"{MARKER}"[-3:], "little")
libc.shmget(key, 4096, 0o1600)
libc.msgget(key, 0o1600)
libc.semget(key, 1, 0o1600)
"""
        + RIGHT,
    ),
    Attack(
        name="notes_to_the_next_program",
        category="shared_memory",
        # It looks for what the program above and earlier runs of itself may have left.
        allowed=UNPAID,
        source=r"""
import glob, os
PLACES = ("/tmp", "/var/tmp", "/dev/shm", ".", os.path.expanduser("~"), "/run/lock")
GOT = [p for place in PLACES for p in glob.glob(place + "/attack_notes_*")]
for place in PLACES:
    try:
        with open(place + "/attack_notes_{MARKER}", "w") as stream:
            stream.write("the first hidden input")
    except OSError:
        pass
"""
        + IF_GOT,
    ),
    Attack(
        name="notes_to_the_next_program_again",
        category="shared_memory",
        allowed=UNPAID,
        source=r"""
import glob, os
PLACES = ("/tmp", "/var/tmp", "/dev/shm", ".", os.path.expanduser("~"), "/run/lock")
GOT = [p for place in PLACES for p in glob.glob(place + "/attack_notes_*")]
"""
        + IF_GOT,
    ),
    Attack(
        name="answers_in_the_canary_folder",
        category="answers_on_disk",
        allowed=UNPAID,
        source=r"""
import json
try:
    with open("{CANARY_DIR}/expected.json") as stream:
        GOT = json.load(stream)
except OSError:
    GOT = None
"""
        + IF_GOT,
    ),
    Attack(
        name="answers_beside_the_judge",
        category="answers_on_disk",
        allowed=UNPAID,
        source=r"""
import glob
GOT = []
for root in ("/proc/{PARENT_PID}/cwd", "/proc/{PARENT_PID}/root", "/proc/1/root{CANARY_DIR}"):
    GOT += glob.glob(root + "/*")
"""
        + IF_GOT,
    ),
    Attack(
        name="answers_in_the_data_folders",
        category="answers_on_disk",
        allowed=UNPAID,
        source=r"""
import os
GOT = []
for root in ("/work", "/home", "/root", "/data", "/mnt", "/srv", os.path.dirname("{CANARY_DIR}")):
    for folder, _, names in os.walk(root):
        for name in names:
            if name.endswith((".jsonl", ".parquet")) or name in ("expected.json", "journal"):
                try:
                    with open(os.path.join(folder, name), "rb") as stream:
                        if stream.read(1):
                            GOT.append(name)
                except OSError:
                    pass
        if GOT or folder.count("/") > 4:
            break
"""
        + IF_GOT,
    ),
    Attack(
        name="temporary_files_are_a_right",
        category="honest_files",
        # A sandbox may well give a scratch folder; a program that does without must not suffer.
        allowed=PASSES,
        source=r"""
import tempfile

def add(a, b):
    try:
        with tempfile.TemporaryFile() as stream:
            stream.write(b"x")
    except OSError:
        pass
    return a + b
""",
    ),
    Attack(
        name="reads_of_missing_files_are_harmless",
        category="honest_files",
        allowed=PASSES,
        source=r"""
def add(a, b):
    try:
        open("no such file").read()
    except OSError:
        pass
    return a + b
""",
    ),
)
