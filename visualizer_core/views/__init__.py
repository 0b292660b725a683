"""What people see: the only package, with `http`, that knows Panel."""
