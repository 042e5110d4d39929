"""What is worth a look, by rule."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from attrs import frozen

from bbsync.plan import Plan
from bbsync.rules import Finding, worth_a_look
from bbsync.show.attention import ALL_NEW, is_all_new
from bbsync.show.page.listed import Allowance, Listed


@frozen
class Pointed:
    """What one rule found."""

    title: str
    sentence: str
    findings: Listed[Finding]


@frozen
class Worth:
    """What all of them found, how much that is, and what is to be said of it."""

    count: int
    pointed: tuple[Pointed, ...]
    remark: str


def worth(plan: Plan) -> Worth:
    """What the rules find in the plan."""
    findings = worth_a_look(plan)
    return Worth(len(findings), tuple(_pointed(findings)), ALL_NEW if is_all_new(plan) else "")


def _pointed(findings: tuple[Finding, ...]) -> Iterator[Pointed]:
    for rule, alike in groupby(findings, key=lambda finding: finding.rule):
        yield Pointed(rule.title, rule.sentence, Allowance().first(rule.name, list(alike)))
