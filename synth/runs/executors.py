"""The executors that `--workers N` and `--cluster ADDRESS` ask for.

Worker processes are spawned. They ignore Ctrl-C, and end when their parent ends or says so:
each waits for the parent's end of a pipe to close. A cluster is a dask cluster that the user
has started; its workers must have the same version of synth.
"""

import asyncio
import contextlib
import logging
import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager

from synth._version import __version__
from synth.errors import SettingError, SweepError

#: Seconds to wait for a scheduler to answer, and then for it to have a worker.
PATIENCE = 4
#: Seconds that a sweep goes on without a worker that can work, and between two looks at them.
MOST_IDLE, LOOK = 30, 5


@contextmanager
def executor(workers=None, cluster=None):
    """A context manager for the executor of a sweep.

    Parameters
    ----------
    workers : int, optional
        The number of worker processes to spawn.
    cluster : str, optional
        The address of a dask scheduler, such as tcp://HOST:8786.

    Yields
    ------
    Executor or None
        None if neither is given.

    Raises
    ------
    SettingError
        If both are given, the scheduler cannot be reached or has no workers, a worker has
        another version of synth, or `distributed` is not installed.
    """
    if workers is not None and cluster is not None:
        raise SettingError(f"workers={workers} cannot be combined with cluster={cluster}")
    if workers is not None:
        if not isinstance(workers, int) or workers < 1:
            raise SettingError(f"workers={workers!r}; allowed: 1 or more")
        with _processes(workers) as pool:
            yield pool
    elif cluster is not None:
        with _cluster(str(cluster)) as pool:
            yield pool
    else:
        yield None


@contextmanager
def _processes(workers):
    context = multiprocessing.get_context("spawn")
    theirs, lifeline = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(workers, context, _start_worker, (theirs,))
    try:
        yield pool
    finally:
        # After an error or Ctrl-C items may still run, but their answers are not wanted.
        lifeline.close()
        pool.shutdown(cancel_futures=True)
        theirs.close()


def _start_worker(lifeline):
    # Ctrl-C reaches all processes of a terminal, but only the parent may act on it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError, ValueError):
        os.dup2(2, 1)  # standard output is for the parent's results, whatever primitives print
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()


def _end_with(lifeline):
    """Ends this process when the parent closes its end of the pipe, or dies."""
    with contextlib.suppress(OSError):
        lifeline.poll(None)
    os._exit(1)


@contextmanager
def _cluster(address):
    try:
        import distributed
    except ImportError:
        raise SettingError(
            f"cluster={address}: dask is not installed; pip install 'synth-mdl[cluster]'"
        ) from None
    with _quiet(), ThreadPoolExecutor(1) as aside:
        # The probe needs a thread of its own, since a notebook's thread has an event loop.
        aside.submit(_probe, distributed, address).result()
        with distributed.Client(address, timeout=10, set_as_default=False) as client:
            _check_workers(client, address)
            yield _Cluster(client)


@contextmanager
def _quiet():
    """Silences dask's log; errors are raised instead."""
    # Many of dask's loggers have a level and a handler of their own.
    known = [n for n in logging.root.manager.loggerDict if n.partition(".")[0] == "distributed"]
    loggers = [logging.getLogger(name) for name in (*known, "distributed", "tornado.application")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _probe(distributed, address):
    """Raises SettingError unless a scheduler answers.

    A `Client` alone is not enough: it waits forever if something else listens at the address,
    and continues to log errors after it has failed.
    """

    async def identity():
        async with distributed.rpc(address) as scheduler:
            return await scheduler.identity()

    async def within():
        return await asyncio.wait_for(identity(), PATIENCE)

    try:
        kind = asyncio.run(within())["type"]
    except TimeoutError:
        why = f"no answer within {PATIENCE} s"
    except Exception as error:  # noqa: BLE001 - anything may listen there
        why = " ".join(str(error).split()) or type(error).__name__
    else:
        if kind.endswith("Scheduler"):
            return
        why = f"it is a {kind}"
    raise SettingError(
        f"cluster={address}: {why}; allowed: the address of a dask scheduler, tcp://HOST:8786"
    )


def _check_workers(client, address):
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        raise SettingError(
            f"cluster={address}: the scheduler has no workers; "
            f"start some with: dask worker {address}"
        ) from None
    for worker, version in client.run(_version, on_error="return").items():
        if isinstance(version, BaseException):
            text = " ".join(str(version).split())
            raise SettingError(f"cluster={address}: synth fails on {worker}: {text}")
        if version != __version__:
            raise SettingError(
                f"cluster={address}: synth is {version} on {worker}; allowed: {__version__}"
            )


def _version():
    return __version__


def _same_version(version, function, /, *arguments, **named):
    """Calls a function in a worker, which may have joined after the others were checked."""
    if version != __version__:
        import distributed

        raise SweepError(
            f"synth is {__version__} on {distributed.get_worker().address}, which joined later; "
            f"allowed: {version}; end this worker, or install the same version there"
        )
    return function(*arguments, **named)


class _Cluster(Executor):
    """A dask client as an executor.

    Unlike `Client.get_executor()`, it also reports a scheduler that is lost while an answer is
    being transferred, and it never treats two equal items as one.
    """

    def __init__(self, client):
        self._client = client
        self._looked = self._idle = None

    def submit(self, function, /, *arguments, **named):
        if self._client.status == "closed":
            raise RuntimeError("the connection to the scheduler is lost")
        self._idle = None
        given = (_same_version, __version__, function, *arguments)
        remote = self._client.submit(*given, pure=False, **named)
        mirror = Future()

        def hand_over(remote):
            if not mirror.set_running_or_notify_cancel():
                return
            try:
                mirror.set_result(remote.result())
            except BaseException as error:  # noqa: BLE001 - handed to the caller
                mirror.set_exception(error)

        remote.add_done_callback(hand_over)
        mirror.add_done_callback(lambda given: remote.release() if given.cancelled() else None)
        return mirror

    def what_is_lost(self):
        """Why nothing can be worked off, in words; None unless this has been so for a while."""
        now = time.monotonic()
        if self._looked is not None and now < self._looked + LOOK:
            return None
        self._looked = now
        try:
            workers = self._client.scheduler_info(n_workers=-1)["workers"].values()
        except (OSError, TimeoutError):  # the status of the client will say so
            return None
        if any(worker.get("status", "running") == "running" for worker in workers):
            self._idle = None
            return None
        self._idle = now if self._idle is None else self._idle
        if now < self._idle + MOST_IDLE:
            return None
        if not workers:
            return f"the scheduler has had no workers for {now - self._idle:.0f} s"
        return (
            f"no worker takes work for {now - self._idle:.0f} s, since their memory is full "
            "(give them more, or ask for less with --memory)"
        )
