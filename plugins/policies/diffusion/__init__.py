"""Diffusion and flow policies on images: a decision is a denoising step."""
