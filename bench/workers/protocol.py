"""What every worker does: read a job, start the clock, print one line of JSON.

A worker runs in the environment of its peer, so this file needs only Python.  The job comes on
standard input, as `jobs.Job.document` makes it, with `timeout`, `seconds` and `seed`.  An
expression is a leaf (a name or a number) or a list: an operator (and, or, xor, not, add, sub, mul,
lt, ite) and its arguments.
"""

import json
import signal
import sys
import time


def read():
    return json.load(sys.stdin)


def start(job):
    """The time now; the process ends `timeout` seconds later, whatever it is doing.

    The default action of the signal ends it.  A Python handler would not run during a long call
    into a library.
    """
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, job["timeout"])
    return time.perf_counter()


def answer(begin, **fields):
    """Print the answer; the seconds are those since `start`, unless they are given."""
    seconds = time.perf_counter() - begin
    signal.setitimer(signal.ITIMER_REAL, 0)
    print(json.dumps({"seconds": seconds} | fields))


def skip(reason):
    """Say why the peer cannot do such a job, and end the process."""
    print(json.dumps({"skip": reason}))
    raise SystemExit(0)


def result_type(operator, family):
    """bool or int: the result type of an operator; leaves have the job's own type."""
    return "bool" if operator == "lt" else own_type(family)


def own_type(family):
    return "bool" if family == "bool" else "int"


def argument_types(operator, family):
    own = own_type(family)
    if operator == "ite":
        return ("bool", own, own)
    return (own,) if operator == "not" else (own, own)


def values_of(expression, columns):
    """The values of a leaf on all rows; columns maps names to lists."""
    if isinstance(expression, str):
        return tuple(columns[expression])
    return (expression,) * len(next(iter(columns.values())))


def columns_of(job):
    return dict(zip(job["variables"], zip(*job["rows"], strict=True), strict=True))


def bodies(job):
    """Operators as functions of Python values."""
    p = job["modulus"]
    found = {
        "and": lambda a, b: a and b,
        "or": lambda a, b: a or b,
        "xor": lambda a, b: a != b,
        "not": lambda a: not a,
        "lt": lambda a, b: a < b,
        "ite": lambda c, a, b: a if c else b,
        "add": lambda a, b: a + b,
        "sub": lambda a, b: a - b,
        "mul": lambda a, b: a * b,
    }
    if p:
        found["add"] = lambda a, b: (a + b) % p
        found["sub"] = lambda a, b: (a - b) % p
        found["mul"] = lambda a, b: a * b % p
    return found
