"""What would become of every picture in a folder, before anything is imported."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from visualizer_core.errors import ImageRejected, InvalidInput
from visualizer_core.imaging.admission import MAX_FILE_BYTES, check_weight
from visualizer_core.imaging.normalise import NormalisedImage
from visualizer_core.imaging.notes import Level, Note
from visualizer_core.imaging.sandbox import Sandbox
from visualizer_core.imaging.sniff import display_name

__all__ = ["ImageCheck", "check_folder", "read_picture_file"]

MAX_FILES = 20_000  # a large shop has 10,000 pictures; a home directory was given by mistake
MAX_DEPTH = 24  # folders in folders; nobody sorts photos deeper


@dataclass(frozen=True)
class ImageCheck:
    """Outcome for one file.

    Parameters
    ----------
    name : str
        Path below the folder, with ``/``.
    outcome : {"accept", "normalise", "reject"}
        Usable as it is, usable after a conversion, or not usable.
    code : str
        ``ok``, or the code of the most important note, or of the refusal.
    message : str
        All notes, or the refusal, for a person; empty when there is nothing to say.
    width, height : int
        Pixels as it would be stored; 0 when refused.
    source_format : str
        What the file is; empty when refused.
    bytes : int
        Size of the file; 0 when it could not be read.
    notes : tuple[Note, ...]
        The notes one by one.
    """

    name: str
    outcome: Literal["accept", "normalise", "reject"]
    code: str
    message: str
    width: int
    height: int
    source_format: str
    bytes: int
    notes: tuple[Note, ...] = ()


def check_folder(path: Path, sandbox: Sandbox, *, max_files: int = MAX_FILES) -> list[ImageCheck]:
    """Try every file below a folder; no file can make this fail.

    Hidden files are passed over; links to folders are not followed.

    Parameters
    ----------
    path : Path
        A folder, or one file.
    sandbox : Sandbox
        Where the pictures are decoded; all its children are kept busy.
    max_files : int
        Refuse a folder with more.

    Returns
    -------
    list[ImageCheck]
        In the order of their names, whatever finished first.

    Raises
    ------
    InvalidInput
        There is no such folder, or it holds too many files.
    PartMissing
        The sandbox does not work.
    """
    if not path.exists():
        raise InvalidInput(f"There is no folder “{path}”. Check the spelling.")
    root = path if path.is_dir() else path.parent
    files = [path] if root != path else _files_below(path, max_files)

    def check(file: Path) -> ImageCheck:
        return _check(file, root, sandbox)

    with ThreadPoolExecutor(sandbox.size, thread_name_prefix="check") as pool:
        return list(pool.map(check, files))


def read_picture_file(path: Path) -> bytes:
    """Read one file of at most 20 MiB; never waits on a pipe or a device.

    Raises
    ------
    ImageRejected
        ``unreadable``, ``not_a_file`` or ``too_many_bytes``.
    """
    name = display_name(path.name)
    try:
        with open(path, "rb", opener=_without_waiting) as file:  # Path.open has no opener
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise _not_a_file(name)
            check_weight(found.st_size, name)
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as reason:
        raise ImageRejected(
            "unreadable",
            f"“{name}” cannot be read ({reason.strerror or 'input error'}). Check its permissions "
            "and whether it still exists.",
        ) from None
    check_weight(len(data), name)
    return data


def _without_waiting(path: str, flags: int) -> int:
    """Open non-blocking: opening a named pipe would wait for someone to write into it."""
    return os.open(path, flags | os.O_NONBLOCK)


def _files_below(root: Path, max_files: int) -> list[Path]:
    """Files in the order of their names; what is neither file nor folder is listed as well."""
    found: list[Path] = []
    waiting = [(root, 0)]
    while waiting:
        folder, depth = waiting.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError:
            found.append(folder)  # reading it as a file will say what is wrong
            continue
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False) and depth < MAX_DEPTH:
                waiting.append((Path(entry.path), depth + 1))
            else:
                found.append(Path(entry.path))
        if len(found) > max_files:
            raise InvalidInput(
                f"“{root}” holds more than {max_files:,} files. Check its folders one by one."
            )
    return sorted(found)


def _check(path: Path, root: Path, sandbox: Sandbox) -> ImageCheck:
    name = path.relative_to(root).as_posix().encode("utf-8", "replace").decode()
    size = 0
    try:
        data = read_picture_file(path)
        size = len(data)
        return _usable(name, size, sandbox.normalise(data, path.name))
    except ImageRejected as refusal:
        return ImageCheck(name, "reject", refusal.code, str(refusal), 0, 0, "", size)


def _usable(name: str, size: int, image: NormalisedImage) -> ImageCheck:
    weighty = sorted(image.notes, key=lambda n: _WEIGHT[n.level], reverse=True)
    return ImageCheck(
        name=name,
        outcome=image.outcome,
        code="ok" if image.outcome == "accept" else weighty[0].code,
        message=" ".join(n.message for n in weighty),
        width=image.width,
        height=image.height,
        source_format=image.source_format,
        bytes=size,
        notes=image.notes,
    )


_WEIGHT = {Level.INFO: 0, Level.CHANGE: 1, Level.WARNING: 2}


def _not_a_file(name: str) -> ImageRejected:
    return ImageRejected(
        "not_a_file", f"“{name}” is a folder, a pipe or a device, not a picture file."
    )
