"""The resolved model: shapes, the flat graph, and the tree of classes."""
