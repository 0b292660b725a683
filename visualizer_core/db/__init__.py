"""The database: tables, roles, policies, and the two doors to them."""
