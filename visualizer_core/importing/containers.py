"""What kind of file the bytes are, and text in one of the encodings shops use."""

import re
from enum import StrEnum

from visualizer_core.domain.catalogue.problems import Findings, ProblemCode
from visualizer_core.errors import InvalidInput
from visualizer_core.importing.limits import MAX_BYTES, MAX_LINES

__all__ = ["Container", "check_size", "decode", "sniff"]

_TABLE_FORMATS = "CSV, TSV, XLSX or Google Merchant XML"
_PROPERTY = re.compile(r"[\w.\-]+(?:#\d+)?\s*=")
_MOSTLY = 0.6  # share of lines that makes a file what it looks like
_VALID_PER_DAMAGED = 3  # so many good UTF-8 characters for a bad one: damaged, not another encoding

_REFUSED_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls) or one with a password", "save it as XLSX"),
    (b"%PDF", "a PDF", f"export the catalogue as {_TABLE_FORMATS}"),
    (b"\x1f\x8b", "a gzip archive", "unpack it first"),
    (b"Rar!", "a RAR archive", "unpack it first"),
    (b"7z\xbc\xaf", "a 7-Zip archive", "unpack it first"),
    (b"\x89PNG", "a picture", f"choose the catalogue as {_TABLE_FORMATS}"),
    (b"\xff\xd8\xff", "a picture", f"choose the catalogue as {_TABLE_FORMATS}"),
    (b"GIF8", "a picture", f"choose the catalogue as {_TABLE_FORMATS}"),
)


class Container(StrEnum):
    """How the table is packed."""

    TEXT = "text"
    WORKBOOK = "workbook"
    XML = "xml"


def check_size(data: bytes, filename: str) -> None:
    """Refuse what is empty or beyond `MAX_BYTES`.

    Raises
    ------
    InvalidInput
        With the size and what to do.
    """
    if not data.strip():
        raise InvalidInput(f"“{filename}” is empty. Export the catalogue again.")
    if len(data) > MAX_BYTES:
        raise InvalidInput(
            f"“{filename}” has {len(data) / (1 << 20):.0f} MB; at most {MAX_BYTES >> 20} MB are "
            "read. Split it into several files."
        )


def sniff(data: bytes, filename: str) -> Container:
    """Tell the container by content; the file name only helps the message.

    Raises
    ------
    InvalidInput
        For everything that is no table, with what it is and what to do instead.
    """
    if data.startswith(b"PK\x03\x04"):
        return Container.WORKBOOK
    for magic, what, remedy in _REFUSED_MAGIC:
        if data.startswith(magic):
            raise _refusal(filename, what, remedy)
    head = _text_head(data)
    if head.startswith("<"):
        if re.match(r"<(?:!doctype\s+html|html|table|style)\b", head, re.IGNORECASE):
            raise _refusal(filename, "a web page", f"export the catalogue as {_TABLE_FORMATS}")
        return Container.XML
    if head.startswith(("{", "[")):
        what = "a listing or JSON dump, not a table of products"
        raise _refusal(filename, what, f"export the catalogue as {_TABLE_FORMATS}")
    if filename.lower().endswith(".properties") or _is_properties(head):
        what = "a list of program properties (key=value), not a table of products"
        raise _refusal(filename, what, f"export the catalogue as {_TABLE_FORMATS}")
    return Container.TEXT


def _refusal(filename: str, what: str, remedy: str) -> InvalidInput:
    return InvalidInput(f"“{filename}” is {what}. Please {remedy}.")


def _text_head(data: bytes) -> str:
    encoding = _utf16(data) or "latin-1"
    return data[:8192].decode(encoding, "ignore").lstrip("\ufeffï»¿ \t\r\n")


def _is_properties(head: str) -> bool:
    lines = [line for line in head.splitlines()[:-1] if line.strip() and line[0] not in "#!"]
    return bool(lines) and sum(map(bool, map(_PROPERTY.match, lines))) > _MOSTLY * len(lines)


def _utf16(data: bytes) -> str | None:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    # Without a mark: Latin text has a NUL in every second byte.
    sample = data[:2000]
    if len(sample) < 4:  # noqa: PLR2004 - two characters decide nothing
        return None
    half = len(sample) // 2
    if sample[1::2].count(0) > _MOSTLY * half and not sample[0::2].count(0):
        return "utf-16-le"
    if sample[0::2].count(0) > _MOSTLY * half and not sample[1::2].count(0):
        return "utf-16-be"
    return None


def decode(data: bytes, filename: str, findings: Findings) -> str:
    """Return the text of a CSV or TSV: UTF-8, UTF-16 or Windows-1252, with or without a mark.

    A guess is reported, as is damage: a single wrong byte does not turn a UTF-8 file into
    Windows-1252.

    Raises
    ------
    InvalidInput
        When it is no text, or has more than `MAX_LINES` lines.
    """
    encoding = _utf16(data)
    try:
        text = data.decode(encoding or "utf-8-sig").lstrip("\ufeff")
    except UnicodeDecodeError:
        text = _decode_other(data, filename, findings)
    if "\0" in text:
        raise _refusal(filename, "not text", f"export the catalogue as {_TABLE_FORMATS}")
    if max(text.count("\n"), text.count("\r")) > MAX_LINES:
        raise InvalidInput(
            f"“{filename}” has more than {MAX_LINES:,} lines. Split it into several files."
        )
    return text


def _decode_other(data: bytes, filename: str, findings: Findings) -> str:
    if b"\0" in data:
        raise _refusal(filename, "not text", f"export the catalogue as {_TABLE_FORMATS}")
    text = data.decode("utf-8-sig", "replace")
    damaged = text.count("\ufffd")
    valid = len(text) - len(text.encode("ascii", "ignore")) - damaged
    if valid >= _VALID_PER_DAMAGED * damaged:
        line = _line_of(text, text.index("\ufffd"))
        detail = f"{damaged} characters" if damaged > 1 else "One character"
        findings.add(ProblemCode.DAMAGED_CHARACTER, line, detail=detail)
        return text
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidInput(
            f"“{filename}” is neither UTF-8 nor Windows-1252 text (first wrong byte on line {line}"
            "). Save it as “CSV UTF-8” and import again."
        ) from error
    first = next(index for index, char in enumerate(text) if not char.isascii())
    start, end = text.rfind("\n", 0, first) + 1, text.find("\n", first)
    around = text[max(start, first - 30) : end if 0 <= end < first + 30 else first + 30]
    findings.add(ProblemCode.ENCODING_GUESSED, _line_of(text, first), value=around)
    return text


def _line_of(text: str, index: int) -> int:
    return text.count("\n", 0, index) + 1
