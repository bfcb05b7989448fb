"""Vectors that lie side by side in one parameter."""

from __future__ import annotations

from torch import nn


class Vectors(nn.Parameter):
    """A parameter of more than one dimension that is not a matrix: biases of several directions or members.

    Weight decay leaves vectors alone, and could not tell these from a matrix by their shape.
    """
