"""``--policy hf:FOLDER`` opens what transformers wrote."""

from pathlib import Path

from click.testing import CliRunner

from suite.cli import main
from suite.core import registry
from suite.core.saved_policy import choose
from suite.core.task import Use


def test_a_folder_of_transformers_opens_by_its_shorthand(tmp_path: Path) -> None:
    made = registry.make_policy("causal_lm/micro", {"num_steps": 6})
    made.save(tmp_path / "saved", name="causal_lm/micro", settings={})
    folder = tmp_path / "saved" / "transformers"
    settings = ["policy.num_steps=6", "train.num_steps=1", "train.num_contexts=2"]
    settings += ["train.group_size=2", "train.eval_samples=4"]
    options = [word for one in settings for word in ("--set", one)]
    words = ["run", "--task", "maths/micro", "--algo", "grpo", "--policy", f"hf:{folder}"]
    done = CliRunner().invoke(
        main, [*words, *options, "--no-controls", "--out", str(tmp_path / "run")]
    )
    assert done.exit_code == 0, done.output
    assert "causal_lm/pretrained" in (tmp_path / "run" / "config.toml").read_text()


def test_what_a_task_says_of_its_own_policy_holds_for_a_folder_of_the_same_kind(
    tmp_path: Path,
) -> None:
    own = Use("causal_lm/pretrained", num_steps=77, turns=3)
    chosen = choose(own, f"hf:{tmp_path}")
    assert chosen.name == own.name
    assert chosen.config == {"num_steps": 77, "turns": 3, "model": str(tmp_path.resolve())}
    other = choose(Use("causal_lm/tiny", words=("a",)), "hf:someone/model")
    assert (other.name, other.config) == (own.name, {"model": "someone/model"})
