"""Settings that every training run shares; an algorithm's own settings are the algorithm itself."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class TrainSettings(BaseModel):
    """How the one loop runs, whatever the algorithm."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    num_steps: int = Field(100, ge=1, description="collect-and-update rounds")
    num_contexts: int = Field(8, ge=1, description="contexts asked in one collect")
    group_size: int = Field(8, ge=1, description="samples a context")
    num_epochs: int = Field(1, ge=1, description="passes over one collect's items")
    num_minibatches: int = Field(1, ge=1, description="updates a pass")
    micro_batch_size: int | None = Field(None, ge=1, description="items in memory at once")
    learning_rate: float = Field(1e-3, gt=0, description="of the policy and of unnamed parts")
    schedule: Literal["constant", "linear", "cosine"] = Field("constant", description="to 0 or not")
    warmup_updates: int = Field(0, ge=0, description="linear rise of the learning rate")
    clip_norm: float = Field(1.0, gt=0, description="gradient norm limit a part; inf is none")
    weight_decay: float = Field(0.0, ge=0, description="decoupled, as in AdamW")
    ema_decay: float | None = Field(None, gt=0, lt=1, description="keep averaged weights")
    sample_batch_size: int = Field(1024, ge=1, description="rows sampled at once")
    max_seconds: float | None = Field(None, gt=0, description="stop at the first step past this")
    max_reward_calls: int | None = Field(None, ge=1, description="stop before exceeding this")
    max_failed_share: float = Field(0.2, ge=0, le=1, description="failed scores that stop the run")
    eval_every: int = Field(0, ge=0, description="steps between evaluations; 0: start and end only")
    eval_samples: int = Field(256, ge=2, description="samples an evaluation")
    checkpoint_every: int = Field(10, ge=0, description="updates between checkpoints; 0: end only")
    keep_checkpoints: int = Field(2, ge=1, description="newest ones that stay")

    def raised(self, budget: str | None, limit: float | None) -> bool:
        """Whether ``budget`` ("max_seconds") is above the ``limit`` at which it ended a run."""
        if budget is None:
            return False
        now = getattr(self, budget)
        return now is None or (limit is not None and now > limit)
