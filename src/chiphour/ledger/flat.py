"""FLAT: a table as the kernel sees it: where it begins, and a row's width that is known.

Takes   an int64 table, its columns and its name, where a door hands it to the kernel.
Gives   `flat`: the same memory, with rows and columns read and written as table[row, column].
Keeps   the table's words in place: nothing is copied, and without compilation (NUMBA_DISABLE_JIT=1)
        a table stays the array that it is. Rows and columns count from zero: no negative ones.
Source  Decision 0027. An array of Numba's is seven words, multiplies by a width that it loads, and
        asks of every index whether it is negative; and no two of them are known to lie apart, so
        each write makes all that was read before doubtful. Tables of other names never overlap.
"""

import operator
from typing import Any

import numba
from llvmlite import ir
from numba.core import cgutils
from numba.core import types
from numba.core.typing.templates import AbstractTemplate
from numba.core.typing.templates import AttributeTemplate
from numba.core.typing.templates import infer_global
from numba.core.typing.templates import signature
from numba.extending import infer_getattr
from numba.extending import intrinsic
from numba.extending import lower_builtin
from numba.extending import lower_getattr
from numba.extending import models
from numba.extending import register_model

_WORD = ir.IntType(64)
_FLAG = ir.IntType(32)
_BYTE = ir.IntType(8)


class Flat(types.Type):
    """The type of a table with so many columns; 0 when only the table itself knows."""

    def __init__(self, columns: int, table: str) -> None:
        """Name the table: tables of other names never overlap."""
        self.columns = columns
        self.table = table
        super().__init__(name=f"Flat({columns}, {table})")


@register_model(Flat)
class _Model(models.StructModel):
    def __init__(self, manager: Any, kind: Flat) -> None:
        members = [("data", types.CPointer(types.int64)), ("rows", types.intp)]
        if kind.columns == 0:
            members.append(("columns", types.intp))
        super().__init__(manager, kind, members)


if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]

    def flat(table: Any, columns: int, name: str) -> Any:
        """Give the table itself."""
        return table

    def fetch(table: Any, row: int, column: int) -> None:
        """Ask for nothing: plain Python has no cache line to ask for."""

else:

    @intrinsic(prefer_literal=True)
    def flat(typing: Any, table: Any, columns: Any, name: Any) -> Any:
        """Give a table of int64[rows, columns] as the kernel sees it; columns 0: not known yet."""
        kind = Flat(columns.literal_value, name.literal_value)

        def generate(context: Any, builder: Any, sign: Any, arguments: Any) -> Any:
            array = context.make_array(sign.args[0])(context, builder, arguments[0])
            made = cgutils.create_struct_proxy(kind)(context, builder)
            made.data = array.data
            shape = cgutils.unpack_tuple(builder, array.shape)
            made.rows = shape[0]
            if kind.columns == 0:
                made.columns = shape[1]
            return made._getvalue()

        return signature(kind, table, columns, name), generate

    @intrinsic
    def fetch(typing: Any, table: Any, row: Any, column: Any) -> Any:
        """Ask for the cache line of a word of the table, which is read soon."""

        def generate(context: Any, builder: Any, sign: Any, arguments: Any) -> Any:
            word = _address(context, builder, sign.args[0], sign.args[1:], arguments)
            line = builder.bitcast(word, _BYTE.as_pointer())
            kind = ir.FunctionType(ir.VoidType(), [line.type, _FLAG, _FLAG, _FLAG])
            asked = builder.module.declare_intrinsic("llvm.prefetch", [line.type], kind)
            builder.call(asked, [line, _FLAG(0), _FLAG(3), _FLAG(1)])  # To read; to keep; data.
            return context.get_dummy_value()

        return signature(types.void, table, row, column), generate


@infer_global(operator.getitem)
class _GetItem(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        table, index = args
        if isinstance(table, Flat) and isinstance(index, types.BaseTuple) and len(index) == 2:
            return signature(types.int64, table, index)
        return None


@infer_global(operator.setitem)
class _SetItem(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:
        table, index, _ = args
        if isinstance(table, Flat) and isinstance(index, types.BaseTuple) and len(index) == 2:
            return signature(types.none, table, index, types.int64)
        return None


@infer_getattr
class _Attributes(AttributeTemplate):
    key = Flat

    def resolve_shape(self, table: Flat) -> Any:
        return types.UniTuple(types.intp, 2)


@lower_getattr(Flat, "shape")
def _shape(context: Any, builder: Any, kind: Flat, value: Any) -> Any:
    table = cgutils.create_struct_proxy(kind)(context, builder, value)
    shape = [table.rows, _width(table, kind)]
    return context.make_tuple(builder, types.UniTuple(types.intp, 2), shape)


@lower_builtin(operator.getitem, Flat, types.BaseTuple)
def _get(context: Any, builder: Any, sign: Any, arguments: Any) -> Any:
    word = builder.load(_place(context, builder, sign, arguments), align=8)
    _mark(builder, word, sign.args[0])
    return word


@lower_builtin(operator.setitem, Flat, types.BaseTuple, types.Any)
def _set(context: Any, builder: Any, sign: Any, arguments: Any) -> Any:
    stored = builder.store(arguments[2], _place(context, builder, sign, arguments), align=8)
    _mark(builder, stored, sign.args[0])
    return context.get_dummy_value()


def _place(context: Any, builder: Any, sign: Any, arguments: Any) -> Any:
    """Give the address of the word that table[row, column] names."""
    parts = cgutils.unpack_tuple(builder, arguments[1])
    return _address(context, builder, sign.args[0], sign.args[1].types, [arguments[0], *parts])


def _address(context: Any, builder: Any, kind: Flat, index: Any, arguments: Any) -> Any:
    """Give the address of a word; arguments: the table, the row and the column."""
    table = cgutils.create_struct_proxy(kind)(context, builder, arguments[0])
    row, column = (
        context.cast(builder, part, of, types.intp)
        for part, of in zip(arguments[1:], index, strict=True)
    )
    begin = builder.mul(row, _width(table, kind), flags=["nsw"])
    return builder.gep(table.data, [builder.add(begin, column, flags=["nsw"])], inbounds=False)


def _width(table: Any, kind: Flat) -> Any:
    return _WORD(kind.columns) if kind.columns else table.columns


def _mark(builder: Any, access: Any, kind: Flat) -> None:
    """Tell the optimiser which table a word is of (type-based alias analysis)."""
    module = builder.module
    root = module.add_metadata([ir.MetaDataString(module, "chiphour")])
    table = module.add_metadata([ir.MetaDataString(module, kind.table), root, _WORD(0)])
    access.set_metadata("tbaa", module.add_metadata([table, table, _WORD(0)]))
