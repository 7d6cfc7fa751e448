"""Image: rendered scenes of coloured shapes with captions, and detectors that read them."""
