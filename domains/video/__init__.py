"""Video: clips of moving shapes, their detectors and rewards."""
