"""A picture says that it was generated, and stays the same picture bit for bit."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.imaging.pictures import decoded, encoded, exif, jpeg, photo, png, webp, with_segment
from visualizer_core.errors import ImageRejected
from visualizer_core.imaging.xmp import COMPOSITE, GENERATED, XmpFacts, read_xmp, write_xmp
from visualizer_core.imaging.xmp_containers import extract_packet, insert_packet

FACTS = XmpFacts(GENERATED, title="Sofa “Größe” <b>& Co", sku="A&B-1/2", recipe_hash="ab" * 32)

CUTOUT = photo().convert("RGBA").rotate(20)
FILES = {
    "JPEG": jpeg(),
    "JPEG with EXIF": jpeg(exif=exif(1)),
    "progressive JPEG": jpeg(progressive=True),
    "stereo JPEG": encoded(photo(), "MPO", save_all=True, append_images=[photo(200, 150)]),
    "PNG": png(),
    "PNG with alpha": png(CUTOUT),
    "lossy WebP": webp(),
    "lossless WebP": webp(lossless=True),
    "WebP with alpha": webp(CUTOUT),
    "lossless WebP with alpha": webp(CUTOUT, lossless=True),
    "WebP with EXIF": webp(exif=exif(1)),
    "animated WebP": webp(save_all=True, append_images=[photo().rotate(90)]),
}


@pytest.mark.parametrize("data", FILES.values(), ids=FILES)
def test_facts_are_read_back_and_no_pixel_changes(data: bytes) -> None:
    marked = write_xmp(data, FACTS)
    assert read_xmp(marked) == FACTS
    before, after = decoded(data), decoded(marked)
    assert (before.mode, before.size) == (after.mode, after.size)
    assert before.tobytes() == after.tobytes()


@pytest.mark.parametrize("data", FILES.values(), ids=FILES)
def test_other_programs_find_the_source_type(data: bytes) -> None:
    with Image.open(io.BytesIO(write_xmp(data, FACTS))) as picture:
        found = picture.getxmp()["xmpmeta"]["RDF"]["Description"]
    assert found["DigitalSourceType"] == (
        "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    )


@pytest.mark.parametrize("data", FILES.values(), ids=FILES)
def test_what_was_written_before_is_replaced(data: bytes) -> None:
    once = write_xmp(data, XmpFacts(COMPOSITE, title="old"))
    twice = write_xmp(once, FACTS)
    assert read_xmp(twice) == FACTS
    assert twice == write_xmp(data, FACTS)
    assert b"composite" not in twice


def test_the_rest_of_a_jpeg_stays_as_it_was() -> None:
    data = with_segment(jpeg(exif=exif(1), comment=b"by the provider"), 0xEB, b"JP\0\1signed")
    marked = write_xmp(data, FACTS)
    packet = extract_packet(marked)
    assert packet is not None
    at = marked.find(packet)
    segment_start = marked.rfind(b"\xff\xe1", 0, at)
    assert marked[:segment_start] + marked[at + len(packet) :] == data


def test_a_picture_without_xmp_says_nothing() -> None:
    assert [read_xmp(data) for data in (jpeg(), png(), webp())] == [None] * 3
    assert read_xmp(encoded(photo(), "BMP")) is None


def test_facts_other_programs_wrote_as_attributes_are_found() -> None:
    packet = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
        b'xmlns:i="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
        b'i:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"/>'
        b"</rdf:RDF></x:xmpmeta>"
    )
    assert read_xmp(insert_packet(jpeg(), packet)) == XmpFacts("digitalCapture")


HOSTILE = {
    "entity bomb": b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>',
    "external entity": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "document type": b'<!DOCTYPE a SYSTEM "http://elsewhere.example/a.dtd"><a/>',
    "no XML": b"<x:xmpmeta",
    "other bytes": b"\xff\xfe\0\0\x80",
    "empty": b"",
}


@pytest.mark.parametrize("packet", HOSTILE.values(), ids=HOSTILE)
def test_hostile_xmp_is_as_good_as_none(packet: bytes) -> None:
    assert read_xmp(insert_packet(jpeg(), packet)) is None


@pytest.mark.parametrize("cut", [3, 8, 15, 21, 40])
@pytest.mark.parametrize("name", ["JPEG", "PNG", "lossy WebP"])
def test_a_damaged_container_is_refused(name: str, cut: int) -> None:
    with pytest.raises(ImageRejected):
        write_xmp(FILES[name][:cut], FACTS)


def test_a_format_that_cannot_be_marked_is_refused_with_what_can() -> None:
    with pytest.raises(ImageRejected, match="Export JPEG, PNG or WebP"):
        write_xmp(encoded(photo(), "GIF"), FACTS)


@given(st.text(max_size=300), st.text(max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_text_makes_a_readable_packet(title: str, sku: str) -> None:
    found = read_xmp(write_xmp(FILES["PNG"], XmpFacts(GENERATED, title=title, sku=sku)))
    assert found is not None
    assert found.digital_source_type == GENERATED
    if sku.isalnum():
        assert found.sku == sku


def test_the_longest_texts_still_fit() -> None:
    longest = "\U0001f6cb&\"'<" * 2_000
    facts = XmpFacts(GENERATED, title=longest, sku=longest, recipe_hash=longest)
    found = read_xmp(write_xmp(jpeg(), facts))
    assert found is not None
    assert found.title == longest[:2_000]
