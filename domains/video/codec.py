"""Clips between tensors, captions and files."""

import base64
import io
import random
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from suite.core.errors import SuiteError
from suite.core.metric import Codec
from suite.core.records import Samples
from suite.domains.video.detectors import matched
from suite.domains.video.motions import CHANNELS, FRAMES, SIDE, caption, read_caption, render

PACE = 8  # frames a second
SMALL = 64  # pixels of a side: smaller clips are drawn larger in files
MOST_SHOWN = 128  # pixels of the longer side in reports, which hold dozens of clips


class ClipCodec(Codec):
    """A native object is a clip [3 F, H, H] in [-1, 1], or a caption of which one is drawn."""

    def encode(self, natives: tuple[object, ...]) -> Samples:
        return Samples(values=torch.stack([_tensor(one) for one in natives]))

    def decode(self, samples: Samples) -> tuple[object, ...]:
        if samples.values is None:
            raise SuiteError("these samples hold no clips.")
        return tuple(samples.values.detach().cpu())

    def text(self, native: object) -> str:
        """What the held-out detector sees."""
        clip = _tensor(native)
        if clip.shape != (FRAMES * CHANNELS, SIDE, SIDE):
            return f"{clip.shape[0] // CHANNELS} frames of {clip.shape[-1]} pixels"
        found = matched(clip.unsqueeze(0))[0]
        return "nothing" if found is None else caption(found)

    def picture(self, native: object) -> str | None:
        """As a GIF in a data URI; large clips are made smaller. None where Pillow is missing."""
        if find_spec("PIL") is None:  # ``note_missing`` says so; a trained policy is worth more
            return None
        clip = _tensor(native)
        cell = -(-max(clip.shape[1:]) // MOST_SHOWN)
        small = torch.nn.functional.avg_pool2d(clip, cell) if cell > 1 else clip
        return f"data:image/gif;base64,{base64.b64encode(gif(small)).decode()}"


def note_missing(run: Any) -> None:
    """Leave one line in the run's videos/log.txt where its report cannot show clips."""
    if not isinstance(run.codec, ClipCodec) or find_spec("PIL") is not None:
        return
    if run.journal is None or not run.processes.is_main:
        return
    folder: Path = run.journal.path.parent / "videos"
    folder.mkdir(exist_ok=True)
    (folder / "log.txt").write_text(f"no clips in the report: {_missing('Pillow', 'GIF')}\n")


def _tensor(native: object) -> Tensor:
    if isinstance(native, str):
        try:
            return render(read_caption(native), random.Random(native))
        except ValueError as error:
            raise SuiteError(f"{error}.\nA clip or a caption is wanted.") from error
    return torch.as_tensor(native, dtype=torch.float32)


def levels(clip: Tensor) -> Any:
    """[3 F, H, W] in [-1, 1] as uint8 [F, Z H, Z W, 3]; Z = 4 where a side has 16 pixels."""
    zoom = max(1, SMALL // max(clip.shape[1:]))
    bright = ((clip.clamp(-1.0, 1.0) + 1.0) * 127.5).round().to(torch.uint8)
    frames = bright.unflatten(0, (-1, CHANNELS)).permute(0, 2, 3, 1)
    large = frames.repeat_interleave(zoom, dim=1).repeat_interleave(zoom, dim=2)
    return large.contiguous().numpy()


def gif(clip: Tensor) -> bytes:
    """A GIF file that plays for ever.

    Raises:
        SuiteError: Pillow is not installed.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise _missing("Pillow", "GIF") from error
    first, *others = [Image.fromarray(frame) for frame in levels(clip)]
    file = io.BytesIO()
    pace = round(1000 / PACE)
    first.save(file, "GIF", save_all=True, append_images=others, duration=pace, loop=0)
    return file.getvalue()


def write_clip(clip: Tensor, path: Path) -> None:
    """Write a clip [3 F, H, W] in [-1, 1] as a .gif or .mp4 file, by the name's ending.

    Raises:
        SuiteError: another ending; Pillow or ffmpeg is not installed; ffmpeg refuses.
    """
    if path.suffix == ".gif":
        path.write_bytes(gif(clip))
    elif path.suffix == ".mp4":
        _write_mp4(levels(clip), path)
    else:
        raise SuiteError(f"a clip is written as .gif or .mp4, not as '{path.name}'.")


def _write_mp4(frames: Any, path: Path) -> None:
    try:
        from imageio_ffmpeg import get_ffmpeg_exe
    except ImportError as error:
        raise _missing("imageio-ffmpeg", "MP4") from error
    size = f"{frames.shape[2]}x{frames.shape[1]}"
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", str(PACE), "-i", "-"]
    target = ["-c:v", "libx264", "-pix_fmt", "yuv420p", str(path)]
    command = [get_ffmpeg_exe(), "-y", "-loglevel", "error", *source, *target]
    done = subprocess.run(command, input=frames.tobytes(), capture_output=True, check=False)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise SuiteError(f"ffmpeg did not write '{path.name}': {said}")


def _missing(package: str, kind: str) -> SuiteError:
    return SuiteError(
        f"{package} is not installed, and writes {kind} files.\n"
        "Run `pip install 'reward-suite[video]'`."
    )
