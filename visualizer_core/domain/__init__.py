"""Pure rules and values of the product; imports nothing of ours but ``errors``."""
