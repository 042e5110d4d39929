"""How the stand-in behaves where the service's documentation leaves it open."""

from __future__ import annotations

from attrs import define

from bbsync.sandbox.jupiterone.bodies import SIZE_LIMIT


@define(eq=False, kw_only=True)
class Behaviour:
    """The switches; every default is the choice that catches most mistakes of a client."""

    #: How many polls of a job, or of a deferred result, come too early.
    polls_in_progress: int = 1
    #: How many reads after a finished job still see the graph as it was.
    visibility_delay: int = 0
    #: How many questions, or alert rules, a page of their lists holds at most.
    listing_size: int = 50
    #: How many queries are answered within two minutes; 0 means any number.
    queries_per_2_minutes: int = 0
    #: The largest upload in bytes, as it was sent.
    size_limit: int = SIZE_LIMIT
    #: Whether the size limit also counts the bytes of an inflated body.
    count_inflated: bool = False
    #: Whether keys may repeat, the last one winning, without an upload asking for it.
    ignore_duplicates: bool = False
    #: Whether an entity counts as updated of which only raw data differs.
    counts_raw_data: bool = False
    #: Whether a DIFF that uploaded nothing is refused instead of emptying its scope.
    refuse_empty: bool = False
    #: Whether finalizing twice is refused instead of answered as the first time.
    refuse_second_finalize: bool = False
    #: Whether a second open job on a scope is refused with 409.
    one_job_a_scope: bool = False
    #: Whether the job mode and the delete lists of before the pipeline upgrade still work.
    legacy_pipeline: bool = False
