"""Weights: their names and layouts in each backend, seeded ones, and files of them.

Import from the modules: ``naming`` needs nothing, the others need NumPy.
"""
