"""What a backend's runner may import: ``archspec_runner``, which needs NumPy and safetensors.

The folder of this file is put on the path of a runner's process, so that ``archspec_runner`` is
all of archspec that the backend's own interpreter gets to see.
"""
