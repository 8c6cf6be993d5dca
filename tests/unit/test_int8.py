"""Products in int8: near the exact ones, the same for a token whatever stands beside it, and safe on every CPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from bot.understanding import int8

TOKENS, CHANNELS, OUT = 40, 64, 24


def _saved(path: Path, weights: np.ndarray, opset: int = 17, activation: str = "Identity") -> Path:
    nodes = [helper.make_node(activation, ["x"], ["active"]), helper.make_node("MatMul", ["active", "weights"], ["y"])]
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["texts", "tokens", len(weights)])
    made = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["texts", "tokens", weights.shape[1]])
    graph = helper.make_graph(nodes, "product", [given], [made], [numpy_helper.from_array(weights, "weights")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8), path)
    return path


def _run(path: Path, values: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"x": values})[0])


def _likeness(one: np.ndarray, other: np.ndarray) -> float:
    """The lowest cosine of any token."""
    lengths = np.linalg.norm(one, axis=-1) * np.linalg.norm(other, axis=-1)
    return float(((one * other).sum(axis=-1) / lengths).min())


@pytest.fixture
def weights() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(CHANNELS, OUT)).astype(np.float32)


@pytest.fixture
def values() -> np.ndarray:
    """As they flow in a language model: one channel is far louder than the others."""
    drawn = np.random.default_rng(2).normal(size=(1, TOKENS, CHANNELS))
    drawn[..., 5] *= 60
    return drawn.astype(np.float32)


@pytest.mark.parametrize("opset", [17, 18])
@pytest.mark.parametrize("activation", ["Identity", "Relu"])
def test_loud_channels_and_one_sided_ones_keep_the_product(tmp_path, weights, values, opset, activation):
    exact = _saved(tmp_path / "exact.onnx", weights, opset, activation)
    int8.convert(exact, tmp_path / "int8.onnx", [{"x": values}])
    assert _likeness(_run(tmp_path / "int8.onnx", values), _run(exact, values)) > 0.998
    kinds = {node.op_type for node in onnx.load(tmp_path / "int8.onnx").graph.node}
    assert "MatMulIntegerToFloat" in kinds and "MatMul" not in kinds


def test_a_loud_token_takes_nothing_from_the_one_beside_it(tmp_path, weights, values):
    int8.convert(_saved(tmp_path / "exact.onnx", weights), tmp_path / "int8.onnx", [{"x": values}])
    loud = values.copy()
    loud[0, 1:] *= 1000
    assert np.array_equal(_run(tmp_path / "int8.onnx", loud)[0, 0], _run(tmp_path / "int8.onnx", values)[0, 0])


def test_silence_stays_silence(tmp_path, weights, values):
    int8.convert(_saved(tmp_path / "exact.onnx", weights), tmp_path / "int8.onnx", [{"x": values}])
    assert not _run(tmp_path / "int8.onnx", np.zeros_like(values)).any()


@pytest.mark.parametrize("rows", [CHANNELS, CHANNELS - 1])
def test_no_two_neighbouring_products_leave_16_bits(tmp_path, weights, values, rows):
    path = tmp_path / "int8.onnx"
    int8.convert(_saved(tmp_path / "exact.onnx", weights[:rows] ** 3), path, [{"x": values[..., :rows]}])
    stored = {one.name: numpy_helper.to_array(one) for one in onnx.load(path).graph.initializer}
    whole = next(one for one in stored.values() if one.dtype == np.int8 and one.ndim == 2).astype(int)
    pairs = np.pad(whole, ((0, rows % 2), (0, 0))).reshape(-1, 2, OUT)
    furthest = max(np.maximum(pairs, 0).sum(axis=1).max(), np.maximum(-pairs, 0).sum(axis=1).max())
    assert furthest > 100 and furthest * 255 < 2**15


def test_a_model_without_constant_products_is_left_as_it_is(tmp_path):
    nodes = [helper.make_node("MatMul", ["x", "x"], ["y"])]
    shape = [1, "n", "n"]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("x", "y")]
    graph = helper.make_graph(nodes, "square", ends[:1], ends[1:])
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), tmp_path / "exact.onnx"
    )
    values = np.random.default_rng(3).normal(size=(1, 5, 5)).astype(np.float32)
    int8.convert(tmp_path / "exact.onnx", tmp_path / "int8.onnx", [{"x": values}])
    assert np.allclose(_run(tmp_path / "int8.onnx", values), values @ values, atol=1e-5)
