"""Where photos come from: a folder, a ZIP, or anything that lists paths and reads them."""

import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Protocol

from visualizer_core.errors import ImageRejected, InvalidInput
from visualizer_core.imaging.admission import MAX_FILE_BYTES

__all__ = ["FolderPhotos", "PhotoSource", "ZipPhotos"]

MAX_FILES = 20_000  # a folder with more is a mistake; a catalogue this size comes in parts
# Photos hardly pack at all, plain renders in BMP or TIFF up to 60 times. What packs tighter is a
# bomb: with this, a ZIP never inflates to more than a hundred times its own size.
MAX_ZIP_RATIO = 100
_FREE_BYTES = 1 << 20  # below a megabyte no ratio does harm
_ENCRYPTED = 0x1  # bit of a ZIP entry's flags


class PhotoSource(Protocol):
    """Where photos come from."""

    def paths(self) -> list[str]:
        """Relative paths, with forward slashes."""
        ...

    def read(self, path: str) -> bytes:
        """The bytes of one, never more than a picture may have, plus one.

        Raises
        ------
        ImageRejected
            When this one cannot be read; the others can.
        """
        ...


class FolderPhotos:
    """Photos in a folder and its subfolders; links that lead out of it are left out."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise InvalidInput(f"{folder} is not a folder.")
        self._folder = folder.resolve()

    def paths(self) -> list[str]:
        """Every file below, in order."""
        found = [path for path in self._folder.rglob("*") if path.is_file() and self._holds(path)]
        _check_count(len(found))
        return sorted(path.relative_to(self._folder).as_posix() for path in found)

    def read(self, path: str) -> bytes:
        """Read one, up to a byte more than is allowed, so that larger ones are refused unread."""
        file = self._folder / PurePosixPath(path)
        if not self._holds(file):
            raise _unreadable(path, "leads out of the folder", "Choose a file inside of it.")
        try:
            with file.open("rb") as opened:
                return opened.read(MAX_FILE_BYTES + 1)
        except OSError as error:
            why = f"cannot be read ({error.strerror or type(error).__name__})"
            raise _unreadable(path, why, "Check that the file is there and may be read.") from error

    def _holds(self, path: Path) -> bool:
        return path.resolve().is_relative_to(self._folder)


class ZipPhotos:
    """Photos in a ZIP; names are only names, sizes are counted while inflating."""

    def __init__(self, archive: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(archive)
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise InvalidInput(f"{archive.name} cannot be read ({why}).") from error
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise InvalidInput(
                f"{archive.name} is not a ZIP file, or it is damaged. Make it again, or unpack it "
                "and choose the folder."
            ) from error

    def paths(self) -> list[str]:
        """Every file in it, in order."""
        names = [info.filename for info in self._zip.infolist() if not info.is_dir()]
        _check_count(len(names))
        return sorted(names)

    def read(self, path: str) -> bytes:
        """Inflate one, up to a byte more than is allowed."""
        unpack = "Unpack the ZIP and choose the folder."
        try:
            info = self._zip.getinfo(path)
        except KeyError as error:
            raise _unreadable(path, "is not in the ZIP", "Look at the preview again.") from error
        if info.flag_bits & _ENCRYPTED:
            raise _unreadable(path, "is protected by a password", unpack)
        if info.file_size > max(_FREE_BYTES, MAX_ZIP_RATIO * info.compress_size):
            raise _unreadable(path, "is packed tighter than any photo", unpack)
        try:
            with self._zip.open(info) as file:
                return file.read(MAX_FILE_BYTES + 1)
        except NotImplementedError as error:
            raise _unreadable(path, "is packed in a way that is not known here", unpack) from error
        except (OSError, EOFError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error) as err:
            raise _unreadable(path, "is damaged inside the ZIP", "Make the ZIP again.") from err

    def close(self) -> None:
        """Let go of the file."""
        self._zip.close()


def _check_count(count: int) -> None:
    if count > MAX_FILES:
        raise InvalidInput(
            f"There are {count:,} files; at most {MAX_FILES:,} are read at once. Split the folder."
        )


def _unreadable(path: str, what: str, remedy: str) -> ImageRejected:
    return ImageRejected("unreadable", f"“{path[:200]}” {what}. {remedy}")
