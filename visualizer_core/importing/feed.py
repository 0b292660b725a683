"""Google Merchant feeds as RSS or Atom: streamed, without entities, with line numbers."""

from collections.abc import Iterator
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl, Locator

from defusedxml import sax
from defusedxml.common import DefusedXmlException

from visualizer_core.errors import InvalidInput
from visualizer_core.importing.limits import MAX_COLUMNS, MAX_FIELD_CHARS, MAX_ROWS
from visualizer_core.importing.table import Record

__all__ = ["read_feed"]

_ROOTS = frozenset({"rss", "feed", "rdf"})
_ITEMS = frozenset({"item", "entry"})
_MAX_DEPTH = 32  # a feed nests four deep


class _TooBigError(SAXException):
    """A limit of `limits` is passed; the message says which."""


class _NotAFeedError(SAXException):
    """The root element is another one; the message is its name."""


class _FeedHandler(ContentHandler):
    """Collects the items: per item its line and, per field, its values."""

    def __init__(self) -> None:
        super().__init__()
        self.items: list[tuple[int, dict[str, list[str]]]] = []
        self._locator: Locator | None = None
        self._depth = 0
        self._item_depth = 0
        self._text: list[str] = []
        self._chars = 0
        self._field: str | None = None

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802 - SAX's name
        self._locator = locator

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: ARG002, N802 - SAX's
        self._depth += 1
        local = name.rpartition(":")[2].casefold()
        if self._depth == 1 and local not in _ROOTS:
            raise _NotAFeedError(name)
        if self._depth > _MAX_DEPTH:
            raise _TooBigError(f"nests more than {_MAX_DEPTH} elements")
        if not self._item_depth and local in _ITEMS:
            self._begin_item()
        elif self._item_depth and self._depth == self._item_depth + 1:
            self._begin_field(name.removeprefix("g:").casefold())

    def _begin_item(self) -> None:
        self._item_depth = self._depth
        line = self._locator.getLineNumber() if self._locator else None
        self.items.append((line or 0, {}))
        if len(self.items) > MAX_ROWS:
            raise _TooBigError(f"has more than {MAX_ROWS:,} products")

    def _begin_field(self, name: str) -> None:
        self._field = name
        self._text.clear()
        self._chars = 0

    def characters(self, content: str) -> None:
        if self._field is None or self._depth != self._item_depth + 1:
            return  # outside a field, or in something nested such as g:shipping
        self._chars += len(content)
        if self._chars > MAX_FIELD_CHARS:
            raise _TooBigError(f"has a {self._field} of more than {MAX_FIELD_CHARS:,} characters")
        self._text.append(content)

    def endElement(self, name: str) -> None:  # noqa: ARG002, N802 - SAX's name
        if self._item_depth and self._depth == self._item_depth + 1 and self._field is not None:
            self._end_field()
        elif self._depth == self._item_depth:
            self._item_depth = 0
        self._depth -= 1

    def _end_field(self) -> None:
        fields = self.items[-1][1]
        text = "".join(self._text).strip()
        if self._field is not None and text:
            values = fields.setdefault(self._field, [])
            values.append(text)
            if len(fields) > MAX_COLUMNS or len(values) > MAX_COLUMNS:
                raise _TooBigError(f"has more than {MAX_COLUMNS} fields in one product")
        self._field = None


def read_feed(data: bytes, filename: str) -> Iterator[Record]:
    """Yield the headings (line 1) and then a record per item; several values stand on lines.

    Raises
    ------
    InvalidInput
        When it is no feed, not well-formed (with the line), too big, or declares entities.
    """
    handler = _FeedHandler()
    try:
        sax.parseString(data, handler, forbid_dtd=True)
    except _NotAFeedError as error:
        raise InvalidInput(_not_a_feed(filename, error.getMessage(), data)) from error
    except _TooBigError as error:
        raise InvalidInput(
            f"“{filename}” {error.getMessage()}. Split it or shorten it, and import again."
        ) from error
    except SAXParseException as error:
        raise InvalidInput(
            f"“{filename}” is not well-formed XML: {error.getMessage()} on line "
            f"{error.getLineNumber()}. Export the feed again."
        ) from error
    except DefusedXmlException as error:
        raise InvalidInput(
            f"“{filename}” declares a document type or entities, which a product feed does not "
            "need; it was not read. Export the feed without them."
        ) from error
    except (LookupError, ValueError) as error:  # an encoding that Python does not know
        raise InvalidInput(
            f"“{filename}” names a character encoding that is not known. Export it as UTF-8."
        ) from error
    names = list(dict.fromkeys(name for _, fields in handler.items for name in fields))
    if len(names) > MAX_COLUMNS:
        raise InvalidInput(f"“{filename}” has more than {MAX_COLUMNS} different fields.")
    yield Record(1, names)
    for line, fields in handler.items:
        yield Record(line, ["\n".join(fields.get(name, ())) for name in names])


def _not_a_feed(filename: str, root: str, data: bytes) -> str:
    if b'model="product.' in data:
        return (
            f"“{filename}” is Odoo module data, which mixes products with services, suppliers and "
            "settings. In Odoo, open Products, select all, and use Action > Export to XLSX or CSV."
        )
    return (
        f"“{filename}” is XML of another kind (its root is <{root[:60]}>), not a Google Merchant "
        "feed (RSS or Atom). Export the catalogue as CSV, TSV, XLSX or a Google Merchant feed."
    )
