"""Drawings of a network: what is in the picture, where it stands, and a writer for each format."""
