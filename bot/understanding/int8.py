"""The weights of an ONNX model in 8 bits and the arithmetic with them: a quarter of the memory, and much faster.

Each product with constant weights becomes one of integers: what flows in is rounded with one scale a token, the weights
with one scale a column. Three steps keep the vectors what they were:

- Few channels are far louder than the others, and a scale for all leaves the others no steps: each channel is
  divided by what its weights are multiplied with (Xiao and others, SmoothQuant, 2023). How loud it is, sample texts
  tell.
- What hardly goes below zero, as behind an activation, is counted from its lowest value: that gives it twice the steps.
- A CPU without VNNI adds two neighbouring products in 16 bits, and cuts off what is more without a word. No two weights
  are so large that this can happen, so that a model's vectors are the same on every CPU.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Floats = NDArray[np.float32]
Feed = Mapping[str, NDArray[np.int64]]

MICROSOFT = "com.microsoft"
#: Unsigned 8 bits: the highest value, and the one that stands for zero where both signs flow.
TOP, MIDDLE = 255, 128
#: One-sided is what goes so many times farther up from zero than down.
ONE_SIDED = 8
#: Two neighbouring weights of one sign make at most this together: `TOP` times as much fits in 16 bits.
PAIR = 127
TINY = 1e-9
#: From here on ONNX wants the axes of ReduceMax as an input.
AXES_AS_INPUT = 18


def convert(source: Path, target: Path, samples: Sequence[Feed]) -> None:
    """Writes `source`, a model in float32, to `target` in int8.

    `samples` are its inputs by name, shape (texts, tokens).
    """
    model = onnx.load(source)
    constants = _constants(model)
    products = [node for node in model.graph.node if _is_product(node, constants)]
    heard = _heard(model, {node.input[0] for node in products}, samples)
    _Rewriting(model).run(products, heard)
    _round_words(model.graph)
    onnx.save(model, target)


def _constants(model: Any) -> dict[str, Any]:
    return {one.name: one for one in model.graph.initializer}


def _is_product(node: Any, constants: Mapping[str, Any]) -> bool:
    weights = constants.get(node.input[1]) if node.op_type == "MatMul" else None
    return weights is not None and weights.data_type == TensorProto.FLOAT and len(weights.dims) == 2


def _heard(model: Any, names: set[str], samples: Sequence[Feed]) -> dict[str, Floats]:
    """What flows through these places for the samples: [tokens, channels] each."""
    if not names:
        return {}
    listening = onnx.ModelProto()
    listening.CopyFrom(model)
    listening.graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in sorted(names)
    )
    session = onnxruntime.InferenceSession(listening.SerializeToString(), providers=["CPUExecutionProvider"])
    wanted = [one.name for one in session.get_inputs()]
    runs = [session.run(sorted(names), {name: feed[name] for name in wanted}) for feed in samples]
    rows = zip(*runs, strict=True)
    return {
        name: np.concatenate([one.reshape(-1, one.shape[-1]) for one in row])
        for name, row in zip(sorted(names), rows, strict=True)
    }


@dataclass(frozen=True)
class _Rounding:
    """How a place's values become unsigned 8 bits: less `floor`, divided by `loudness` [channels],
    over a token's scale."""

    floor: float
    loudness: Floats

    @classmethod
    def of(cls, values: Floats, weights: Sequence[Floats]) -> _Rounding:
        low, high = float(values.min()), float(values.max())
        floor = low if -low * ONE_SIDED < high else 0.0
        loud = np.sqrt(np.square(values - floor).mean(axis=0))
        heavy = np.max([np.abs(one).max(axis=1) for one in weights], axis=0)
        return cls(floor, np.sqrt(np.maximum(loud, TINY) / np.maximum(heavy, TINY)).astype(np.float32))

    @property
    def zero(self) -> int:
        return 0 if self.floor else MIDDLE


class _Rewriting:
    """Puts products of integers in place of a graph's."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._constants = _constants(model)
        versions = {one.domain: one.version for one in model.opset_import}
        self._axes_as_input = versions.get("", 1) >= AXES_AS_INPUT
        if MICROSOFT not in versions:
            model.opset_import.append(helper.make_opsetid(MICROSOFT, 1))

    def run(self, products: Sequence[Any], heard: Mapping[str, Floats]) -> None:
        graph = self._model.graph
        weights: dict[str, list[Floats]] = {}
        for node in products:
            weights.setdefault(node.input[0], []).append(self._value(node.input[1]))
        replaced = {node.output[0] for node in products}
        rounded: dict[str, _Rounding] = {}
        nodes: list[Any] = []
        for node in graph.node:
            if node.output[0] not in replaced:
                nodes.append(node)
                continue
            place = node.input[0]
            if place not in rounded:
                rounded[place] = _Rounding.of(heard[place], weights[place])
                nodes += self._rounding(place, rounded[place])
            nodes += self._product(node, rounded[place])
        used = {name for node in nodes for name in node.input}
        kept = [one for one in graph.initializer if one.name in used]
        del graph.node[:], graph.initializer[:]
        graph.node.extend(nodes)
        graph.initializer.extend(kept)

    def _value(self, name: str) -> Floats:
        return np.asarray(numpy_helper.to_array(self._constants[name]), dtype=np.float32)

    def _constant(self, name: str, value: Any) -> str:
        self._model.graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def _rounding(self, place: str, rounding: _Rounding) -> list[Any]:
        """Makes ``.int8`` [..., tokens, channels] of a place, and ``.scale`` [..., tokens, 1]."""
        loudness = self._constant(f"{place}.quieter", 1 / rounding.loudness)
        steps = self._constant(f"{place}.steps", np.float32(1 / (TOP - rounding.zero)))
        zero = self._constant(f"{place}.zero", np.uint8(rounding.zero))
        one = self._constant(f"{place}.one", np.float32(1))
        tiny = self._constant(f"{place}.tiny", np.float32(TINY))
        before = []
        if rounding.floor:
            floor = self._constant(f"{place}.floor", np.float32(rounding.floor))
            before = [helper.make_node("Sub", [place, floor], [f"{place}.up"])]
        return [
            *before,
            helper.make_node("Mul", [f"{place}.up" if before else place, loudness], [f"{place}.even"]),
            helper.make_node("Abs", [f"{place}.even"], [f"{place}.sizes"]),
            self._largest(f"{place}.sizes", f"{place}.largest"),
            helper.make_node("Mul", [f"{place}.largest", steps], [f"{place}.step"]),
            helper.make_node("Add", [f"{place}.step", tiny], [f"{place}.scale"]),
            helper.make_node("Div", [f"{place}.even", f"{place}.scale"], [f"{place}.stepped"]),
            helper.make_node("QuantizeLinear", [f"{place}.stepped", one, zero], [f"{place}.int8"]),
        ]

    def _largest(self, place: str, made: str) -> Any:
        if self._axes_as_input:
            return helper.make_node(
                "ReduceMax", [place, self._constant(f"{made}.axes", np.array([-1]))], [made], keepdims=1
            )
        return helper.make_node("ReduceMax", [place], [made], axes=[-1], keepdims=1)

    def _product(self, node: Any, rounding: _Rounding) -> list[Any]:
        place, made = node.input[0], node.output[0]
        rows, scales = _rounded(self._value(node.input[1]) * rounding.loudness[:, None])
        names = [
            self._constant(f"{made}.weights", rows),
            f"{place}.one",
            self._constant(f"{made}.scales", scales),
            f"{place}.zero",
        ]
        scaled = f"{made}.scaled" if rounding.floor else made
        nodes = [
            helper.make_node("MatMulIntegerToFloat", [f"{place}.int8", *names], [f"{made}.steps"], domain=MICROSOFT),
            helper.make_node("Mul", [f"{made}.steps", f"{place}.scale"], [scaled]),
        ]
        if rounding.floor:
            # What was taken off all channels before, every token gets back.
            constant = (rounding.floor / rounding.loudness) @ (rows * scales)
            nodes.append(
                helper.make_node("Add", [scaled, self._constant(f"{made}.floor", constant.astype(np.float32))], [made])
            )
        return nodes


def _rounded(weights: Floats) -> tuple[NDArray[np.int8], Floats]:
    """In int8 with one scale a column, as large as neighbours allow."""
    even = np.pad(weights, ((0, len(weights) % 2), (0, 0))).reshape(-1, 2, weights.shape[1])
    pairs = np.maximum(np.maximum(even, 0).sum(axis=1), np.maximum(-even, 0).sum(axis=1))
    scales = (np.maximum(pairs.max(axis=0), TINY) / PAIR).astype(np.float32)
    return np.round(weights / scales).astype(np.int8), scales


def _round_words(graph: Any) -> None:
    """The table of words, the largest thing in a multilingual model, as int8 with one scale a word."""
    known = {one.name: one for one in graph.initializer}
    looked_up = [node for node in graph.node if node.op_type == "Gather" and node.input[0] in known]
    words = max(looked_up, key=lambda node: int(np.prod(known[node.input[0]].dims)), default=None)
    if words is None:
        return
    table = numpy_helper.to_array(known[words.input[0]])
    scales = np.maximum(np.abs(table).max(axis=1, keepdims=True), TINY).astype(np.float32) / 127
    rows = np.round(table / scales).astype(np.int8)
    name, ids, found = words.input[0], words.input[1], words.output[0]
    graph.initializer.remove(known[name])
    graph.initializer.extend(
        [numpy_helper.from_array(rows, f"{name}.int8"), numpy_helper.from_array(scales, f"{name}.scale")]
    )
    place = list(graph.node).index(words)
    graph.node.remove(words)
    steps = [
        helper.make_node("Gather", [f"{name}.int8", ids], [f"{found}.int8"]),
        helper.make_node("Gather", [f"{name}.scale", ids], [f"{found}.scale"]),
        helper.make_node("Cast", [f"{found}.int8"], [f"{found}.float"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{found}.float", f"{found}.scale"], [found]),
    ]
    for step in reversed(steps):
        graph.node.insert(place, step)
