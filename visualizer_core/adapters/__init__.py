"""One module per vendor behind the ports."""
