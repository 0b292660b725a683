"""What the product does: plain functions over a ``Workspace`` or a ``Runtime``."""
