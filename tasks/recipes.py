"""How the embedded defaults of the language domains are trained: settings that they share."""

from typing import Any

GRPO: dict[str, Any] = {
    "train.num_steps": 40,
    "train.num_contexts": 32,
    "train.group_size": 8,
    "train.learning_rate": 3e-4,
    "train.warmup_updates": 5,
    "train.num_epochs": 1,
    "train.eval_every": 20,
    "train.eval_samples": 256,
}

PRETRAINED: dict[str, Any] = {  # where the user brings the model: policy.model
    "train.num_contexts": 8,
    "train.group_size": 8,
    "train.num_steps": 100,
    "train.learning_rate": 1e-6,
}


def corpus(
    *, num_steps: int, num_contexts: int = 64, learning_rate: float = 3e-3
) -> dict[str, Any]:
    """Base training on demonstrations: ``num_steps`` updates of ``num_contexts`` texts."""
    return {
        "num_steps": num_steps,
        "num_contexts": num_contexts,
        "group_size": 1,
        "learning_rate": learning_rate,
        "schedule": "cosine",
        "warmup_updates": 20,
    }
