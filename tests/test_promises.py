"""Where each promise is kept: the laws of the plan, and every way in which a naive mirror loses something.

The tables name tests; what they promise is in their docstrings. A test that is renamed or removed is missed here.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parent

Table = Mapping[str, tuple[str, ...]]

LAWS: Table = {
    "applying a plan gives what Bitbucket shows, plus what is kept": (
        "test_plan_laws.py::test_result_is_what_was_seen_and_what_is_kept",
        "test_plan_laws.py::test_whole_reading_ends_in_what_bitbucket_holds",
        "test_steps.py::test_apply_brings_about_exactly_the_plan",
        "test_two_targets.py::test_same_change_makes_equal_plans_and_graphs",
    ),
    "equal graphs make an empty plan, and so does a second reading": (
        "test_plan_laws.py::test_plan_of_equal_graphs_is_empty",
        "test_plan_laws.py::test_second_plan_is_empty",
        "test_two_targets.py::test_plan_after_apply_is_empty",
    ),
    "losing information never adds a delete": (
        "test_plan_laws.py::test_losing_information_never_adds_a_delete",
        "bitbucket/test_fault_matrix.py::test_no_fault_anywhere_adds_a_delete_or_makes_the_graph_forget",
        "bitbucket/test_fault_matrix.py::test_no_list_that_lacks_an_item_adds_a_delete",
        "trouble/test_bitbucket_matrix.py::test_no_trouble_deletes_or_forgets_and_each_is_told",
    ),
    "everything in the graph is accounted for once": (
        "test_plan_laws.py::test_everything_is_accounted_for_once",
        "test_plan_laws.py::test_totals_count_the_changes",
    ),
    "nothing dangles, and no child outlives its root": (
        "test_plan_laws.py::test_no_relationship_dangles",
        "test_plan_laws.py::test_no_child_survives_a_deleted_root",
    ),
    "the order of answers changes no byte": (
        "test_plan_laws.py::test_order_of_arrival_changes_nothing",
        "bitbucket/test_observe.py::test_the_order_of_answers_does_not_matter",
        "show/test_show_text.py::test_arrival_order_does_not_matter",
        "test_planfile.py::test_the_order_of_mappings_does_not_matter",
        "test_steps.py::test_planning_twice_makes_the_same_bytes",
    ),
    "an apply does all of its plan or nothing, whatever goes wrong": (
        "trouble/test_jupiterone_matrix.py::test_no_trouble_leaves_half_a_change_and_the_same_command_finishes",
    ),
    "once nothing fails any more, the graph is what Bitbucket has": (
        "soak/test_stateful.py::test_whatever_happens_the_graph_ends_as_the_truth",
        "soak/test_soak.py::test_many_runs_end_as_the_truth_and_leave_little_behind",
    ),
    "after a crash anywhere the same command makes the graph of a run that nobody disturbed": (
        "crash/test_crashes.py::test_killed_at_any_request",
        "crash/test_crashes.py::test_killed_at_any_write",
        "crash/test_crashes.py::test_interrupted_at_any_request",
        "crash/test_crashes.py::test_full_disk",
        "crash/test_crashes.py::test_cut_off_file_is_refused_until_a_good_one_is_back",
        "test_applying.py::test_job_that_finished_after_we_gave_up_is_recognised",
    ),
    "every batch may arrive twice": ("jupiterone/test_upload.py::test_every_batch_may_arrive_twice",),
    "a rename or a move deletes nothing": (
        "test_plan_laws.py::test_pull_requests_survive_a_rename_or_move",
        "bitbucket/test_absence.py::test_a_renamed_repository_moves_and_loses_nothing",
        "bitbucket/test_workspaces.py::test_a_renamed_workspace_moves_and_loses_nothing",
    ),
    "guards trip above their limit, at every size": (
        "test_guards.py::test_share_trips_above_its_limit_at_every_size",
        "test_guards.py::test_wipe_out_trips_at_the_last_one_at_every_size",
        "test_guards.py::test_total_trips_above_its_limit_at_every_size",
        "test_guards.py::test_erasure_trips_above_its_limit_at_every_size",
        "test_guards.py::test_narrower_settings_trip_at_the_first_delete",
    ),
    "a plan file comes back as it went, or is refused": (
        "test_planfile.py::test_a_plan_comes_back_as_it_went",
        "test_planfile.py::test_newer_minor_versions_and_unknown_fields_are_read",
        "test_planfile.py::test_what_is_no_plan_as_it_was_made_is_refused",
        "test_planfile.py::test_one_changed_byte_is_found",
    ),
    "any name in, the same visible text out: no tag, no row, no link, no mention": (
        "show/test_show_marks.py::test_any_name_is_seen_as_it_is",
        "show/test_show_marks.py::test_nothing_is_left_to_be_taken_for_a_link_or_a_mention",
        "show/test_show_markdown.py::test_no_name_adds_a_row_or_a_tag",
        "show/test_show_text.py::test_no_name_forges_a_line",
        "show/test_show_text.py::test_no_name_adds_a_line",
    ),
    "few bytes cost rows, never totals": ("show/test_show_markdown.py::test_no_limit_is_exceeded_and_no_total_lost",),
    "the totals of text, Markdown, file and changes agree": (
        "show/test_show_text.py::test_totals_agree_everywhere",
        "show/test_show_markdown.py::test_totals_agree_with_text_and_file",
        "test_planfile.py::test_totals_follow_from_the_changes",
    ),
    "questions and alert rules that others made are never touched": (
        "alerting/test_alerting.py::test_what_others_made_is_never_touched",
        "alerting/test_alerting.py::test_each_write_looks_once_more",
        "alerts/test_alert_plan.py::test_names_that_others_hold_are_withheld",
        "alerts/test_alert_plan.py::test_the_marker_says_whose_it_is",
    ),
    "questions and alert rules end up as they are wanted, whatever answer is lost": (
        "alerting/test_alerting.py::test_a_create_is_not_sent_twice_and_the_same_command_finishes",
        "alerting/test_alerting.py::test_a_lost_answer_is_no_harm",
        "alerts/test_alert_plan.py::test_carried_out_once_there_is_nothing_left_to_do",
    ),
    "no secret is in anything that is written": (
        "cli/test_cli_secrets.py::test_a_good_run_leaks_nothing",
        "cli/test_cli_secrets.py::test_an_answer_that_repeats_the_token_leaks_nothing",
        "cli/test_cli_secrets.py::test_a_jupiterone_that_repeats_the_key_leaks_nothing",
        "test_cassettes.py::test_no_secret_is_in_a_cassette",
    ),
}

#: What goes wrong in a mirror that believes what it reads, and the test that such a mirror would fail.
WRONG: Table = {
    "repositories, members or projects read empty": (
        "bitbucket/test_absence.py::test_repositories_members_and_projects_are_never_believed_empty",
    ),
    "groups read without their members": (
        "cli/test_cli_saved_plans.py::test_groups_that_read_without_members_are_asked_about",
    ),
    "groups read empty": (
        "bitbucket/test_absence.py::test_a_group_stays_when_the_second_list_shows_it",
        "test_guards.py::test_wiping_out_a_type",
    ),
    "a repository slips from page to page": (
        "bitbucket/test_absence.py::test_a_repository_that_slips_from_page_to_page_is_read_again",
    ),
    "an item is repeated on the next page": ("bitbucket/test_listing.py::test_an_item_that_comes_twice_is_taken_once",),
    "a repository goes between its list and its details": (
        "bitbucket/test_absence.py::test_a_repository_that_goes_while_it_is_read_goes_with_the_next_run",
    ),
    "a pull request is emptied by a failed detail": (
        "bitbucket/test_observe.py::test_a_failed_detail_withholds_the_whole_pull_request",
        "bitbucket/test_observe.py::test_commits_that_read_empty_are_not_forgotten",
        "bitbucket/test_observe.py::test_an_activity_that_reads_empty_withholds_the_pull_request",
    ),
    "null in an activity is taken for a withdrawn approval": (
        "bitbucket/test_items.py::test_what_is_not_as_documented_is_unreadable",
        "trouble/test_bitbucket_matrix.py::test_no_trouble_deletes_or_forgets_and_each_is_told",
    ),
    "a pull request is emptied by fields that are absent": (
        "bitbucket/test_observe.py::test_a_pull_request_that_tells_nobody_who_takes_part_is_withheld",
        "test_guards.py::test_erasing_a_property",
    ),
    "reviewers are emptied by switching them off": (
        "bitbucket/test_observe.py::test_reviewers_that_are_not_asked_for_are_kept",
    ),
    "the answer of the next consumer is thrown away": (
        "bitbucket/test_bitbucket_auth.py::test_the_next_consumer_sends_the_refused_request_again",
    ),
    "a token that expires is not renewed": ("bitbucket/test_bitbucket_auth.py::test_a_rejected_token_is_renewed_once",),
    "a failure stops what comes after it": (
        "bitbucket/test_absence.py::test_an_item_that_is_not_as_documented_leaves_the_others",
        "bitbucket/test_awkward.py::test_nothing_is_missing_and_a_second_plan_is_empty",
    ),
    "a failed reading ends in success": (
        "cli/test_cli_exit_codes.py::test_what_could_not_be_read_is_3",
        "cli/test_cli_exit_codes.py::test_no_plan_is_1",
    ),
    "a failed upload ends in success": (
        "cli/test_cli_exit_codes.py::test_nobody_can_tell_is_7",
        "cli/test_cli_saved_plans.py::test_the_same_command_finishes_after_jupiterone_failed",
        "test_steps.py::test_failure_before_finalize_writes_nothing_and_the_next_apply_succeeds",
    ),
    "a wrong consumer ends in success": (
        "bitbucket/test_bitbucket_client.py::test_a_wrong_consumer_fails_the_run_by_its_position",
    ),
    "a missing scope ends the run": (
        "bitbucket/test_observe.py::test_without_the_admin_scope_there_is_one_known_gap_for_each_kind",
    ),
    "a page points to itself": (
        "bitbucket/test_listing.py::test_a_circle_of_pages_is_a_loop",
        "bitbucket/test_listing.py::test_a_server_that_never_runs_out_of_pages_is_left",
    ),
    "a change in a longer pause is lost": (
        "test_steps.py::test_missed_run_looks_back_further",
        "bitbucket/test_observe.py::test_what_changed_in_a_long_pause_is_not_lost",
        "test_steps.py::test_repository_that_could_not_be_read_keeps_its_watermark",
    ),
    "a renamed repository doubles its pull requests": (
        "bitbucket/test_awkward.py::test_renaming_a_repository_doubles_no_pull_request",
    ),
    "a deleted repository leaves its pull requests behind": (
        "bitbucket/test_awkward.py::test_deleting_a_repository_takes_old_pull_requests_along",
    ),
    "a withdrawn approval leaves its relationship behind": (
        "bitbucket/test_awkward.py::test_a_withdrawn_approval_takes_its_relationship_along",
        "bitbucket/test_awkward.py::test_a_removed_reviewer_takes_the_relationship_along",
    ),
    "an odd item stops all others of its kind": (
        "bitbucket/test_awkward.py::test_every_pull_request_is_there",
        "bitbucket/test_awkward.py::test_an_odd_pull_request_says_what_was_reviewed_and_by_whom",
        "bitbucket/test_awkward.py::test_a_closed_account_is_passed_over_and_counted",
        "bitbucket/test_awkward.py::test_a_name_is_not_an_address",
    ),
    "two workspaces are none": (
        "bitbucket/test_workspaces.py::test_two_workspaces_share_a_user_and_not_a_group",
        "bitbucket/test_workspaces.py::test_a_run_over_one_workspace_leaves_the_other_alone",
    ),
    "a consumer that sees less makes the rest look gone": (
        "test_steps.py::test_sentinel_that_is_not_visible_withholds_every_delete",
    ),
    "settings that look at less make the rest look gone": (
        "test_two_targets.py::test_run_for_one_workspace_leaves_the_other_alone",
        "cli/test_cli_saved_plans.py::test_settings_that_look_at_less_are_asked_about",
    ),
    "a list of questions that broke off looks like none": (
        "alerting/test_alerting.py::test_a_failed_reading_writes_nothing",
        "alerting/test_alerting.py::test_a_list_that_lacks_some_is_not_believed",
        "alerting/test_alerting.py::test_what_is_listed_twice_is_there_once",
    ),
    "too large a body is cut and lost": ("jupiterone/test_upload.py::test_too_large_a_batch_is_split",),
    "somebody else's element is written over": (
        "test_current_graph.py::test_scope_that_another_program_writes_to_is_refused",
        "test_steps.py::test_key_that_somebody_else_holds_in_our_scope_is_left_alone",
        "test_plan_laws.py::test_foreign_elements_are_never_touched",
    ),
}


@cache
def named_in(file: str) -> frozenset[str]:
    """The names of the tests in a file."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("promise", [*LAWS, *WRONG])
def test_every_promise_has_its_tests(promise: str) -> None:
    """What a promise rests on is there to be run."""
    named = {**LAWS, **WRONG}[promise]

    missing = [test for test in named if test.partition("::")[2] not in named_in(test.partition("::")[0])]

    assert named
    assert missing == []


def test_no_promise_is_in_both_tables() -> None:
    """A law is no fault, and each has its own words."""
    words = list(chain(LAWS, WRONG))

    assert len(words) == len(set(words))
