"""Einsum equations of an input and a kernel: the shapes they ask for, and whether a plain matmul computes them."""

import re
from typing import Any, NamedTuple

Shape = tuple[Any, ...]  # of sizes, None where not known
_FORM = re.compile(r"(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?")


class EinsumShapes(NamedTuple):
    """What an equation asks for, given the shape of its input."""

    kernel: Shape
    bias: tuple[int, ...] | None
    output: Shape
    input_axes: list[int]
    output_axes: list[int]


class EinsumEquation:
    """An equation `inputs,kernel->outputs`, which may have an ellipsis at the left or the right of inputs and outputs."""

    def __init__(self, equation: str):
        found = _FORM.fullmatch(equation.replace(" ", ""))
        left, inputs, right, kernel, left_out, outputs, right_out = found.groups() if found else (None,) * 7
        if found is None or left != left_out or right != right_out or left and right:
            raise ValueError(
                f"`equation` must be like 'ab,bc->ac', '...ab,bc->...ac' or 'ab...,bc->ac...'; received {equation!r}."
            )
        self.equation, self.inputs, self.kernel, self.outputs = equation, str(inputs), str(kernel), str(outputs)
        self.elided_left, self.elided_right = bool(left), bool(right)
        for letter in self.outputs:
            if letter not in self.inputs + self.kernel:
                raise ValueError(f"`equation` {equation!r} has an output axis {letter!r} that neither input nor kernel has.")
        for letter in self.kernel:
            if letter not in self.inputs + self.outputs:
                raise ValueError(f"`equation` {equation!r} has a kernel axis {letter!r} that neither input nor output has.")

    def shapes(self, input_shape: Shape, output_shape: Shape, bias_axes: str | None) -> EinsumShapes:
        """Settle all shapes.

        Args:
            input_shape: with the batch axis.
            output_shape: without the batch axis and what an ellipsis stands for; None where it follows from the input.
            bias_axes: the letters of the output axes that the bias has, or None.

        Raises:
            ValueError: the shapes contradict the equation.
        """
        elided = len(input_shape) - len(self.inputs)
        if elided < 0 or elided and not (self.elided_left or self.elided_right):
            raise ValueError(f"The equation {self.equation!r} wants {len(self.inputs)} input axes; received shape {input_shape}.")
        output = [input_shape[0], *output_shape]
        if self.elided_left:
            output[1:1] = input_shape[1:elided]
        elif elided:
            output.extend(input_shape[-elided:])
        if len(output) != len(self.outputs) + elided:
            raise ValueError(
                f"`output_shape` must name the {len(self.outputs)} output axes of {self.equation!r} without the batch axis "
                f"and what `...` stands for; received {output_shape}."
            )
        skipped = elided if self.elided_left else 0
        sizes_in = {letter: input_shape[i + skipped] for i, letter in enumerate(self.inputs)}
        sizes_out = {letter: output[i + skipped] for i, letter in enumerate(self.outputs)}
        for letter in sizes_in.keys() & sizes_out.keys():
            if sizes_out[letter] not in (None, sizes_in[letter]):
                raise ValueError(
                    f"Axis {letter!r} of {self.equation!r} has size {sizes_in[letter]} in the input and {sizes_out[letter]} "
                    "in `output_shape`; they must be equal."
                )
        return EinsumShapes(
            tuple(sizes_out[letter] if letter in sizes_out else sizes_in[letter] for letter in self.kernel),
            self._bias_shape(bias_axes, sizes_out, 0 if self.elided_left else elided),
            tuple(output),
            [i for i, letter in enumerate(self.kernel) if letter not in sizes_out],
            [i for i, letter in enumerate(self.kernel) if letter in sizes_out],
        )

    def _bias_shape(self, bias_axes: str | None, sizes: dict, trailing: int) -> tuple[int, ...] | None:
        if bias_axes is None:
            return None
        for letter in bias_axes:
            if letter not in self.outputs:
                raise ValueError(f"`bias_axes` must be output axes of {self.equation!r}; received {letter!r}.")
        first = min(self.outputs.find(letter) for letter in bias_axes)
        return tuple(sizes[letter] if letter in bias_axes else 1 for letter in self.outputs[first:]) + (1,) * trailing

    def matmul_order(self) -> tuple[int, ...] | None:
        """The order of the kernel's axes in which it is torch's `weight` (outputs, inputs), if the equation is one matmul."""
        free = [letter for letter in self.inputs if letter not in self.kernel]
        summed = [letter for letter in self.inputs if letter in self.kernel]
        made = [letter for letter in self.outputs if letter not in self.inputs]
        letters = [self.inputs, self.kernel, self.outputs]
        plain = (
            not self.elided_right
            and all(len(set(part)) == len(part) for part in letters)
            and list(self.inputs) == free + summed
            and list(self.outputs) == free + made
            and sorted(self.kernel) == sorted(made + summed)
            and bool(summed and made)
        )
        return tuple(self.kernel.index(letter) for letter in made + summed) if plain else None
