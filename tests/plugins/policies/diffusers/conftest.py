"""Small pipelines of each class that the family serves, made from configurations and saved once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

LETTERS = "abcdefghijklmnopqrstuvwxyz"
TEXT = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1, "vocab_size": 60}


def clip_tokenizer() -> Any:
    from transformers import CLIPTokenizer

    words = ["<|startoftext|>", "<|endoftext|>", *LETTERS, *(f"{one}</w>" for one in LETTERS)]
    vocabulary = {word: i for i, word in enumerate(words)}
    return CLIPTokenizer(
        vocab=vocabulary, merges=[], model_max_length=77, unk_token="<|endoftext|>"
    )


def t5_tokenizer() -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = ["<pad>", "</s>", "<unk>", *LETTERS]
    backend = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    )


def clip(projected: bool = False) -> Any:
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    shape = CLIPTextConfig(
        hidden_size=8, intermediate_size=16, num_attention_heads=2, num_hidden_layers=2,
        projection_dim=8, **TEXT,
    )  # fmt: skip
    return CLIPTextModelWithProjection(shape) if projected else CLIPTextModel(shape)


def vae(**settings: Any) -> Any:
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        block_out_channels=(4, 4), latent_channels=4, norm_num_groups=2, layers_per_block=1,
        down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2,
        sample_size=8, **settings,
    )  # fmt: skip


def ddim() -> Any:
    from diffusers import DDIMScheduler

    return DDIMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False,
        set_alpha_to_one=False, steps_offset=1,
    )  # fmt: skip


def unet(**settings: Any) -> Any:
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        block_out_channels=(4, 8), layers_per_block=1, sample_size=4, norm_num_groups=2,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), attention_head_dim=2,
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), **settings,
    )  # fmt: skip


def sd() -> Any:
    from diffusers import StableDiffusionPipeline

    return StableDiffusionPipeline(
        unet=unet(cross_attention_dim=8), vae=vae(), text_encoder=clip(),
        tokenizer=clip_tokenizer(), scheduler=ddim(), safety_checker=None, feature_extractor=None,
        requires_safety_checker=False,
    )  # fmt: skip


def sdxl() -> Any:
    from diffusers import StableDiffusionXLPipeline

    network = unet(
        cross_attention_dim=16, addition_embed_type="text_time", addition_time_embed_dim=2,
        projection_class_embeddings_input_dim=8 + 6 * 2,
    )  # fmt: skip
    return StableDiffusionXLPipeline(
        unet=network, vae=vae(), text_encoder=clip(), text_encoder_2=clip(projected=True),
        tokenizer=clip_tokenizer(), tokenizer_2=clip_tokenizer(), scheduler=ddim(),
    )  # fmt: skip


def sd3() -> Any:
    from diffusers import (
        FlowMatchEulerDiscreteScheduler,
        SD3Transformer2DModel,
        StableDiffusion3Pipeline,
    )

    network = SD3Transformer2DModel(
        sample_size=4, patch_size=1, in_channels=4, num_layers=1, attention_head_dim=4,
        num_attention_heads=2, joint_attention_dim=16, caption_projection_dim=8,
        pooled_projection_dim=16, out_channels=4, pos_embed_max_size=8,
    )  # fmt: skip
    return StableDiffusion3Pipeline(
        transformer=network, vae=vae(shift_factor=0.1, scaling_factor=1.5),
        text_encoder=clip(projected=True), text_encoder_2=clip(projected=True), text_encoder_3=None,
        tokenizer=clip_tokenizer(), tokenizer_2=clip_tokenizer(), tokenizer_3=None,
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
    )  # fmt: skip


def flux() -> Any:
    from diffusers import FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel
    from transformers import T5Config, T5EncoderModel

    network = FluxTransformer2DModel(
        patch_size=1, in_channels=16, num_layers=1, num_single_layers=1, attention_head_dim=8,
        num_attention_heads=1, joint_attention_dim=8, pooled_projection_dim=8,
        axes_dims_rope=(2, 2, 4), guidance_embeds=True,
    )  # fmt: skip
    encoder = T5EncoderModel(
        T5Config(d_model=8, d_ff=8, d_kv=4, num_heads=2, num_layers=1, vocab_size=32)
    )
    return FluxPipeline(
        transformer=network, vae=vae(shift_factor=0.1), text_encoder=clip(),
        text_encoder_2=encoder, tokenizer=clip_tokenizer(), tokenizer_2=t5_tokenizer(),
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
    )  # fmt: skip


def wan() -> Any:
    from diffusers import (
        AutoencoderKLWan,
        UniPCMultistepScheduler,
        WanPipeline,
        WanTransformer3DModel,
    )
    from transformers import UMT5Config, UMT5EncoderModel

    network = WanTransformer3DModel(
        patch_size=(1, 2, 2), num_attention_heads=1, attention_head_dim=12, in_channels=4,
        out_channels=4, text_dim=8, freq_dim=8, ffn_dim=8, num_layers=1, rope_max_seq_len=32,
    )  # fmt: skip
    encoder = UMT5EncoderModel(
        UMT5Config(d_model=8, d_ff=8, d_kv=4, num_heads=2, num_layers=1, vocab_size=32)
    )
    own = AutoencoderKLWan(
        base_dim=2, z_dim=4, dim_mult=[1, 1, 1, 1], num_res_blocks=1,
        temperal_downsample=[False, True, True], latents_mean=[0.1] * 4, latents_std=[2.0] * 4,
    )  # fmt: skip
    scheduler = UniPCMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0
    )
    return WanPipeline(
        transformer=network, vae=own, text_encoder=encoder, tokenizer=t5_tokenizer(),
        scheduler=scheduler,
    )  # fmt: skip


def ddpm() -> Any:
    from diffusers import DDPMPipeline, DDPMScheduler, UNet2DModel

    network = UNet2DModel(
        sample_size=4, block_out_channels=(4,), down_block_types=("DownBlock2D",),
        up_block_types=("UpBlock2D",), layers_per_block=1, norm_num_groups=2, add_attention=False,
    )  # fmt: skip
    return DDPMPipeline(unet=network, scheduler=DDPMScheduler())


KINDS: dict[str, Callable[[], Any]] = {
    "sd": sd, "sdxl": sdxl, "sd3": sd3, "flux": flux, "wan": wan, "ddpm": ddpm,
}  # fmt: skip


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A saved pipeline by kind, made when it is first asked for."""
    made: dict[str, Path] = {}

    def find(kind: str) -> Path:
        if kind not in made:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(0)
                made[kind] = tmp_path_factory.mktemp(kind)
                KINDS[kind]().save_pretrained(made[kind])
        return made[kind]

    return find
