"""Pipelines of the diffusers library as policies: a decision is a denoising step of latents."""
