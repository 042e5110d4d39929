"""Two applies at once, each in a process of its own."""

from __future__ import annotations

import threading

import httpx
from cli_rig import PATIENCE, Desk, jupiterone_of


def test_second_apply_waits_and_finds_nothing_left(desk: Desk) -> None:
    """The second process waits as long as the first is at work, names it, and then has nothing left to do."""
    uploading, go_on = threading.Event(), threading.Event()

    def hold(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        if request.url.path.endswith("/entities"):
            uploading.set()
            go_on.wait(PATIENCE)
        return response

    desk.bend_jupiterone = hold
    with jupiterone_of(desk) as environ:
        desk.run("plan", "--out", str(desk.plan_file), environ=environ)
        arguments = ("apply", str(desk.plan_file))
        with desk.started(*arguments, environ=environ) as first:
            assert uploading.wait(PATIENCE)
            with desk.started(*arguments, environ=environ) as second:
                assert second.stderr is not None
                said = second.stderr.readline()
                go_on.set()
                done, _told = first.communicate(timeout=PATIENCE)
                left, _told = second.communicate(timeout=PATIENCE)

    assert f"(process {first.pid}), who has been applying for " in said
    assert done.startswith("Apply complete! Resources: ")
    assert left.startswith("Nothing left to do: plan ")
    assert (first.returncode, second.returncode) == (0, 0)
    assert [job.status for job in desk.jupiterone.jobs.values()] == ["FINISHED"]
