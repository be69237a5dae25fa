"""Verification: run what was generated, and show that it computes what the spec says."""
