"""The servers and sample data that stand in for the cloud on a bare machine."""
