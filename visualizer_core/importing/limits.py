"""How much of a catalogue file is read at all. Past each limit the file is refused, not cut."""

__all__ = [
    "MAX_BROKEN_ROWS",
    "MAX_BYTES",
    "MAX_COLUMNS",
    "MAX_FIELD_CHARS",
    "MAX_LINES",
    "MAX_ROWS",
    "MAX_SEPARATORS_IN_LINE",
    "MAX_ZIP_BYTES",
    "MAX_ZIP_ENTRIES",
    "MAX_ZIP_RATIO",
]

MAX_BYTES = 50 << 20  # design 08: a 50,000-row shop export is 20 to 40 MB
MAX_ROWS = 50_000  # design 08; the largest plan holds fewer products
MAX_COLUMNS = 500  # real Shopify exports have 84 and more with metafields and markets
MAX_FIELD_CHARS = 100_000  # three times what a spreadsheet cell holds; below csv's own 131,072
MAX_LINES = 2_000_000  # 40 lines a row; guards against files of nothing but line ends
MAX_SEPARATORS_IN_LINE = 20_000  # one physical line; commas inside long texts stay far below
MAX_BROKEN_ROWS = 1_000  # each costs a second look; a file with more is broken throughout

MAX_ZIP_ENTRIES = 2_000  # a workbook has a dozen parts, one with pictures a few hundred
MAX_ZIP_BYTES = 300 << 20  # 50,000 rows x 84 cells unpack to about 170 MB of XML
MAX_ZIP_RATIO = 200  # sheet XML packs 10 to 30 times, repeated cells up to 100 times
