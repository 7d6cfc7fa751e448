"""Folders that hold no causal language model: one clear error each, exit code 2."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from suite.core import registry

Suite = Callable[..., Result]


def whole(folder: Path) -> None:
    made = registry.make_policy("causal_lm/micro", {"num_steps": 8})
    made.model.save_pretrained(folder)
    made.tokenizer.save_pretrained(folder)


def without_weights(folder: Path) -> None:
    whole(folder)
    (folder / "model.safetensors").unlink()


def without_end(folder: Path) -> None:
    made = registry.make_policy("causal_lm/micro", {"num_steps": 8})
    made.tokenizer.eos_token = None
    made.model.save_pretrained(folder)
    made.tokenizer.save_pretrained(folder)


def masked(folder: Path) -> None:
    from transformers import BertConfig, BertForMaskedLM

    whole(folder)
    shape = BertConfig(
        vocab_size=20,
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
    )
    BertForMaskedLM(shape).save_pretrained(folder)


def pipeline(folder: Path) -> None:
    folder.mkdir()
    (folder / "model_index.json").write_text('{"_class_name": "StableDiffusionPipeline"}')


@pytest.mark.parametrize(
    ("write", "settings", "wanted"),
    [
        (without_weights, (), "has a config.json and no weights"),
        (without_end, (), "names no end token"),
        (masked, (), "it is a BertForMaskedLM"),
        (pipeline, (), "is a pipeline of diffusers"),
        (whole, ("--set", "policy.num_steps=55"), "tokens, and 1 fit beside an answer of 55"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_a_model_that_cannot_answer_is_one_clear_error(
    suite: Suite,
    tmp_path: Path,
    write: Callable[[Path], None],
    settings: tuple[str, ...],
    wanted: str,
) -> None:
    folder = tmp_path / "model"
    write(folder)
    named = ("--policy", "causal_lm/pretrained", "--set", f"policy.model={folder}")
    run = ("run", "--task", "maths/micro", "--algo", "grpo", *named, *settings)
    result = suite(*run, "--out", tmp_path / "out")
    assert result.exit_code == 2, result.output
    assert wanted in " ".join(result.output.split()), result.output
    assert "Traceback" not in result.output
