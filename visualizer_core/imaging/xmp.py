"""Say inside the file that a picture was generated, and from what.

Shops and feeds require the IPTC digital source type of generated pictures; SKU, title and recipe
hash let anyone find out later where a stray file came from.
"""

import html
import unicodedata
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError  # types only; defusedxml parses

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from visualizer_core.imaging.xmp_containers import extract_packet, insert_packet

__all__ = ["COMPOSITE", "GENERATED", "XmpFacts", "read_xmp", "write_xmp"]

# IPTC NewsCodes, the last part of the term's address.
GENERATED = "trainedAlgorithmicMedia"
COMPOSITE = "compositeWithTrainedAlgorithmicMedia"

_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DC = "http://purl.org/dc/elements/1.1/"
_IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_OWN = "urn:visualizer-workbench:xmp:1:"

MAX_TEXT_CHARS = 2_000  # a title of a page of text is a mistake; keeps every packet under its limit


@dataclass(frozen=True)
class XmpFacts:
    """What is written into a picture, or was found in one.

    Parameters
    ----------
    digital_source_type : str | None
        IPTC term, normally ``GENERATED`` or ``COMPOSITE``; None when none was found.
    title : str | None
        For people.
    sku : str | None
        Of the product shown.
    recipe_hash : str | None
        Of everything the picture was made from.
    """

    digital_source_type: str | None
    title: str | None = None
    sku: str | None = None
    recipe_hash: str | None = None


def write_xmp(data: bytes, facts: XmpFacts) -> bytes:
    """The same picture, bit for bit, with these facts in it.

    XMP that was there before is replaced. A signed origin statement (C2PA) covers the bytes of its
    file, so it no longer verifies afterwards: write into exports, never into originals.

    Parameters
    ----------
    data : bytes
        A JPEG, PNG or WebP.
    facts : XmpFacts
        Texts are cut at 2,000 characters; characters XML cannot hold are dropped.

    Raises
    ------
    ImageRejected
        Another format, or a damaged container.
    """
    return insert_packet(data, _packet(facts).encode())


def read_xmp(data: bytes) -> XmpFacts | None:
    """What a picture says about itself; None when it has no XMP or an unreadable one.

    Raises
    ------
    ImageRejected
        Not a picture, or a damaged container.
    """
    packet = extract_packet(data)
    if packet is None:
        return None
    try:
        root = fromstring(packet.strip(b"\0"), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        return None
    source = _property(root, _IPTC, "DigitalSourceType")
    return XmpFacts(
        digital_source_type=source.rsplit("/", 1)[-1] if source else None,
        title=_property(root, _DC, "title"),
        sku=_property(root, _OWN, "sku"),
        recipe_hash=_property(root, _OWN, "recipe"),
    )


def _packet(facts: XmpFacts) -> str:
    source = _SOURCE_TYPES + facts.digital_source_type if facts.digital_source_type else None
    elements = [
        _element("Iptc4xmpExt:DigitalSourceType", source),
        _element("viz:sku", facts.sku),
        _element("viz:recipe", facts.recipe_hash),
    ]
    if facts.title:
        text = _clean(facts.title)
        elements.append(
            f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{text}</rdf:li></rdf:Alt></dc:title>'
        )
    body = "".join(elements)
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        f'<rdf:RDF xmlns:rdf="{_RDF}">'
        f'<rdf:Description rdf:about="" xmlns:dc="{_DC}" xmlns:Iptc4xmpExt="{_IPTC}"'
        f' xmlns:viz="{_OWN}">{body}</rdf:Description>'
        "</rdf:RDF></x:xmpmeta>"
        '<?xpacket end="r"?>'
    )


def _element(name: str, value: str | None) -> str:
    return f"<{name}>{_clean(value)}</{name}>" if value else ""


def _clean(text: str) -> str:
    """Escape, and drop what XML 1.0 has no way to write (control characters, surrogates)."""
    kept = "".join(
        c
        for c in text[:MAX_TEXT_CHARS]
        if c in "\t\n\r"
        or (unicodedata.category(c) not in ("Cc", "Cs") and c not in "\ufffe\uffff")
    )
    return html.escape(kept)


def _property(root: Element, space: str, name: str) -> str | None:
    """Value of a property: XMP writers choose between attribute, element and list of languages."""
    tag = f"{{{space}}}{name}"
    for description in root.iter(f"{{{_RDF}}}Description"):
        if tag in description.attrib:
            return description.attrib[tag]
        found = description.find(tag)
        if found is not None:
            item = found.find(f".//{{{_RDF}}}li")
            return (found.text if item is None else item.text) or None
    return None
