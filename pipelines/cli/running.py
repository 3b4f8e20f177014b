"""Running a Dagster job from the command line: the same run as in the UI, in this process, with its progress shown."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from pipelines.base.identity import WrongBaseError
from pipelines.cli.output import err
from pipelines.errors import CarnetError, EnvironmentFaultError
from pipelines.faults import as_fault
from pipelines.language import say
from pipelines.workspace import LakeBehind, Workspace

if TYPE_CHECKING:
    from pipelines.cli.progress import Progress

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


class Watcher:
    """Shows the steps of a run on a terminal's standard error, and keeps what the run finished."""

    def __init__(self) -> None:
        self.results: list[object] = []
        self._progress: Progress | None = None
        if sys.stderr.isatty():
            from pipelines.cli.progress import Progress  # rich: 0.1 s

            self._progress = Progress.shown()

    def step(self, name: str) -> None:
        """Show the step that begins, at once: a short one is seen too."""
        if self._progress is not None:
            self._progress.tell(name)

    def finished(self, result: object) -> None:
        """Keep the result of a file or an export."""
        self.results.append(result)

    def stop(self) -> None:
        """Clear the line."""
        if self._progress is not None:
            self._progress.clear()
            self._progress = None


def tell_uncounted(results: Sequence[object]) -> None:
    """On standard error, what did not follow: segments that a refresh could not count, a lake that is behind."""
    from pipelines.raw_segments.failing import uncounted
    from pipelines.segments.counting import Refreshed

    for result in results:
        if isinstance(result, Refreshed):
            for line in uncounted(result.failures):
                err().print(say("Warning: {what}", what=line), markup=False)
    _tell_lake(results)


def _tell_lake(results: Iterable[object]) -> None:
    """On standard error, that the lake is behind: what was asked for is done all the same."""
    for result in results:
        if isinstance(result, LakeBehind):
            err().print(say("Warning: the lake is behind. {told}", told=result.told), markup=False)


def require_counted(results: Iterable[object]) -> None:
    """The error of the segments that a refresh among `results` could not count."""
    from pipelines.raw_segments.failing import as_error
    from pipelines.segments.counting import Refreshed

    failures = [failure for result in results if isinstance(result, Refreshed) for failure in result.failures.values()]
    if failures:
        raise as_error(failures)


def user() -> str:
    """Who is at work, for the history and the lock's message."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container's user may have no name.
        return f"user {os.getuid()}"


@contextmanager
def watched_workspace(*, judge: bool = False) -> Generator[tuple[Workspace, Watcher]]:
    """A workspace of the user's, closed at the end; `judge` starts Great Expectations in the background right away."""
    watcher = Watcher()
    try:
        workspace = Workspace.open(who=user())
        workspace.listener = watcher
        try:
            if judge:
                _ = workspace.judge
            yield workspace, watcher
        except Exception as error:
            raise _with_what_stands(error, workspace.store.stands) from error
        finally:
            workspace.close()
    finally:
        watcher.stop()


def _with_what_stands(error: Exception, stands: Sequence[str]) -> Exception:
    """The error, where the machine is in the way with what had been committed by then (issue 16); any other one as it is."""
    fault = error if isinstance(error, CarnetError) else as_fault(error)
    if fault is None:
        return error
    if isinstance(fault, EnvironmentFaultError) and not isinstance(fault, WrongBaseError):
        left = " ".join(stands) or say("Nothing that was asked for was committed: the base is as it was.")
        if stands:
            left += " " + say("The published copy follows at the next run, or by `carnet segments --refresh`.")
        fault.message = f"{fault.message}\n{left}"
    return fault


def run_job(
    workspace: Workspace,
    job: str,
    *,
    config: Mapping[str, Any] | None = None,
    partition: tuple[str, str] | None = None,
    hold: bool = True,
) -> None:
    """Run a job of the code location in this process, in its Dagster instance. `partition`: a definition's name and a key.

    `hold`: whether nobody else may write the base before it has ended.

    A CarnetError inside the run comes out as itself; a refused file is no error here: its result was given to the watcher.
    """
    workspace.listener.step(say("Loading Dagster"))
    import dagster as dg  # 1.3 s of CPU: only what runs a job pays for it

    from pipelines.building import build_job
    from pipelines.orchestration.instance import PROCESS_TAG, open_instance, process_mark

    instance = open_instance(workspace.layout)
    definition = build_job(job, workspace)
    if partition is not None:
        instance.add_dynamic_partitions(partition[0], [partition[1]])
    options: dict[str, Any] = {"run_config": {**_QUIET, **(config or {})}, "partition_key": partition and partition[1]}
    tags = {PROCESS_TAG: process_mark(), "carnet/who": workspace.who}
    workspace.listener.step(say("Waiting for the base"))
    try:
        # The lock comes first: nothing waits inside a run, and who is killed while waiting leaves none behind.
        with workspace.store.hold() if hold else nullcontext():
            definition.execute_in_process(instance=instance, tags=tags, **options)
    except dg.Failure:
        # A refusal: the step has said all in its result, and the run is red in the UI.
        return
    except dg.DagsterExecutionInterruptedError as error:
        raise KeyboardInterrupt from error
    except dg.DagsterError as error:
        raise _cause(error) from error
    finally:
        instance.dispose()


def _cause(error: BaseException) -> CarnetError:
    """The error of ours behind one of Dagster's."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, CarnetError):
            return seen
        seen = getattr(seen, "user_exception", None) or seen.__cause__
    fault = as_fault(error)
    return fault or EnvironmentFaultError(
        say("The run failed: {error}", error=error), say("The Dagster UI (`make ui`) shows its steps and its log.")
    )
