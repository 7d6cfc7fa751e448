"""No named method without a test of what sets it apart."""

import ast
from pathlib import Path

import pytest

from suite.core import registry

HERE = Path(__file__).parent
DIFFERS = {
    "reinforce": "test_policy_gradient::"
    "test_reinforce_credits_the_reward_less_the_kl_still_to_come",
    "rloo": "test_policy_gradient::test_rloo_subtracts_the_mean_of_the_other_samples",
    "grpo": "test_policy_gradient::test_grpo_divides_by_the_groups_spread",
    "ppo": "test_policy_gradient::test_ppo_with_full_traces_is_reinforce_less_the_critics_value",
    "reft": "test_policy_gradient::"
    "test_reft_is_ppo_with_the_mean_over_a_rows_decisions_and_a_bounded_critic",
    "sql/reasoning_sql": "test_rewards::"
    "test_reasoning_sql_ranks_wrong_queries_that_execution_pays_alike",
    "tools/toolrl": "test_rewards::"
    "test_toolrl_adds_up_names_keys_and_values_where_its_parent_wants_all_of_them",
    "image/caption_confidence": "test_rewards::"
    "test_textnorm_is_the_share_of_the_raw_score_among_contrastive_captions",
    "code/acecoder": "test_rewards::test_acecoder_pays_the_share_of_tests_and_makes_more_of_them",
    "reinflow": "test_control::"
    "test_reinflow_is_ppo_with_one_standardised_advantage_for_all_steps_of_a_flow",
    "dppo": "test_control::test_dppo_discounts_and_bounds_each_denoising_step_by_its_place",
    "rebel": "test_pairs::test_rebel_regresses_log_ratio_gaps_on_gaps_of_reward_less_kl",
    "dpo": "test_pairs::test_dpo_is_the_logistic_loss_of_scaled_margins",
    "ipo": "test_pairs::test_ipo_squares_the_distance_of_the_same_margins_to_their_target",
    "sft": "test_weighted::test_sft_gives_every_demonstration_weight_one",
    "raft": "test_weighted::test_raft_learns_from_the_best_of_each_group_where_sft_learns_from_all",
    "rwr": "test_weighted::"
    "test_rwr_keeps_every_sample_and_weighs_it_by_the_exponential_of_its_reward",
    "best-quarter": "test_weighted::test_best_quarter_draws_its_pool_once_and_from_the_base",
    "tb": "test_balance::test_tb_is_relative_to_the_backward_law_with_one_learned_log_z",
    "relative-tb": "test_balance::"
    "test_relative_tb_puts_the_reference_in_the_place_of_the_backward_law",
    "subtb": "test_balance::"
    "test_subtb_weighs_the_residuals_of_all_parts_where_tb_has_the_whole_path_alone",
    "db": "test_balance::test_db_is_subtb_with_single_decisions_alone",
    "vargrad": "test_balance::test_vargrad_takes_each_groups_mean_residual_for_log_z",
    "drakes": "test_pathwise::"
    "test_drakes_adds_beta_times_the_exact_path_kl_of_the_chain_it_samples",
    "reward-backprop": "test_pathwise::test_their_gradients_differ_by_beta_times_that_of_the_kl",
    "drakes-published": "test_pathwise::"
    "test_the_published_penalty_is_exactly_0_at_hard_states_where_the_exact_kl_is_not",
    "ddpo": "test_images::"
    "test_ddpo_standardises_rewards_over_the_collect_where_grpo_does_in_a_group",
    "ddpo-sf": "test_images::test_ddpo_clips_ratios_and_ddpo_sf_learns_once_without_any",
    "dpok": "test_images::test_dpok_has_the_direct_kl_alone_where_rloo_credits_later_kl_too",
    "alignprop": "test_images::test_alignprop_is_backpropagation_through_the_depth_that_it_drew",
    "draft-k": "test_images::"
    "test_draft_k_stops_the_gradient_before_the_last_step_where_backprop_has_more",
    "reward-weighted-t2i": "test_images::"
    "test_reward_weighting_is_linear_in_the_reward_and_has_the_pretraining_loss_beside_it",
    "fk_steering": "test_fk_steering::"
    "test_fk_steerings_particles_have_the_tilted_law_as_they_become_many",
    "best_of_n": "test_best_of_n::test_it_keeps_the_best_of_each_n_consecutive_draws",
}


def test_every_preset_sampler_and_reward_of_a_paper_is_on_the_list() -> None:
    presets = {entry.name for entry in registry.entries("algorithm") if entry.preset is not None}
    samplers = {entry.name for entry in registry.entries("sampler")}
    rewards = {entry.name for entry in registry.entries("reward") if entry.paper is not None}
    assert set(DIFFERS) == presets | samplers | rewards


@pytest.mark.parametrize("name", DIFFERS)
def test_the_named_test_exists(name: str) -> None:
    module, _, function = DIFFERS[name].partition("::")
    tree = ast.parse((HERE / f"{module}.py").read_text())
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    (found,) = [node for node in functions if node.name == function]
    assert any(isinstance(node, ast.Assert) for node in ast.walk(found))
    words = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert name in words or name == "best_of_n", f"{module}.py never asks for '{name}'"
