"""Every guard, how it is taken out of the source, and the tests that must notice.

A removal names a place in the source by its text, which must be there exactly once, and what to put there instead.
"""

from __future__ import annotations

from attrs import frozen

FATE = "tests/test_fate.py"
GUARDS = "tests/test_guards.py"
PRECAUTIONS = "tests/test_precautions.py"
STEPS = "tests/test_steps.py"
PLAN = "tests/test_plan.py"
PLANFILE = "tests/test_planfile.py"
ABSENCE = "tests/bitbucket/test_absence.py"
OBSERVE = "tests/bitbucket/test_observe.py"
LISTING = "tests/bitbucket/test_listing.py"
APPLYING = "tests/test_applying.py"
TURN = "tests/state/test_turn.py"
SAVED = "tests/cli/test_cli_saved_plans.py"


@frozen
class Removal:
    """One guard, taken out.

    Attributes:
        guard: what promise it keeps.
        without: what bbsync does without it.
        file: the source, below the package.
        text: what stands there.
        instead: what is put there.
        tests: those of which one, at least, must fail then.
    """

    guard: str
    without: str
    file: str
    text: str
    instead: str
    tests: tuple[str, ...]


REMOVALS = (
    # What is read, and what it proves
    Removal(
        "G1 fetch barrier",
        "a proof counts although its listing was not read to the end",
        "fate.py",
        " if self.coverage.complete(listing) else None",
        "",
        (f"{FATE}::test_proof_counts_only_with_a_complete_listing",),
    ),
    Removal(
        "G1 fetch barrier",
        "a listing that was read earlier, or through a window, is as good as a complete one",
        "coverage.py",
        "return found is not None and found.extent is Extent.COMPLETE",
        "return found is not None",
        ("tests/test_coverage.py::test_absence_counts_only_in_a_complete_listing",),
    ),
    Removal(
        "G2 proof of absence",
        "what is missing from a listing is not asked for",
        "bitbucket/absence.py",
        "return _ask(reader, result, missing)",
        "return _proof(result)",
        (f"{ABSENCE}::test_a_repository_that_the_list_forgot_is_withheld",),
    ),
    Removal(
        "G2 proof of absence",
        "any refusal proves that something is gone",
        "bitbucket/absence.py",
        "if response.status_code in MISSING:",
        "if response.status_code != 200:",
        (f"{ABSENCE}::test_any_other_answer_proves_nothing",),
    ),
    Removal(
        "G2 proof of absence",
        "a redirect is followed, and so no answer of its own",
        "bitbucket/absence.py",
        "response = reader.get(path, follow=False)",
        "response = reader.get(path)",
        (f"{ABSENCE}::test_a_repository_that_went_elsewhere_is_withheld",),
    ),
    Removal(
        "G2 proof of absence",
        "the second reading of a list of groups need not agree",
        "bitbucket/absence.py",
        " and missing.key not in again.items",
        "",
        (f"{ABSENCE}::test_a_list_of_groups_that_disagrees_withholds_the_group",),
    ),
    Removal(
        "G2 proof of absence",
        "what may have turned up elsewhere is deleted",
        "fate.py",
        "return self._perhaps_elsewhere(key, kind, parents) or Sentence(Fate.ABSENT, proof=proofs[0])",
        "return Sentence(Fate.ABSENT, proof=proofs[0])",
        (f"{FATE}::test_repository_that_may_have_been_transferred_is_withheld",),
    ),
    Removal(
        "G2 proof of absence",
        "a user goes with the first of two workspaces",
        "fate.py",
        "if parents and not staying:",
        "if parents and len(staying) < len(parents):",
        (f"{FATE}::test_unseen_user_of_a_workspace_that_goes_waits_for_the_other",),
    ),
    Removal(
        "G2 proof of absence",
        "one proof is enough where there are two parents",
        "fate.py",
        "            if proof is None:\n                return Sentence(Fate.WITHHELD",
        "            if proof is None and not proofs:\n                return Sentence(Fate.WITHHELD",
        (f"{FATE}::test_user_stays_while_one_workspace_proves_nothing",),
    ),
    Removal(
        "G2 proof of absence",
        "a listing whose size is not the announced one counts as complete",
        "bitbucket/walk.py",
        "    if not all(read.consistent for read in reads):\n        gaps.append(",
        "    if not reads:\n        gaps.append(",
        (f"{ABSENCE}::test_a_listing_that_stays_short_is_a_gap_and_its_items_are_used",),
    ),
    Removal(
        "G3 an error is no absence",
        "a refused listing is an empty one",
        "bitbucket/walk.py",
        "return Result(task, gaps=(Gap(task.listing, failure.code, failure.detail),))",
        "return Result(task, covered=Covered(Extent.COMPLETE))",
        (f"{ABSENCE}::test_a_repository_that_may_not_be_looked_into_keeps_everything",),
    ),
    Removal(
        "G3 an error is no absence",
        "an answer of another shape is an empty page",
        "bitbucket/listing.py",
        "    if not isinstance(items, list):\n",
        "    if not isinstance(items, list):\n        return []\n",
        (f"{LISTING}::test_an_answer_of_another_shape_is_never_an_empty_listing",),
    ),
    Removal(
        "G3 an error is no absence",
        "an item that cannot be read leaves its listing complete",
        "bitbucket/walk.py",
        "for read in reads for broken in read.broken[:1]]",
        "for read in reads for broken in read.broken[:0]]",
        (f"{ABSENCE}::test_an_item_that_is_not_as_documented_leaves_the_others",),
    ),
    Removal(
        "G3 an error is no absence",
        "details that were refused are taken for missing, and what was known is written over",
        "bitbucket/walk.py",
        "if detail.may_be_missing and failure.status in MISSING:",
        "if failure.status != 0:",
        (f"{OBSERVE}::test_a_failed_detail_withholds_the_whole_pull_request",),
    ),
    Removal(
        "G3 an error is no absence",
        "an empty feed of activity takes approvals away",
        "bitbucket/walk.py",
        "if detail.never_empty and not read.items:",
        "if not detail:",
        (f"{OBSERVE}::test_a_new_pull_request_whose_activity_reads_empty_waits",),
    ),
    Removal(
        "G3 an error is no absence",
        "a pull request whose details failed counts as merely old",
        "fate.py",
        " and key not in self.item_gaps:",
        ":",
        (f"{FATE}::test_pull_request_whose_detail_failed_is_withheld_whole",),
    ),
    Removal(
        "G3 an error is no absence",
        "what was not looked at is gone",
        "difference.py",
        "if not unknown or before.type not in kinds.by_type:",
        "if not unknown or kinds:",
        (f"{OBSERVE}::test_reviewers_that_are_not_asked_for_are_kept",),
    ),
    Removal(
        "G4 implausible emptiness",
        "repositories, members and projects may be none",
        "bitbucket/walk.py",
        "if task.kind.never_empty and not items:",
        "if not task:",
        (f"{ABSENCE}::test_repositories_members_and_projects_are_never_believed_empty",),
    ),
    Removal(
        "G4 implausible emptiness",
        "a listing that reads empty is not read again",
        "bitbucket/walk.py",
        "return empty and task.kind.absence",
        "return not reads and empty and task.kind.absence",
        (f"{ABSENCE}::test_a_last_permission_is_not_given_up_for_one_empty_answer",),
    ),
    # What is not believed, or not carried out
    Removal(
        "G5 sentinels",
        "a sentinel that nobody sees takes no proof away",
        "precautions.py",
        ", gone={}",
        "",
        (f"{PRECAUTIONS}::test_a_missing_sentinel_withholds_every_delete_and_says_so",),
    ),
    Removal(
        "G5 sentinels",
        "nobody looks for the sentinels",
        "steps.py",
        "    observation = heed_sentinels(observation, settings.guards.sentinels, kinds)\n",
        "",
        (f"{STEPS}::test_sentinel_that_is_not_visible_withholds_every_delete",),
    ),
    Removal(
        "G12 protect",
        "nobody heeds the protect list",
        "steps.py",
        "    observation = heed_protection(observation, snapshot.graph, settings.guards.protect, kinds)\n",
        "",
        (f"{STEPS}::test_protected_repository_is_withheld_while_others_go",),
    ),
    Removal(
        "G12 protect",
        "a cascade takes what is protected along",
        "precautions.py",
        "waiting.extend(parents.get(key, ()))",
        "waiting.extend(())",
        (f"{PRECAUTIONS}::test_protecting_a_child_keeps_its_parent",),
    ),
    # What is asked about
    Removal(
        "G6 scope",
        "settings may look at less and delete",
        "guards.py",
        "if narrowed else []),",
        "if narrowed and not plan else []),",
        (f"{GUARDS}::test_narrower_settings_trip_at_the_first_delete",),
    ),
    Removal(
        "G6 scope",
        "settings are not compared when a plan is made",
        "steps.py",
        "narrowed = narrower(looked_at, origin.settings)",
        "narrowed = narrower({}, origin.settings)",
        (f"{SAVED}::test_apply_without_a_file_asks_about_settings_that_look_at_less",),
    ),
    Removal(
        "G6 scope",
        "settings are not compared when a plan is applied",
        "applying.py",
        "narrower(trail.records.settings(plan.origin.target), plan.origin.settings)",
        "narrower({}, plan.origin.settings)",
        (f"{STEPS}::test_settings_are_compared_with_those_of_the_last_apply_when_a_plan_is_applied",),
    ),
    Removal(
        "G6 scope",
        "the settings of an apply are not noted",
        "state/records.py",
        "if settings is not None:",
        "if settings is None:",
        ("tests/test_state.py::test_settings_of_the_last_apply_come_back_as_they_went",),
    ),
    Removal(
        "G7 share",
        "any share of a type may go",
        "guards.py",
        "return GuardResult(SHARE, kind, count, population, limit, count > limit, sentence)",
        "return GuardResult(SHARE, kind, count, population, limit, False, sentence)",
        (f"{GUARDS}::test_share_of_a_type",),
    ),
    Removal(
        "G7 share",
        "the share is one above its limit",
        "guards.py",
        "return GuardResult(SHARE, kind, count, population, limit, count > limit, sentence)",
        "return GuardResult(SHARE, kind, count, population, limit, count > limit + 1, sentence)",
        (f"{GUARDS}::test_share_trips_above_its_limit_at_every_size",),
    ),
    Removal(
        "G7 share",
        "relationships may be cut in any share",
        "guards.py",
        "for counts in (losses.deleted, losses.untied)",
        "for counts in (losses.deleted,)",
        (f"{GUARDS}::test_share_of_relationships",),
    ),
    Removal(
        "G7 share",
        "0 percent switches the guard off",
        "guards.py",
        " if self.delete_percent else 0",
        " if self.delete_percent else population",
        (f"{GUARDS}::test_zero_never_allows_a_delete",),
    ),
    Removal(
        "G8 wipe-out",
        "a type may be emptied",
        "guards.py",
        "population - 1, left <= 0, sentence)",
        "population - 1, left < 0, sentence)",
        (f"{GUARDS}::test_wiping_out_a_type",),
    ),
    Removal(
        "G9 absolute",
        "any number may go",
        "guards.py",
        "count, limit = losses.total, limits.delete_total",
        "count, limit = 0, limits.delete_total",
        (f"{GUARDS}::test_total_over_all_types",),
    ),
    Removal(
        "G9 absolute",
        "relationships that are cut do not count",
        "losses.py",
        "return self.deleted.total() + self.cut",
        "return self.deleted.total()",
        (f"{GUARDS}::test_total_counts_relationships_that_are_cut",),
    ),
    Removal(
        "G10 erasure",
        "a property may go from any number of a type",
        "guards.py",
        "        *_erasures(plan, losses, kinds),\n",
        "",
        (f"{GUARDS}::test_erasing_a_property",),
    ),
    Removal(
        "G10 erasure",
        "a number overrules it",
        "guards.py",
        "return self.id != ERASURE",
        "return bool(self.id)",
        (f"{GUARDS}::test_no_number_overrules_an_erasure",),
    ),
    Removal(
        "G11 ownership",
        "whose element of the snapshot it is does not matter",
        "fate.py",
        "if kind is None or key in self.foreign:",
        "if kind is None:",
        (f"{FATE}::test_foreign_comes_before_everything",),
    ),
    Removal(
        "G11 ownership",
        "types of others are judged as ours",
        "fate.py",
        "if declared is None or tie.key in self.foreign:",
        "if declared is None:",
        (f"{PLAN}::test_foreign_relationship_is_left_alone_even_when_seen",),
    ),
    Removal(
        "G11 ownership",
        "a key that somebody else holds is taken",
        "difference.py",
        "created = tuple(entity for entity in new if entity.key not in foreign)",
        "created = tuple(new)",
        (f"{PLAN}::test_foreign_key_that_the_snapshot_does_not_hold_is_not_taken",),
    ),
    Removal(
        "G11 ownership",
        "everything in our scope is ours, whoever wrote it",
        "jupiterone/ownership.py",
        'return metadata.get("_source") in self.sources',
        "return bool(self.sources)",
        ("tests/jupiterone/test_jupiterone_target.py::test_foreign_element_in_our_scope_is_named_and_left_out",),
    ),
    Removal(
        "G11 ownership",
        "any integration instance is written to",
        "jupiterone/instance.py",
        "if kind not in OUR_TYPES and definition",
        "if not kind and definition",
        ("tests/jupiterone/test_jupiterone_target.py::test_instance_that_is_not_ours_is_never_touched",),
    ),
    # Who is asked, and what counts as an answer
    Removal(
        "barrier before writing",
        "apply judges no guard",
        "applying.py",
        "check(plan, judge_guards(plan, limits_of(settings), narrowed=narrowed, kinds=kinds), trail.allow_deletes)",
        "judge_guards(plan, limits_of(settings), narrowed=narrowed, kinds=kinds)",
        (f"{STEPS}::test_guard_stands_in_the_way_of_many_deletes",),
    ),
    Removal(
        "--allow-deletes N",
        "any number lets a plan through",
        "guards.py",
        "if allow_deletes is not None and allow_deletes != destroyed:",
        "if allow_deletes is not None and allow_deletes < 0:",
        (f"{GUARDS}::test_a_wrong_number_is_refused_naming_both",),
    ),
    Removal(
        "--allow-deletes N",
        "the number is not in the audit trail",
        "auditing.py",
        "allow_deletes=self.allow_deletes",
        "allow_deletes=None",
        (f"{STEPS}::test_reviewed_number_of_deletes_lets_the_plan_through",),
    ),
    Removal(
        "blocked plans are saved",
        "apply forgets what it refuses",
        "cli/apply.py",
        "            save_blocked(made, settings.target.path.parent, invocation)\n",
        "",
        (f"{SAVED}::test_apply_without_a_file_saves_what_it_refuses",),
    ),
    # Saved plans
    Removal(
        "stale",
        "what moved since is written over",
        "validity.py",
        "if moved.stale:",
        "if moved.stale and not moved.pending:",
        (f"{STEPS}::test_element_that_moved_since_the_plan_is_named",),
    ),
    Removal(
        "stale",
        "a relationship may lose an end",
        "validity.py",
        "    if loose:\n",
        "    if loose and not held:\n",
        (f"{STEPS}::test_relationship_whose_end_went_since_the_plan_is_named",),
    ),
    Removal(
        "stale",
        "the local file may move between reading and writing",
        "local/graph_file.py",
        "if (before.lineage, before.serial) != (lineage, serial):",
        "if before.lineage != lineage and serial < 0:",
        ("tests/local/test_graph_file.py",),
    ),
    Removal(
        "expiry",
        "a plan is good for ever",
        "validity.py",
        "if now > plan.origin.expires_at:",
        "if now < 0:",
        (f"{STEPS}::test_plan_runs_out_after_a_day",),
    ),
    Removal(
        "target",
        "a plan goes into any graph",
        "validity.py",
        "if plan.origin.target != target.address:",
        "if not plan.origin.target:",
        (f"{STEPS}::test_plan_for_another_graph_is_refused",),
    ),
    Removal(
        "scope of a plan",
        "a plan is for any workspace",
        "validity.py",
        "if given and planned != given:",
        "if given and not planned:",
        (f"{STEPS}::test_plan_for_another_workspace_is_refused",),
    ),
    Removal(
        "mapping",
        "a plan of any version is applied",
        "cli/apply.py",
        "        validity.require_mapping(saved.mapping)\n",
        "",
        (f"{SAVED}::test_a_plan_for_something_else_is_refused",),
    ),
    Removal(
        "format",
        "a plan of any format is read",
        "planfile/__init__.py",
        "    _require_format(document)\n",
        "",
        (f"{PLANFILE}::test_what_is_no_plan_as_it_was_made_is_refused",),
    ),
    Removal(
        "digest",
        "an edited plan is read",
        "planfile/encoding.py",
        "if (data[first:first_end], data[second:second_end]) != _lines(digest):",
        "if not digest:",
        (f"{PLANFILE}::test_one_changed_byte_is_found",),
    ),
    Removal(
        "mode 0600",
        "everybody can read a plan file",
        "cli/files.py",
        "            os.fsync(stream.fileno())\n",
        "            os.fsync(stream.fileno())\n            os.fchmod(stream.fileno(), 0o644)\n",
        ("tests/cli/test_cli_files.py::test_a_plan_file_is_its_owners",),
    ),
    # What is written, and what is believed of it
    Removal(
        "whole graph",
        "a graph with a loose end is uploaded",
        "jupiterone/target.py",
        "        require_whole(desired)\n",
        "",
        ("tests/jupiterone/test_jupiterone_target.py::test_graph_that_dangles_opens_no_job",),
    ),
    Removal(
        "counters",
        "what was counted need not be what was planned",
        "applying.py",
        "if counted != expected:",
        "if counted == Counters():",
        (f"{STEPS}::test_counters_that_do_not_agree_with_the_plan_are_told_with_both_numbers",),
    ),
    Removal(
        "watermarks",
        "a listing with a gap moves its watermark",
        "plan.py",
        "        and listing not in incomplete\n        and listing.kind",
        "        and listing.kind",
        (f"{OBSERVE}::test_a_listing_with_a_gap_has_no_watermark",),
    ),
    # Who writes, and what was left behind
    Removal(
        "lease",
        "two applies write at once",
        "state/lease.py",
        "if held is not None and not is_over(held):",
        "if held is not None and is_over(held):",
        (f"{TURN}::test_after_five_minutes_the_wait_ends",),
    ),
    Removal(
        "stolen lease",
        "who lost the lease writes on",
        "state/lease.py",
        ".rowcount != 1:",
        ".rowcount > 1:",
        (f"{APPLYING}::test_stolen_lease_stops_the_holder",),
    ),
    Removal(
        "last word before finalize",
        "the lease is not looked at before finalize",
        "jupiterone/upload.py",
        "        note(Step.FINALIZING, job.id)\n    job",
        "    job",
        (f"{APPLYING}::test_every_step_is_noted_before_and_after",),
    ),
    Removal(
        "job left behind",
        "nobody asks what became of a job of a run that died",
        "applying.py",
        "work.target.settle(jobs, work.around.say)",
        "bool([])",
        (f"{APPLYING}::test_job_that_never_ends_is_waited_for_again",),
    ),
    Removal(
        "open job left behind",
        "a job that may still be carried out is written over",
        "jupiterone/settle.py",
        "        if job.standing().untouched:\n            raise\n",
        "",
        (f"{APPLYING}::test_open_job_that_cannot_be_closed_keeps_us_from_writing",),
    ),
    Removal(
        "verification",
        "the graph is not compared with what was promised",
        "verifying.py",
        "if next(_differing(promised, found), None) is None:",
        "if found is not None:",
        ("tests/test_verifying.py::test_what_differs_is_named",),
    ),
    Removal(
        "audit trail",
        "an apply that failed leaves no line",
        "auditing.py",
        "            self.records.record_failure(",
        '            self.records.applies("") if self else self.records.record_failure(',
        ("tests/test_auditing.py::test_failed_apply_leaves_a_line",),
    ),
)
