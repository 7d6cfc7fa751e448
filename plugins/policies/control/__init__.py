"""Control policies: categorical and Gaussian actors, flow and diffusion policies with chunks."""
