"""Random changes of JSON values and of checkpoints, with checksums that are right again."""

import io
import json
import zipfile

import numpy as np

#: What a value is replaced with, beside its neighbours.
STRANGE = (None, True, 0, -1, 1, 3, 2**31, 2**63, -(2**63), 10**30, 0.5, 1e308, float("nan"))
STRANGE += (float("inf"), "", "x0", "a" * 1000, [], [[]], {}, {"a": 1}, [1, 2, 3])


def places(value, path=()):
    """The paths of all values in a JSON value, itself included."""
    yield path
    if isinstance(value, (dict, list)):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(each, (*path, key))


def changed(value, generator, inside=()):
    """A JSON value in which one place is other than before; inside: a path to stay below."""
    value = json.loads(json.dumps(value))
    # Long lists of counts would otherwise take nearly all changes.
    by_depth = {}
    for path in places(value):
        if len(path) > len(inside) and path[: len(inside)] == inside:
            by_depth.setdefault(tuple(k for k in path if isinstance(k, str)), []).append(path)
    path = generator.choice(generator.choice(list(by_depth.values())))
    holder = value
    for key in path[:-1]:
        holder = holder[key]
    key, old = path[-1], holder[path[-1]]
    kind = generator.randrange(5)
    if kind == 0:
        del holder[key]
    elif kind == 1 and isinstance(holder, list):
        holder.insert(generator.randrange(len(holder) + 1), old)
    elif kind <= 3 and isinstance(old, (int, float)) and not isinstance(old, bool):
        holder[key] = old + generator.choice((-1, 1, -7, 1000, 0.5, old))
    else:
        holder[key] = generator.choice(STRANGE)
    return value


def unpacked(path):
    """The members of a checkpoint: bytes by name."""
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def packed(path, members):
    """Write the members of a checkpoint, with checksums that are right."""
    with zipfile.ZipFile(path, "w") as file:
        for name, data in members.items():
            file.writestr(name, data)


def forged(members, generator):
    """The members with one change, and what was changed."""
    members = dict(members)
    arrays = [name for name in members if name.endswith(".npy")]
    if generator.random() < 0.5:
        state = json.loads(members["manifest.json"])
        members["manifest.json"] = json.dumps(changed(state, generator, ("state",)))
        return members, "manifest"
    name = generator.choice(arrays)
    data = bytearray(members[name])
    kind = generator.randrange(4)
    if kind == 0:
        del members[name]
    elif kind == 1:
        array = np.load(io.BytesIO(data))
        other = (
            array.astype(np.float64),
            array[:-1],
            array.T,
            array[..., None],
            np.append(0, array),
        )
        out = io.BytesIO()
        np.save(out, generator.choice(other))
        members[name] = out.getvalue()
    elif kind == 2 and len(data) > 128:
        array = np.load(io.BytesIO(data)).copy()
        flat = array.reshape(-1).view(np.uint8)
        for _ in range(generator.randrange(1, 4)):
            flat[generator.randrange(len(flat))] = generator.randrange(256)
        out = io.BytesIO()
        np.save(out, array)
        members[name] = out.getvalue()
    else:
        at = generator.randrange(128)
        data[at] = generator.randrange(256)
        members[name] = bytes(data)
    return members, name
