"""bitplane: the asset build for limited-color displays."""

__version__ = "0.1.0"
