"""Pixels: decode safely, cut out, resize, encode, compare."""
