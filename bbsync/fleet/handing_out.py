"""Hand configurations out to workers, and learn of each what became of it, whatever becomes of its worker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from importlib import import_module
from typing import Any

from attrs import frozen

from bbsync.errors import ExitCode
from bbsync.fleet.member import Command, Ended, Member, carry_out
from bbsync.fleet.workers import FleetError, client_of

#: Seconds after which somebody looks whether there are workers at all.
LOOK = 5.0

#: Seconds that a fleet may be without workers: some clusters have them made when there is work.
PATIENCE = 300.0


def hand_out(
    members: Sequence[Member], command: Command, *, workers: int, scheduler: str = "", patience: float = PATIENCE
) -> list[Ended]:
    """What became of each, in the order of the members; as many at once as there are workers.

    Raises:
        FleetError: Dask is not installed, or the scheduler does not answer; nothing was begun.
    """
    with client_of(min(workers, len(members)), scheduler) as client:
        crew = _Crew(client, command, patience)
        first = crew.carry_out(members)
        # Most of what went down with a worker only waited there, and what was begun, the same command finishes. Each
        # is by itself now, so that the one that takes workers down takes no other with it.
        return [one or crew.carry_out_alone(member) for member, one in zip(members, first, strict=True)]


@frozen
class _Crew:
    """The workers that a client of Dask reaches, and what they do with every configuration."""

    client: Any
    command: Command
    patience: float

    def carry_out_alone(self, member: Member) -> Ended:
        """What became of it while nothing else was handed out."""
        (found,) = self.carry_out([member])
        return found or self._failed(member, _died())

    def carry_out(self, members: Sequence[Member]) -> list[Ended | None]:
        """What became of each; None where its worker died."""
        futures = [self.client.submit(carry_out, member, self.command, pure=False, retries=0) for member in members]
        came = {future.key: found for future, found in self._came(futures)}
        return [self._ended(member, came.get(future.key)) for member, future in zip(members, futures, strict=True)]

    def _came(self, futures: Sequence[Any]) -> Iterator[tuple[Any, Ended | BaseException]]:
        """What came back of each as soon as it is over, so that no worker has to keep it; until nobody is left."""
        distributed = import_module("distributed")
        waiting = list(futures)
        while waiting:
            with suppress(TimeoutError, CancelledError):
                distributed.wait(waiting, timeout=LOOK, return_when="FIRST_COMPLETED")
            over = [future for future in waiting if future.done()]
            if not over and not self._is_anybody_there():
                return
            for future in over:
                # What went down with its worker on the way here is being done again, and no longer over.
                with suppress(TimeoutError, CancelledError, distributed.KilledWorker):
                    yield future, _outcome(future)
                    waiting.remove(future)

    def _is_anybody_there(self) -> bool:
        try:
            self.client.wait_for_workers(1, timeout=self.patience)
        except TimeoutError:
            return False
        except OSError:
            pass  # it is the scheduler that is gone: soon every future says so
        return True

    def _ended(self, member: Member, found: Ended | BaseException | None) -> Ended | None:
        match found:
            case Ended():
                return found
            case None:
                return self._failed(member, _nobody(self.patience))
            case CancelledError():
                return self._failed(member, _deserted())
            case _ if type(found).__name__ == "KilledWorker":
                return None
        return self._failed(member, _unfit(found))

    def _failed(self, member: Member, error: FleetError) -> Ended:
        """An apply may have been in the middle of it."""
        code = ExitCode.UNFINISHED if self.command == "apply" else error.exit_code
        return Ended(member.name, code, f"{error}")


def _outcome(future: Any) -> Ended | BaseException:
    """What came back of it, or what Dask says instead.

    Raises:
        TimeoutError: it is not over, as it seemed.
    """
    if future.status == "finished":
        found: Ended = future.result(timeout=LOOK)
        return found
    error: BaseException | None = future.exception(timeout=LOOK)
    return error or CancelledError()


def _died() -> FleetError:
    return FleetError(
        "its worker died in the middle of it",
        why="Nothing else was handed out then. Most often memory runs out, and the system ends whoever uses it.",
        next_step="Run it by itself, with -v, where there is more memory.",
        code="BB-FLEET-WORKER",
    )


def _nobody(patience: float) -> FleetError:
    return FleetError(
        "no worker is left to do it",
        why=f"There was none for {patience:.0f} seconds.",
        next_step="Start workers, and run the same command again.",
        code="BB-FLEET-NOBODY",
    )


def _deserted() -> FleetError:
    return FleetError(
        "the scheduler went away in the middle of it",
        next_step="Start it anew, and run the same command again.",
        code="BB-FLEET-SCHEDULER",
    )


def _unfit(error: BaseException) -> FleetError:
    return FleetError(
        "its worker could not do it",
        why=f"{type(error).__name__}.",
        next_step="Install the same bbsync on every worker, or run it by itself, with -v.",
        code="BB-FLEET-UNFIT",
    )
