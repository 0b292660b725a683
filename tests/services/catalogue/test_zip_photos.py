"""Photos in a ZIP: hostile names, locked, damaged and overinflated entries."""

import io
import struct
import zipfile
from pathlib import Path

import pytest

from tests.support.shop import Shop, drawing
from visualizer_core.errors import ImageRejected, InvalidInput
from visualizer_core.services import catalogue
from visualizer_core.services.catalogue import ZipPhotos
from visualizer_core.workspace import Workspace

LOCAL, CENTRAL = b"PK\x03\x04", b"PK\x01\x02"


def archive(folder: Path, files: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    path = folder / "photos.zip"
    with zipfile.ZipFile(path, "w", method) as out:
        for name, data in files.items():
            out.writestr(name, data)
    return path


def locked(path: Path, name: str) -> None:
    """Mark one entry as protected by a password."""
    data = bytearray(path.read_bytes())
    for magic, flags, length, header in ((LOCAL, 6, 26, 30), (CENTRAL, 8, 28, 46)):
        at = data.find(magic)
        while at >= 0:
            (size,) = struct.unpack_from("<H", data, at + length)
            if bytes(data[at + header : at + header + size]) == name.encode():
                data[at + flags] |= 1
            at = data.find(magic, at + 4)
    path.write_bytes(data)


def test_a_zip_is_read_like_a_folder(ws: Workspace, shop: Shop, tmp_path: Path) -> None:
    shop.product("CH-1")
    shop.product("CH-2")
    path = archive(tmp_path, {"CH-1.jpg": drawing(1), "CH-2/back.jpg": drawing(2), "CH-2/": b""})
    done = catalogue.add_photos(ws, ZipPhotos(path))
    assert (done.added, done.rejected, done.matches.rejected) == (2, (), ())


@pytest.mark.parametrize(
    "name",
    ["../../CH-1.jpg", "/etc/CH-1.jpg", "..\\..\\CH-1.jpg", "C:\\CH-1.jpg", "a/../../CH-1.jpg"],
)
def test_a_name_that_climbs_out_is_refused(
    ws: Workspace, shop: Shop, tmp_path: Path, name: str
) -> None:
    shop.product("CH-1")
    done = catalogue.add_photos(ws, ZipPhotos(archive(tmp_path, {name: drawing(1)})))
    assert done.added == 0
    assert [photo.reason for photo in done.matches.rejected] == ["is not a relative path"]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["photos.zip"]


def test_locked_damaged_and_overinflated_entries_are_named_and_cost_no_other(
    ws: Workspace, shop: Shop, tmp_path: Path
) -> None:
    for number in range(1, 5):
        shop.product(f"CH-{number}")
    files = {
        "CH-1.jpg": drawing(1),
        "CH-2.jpg": drawing(2),
        "CH-3.jpg": drawing(3),
        "CH-4.bmp": b"BM" + bytes(8_000_000),
    }
    path = archive(tmp_path, files, zipfile.ZIP_DEFLATED)
    locked(path, "CH-2.jpg")
    data = bytearray(path.read_bytes())
    data[data.find(b"CH-3.jpg") + 200] ^= 0xFF
    path.write_bytes(data)
    done = catalogue.add_photos(ws, ZipPhotos(path))
    assert done.added == 1
    reasons = {photo.path: photo.reason for photo in done.rejected}
    assert set(reasons) == {"CH-2.jpg", "CH-3.jpg", "CH-4.bmp"}
    assert "protected by a password" in reasons["CH-2.jpg"]
    assert "damaged inside the ZIP" in reasons["CH-3.jpg"]
    assert "packed tighter than any photo" in reasons["CH-4.bmp"]
    assert {photo.code for photo in done.rejected} == {"unreadable"}


def test_a_flat_rendering_is_no_bomb(tmp_path: Path) -> None:
    flat = bytes(900_000)
    source = ZipPhotos(archive(tmp_path, {"flat.bmp": flat}, zipfile.ZIP_DEFLATED))
    assert source.read("flat.bmp") == flat
    source.close()


def test_an_entry_that_is_not_there_is_told(tmp_path: Path) -> None:
    source = ZipPhotos(archive(tmp_path, {"a.jpg": b"1"}))
    with pytest.raises(ImageRejected, match=r"“b\.jpg” is not in the ZIP"):
        source.read("b.jpg")


@pytest.mark.parametrize("data", [b"", b"no zip at all", b"PK\x03\x04" + bytes(50)])
def test_a_file_that_is_no_zip_is_refused_by_name(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "photos.zip"
    path.write_bytes(data)
    with pytest.raises(InvalidInput, match=r"photos\.zip is not a ZIP file"):
        ZipPhotos(path)


def test_a_zip_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"gone\.zip cannot be read"):
        ZipPhotos(tmp_path / "gone.zip")


def test_a_list_of_a_hundred_thousand_files_is_refused_before_reading(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as many:
        for number in range(20_001):
            many.writestr(f"{number}.jpg", b"")
    path = tmp_path / "many.zip"
    path.write_bytes(out.getvalue())
    with pytest.raises(InvalidInput, match="20,001 files"):
        ZipPhotos(path).paths()
