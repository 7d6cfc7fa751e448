"""Pipelines from disk, by folder or id."""

import json
from pathlib import Path
from typing import Any

import torch
from diffusers import DiffusionPipeline

from suite.core.errors import SuiteError
from suite.plugins.policies.diffusers.adapters import (
    Adapter,
    Pixels,
    StableDiffusion,
    StableDiffusionXL,
)
from suite.plugins.policies.diffusers.config import PipelineConfig
from suite.plugins.policies.diffusers.flows import Flux, StableDiffusion3, Wan

INDEX = "model_index.json"
ADAPTERS: dict[str, type[Adapter]] = {
    "StableDiffusionPipeline": StableDiffusion,
    "StableDiffusionXLPipeline": StableDiffusionXL,
    "StableDiffusion3Pipeline": StableDiffusion3,
    "FluxPipeline": Flux,
    "WanPipeline": Wan,
    "DDPMPipeline": Pixels,
    "DDIMPipeline": Pixels,
}


def load(config: PipelineConfig) -> Adapter:
    """The pipeline that ``config.model`` names, ready to be asked.

    Raises:
        SuiteError: there is none, its files are not whole, or no adapter serves its class.
    """
    kind = _pipeline_class(Path(config.model).expanduser())
    if kind is not None:
        _check_class(config.model, kind)
    try:
        load: Any = DiffusionPipeline.from_pretrained  # diffusers has no annotations here
        pipeline = load(
            str(Path(config.model).expanduser()) if kind else config.model,
            dtype=getattr(torch, config.dtype),
            **_left_out(Path(config.model).expanduser(), kind),
        )
    except (OSError, ValueError, KeyError, AttributeError) as error:
        first = str(error).strip().partition("\n")[0]
        raise SuiteError(
            f"policy.model = '{config.model}' cannot be loaded as a diffusers pipeline: {first}\n"
            "Give a folder that `save_pretrained` wrote, or an id that diffusers can reach."
        ) from error
    _check_class(config.model, type(pipeline).__name__)
    return ADAPTERS[type(pipeline).__name__](pipeline, config)


def _pipeline_class(folder: Path) -> str | None:
    """What a folder's index calls its pipeline; None where there is no folder (an id)."""
    if not folder.exists():
        return None
    try:
        index: dict[str, Any] = json.loads((folder / INDEX).read_text())
        return str(index["_class_name"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SuiteError(
            f"policy.model = '{folder}' is no pipeline: it has no {INDEX} that names one.\n"
            "Name a folder that a diffusers pipeline's `save_pretrained` wrote."
        ) from error


def _left_out(folder: Path, kind: str | None) -> dict[str, None]:
    """Parts that a pipeline may lack, and that diffusers wants to be told of."""
    names = ("text_encoder_3", "tokenizer_3") if kind == "StableDiffusion3Pipeline" else ()
    return {name: None for name in names if not (folder / name).is_dir()}


def _check_class(model: str, kind: str) -> None:
    if kind not in ADAPTERS:
        raise SuiteError(
            f"policy.model = '{model}' is a {kind}, which this family does not serve.\n"
            f"It serves {', '.join(ADAPTERS)}."
        )
