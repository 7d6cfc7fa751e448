"""Low-rank adapters: what trains is B A beside a weight W that stays; the reference is W alone.

Hu et al., "LoRA", arXiv:2106.09685, eq. (3): h = W x + (alpha / rank) B A x, with B = 0 at the
start. Two departures:

1. Adapters that are not zero when a run starts are folded into W first, so that the reference
   (adapters off) is exactly where the run starts.
2. A model made here learns its base with all its weights; adapters train from the reference on.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from suite.core.errors import SuiteError, missing_extra
from suite.core.policy import Policy
from suite.plugins.policies.causal_lm.policy import CausalLM

NAME = "default"


def add_adapters(model: Any, *, rank: int, alpha: float, targets: Sequence[str], seed: int) -> Any:
    """Put adapters of ``rank`` into ``model``, in place; returns peft's configuration of them.

    Args:
        model: of transformers.
        rank: columns of B and rows of A.
        alpha: adapters count alpha / rank.
        targets: endings of the names of linear layers; () for all but the head.
        seed: of A.

    Raises:
        SuiteError: peft is missing, or no layer has such a name.
    """
    try:
        from peft import LoraConfig, inject_adapter_in_model
    except ModuleNotFoundError as error:
        raise missing_extra("peft", "text", needed_by="policy.lora_rank") from error
    wanted = list(targets) or _linear_layers(model)
    scale: Any = alpha  # annotated int, and only ever divided
    config = LoraConfig(r=rank, lora_alpha=scale, target_modules=wanted, task_type="CAUSAL_LM")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        try:
            inject_adapter_in_model(config, model, adapter_name=NAME)
        except ValueError as error:
            raise SuiteError(
                f"policy.lora_targets = {', '.join(wanted)} names no layer of this model.\n"
                f"Its linear layers: {', '.join(_linear_layers(model))}."
            ) from error
    return config


def _linear_layers(model: Any) -> list[str]:
    """Last parts of the names of the trunk's linear layers."""
    found = [name for name, one in model.base_model.named_modules() if isinstance(one, nn.Linear)]
    return sorted({name.rpartition(".")[2] for name in found})


class AdaptedLM(CausalLM):
    """A causal language model whose adapters alone train, from its reference on.

    Args:
        model: with adapters; lora: peft's configuration of them.
        whole: every weight trains until ``reference_copy`` is called (a base is still learnt).
    """

    def __init__(
        self, model: Any, tokenizer: Any, *, lora: Any, whole: bool = False, **settings: Any
    ) -> None:
        super().__init__(model, tokenizer, **settings)
        self.lora, self.whole, self.settings = lora, whole, settings
        self.folded = whole  # whether the weights below the adapters are no more the model's own
        self.requires_grad_()

    def requires_grad_(self, requires_grad: bool = True) -> "AdaptedLM":
        """Adapters, or all but them while the base is learnt; the rest never trains."""
        for name, weight in self.named_parameters():
            weight.requires_grad_(requires_grad and (_is_adapter(name) != self.whole))
        return self

    def reference_copy(self) -> Policy:
        """The same weights with the adapters off: no second copy of them.

        From here on the adapters alone train, and they start from 0.
        """
        with torch.no_grad():
            for layer in _adapted(self.model):
                self.folded |= bool(layer.lora_B[NAME].weight.any())
                layer.get_base_layer().weight.add_(layer.get_delta_weight(NAME))
                layer.lora_B[NAME].weight.zero_()
        self.whole = False
        self.requires_grad_()
        return self.view()(self)

    @classmethod
    def view(cls) -> "type[AdaptersOff]":
        """The kind of its reference."""
        return AdaptersOff

    def save(self, folder: Path, *, name: str, settings: Mapping[str, Any]) -> None:
        """The suite's files, ``peft/`` with its base, and both merged in ``transformers/``.

        The base that peft's file names is the model that the policy was made of. Where there is
        none, or other adapters were folded into it, it stands in ``base/``, and peft is to be
        given what was loaded from there.
        """
        from peft import get_peft_model_state_dict
        from safetensors.torch import save_file

        Policy.save(self, folder, name=name, settings=settings)
        self._write(folder / "transformers", _plain(self.model, merge=True))
        made_of = Path(str(settings.get("model", "")))
        own = "model" in settings and not self.folded
        if not own:
            self._write(folder / "base", _plain(self.model, merge=False))
        named = made_of.resolve() if made_of.is_dir() else made_of
        self.lora.base_model_name_or_path = str(named if own else folder.resolve() / "base")
        self.lora.save_pretrained(folder / "peft")
        adapters = get_peft_model_state_dict(self.model, adapter_name=NAME)
        kept = {f"base_model.model.{key}": v.cpu().contiguous() for key, v in adapters.items()}
        save_file(kept, folder / "peft" / "adapter_model.safetensors")

    def _write(self, folder: Path, weights: dict[str, Tensor]) -> None:
        """A folder as transformers writes it, without the adapters that stand in the model."""
        twin = type(self.model)(self.model.config).to(next(iter(weights.values())).dtype)
        twin.load_state_dict(weights)
        twin.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)


class AdaptersOff(CausalLM):
    """The reference: a view of another policy's model with its adapters off, without gradients.

    A deep copy is a policy of its own that starts here (controls train one).
    """

    def __init__(self, policy: AdaptedLM) -> None:
        super().__init__(policy.model, policy.tokenizer, **policy.settings)
        self.lora, self.settings = policy.lora, policy.settings
        weights = policy.state_dict()
        self.initial = {key: v.clone() for key, v in weights.items() if _is_adapter(key)}

    @classmethod
    def owner(cls) -> type[AdaptedLM]:
        """The kind of policy that a copy of it is."""
        return AdaptedLM

    def _trunk(self, **inputs: Any) -> Any:
        with torch.no_grad(), adapters_off(self.model):
            return super()._trunk(**inputs)

    def _head(self, hidden: Tensor) -> Tensor:
        with torch.no_grad(), adapters_off(self.model):
            return super()._head(hidden)

    def requires_grad_(self, requires_grad: bool = True) -> "AdaptersOff":
        """Nothing: the weights are the policy's."""
        return self

    def train(self, mode: bool = True) -> "AdaptersOff":
        """Nothing: the modules are the policy's."""
        return self

    def state_dict(self, *args: Any, **kwargs: Any) -> dict[str, Any]:  # type: ignore[override]
        """The weights with the adapters as they started."""
        return {**super().state_dict(*args, **kwargs), **self.initial}

    def __deepcopy__(self, memo: dict[int, Any]) -> AdaptedLM:
        import copy

        model = copy.deepcopy(self.model, memo)
        twin = self.owner()(model, self.tokenizer, lora=self.lora, **self.settings)
        twin.load_state_dict(self.state_dict())
        return twin


@contextmanager
def adapters_off(model: Any) -> Iterator[None]:
    """The model as it was without adapters, in eval mode; both are put back."""
    layers, training = _adapted(model), model.training
    model.eval()
    for layer in layers:
        # Not enable_adapters: that also switches gradients of the weights off.
        layer._disable_adapters = True
    try:
        yield
    finally:
        for layer in layers:
            layer._disable_adapters = False
        model.train(training)


def _adapted(model: Any) -> list[Any]:
    from peft.tuners.lora import LoraLayer

    return [module for module in model.modules() if isinstance(module, LoraLayer)]


def _is_adapter(name: str) -> bool:
    return ".lora_" in name


def _plain(model: Any, *, merge: bool) -> dict[str, Tensor]:
    """The weights under the names that the model had before it was adapted."""
    weights = {k: v for k, v in model.state_dict().items() if not _is_adapter(k)}
    if merge:
        for name, module in model.named_modules():
            if hasattr(module, "get_delta_weight"):
                key = f"{name}.base_layer.weight"
                weights[key] = weights[key] + module.get_delta_weight(NAME).detach()
    return {key.replace(".base_layer.", "."): value for key, value in weights.items()}
