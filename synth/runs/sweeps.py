"""Sweeps: one function over many items, in this thread, on threads, processes or a cluster.

Answers come in the order of the items. They do not depend on where they were computed: an
item carries everything that its answer depends on, including its seed. If a worker dies, only
the items it was running are lost, and they are tried again. The last try of an item runs
alone on the executor, so that the item is blamed for a death only if it caused it.
"""

import queue
import sys
from asyncio import CancelledError as AsyncCancelledError
from concurrent.futures import BrokenExecutor, CancelledError, ProcessPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass

from synth.errors import SettingError, SweepError

#: Items submitted at a time to an executor that does not say how many workers it has.
AHEAD = 1000

#: The number of workers of the executor that runs this item; None outside a sweep's
#: workers, 0 if the executor does not say.
_width = ContextVar("width", default=None)


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a sweep.

    A function that Ctrl-C ends early raises it if it has something to show.

    Parameters
    ----------
    answer : object, optional
        What the interrupted function has so far.
    finished : dict, optional
        Answers that the sweep had not handed out yet, by the numbers of their items (0, 1,
        ...).
    """

    def __init__(self, answer=None, finished=None):
        super().__init__(answer, finished)
        self.answer = answer
        self.finished = dict(finished or {})


def sweep(function, items, *, executor=None, retries=2, progress=None, until=None):
    """Applies a function to items and returns an iterator of the answers, in order.

    Items are taken as they are needed, so there may be any number of them. If the function
    raises an error, the sweep raises it too and submits no further items.

    Parameters
    ----------
    function : callable
        Of one item. For other processes, the function and the items must be picklable.
    items : iterable
    executor : Executor, optional
        Any object with the `submit` of `concurrent.futures`: a pool of threads or processes,
        or `distributed.Client.get_executor()`. By default the items run in this thread.
    retries : int, optional
        How often an item is tried again after its worker died, at least 1.
    progress : callable, optional
        Called with the number of finished items.
    until : callable, optional
        Asked once a second, or between two items. Once it says so, the sweep ends without the
        answers that are missing.

    Returns
    -------
    iterator

    Raises
    ------
    SettingError
        If an argument is not allowed.
    SweepError
        If workers die of an item, which the message names, or the executor is lost. Its
        `finished` has the answers that were ready.
    Interrupted
        At Ctrl-C. Its `finished` has the answers that were ready.
    """
    if executor is not None and not callable(getattr(executor, "submit", None)):
        raise SettingError(
            f"executor={executor!r}; allowed: None, or an executor with a method submit"
        )
    if not isinstance(retries, int) or retries < 1:
        raise SettingError(f"retries={retries!r}; allowed: 1 or more")
    if executor is None:
        return _in_turn(function, items, progress, until)
    return _Sweep(function, items, executor, retries, progress, until).answers()


def share():
    """The number of searches that share this machine, or None if only the caller's runs."""
    width = _width.get()
    if width != 0:
        return width
    # A dask worker has a limit of memory for its threads, which is its share of the machine.
    distributed = sys.modules.get("distributed")
    try:
        worker = distributed.get_worker()
    except (AttributeError, ValueError):
        return 1
    threads, limit = worker.state.nthreads, worker.memory_manager.memory_limit
    if not limit:
        return max(threads, distributed.system.CPU_COUNT)
    return max(1, threads * distributed.system.MEMORY_LIMIT / limit)


def _in_turn(function, items, progress, until):
    for number, item in enumerate(items):
        if until is not None and until():
            return
        try:
            answer = function(item)
        except Interrupted as stop:
            raise Interrupted(finished={number: stop.answer}) from None
        if progress is not None:
            progress(number + 1)
        yield answer


def _call(function, item, width, attempt):
    """Runs an item in a worker; `attempt` keeps dask from treating two tries as one."""
    token = _width.set(width)
    try:
        return function(item)
    finally:
        _width.reset(token)


@dataclass(eq=False)
class _Attempt:
    """A try of an item; last: it is the last one, and runs alone."""

    number: int
    item: object
    deaths: int = 0
    last: bool = False

    def __str__(self):
        text = " ".join(str(self.item).split())
        return f"items[{self.number}] ({text if len(text) <= 120 else text[:117] + '...'})"


class _Sweep:
    """The state of a sweep on an executor."""

    def __init__(self, function, items, executor, retries, progress, until):
        self.function = function
        self.until = until
        self.source = enumerate(items)
        self.given = self.pool = executor
        self.retries = retries
        self.progress = progress
        self.width = getattr(executor, "_max_workers", None) or 0
        # Twice as many items as workers keep them busy, and no more than these have to be
        # tried again if a pool breaks.
        self.ahead = 2 * self.width or AHEAD
        self.flying = {}
        self.waiting = []
        self.landed = queue.SimpleQueue()
        self.ready = {}

    def answers(self):
        following = finished = 0
        try:
            while self.launch():
                landed = self.next_landed()
                if landed is None:
                    return
                if self.take(landed):
                    finished += 1
                    if self.progress is not None:
                        self.progress(finished)
                while following in self.ready:
                    yield self.ready.pop(following)
                    following += 1
                if self.until is not None and self.until():
                    return
        except KeyboardInterrupt:
            raise Interrupted(finished=self.salvage()) from None
        except SweepError as error:
            error.finished = self.salvage()
            raise
        finally:
            self.end()

    def launch(self):
        """Submits items while there is room; returns whether any are running."""
        while len(self.flying) < self.ahead:
            attempt = self.next_attempt()
            if attempt is None:
                break
            self.submit(attempt)
        return bool(self.flying)

    def next_attempt(self):
        """The next item to submit; None if there is none, or none may start now."""
        if any(attempt.last for attempt in self.flying.values()):
            return None
        if self.waiting:
            attempt = min(self.waiting, key=lambda a: a.number)
            if attempt.last and self.flying:
                return None
            self.waiting.remove(attempt)
            return attempt
        for number, item in self.source:
            return _Attempt(number, item)
        return None

    def submit(self, attempt):
        arguments = (self.function, attempt.item, self.width, (attempt.number, attempt.deaths))
        while True:
            try:
                future = self.pool.submit(_call, *arguments)
                break
            except BrokenExecutor as error:  # after the last item, or before the first
                self.renew(error)
            except RuntimeError as error:
                raise SweepError(f"the executor takes no more items: {_one_line(error)}") from error
            except TypeError as error:
                raise _unsendable(attempt, error) or error from None
        self.flying[future] = attempt
        future.add_done_callback(self.landed.put)

    def next_landed(self):
        """The next future that is done; None once `until` says so."""
        while True:
            # On some systems, Ctrl-C gets through only if the wait has a timeout.
            try:
                return self.landed.get(timeout=1)
            except queue.Empty:
                if self.until is not None and self.until():
                    return None
                self.look_after()

    def look_after(self):
        """Raises SweepError if the executor has nobody left to work."""
        # If dask loses its scheduler during a transfer, a future stays pending.
        if getattr(getattr(self.pool, "_client", None), "status", None) == "closed":
            lost = "the connection to the scheduler is lost"
        else:
            lost = getattr(self.pool, "what_is_lost", lambda: None)()
        if lost is not None:
            raise SweepError(f"{lost}, with {len(self.flying)} items running")

    def take(self, future):
        """Takes an answer; returns False, and puts the item back, if its worker died.

        Raises what the function raised, and SweepError.
        """
        attempt = self.flying.pop(future)
        error = CancelledError() if future.cancelled() else future.exception()
        if error is None:
            self.ready[attempt.number] = future.result()
            return True
        if isinstance(error, Interrupted):
            self.ready[attempt.number] = error.answer
        if not _is_loss(error):
            raise _unsendable(attempt, error) or error
        attempt.deaths += 1
        if attempt.last:
            raise SweepError(
                f"{attempt}: its worker died {attempt.deaths} times, the last time while no "
                f"other item ran; was it killed, or out of memory? {_one_line(error)}"
            ) from error
        # KilledWorker: dask itself has tried the item on several workers.
        attempt.last = attempt.deaths == self.retries or type(error).__name__ == "KilledWorker"
        self.waiting.append(attempt)
        return False

    def renew(self, error):
        """Replaces a broken pool of processes."""
        pool = self.pool
        if not isinstance(pool, ProcessPoolExecutor):
            raise SweepError(f"the executor is broken: {_one_line(error)}") from error
        if pool is not self.given:
            pool.shutdown(wait=False)
        # A pool has no public access to its arguments.
        self.pool = ProcessPoolExecutor(
            pool._max_workers,
            pool._mp_context,
            pool._initializer,
            pool._initargs,
            max_tasks_per_child=pool._max_tasks_per_child,
        )

    def salvage(self):
        """The answers that were not handed out yet, including those not looked at."""
        for future, attempt in self.flying.items():
            if not future.done() or future.cancelled():
                continue
            error = future.exception()
            if error is None:
                self.ready[attempt.number] = future.result()
            elif isinstance(error, Interrupted):
                self.ready[attempt.number] = error.answer
        return dict(sorted(self.ready.items()))

    def end(self):
        for future in self.flying:
            future.cancel()
        if self.pool is not self.given:
            self.pool.shutdown(wait=not self.flying, cancel_futures=True)


def _is_loss(error):
    """Whether an error says that a worker died, not that the function failed."""
    if isinstance(error, (BrokenExecutor, CancelledError, AsyncCancelledError)):
        return True
    distributed = sys.modules.get("distributed")
    if distributed is None:
        return False
    return isinstance(error, (distributed.KilledWorker, distributed.comm.CommClosedError))


def _unsendable(attempt, error):
    """A SweepError if an item or its answer cannot be sent between processes, else None."""
    text = _one_line(error)
    if type(error).__name__ != "PicklingError" and not (
        isinstance(error, (AttributeError, TypeError))
        and any(word in text for word in ("pickle", "local object", "serialize"))
    ):
        return None
    return SweepError(
        f"{attempt} cannot be sent to another process: {text}; use functions that are defined "
        "at the top of a module, and give a DSL of your own as FILE.py:NAME"
    )


def _one_line(error):
    return " ".join(str(error).split()) or type(error).__name__
