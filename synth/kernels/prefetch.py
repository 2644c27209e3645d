"""An instruction that loads a place of memory into the cache before it is read.

Looking up rows in an index that is larger than the cache waits for memory. A core starts later
loads before earlier ones have ended, but only as far as its window of instructions reaches, and
that is a few candidates. With this instruction the loads of a whole chunk are under way at once.
"""

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic


@intrinsic
def prefetch(typing, array, index):
    """Loads array[index] into the cache; nothing is read, so any index below the size is allowed.

    array: one- or two-dimensional; index: uint64, of the first dimension.
    """

    def generate(context, builder, signature, arguments):
        kind = signature.args[0]
        view = context.make_array(kind)(context, builder, arguments[0])
        rest = [context.get_constant(types.uint64, 0)] * (kind.ndim - 1)
        place = cgutils.get_item_pointer(
            context, builder, kind, view, [arguments[1], *rest], wraparound=False
        )
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        place = builder.bitcast(place, byte)
        function = builder.module.declare_intrinsic(
            "llvm.prefetch", [byte], ir.FunctionType(ir.VoidType(), [byte, *[number] * 3])
        )
        # For reading, into every cache, data and not instructions.
        builder.call(function, [place, number(0), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(array, index), generate
