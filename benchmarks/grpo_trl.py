"""One GRPO step of ours against TRL's, on one small Llama, on the CPU.

4 prompts x 8 completions x 64 tokens (no end token is ever drawn), reward = share of even ids,
no KL, AdamW at 1e-3, float32, one thread. Each side runs in processes of its own, alternated ours,
TRL, TRL, ours; the first step of each is a warm-up. CPU seconds are of the process (getrusage), so
that another load on the machine matters little.

    python -m venv trl && . trl/bin/activate
    pip install trl==1.16.0 reward-suite[text]
    python benchmarks/grpo_trl.py             # JSON lines: speed, then equality
    python benchmarks/grpo_trl.py --equal     # equality of loss and gradients alone
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

PROMPTS, GROUP, TOKENS, VOCABULARY = 4, 8, 64, 512
PROMPT_LENGTH, RATE = 8, 1e-3
STEPS = 4  # of a process; the first is a warm-up
ORDER = ("ours", "trl", "trl", "ours")
EPSILON = 1e-4  # TRL's, beside the standard deviation of a group


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", choices=("ours", "trl"))
    parser.add_argument("--model", type=Path)
    parser.add_argument("--equal", action="store_true")
    given = parser.parse_args()
    if given.side:
        print(json.dumps(SIDES[given.side](given.model)))
        return
    with tempfile.TemporaryDirectory() as folder:
        model = save_model(Path(folder) / "model")
        if not given.equal:
            print(json.dumps(speed(model)))
        print(json.dumps(equality(model)))


# --- the model and the prompts ------------------------------------------------------------------


def save_model(folder: Path) -> Path:
    """0.79 million weights at random, and a tokenizer whose end token the model cannot say."""
    import torch
    from tokenizers import Tokenizer, pre_tokenizers
    from tokenizers.models import WordLevel
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    words = {f"w{i}": i for i in range(VOCABULARY)} | {"<end>": VOCABULARY}
    backend = Tokenizer(WordLevel(words, unk_token="w1"))
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, pad_token="w0", eos_token="<end>", padding_side="left"
    )
    shape = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=4,
        num_attention_heads=4,
        max_position_embeddings=128,
        pad_token_id=0,
        bos_token_id=None,
        eos_token_id=VOCABULARY,
    )
    torch.manual_seed(0)
    LlamaForCausalLM(shape).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def prompts() -> list[str]:
    """Eight words each."""
    return [
        " ".join(f"w{2 + (37 * i + 11 * j) % 500}" for j in range(PROMPT_LENGTH))
        for i in range(PROMPTS)
    ]


class Clock:
    """CPU seconds of each step."""

    def __init__(self) -> None:
        self.last = self.now()
        self.seconds: list[float] = []

    @staticmethod
    def now() -> float:
        """Of this process, its threads and the system for it."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        return used.ru_utime + used.ru_stime

    def tick(self) -> None:
        """A step is over."""
        now = self.now()
        self.seconds.append(now - self.last)
        self.last = now


def result(clock: Clock) -> dict[str, Any]:
    """What a process prints: steps after the warm-up, and its largest resident set."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": clock.seconds[1:], "peak_mib": round(peak)}


# --- ours ---------------------------------------------------------------------------------------


def built(model: Path, **settings: Any) -> Any:
    """Everything of a run of `grpo` on the four prompts."""
    import torch

    from suite.core.build import build, freeze_base
    from suite.core.config import Request, resolve_request
    from suite.core.contexts import Contexts
    from suite.core.records import Context, Samples, Scores
    from suite.core.reward import Reward

    class Asked(Contexts):
        """The prompts, in order."""

        num_train = PROMPTS

        def train(self, index: torch.Tensor) -> Context:
            rows = tuple({"prompt": prompts()[i]} for i in index.tolist())
            return Context(index=index, native=rows)

    class Even(Reward):
        """Share of even ids."""

        bounds = (0.0, 1.0)

        def __call__(self, samples: Samples, context: Context) -> Scores:
            assert samples.tokens is not None
            return Scores.all_valid((samples.tokens % 2 == 0).float().mean(dim=1))

    named = {
        "policy.model": str(model), "policy.num_steps": TOKENS, "algo.beta": 0.0,
        "algo.kl": "none", "train.num_contexts": PROMPTS, "train.group_size": GROUP,
        "train.num_epochs": 1, "train.learning_rate": RATE,
    }  # fmt: skip
    named |= {f"train.{key}": value for key, value in settings.items()}
    request = Request(
        task="maths/micro", policy="causal_lm/pretrained", algo="grpo", settings=named
    )
    made = build(resolve_request(request))
    made.run.contexts, made.run.reward = Asked(), Even()
    freeze_base(made)
    return made


class Listener:
    """Hears the trainer's steps."""

    def __init__(self, on_step: Callable[[], None]) -> None:
        self.tick = on_step
        self.experience: Any = None
        self.metrics: dict[str, float] = {}

    def on_collect(self, run: Any, step: int, experience: Any) -> None:
        """Keep what was learnt from."""
        self.experience = experience

    def on_step(self, run: Any, step: int, metrics: dict[str, float]) -> None:
        """A step is over."""
        self.metrics = dict(metrics)
        self.tick()

    def position(self) -> dict[str, Any]:
        """Nothing to remember."""
        return {}

    def restore(self, position: dict[str, Any]) -> None:
        """Nothing to restore."""

    def _ignore(self, *args: Any) -> None:
        """Nothing to hear."""

    on_scored = on_update = on_evaluate = on_checkpoint = _ignore


def ours(model: Path) -> dict[str, Any]:
    """Steps of the suite's trainer."""
    import torch

    from suite.core.trainer import Trainer

    torch.set_num_threads(1)
    made = built(model, num_steps=STEPS)
    clock = Clock()
    Trainer(made.run, made.algorithm, listener=Listener(clock.tick)).train()
    return result(clock)


# --- TRL ----------------------------------------------------------------------------------------


def trl_trainer(model: Path, out: str, steps: int, on_step: Callable[[], None]) -> Any:
    """Its GRPOTrainer with the same settings."""
    import torch
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
    from trl import GRPOConfig, GRPOTrainer

    class Steps(TrainerCallback):  # type: ignore[misc]
        """Hears of steps."""

        def on_step_end(self, *args: Any, **kwargs: Any) -> None:
            """A step is over."""
            on_step()

    def even(completion_ids: list[list[int]], **_: Any) -> list[float]:
        return [sum(i % 2 == 0 for i in ids) / len(ids) for ids in completion_ids]

    config = GRPOConfig(
        output_dir=out, max_steps=steps, per_device_train_batch_size=PROMPTS * GROUP,
        num_generations=GROUP, max_completion_length=TOKENS, learning_rate=RATE,
        lr_scheduler_type="constant", beta=0.0, loss_type="grpo", temperature=1.0, use_cpu=True,
        bf16=False, report_to=[], logging_strategy="no", save_strategy="no",
        gradient_checkpointing=False, disable_tqdm=True, seed=0,
    )  # fmt: skip
    return GRPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32),
        reward_funcs=even,
        args=config,
        train_dataset=Dataset.from_dict({"prompt": prompts()}),
        processing_class=AutoTokenizer.from_pretrained(model),
        callbacks=[Steps()],
    )


def trl(model: Path) -> dict[str, Any]:
    """Steps of TRL's trainer."""
    import torch

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as out:
        clock = Clock()
        trainer = trl_trainer(model, out, STEPS, clock.tick)
        clock.last = clock.now()
        trainer.train()
    return result(clock)


SIDES = {"ours": ours, "trl": trl}


# --- the comparison -----------------------------------------------------------------------------


def speed(model: Path) -> dict[str, Any]:
    """Medians over the steps of two processes a side."""
    seconds: dict[str, list[float]] = {"ours": [], "trl": []}
    peaks: dict[str, list[int]] = {"ours": [], "trl": []}
    for side in ORDER:
        command = [sys.executable, __file__, "--side", side, "--model", str(model)]
        env = {**os.environ, "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=env)
        row = json.loads(done.stdout.strip().splitlines()[-1])
        seconds[side] += row["seconds"]
        peaks[side].append(row["peak_mib"])
    median = {side: statistics.median(values) for side, values in seconds.items()}
    return {
        "benchmark": "grpo step",
        "samples": PROMPTS * GROUP,
        "cpu_seconds": {side: [round(s, 3) for s in values] for side, values in seconds.items()},
        "median": {side: round(value, 3) for side, value in median.items()},
        "times the samples a CPU second": round(median["trl"] / median["ours"], 2),
        "peak_mib": peaks,
        "load": os.getloadavg()[0],
        **versions(),
    }


def versions() -> dict[str, str]:
    """Of what was run."""
    from importlib.metadata import version

    return {name: version(name) for name in ("torch", "transformers", "trl")}


def equality(model: Path) -> dict[str, Any]:
    """Loss and gradients of one step on our rollouts: differences, over the largest gradient."""
    import torch

    from suite.core.trainer import Trainer

    torch.set_num_threads(1)
    # A rate of (nearly) 0 leaves the weights, and the gradients stay to be read.
    made = built(model, num_steps=1, learning_rate=1e-30, clip_norm=float("inf"))
    heard = Listener(lambda: None)
    Trainer(made.run, made.algorithm, listener=heard).train()
    mine = {
        name.removeprefix("model."): weight.grad
        for name, weight in made.run.policy.named_parameters()
        if weight.grad is not None
    }
    tokens = heard.experience.rows["trajectory"].decisions["decision"]
    asked = heard.experience.rows["trajectory"].context.native
    loss, other = trl_gradients(model, [row["prompt"] for row in asked], tokens)
    largest = max(float(g.abs().max()) for g in mine.values())
    assert set(mine) == set(other), set(mine) ^ set(other)
    worst = max(float((mine[k] - other[k]).abs().max()) for k in mine)
    return {
        "benchmark": "grpo equality",
        "loss": {"ours": heard.metrics["loss"], "trl": loss},
        "largest gradient": largest,
        "largest difference over it": worst / largest,
        **versions(),
    }


def trl_gradients(model: Path, asked: list[str], tokens: Any) -> tuple[float, dict[str, Any]]:
    """TRL's own loss on given completions, whose advantages are by its formula."""
    import torch

    with tempfile.TemporaryDirectory() as out:
        trainer = trl_trainer(model, out, 1, lambda: None)
        ids = trainer.processing_class(asked, return_tensors="pt")["input_ids"]
        reward = (tokens % 2 == 0).float().mean(dim=1).view(-1, GROUP)
        centred = reward - reward.mean(dim=1, keepdim=True)
        advantage = centred / (reward.std(dim=1, keepdim=True) + EPSILON)
        inputs = {
            "prompt_ids": ids,
            "prompt_mask": torch.ones_like(ids),
            "completion_ids": tokens,
            "completion_mask": torch.ones_like(tokens),
            "advantages": advantage.flatten(),
            "num_items_in_batch": torch.tensor(tokens.numel()),
        }
        trainer.model.train()
        trainer.current_gradient_accumulation_steps = 1
        loss = trainer._compute_loss(trainer.model, inputs)
        loss.backward()
        found = {name: weight.grad for name, weight in trainer.model.named_parameters()}
    return float(loss.detach()), {name: grad for name, grad in found.items() if grad is not None}


if __name__ == "__main__":
    main()
