"""Questions and rules end up in JupiterOne as they are wanted, and nothing else is touched."""

from __future__ import annotations

import json
from copy import deepcopy

import httpx
import pytest
from alerting_rig import KEY, NOW, Answer, Rig, failing, names_but, operation
from attrs import evolve

from bbsync import alerting
from bbsync.alerts.plan import Action
from bbsync.errors import Blocked, PlanFileError, SettingsError, StalePlan, TargetError, Unfinished
from bbsync.sandbox.jupiterone import ApiKey, JupiterOne
from bbsync.settings import load_settings
from bbsync.state import Waiting, our_turn

PUBLIC = "Bitbucket: repositories that everybody can read"
ADMINS = "Bitbucket: users who administer a repository"
SELF = "Bitbucket: pull requests that their author approved"

EVERYTHING_OFF = "off = ['public_repositories', 'repository_admins', 'self_approved']"


def test_the_first_apply_makes_everything(rig: Rig) -> None:
    """Three questions, and a rule for each of the two that are alerts, with the markers of ours."""
    outcome = rig.sync()

    assert outcome == alerting.Outcome(created=5)
    assert set(rig.questions) == {PUBLIC, ADMINS, SELF}
    assert set(rig.rules) == {PUBLIC, SELF}
    assert "bbsync:bbsync/self_approved" in rig.questions[SELF]["tags"]
    assert rig.rules[PUBLIC]["labels"] == [{"labelName": "bbsync", "labelValue": "bbsync/public_repositories"}]


def test_a_rule_is_as_the_service_documents_it(rig: Rig) -> None:
    """An inline question, a condition on its total, the level, the alert, and the e-mail where one is wanted."""
    rig.sync('email = ["team@example.test"]')

    rule = rig.rules[PUBLIC]
    (operation,) = rule["operations"]
    actions = [{name: held for name, held in one.items() if name != "id"} for one in operation["actions"]]
    assert (rule["pollingInterval"], rule["specVersion"], rule["outputs"]) == ("ONE_HOUR", 1, ["alertLevel"])
    assert operation["when"] == {"type": "FILTER", "condition": ["AND", ["queries.query0.total", ">", 0]]}
    assert actions[:2] == [
        {"type": "SET_PROPERTY", "targetProperty": "alertLevel", "targetValue": "HIGH"},
        {"type": "CREATE_ALERT"},
    ]
    assert (actions[2]["type"], actions[2]["recipients"]) == ("SEND_EMAIL", ["team@example.test"])
    assert "public = true" in rule["question"]["queries"][0]["query"]


def test_a_second_plan_is_empty(rig: Rig) -> None:
    """What JupiterOne adds (ids, versions, null) is no difference, and nothing is written."""
    rig.sync()
    rig.asked.clear()

    made = rig.plan()
    outcome = rig.apply(made)

    assert made.plan.is_empty
    assert made.plan.unchanged == 5
    assert outcome == alerting.Outcome()
    assert rig.asked == ["Questions", "Rules"]


def test_what_was_changed_by_hand_is_put_right(rig: Rig) -> None:
    """The plan names what differs; apply writes the whole question, or rule, under its id."""
    rig.sync()
    rig.touch(SELF, description="Something else.")
    rig.rules[PUBLIC]["operations"][0]["actions"].pop()
    before = rig.rules[PUBLIC]["id"]

    outcome = rig.sync()

    assert outcome == alerting.Outcome(updated=2)
    assert rig.rules[PUBLIC]["id"] == before
    assert rig.rules[PUBLIC]["version"] == 2
    assert rig.plan().plan.is_empty


def test_settings_change_rules(rig: Rig) -> None:
    """Another level is an update, and silence deletes the rule and leaves the question."""
    rig.sync()

    outcome = rig.sync('levels = { public_repositories = "CRITICAL" }\nsilent = ["self_approved"]')

    assert outcome == alerting.Outcome(updated=2, deleted=1)
    assert set(rig.rules) == {PUBLIC}
    assert rig.questions[SELF]["queries"][0]["resultsAre"] == "INFORMATIVE"


def test_what_is_switched_off_goes_with_its_rule(rig: Rig) -> None:
    """Both say why."""
    rig.sync()

    made = rig.plan("off = " + json.dumps([*names_but("public_repositories", "repository_admins")]))

    found = [(one.item.sort, one.item.name, one.reason) for one in made.plan.of(Action.DELETE)]
    assert found == [
        ("rule", "self_approved", "switched off in [alerts]"),
        ("question", "self_approved", "switched off in [alerts]"),
    ]


def test_what_others_made_is_never_touched(rig: Rig) -> None:
    """Questions and rules without our marker stay as they are, whatever they are called."""
    theirs = [
        rig.add_question(SELF),
        rig.add_question("theirs", tags=["bbsync", "bbsync:elsewhere/self_approved"]),
        rig.add_rule(PUBLIC),
        rig.add_rule("other", labels=[{"labelName": "bbsync", "labelValue": "elsewhere/self_approved"}]),
    ]
    before = deepcopy(theirs)

    made = rig.plan()
    rig.apply(made)
    rig.sync("off = " + json.dumps(names_but("repository_admins")), allow_deletes=3)

    held = {**rig.jupiterone.watching.questions, **rig.jupiterone.watching.rules}
    assert [(one.item.sort, one.item.name) for one in made.plan.withheld] == [("rule", "public_repositories")]
    assert made.plan.others == 4
    assert [held[one["id"]] for one in before] == before


def test_another_scope_has_its_own(rig: Rig) -> None:
    """Two graphs in one account do not delete each other's questions."""
    rig.sync()
    other = rig.settings(more='[jupiterone]\nscope = "other"')

    made = alerting.plan(other, rig.around)

    assert not made.plan.of(Action.DELETE)
    assert len(made.plan.withheld) == 2
    assert made.plan.others == 5


def test_lists_are_read_to_their_end(rig: Rig) -> None:
    """Pages of two hold all the same everything, so that nothing is made twice."""
    rig.jupiterone = JupiterOne(keys=(ApiKey(KEY),), listing_size=2)
    rig.sync()

    assert rig.plan().plan.is_empty
    assert rig.asked.count("Questions") >= 2


@pytest.mark.parametrize("name", ["Questions", "Rules"])
@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(400, text="no"),
        httpx.Response(200, json={"data": {"found": None}}),
        httpx.Response(200, json={"data": {"found": {"questions": [], "questionInstances": []}}}),
        httpx.Response(
            200,
            json={
                "data": {
                    "found": {
                        "questions": [],
                        "questionInstances": [],
                        "pageInfo": {"hasNextPage": True, "endCursor": None},
                    }
                }
            },
        ),
        httpx.Response(
            200,
            json={
                "data": {
                    "found": {
                        "questions": [{"id": 7}],
                        "questionInstances": [{"id": 7}],
                        "pageInfo": {"hasNextPage": False},
                    }
                }
            },
        ),
    ],
    ids=["refused", "nothing", "no page", "no cursor", "no id"],
)
def test_a_failed_reading_writes_nothing(rig: Rig, name: str, response: httpx.Response) -> None:
    """Who does not know what is there makes no plan, and so deletes nothing and makes nothing twice."""
    rig.sync()
    held = deepcopy((rig.questions, rig.rules))
    rig.bend = failing(name, response)

    with pytest.raises(TargetError):
        rig.plan(EVERYTHING_OFF)

    assert (rig.questions, rig.rules) == held


def test_a_list_that_lacks_some_is_not_believed(rig: Rig) -> None:
    """JupiterOne says how many there are, and lists fewer."""
    rig.sync()

    def short(request: httpx.Request, answer: Answer) -> httpx.Response:
        document = answer(request).json()
        if operation(request) == "Questions":
            document["data"]["found"]["questions"].pop()
        return httpx.Response(200, json=document)

    rig.bend = short

    with pytest.raises(TargetError) as refused:
        rig.plan()

    assert "It speaks of 3 questions and lists 2." in refused.value.why


def test_what_is_listed_twice_is_there_once(rig: Rig) -> None:
    """What moves from page to page while they are read is not deleted as a double."""
    rig.sync()

    def twice(request: httpx.Request, answer: Answer) -> httpx.Response:
        document = answer(request).json()
        if operation(request) == "Questions":
            document["data"]["found"]["questions"] *= 2
        return httpx.Response(200, json=document)

    rig.bend = twice

    assert rig.plan().plan.is_empty


def test_a_double_goes(rig: Rig) -> None:
    """Two questions with one marker: one stays, and the plan says why the other goes."""
    rig.sync()
    rig.add_question(SELF, tags=rig.questions[SELF]["tags"], id="zzz")

    made = rig.plan()
    rig.apply(made)

    assert [change.reason for change in made.plan.of(Action.DELETE)] == ["it is there twice"]
    assert rig.plan().plan.is_empty


@pytest.mark.parametrize("processed", [False, True], ids=["lost", "carried out"])
@pytest.mark.parametrize("name", ["CreateQuestion", "CreateRule"])
def test_a_create_is_not_sent_twice_and_the_same_command_finishes(rig: Rig, name: str, *, processed: bool) -> None:
    """Nobody can tell what became of it, so the run ends; the next one looks, and makes nothing twice."""
    rig.bend = failing(name, httpx.Response(503), processed=processed)

    with pytest.raises(Unfinished):
        rig.sync()
    asked = rig.asked.count(name)
    rig.sync()

    assert asked == 1
    assert (len(rig.jupiterone.watching.questions), len(rig.jupiterone.watching.rules)) == (3, 2)
    assert rig.plan().plan.is_empty


@pytest.mark.parametrize("processed", [False, True], ids=["lost", "carried out"])
@pytest.mark.parametrize("name", ["UpdateQuestion", "UpdateRule", "DeleteQuestion", "DeleteRule"])
def test_a_lost_answer_is_no_harm(rig: Rig, name: str, *, processed: bool) -> None:
    """A write that may have been carried out is sent again where that does no harm, or by the next run."""
    rig.sync()
    rig.touch(PUBLIC, description="Something else.")
    rig.rules[PUBLIC]["description"] = "Something else."
    alerts = "off = " + json.dumps(names_but("public_repositories", "repository_admins"))
    rig.bend = failing(name, httpx.Response(503), processed=processed)

    for _ in range(2):
        try:
            rig.sync(alerts)
        except Unfinished:
            assert name == "UpdateRule"

    assert rig.plan(alerts).plan.is_empty
    assert set(rig.questions) == {PUBLIC, ADMINS}


def test_a_refusal_before_anything_is_written_says_so(rig: Rig) -> None:
    """The first write is refused for good: that is an error, and nothing is there."""
    rig.bend = failing("CreateQuestion", httpx.Response(403, json={"error": {"message": "no"}}))

    with pytest.raises(TargetError, match="403"):
        rig.sync()

    assert rig.questions == {}


def test_a_refusal_in_the_middle_says_how_far_it_got(rig: Rig) -> None:
    """The rest is done by the same command."""
    error = {"message": "Bad query", "extensions": {"code": "BAD_USER_INPUT"}}
    rig.bend = failing("CreateRule", httpx.Response(200, json={"data": None, "errors": [error]}))

    with pytest.raises(Unfinished, match="3 of 5 changes are in JupiterOne") as unfinished:
        rig.sync()
    outcome = rig.sync()

    assert "was not carried out" in unfinished.value.why
    assert "Bad query" in unfinished.value.why
    assert outcome == alerting.Outcome(created=2)


@pytest.mark.parametrize(("permission", "what"), [("can_ask", "questions"), ("can_alert", "alert rules")])
def test_a_key_without_a_permission_is_told_which(rig: Rig, permission: str, what: str) -> None:
    """One sentence names what the key may not do, and which key it is."""
    weak = rig.with_key(**{permission: False})

    with pytest.raises(TargetError) as refused:
        weak.plan()

    assert refused.value.code == "BB-JUPITERONE-403"
    assert what in refused.value.what
    assert "JUPITERONE_API_KEY" in refused.value.next_step


def test_without_an_account_there_is_a_sentence(rig: Rig) -> None:
    """Questions live in JupiterOne, even where the graph is a local file."""
    settings = load_settings(config=None, environ={})

    with pytest.raises(SettingsError, match="JUPITERONE_ACCOUNT is not set"):
        alerting.plan(settings, rig.around)


def test_what_moved_since_the_plan_is_left_alone(rig: Rig) -> None:
    """Somebody edits a question between plan and apply: nothing at all is written."""
    rig.sync()
    rig.touch(SELF, description="Something else.")
    rig.touch(ADMINS, description="Something else.")
    made = rig.plan()
    rig.touch(SELF, description="A third text.")

    with pytest.raises(StalePlan) as stale:
        rig.apply(made)

    assert "question self_approved" in stale.value.why
    assert rig.questions[ADMINS]["description"] == "Something else."


def test_a_name_that_others_took_meanwhile_is_stale(rig: Rig) -> None:
    """Somebody makes a rule of the same name between plan and apply."""
    made = rig.plan()
    rig.add_rule(PUBLIC)

    with pytest.raises(StalePlan):
        rig.apply(made)

    assert rig.questions == {}


def test_what_others_did_already_is_not_done_again(rig: Rig) -> None:
    """A plan that somebody else carried out comes to nothing."""
    made = rig.plan()
    rig.sync()

    assert rig.apply(made) == alerting.Outcome()
    assert len(rig.jupiterone.watching.questions) == 3


@pytest.mark.parametrize("change", ["edited", "made theirs", "gone"])
def test_each_write_looks_once_more(rig: Rig, change: str) -> None:
    """What moves while others are written is left alone, and what lost its marker is not deleted."""
    rig.sync()
    doomed = rig.questions[SELF]["id"]

    def meanwhile(request: httpx.Request, answer: Answer) -> httpx.Response:
        if operation(request) == "DeleteRule":
            held = rig.jupiterone.watching.questions
            edits = {"edited": {"title": "Another"}, "made theirs": {"tags": []}}
            if change == "gone":
                del held[doomed]
            else:
                held[doomed].update(edits[change])
        return answer(request)

    rig.bend = meanwhile
    alerts = "off = " + json.dumps(names_but("public_repositories", "repository_admins"))

    if change == "edited":
        with pytest.raises(Unfinished, match="changed while others were written"):
            rig.sync(alerts)
    else:
        assert rig.sync(alerts) == alerting.Outcome(deleted=1)

    assert "DeleteQuestion" not in rig.asked
    assert (doomed in rig.jupiterone.watching.questions) == (change != "gone")


def test_deleting_everything_is_asked_about(rig: Rig) -> None:
    """All of a sort goes only with the number of deletes."""
    rig.sync()
    off = "off = " + json.dumps(names_but())

    with pytest.raises(Blocked, match="The plan deletes all 3 questions") as blocked:
        rig.sync(off)
    with pytest.raises(Blocked, match="--allow-deletes 4 is not what the plan does"):
        rig.sync(off, allow_deletes=4)
    outcome = rig.sync(off, allow_deletes=5)

    assert "--allow-deletes 5" in blocked.value.next_step
    assert outcome == alerting.Outcome(deleted=5)
    assert rig.questions == {}


def test_one_apply_at_a_time(rig: Rig) -> None:
    """Two at once would make everything twice."""
    made = rig.plan()
    waiting = Waiting(lambda: NOW, lambda _seconds: None, lambda _line: None)
    scope = "questions and alert rules of bbsync in JupiterOne account acme"

    def leave(_seconds: float) -> None:
        raise TimeoutError

    with our_turn(rig.settings().state.url, scope, "bob", "", waiting), pytest.raises(TimeoutError):
        alerting.apply(made.plan, rig.settings(), evolve(rig.around, sleep=leave))

    assert rig.said[-1].startswith("waiting for bob@")
    assert rig.questions == {}


def test_a_plan_for_another_account_is_refused(rig: Rig) -> None:
    """What was read there says nothing about here."""
    made = rig.plan()
    other = rig.settings(more='[jupiterone]\nscope = "other"')

    with pytest.raises(PlanFileError, match="another account or scope"):
        alerting.apply(made.plan, other, rig.around)


def test_no_secret_is_in_what_is_sent_to_be_kept(rig: Rig) -> None:
    """Questions and rules are read by everybody in the account."""
    rig.sync()

    assert KEY not in repr((rig.questions, rig.rules, rig.said))
