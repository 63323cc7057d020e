"""Metrics: how far a shown picture is from its original (floats, for reports only)."""

from pipeline.metrics.color import ciede2000, ciede2000_lab, lab, mean_ciede2000, mse
from pipeline.metrics.space import blurred_ciede2000, scielab, ssim

__all__ = [
    "blurred_ciede2000",
    "ciede2000",
    "ciede2000_lab",
    "lab",
    "mean_ciede2000",
    "mse",
    "scielab",
    "ssim",
]
