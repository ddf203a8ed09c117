"""What Python's operators do with symbols: the operations of the same meaning."""

from kerasish.core._symbol import operators
from kerasish.ops._arithmetic import add, floor_divide, mod, multiply, negative, power, subtract, true_divide
from kerasish.ops._comparison import (
    equal,
    greater,
    greater_equal,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    not_equal,
)
from kerasish.ops._elementwise import absolute
from kerasish.ops._indexing import get_item
from kerasish.ops._products import matmul

operators.update(
    add=add,
    sub=subtract,
    mul=multiply,
    truediv=true_divide,
    floordiv=floor_divide,
    mod=mod,
    pow=power,
    matmul=matmul,
    xor=logical_xor,
    neg=negative,
    abs=absolute,
    invert=logical_not,
    eq=equal,
    ne=not_equal,
    lt=less,
    le=less_equal,
    gt=greater,
    ge=greater_equal,
    getitem=get_item,
)
operators["and"], operators["or"] = logical_and, logical_or
