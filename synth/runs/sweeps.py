"""Sweeps: one function over many items, here, on threads, on processes or on a cluster.

Answers come in the order of the items and do not depend on where they were made:
an item carries all that its answer depends on, its seed too.  A worker that dies
costs only what it was at; those items are tried again, and an item at its last try
has the executor for itself, so that what is then blamed for a death is its cause.
"""

import queue
import sys
from asyncio import CancelledError as AsyncCancelledError
from concurrent.futures import BrokenExecutor, CancelledError, ProcessPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass

from synth.errors import SettingError, SweepError

#: Items under way at a time in an executor that does not say how many workers it has.
AHEAD = 1000

#: How many workers the executor has that runs this item; None outside a sweep's
#: workers, 0 where it does not say.
_width = ContextVar("width", default=None)


class Interrupted(KeyboardInterrupt):
    """Ctrl-C in the middle of a sweep.

    finished: answers that nobody had yet, by the numbers of their items (0, 1, ...).
    A function that Ctrl-C ends early, and that has something to show, raises it with
    that `answer`.
    """

    def __init__(self, answer=None, finished=None):
        super().__init__(answer, finished)
        self.answer = answer
        self.finished = dict(finished or {})


def sweep(function, items, *, executor=None, retries=2, progress=None):
    """An iterator of function(item), in the order of the items.

    executor: whatever has the `submit` of `concurrent.futures` (a pool of threads or
    processes, `distributed.Client.get_executor()`); None: in this thread.  For
    another process, function and items must be such that pickle takes them.  Items
    are taken as they are needed, so there may be many; retries: how often an item is
    tried again whose worker died, at least 1; progress: called with the number of
    finished items.

    What the function raises is raised here, and nothing further is submitted.
    Raises SweepError, which names the item, where workers die of it, and
    `Interrupted` at Ctrl-C; both have the answers that were ready.
    """
    if executor is not None and not callable(getattr(executor, "submit", None)):
        raise SettingError(
            f"executor={executor!r}; allowed: None, or an executor with a method submit"
        )
    if not isinstance(retries, int) or retries < 1:
        raise SettingError(f"retries={retries!r}; allowed: 1 and more")
    if executor is None:
        return _in_turn(function, items, progress)
    return _Sweep(function, items, executor, retries, progress).answers()


def share():
    """How many searches share this machine; None where none but the caller's runs."""
    width = _width.get()
    if width != 0:
        return width
    # A dask worker may use so much memory for its threads: its part of the machine.
    distributed = sys.modules.get("distributed")
    try:
        worker = distributed.get_worker()
    except (AttributeError, ValueError):
        return 1
    threads, limit = worker.state.nthreads, worker.memory_manager.memory_limit
    if not limit:
        return max(threads, distributed.system.CPU_COUNT)
    return max(1, threads * distributed.system.MEMORY_LIMIT / limit)


def _in_turn(function, items, progress):
    for number, item in enumerate(items):
        try:
            answer = function(item)
        except Interrupted as stop:
            raise Interrupted(finished={number: stop.answer}) from None
        if progress is not None:
            progress(number + 1)
        yield answer


def _call(function, item, width, attempt):
    """Runs an item in a worker; `attempt` keeps dask from taking two tries for one."""
    token = _width.set(width)
    try:
        return function(item)
    finally:
        _width.reset(token)


@dataclass(eq=False)
class _Attempt:
    """An item under way; last: it has no further try, and runs alone."""

    number: int
    item: object
    deaths: int = 0
    last: bool = False

    def __str__(self):
        text = " ".join(str(self.item).split())
        return f"items[{self.number}] ({text if len(text) <= 120 else text[:117] + '...'})"


class _Sweep:
    """The state of a sweep on an executor."""

    def __init__(self, function, items, executor, retries, progress):
        self.function = function
        self.source = enumerate(items)
        self.given = self.pool = executor
        self.retries = retries
        self.progress = progress
        self.width = getattr(executor, "_max_workers", None) or 0
        # As many more as there are workers keep them busy, and no more than these
        # are tried again when a pool breaks.
        self.ahead = 2 * self.width or AHEAD
        self.flying = {}
        self.waiting = []
        self.landed = queue.SimpleQueue()
        self.ready = {}

    def answers(self):
        following = finished = 0
        try:
            while self.launch():
                if self.take(self.next_landed()):
                    finished += 1
                    if self.progress is not None:
                        self.progress(finished)
                while following in self.ready:
                    yield self.ready.pop(following)
                    following += 1
        except KeyboardInterrupt:
            raise Interrupted(finished=self.salvage()) from None
        except SweepError as error:
            error.finished = self.salvage()
            raise
        finally:
            self.end()

    def launch(self):
        """Submits what there is room for; whether anything is under way."""
        while len(self.flying) < self.ahead:
            attempt = self.next_attempt()
            if attempt is None:
                break
            self.submit(attempt)
        return bool(self.flying)

    def next_attempt(self):
        """The next item to be submitted; None if there is none, or none may be now."""
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
            except BrokenExecutor as error:  # since the last item, or before the first
                self.renew(error)
            except RuntimeError as error:
                raise SweepError(f"the executor takes no more items: {_one_line(error)}") from error
            except TypeError as error:
                raise _unsendable(attempt, error) or error from None
        self.flying[future] = attempt
        future.add_done_callback(self.landed.put)

    def next_landed(self):
        while True:
            # On some systems only a wait that ends lets Ctrl-C through.
            try:
                return self.landed.get(timeout=1)
            except queue.Empty:
                # Where dask loses its scheduler in mid-transfer, a future stays pending.
                if getattr(getattr(self.pool, "_client", None), "status", None) == "closed":
                    raise SweepError(
                        "the connection to the scheduler is lost, with "
                        f"{len(self.flying)} items under way"
                    ) from None

    def take(self, future):
        """Whether there is an answer; where the worker died the item goes back.

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
                f"{attempt}: its worker died {attempt.deaths} times, the last time with "
                f"nothing beside it; killed, or out of memory? {_one_line(error)}"
            ) from error
        # KilledWorker: dask has tried it on several workers by itself.
        attempt.last = attempt.deaths == self.retries or type(error).__name__ == "KilledWorker"
        self.waiting.append(attempt)
        return False

    def renew(self, error):
        """A pool of processes in place of a broken one."""
        pool = self.pool
        if not isinstance(pool, ProcessPoolExecutor):
            raise SweepError(f"the executor is broken: {_one_line(error)}") from error
        if pool is not self.given:
            pool.shutdown(wait=False)
        # A pool does not hand out what it was made of.
        self.pool = ProcessPoolExecutor(
            pool._max_workers,
            pool._mp_context,
            pool._initializer,
            pool._initargs,
            max_tasks_per_child=pool._max_tasks_per_child,
        )

    def salvage(self):
        """The answers not handed out yet, with those that have landed unseen."""
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
    """Whether it says that a worker died, not that the function failed."""
    if isinstance(error, (BrokenExecutor, CancelledError, AsyncCancelledError)):
        return True
    distributed = sys.modules.get("distributed")
    if distributed is None:
        return False
    return isinstance(error, (distributed.KilledWorker, distributed.comm.CommClosedError))


def _unsendable(attempt, error):
    """A SweepError where an item, or its answer, cannot be sent between processes."""
    text = _one_line(error)
    if type(error).__name__ != "PicklingError" and not (
        isinstance(error, (AttributeError, TypeError))
        and any(word in text for word in ("pickle", "local object", "serialize"))
    ):
        return None
    return SweepError(
        f"{attempt} cannot be sent to another process: {text}; give functions by the name "
        "they have in a module, and a DSL of your own as FILE.py:NAME"
    )


def _one_line(error):
    return " ".join(str(error).split()) or type(error).__name__
