"""Exports a sentence-transformers model to ONNX, once: ``python -m bot.understanding.export NAME SOURCE FOLDER``.

Runs in a process of its own, because torch and its libraries would stay in the memory of whoever imports them.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import numpy as np

from bot.understanding.encoder import FAITHFUL, Card, Encoder

#: Weights that share a scale; ONNX Runtime's number for int8 arithmetic.
BLOCK = 32
INT8_ARITHMETIC = 4

SAMPLES = [
    "Where is my parcel?",
    "Wo bleibt mein Paket?",
    "I would like to return the lamp I bought last week because it does not fit my room.",
    "Kann ich die Rechnung noch einmal per E-Mail bekommen? Ich finde sie in meinem Konto nicht.",
    "This is the third time I am asking and nobody answers me.",
    "Danke, das hat geholfen!",
]


def export(name: str, source: str, folder: Path) -> None:
    """Writes model.onnx, tokenizer.json and card.json. int8 is kept only where the vectors stay what they were."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1" if Path(source).is_dir() else "0")
    from sentence_transformers import SentenceTransformer

    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        model = SentenceTransformer(source, device="cpu", backend="onnx" if _only_onnx(source) else "torch")
        prefix = _prefix(name, model)
        wanted = model.encode([prefix + sample for sample in SAMPLES], normalize_embeddings=True, prompt="")
        _write_onnx(model, source, work)
        for weights in ("int8", "float32"):
            _weigh(work, weights)
            card = _card(name, model, weights, prefix)
            (work / "card.json").write_text(json.dumps(asdict(card)))
            faithful = float(np.min(np.sum(Encoder(work, card).encode(SAMPLES) * wanted, axis=1)))
            if faithful >= FAITHFUL:
                break
        else:
            raise SystemExit(f"its ONNX form gives other vectors than the model (cosine {faithful:.3f})")
        (work / "float32.onnx").unlink()
        shutil.rmtree(folder, ignore_errors=True)
        work.rename(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _only_onnx(source: str) -> bool:
    """Whether a folder holds a model as ONNX and no weights for torch."""
    folder = Path(source)
    return any(folder.glob("**/*.onnx")) and not any([*folder.glob("*.safetensors"), *folder.glob("pytorch_model*.bin")])


def _prefix(name: str, model) -> str:  # type: ignore[no-untyped-def]
    """What the model wants before a question: by its own prompts, or as the E5 family's cards say."""
    prompt = (getattr(model, "prompts", None) or {}).get("query", "")
    return str(prompt or ("query: " if "e5" in name.lower().replace("/", "-").split("-") else ""))


def _card(name: str, model, weights: str, prefix: str) -> Card:  # type: ignore[no-untyped-def]
    pooling = next((part for part in model if type(part).__name__ == "Pooling"), None)
    mode = str(getattr(pooling, "pooling_mode", None) or pooling.get_pooling_mode_str()) if pooling else "mean"
    if mode not in ("mean", "cls"):
        raise SystemExit(f"pooling {mode!r} is not known, only mean and cls are")
    return Card(
        name=name,
        dimension=int(model.get_sentence_embedding_dimension()),
        max_tokens=min(int(model.max_seq_length or 256), 256),
        pooling=mode,
        prefix=prefix,
        normalise=True,
        weights=weights,
    )


def _write_onnx(model, source: str, work: Path) -> None:  # type: ignore[no-untyped-def]
    model.tokenizer.backend_tokenizer.save(str(work / "tokenizer.json"))
    if _only_onnx(source):
        shutil.copy(next(Path(source).glob("**/*.onnx")), work / "float32.onnx")
        return
    import torch

    transformer = model[0].auto_model.eval().requires_grad_(False)
    sample = model.tokenizer(["a sample", "another, longer sample"], padding=True, return_tensors="pt")
    names = list(sample)

    class Hidden(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.transformer = transformer

        def forward(self, *tensors):  # type: ignore[no-untyped-def]
            return self.transformer(**dict(zip(names, tensors, strict=True))).last_hidden_state

    torch.onnx.export(
        Hidden(),
        tuple(sample[name] for name in names),
        str(work / "float32.onnx"),
        input_names=names,
        output_names=["hidden"],
        dynamic_axes={name: {0: "batch", 1: "tokens"} for name in [*names, "hidden"]},
        opset_version=17,
        dynamo=False,
    )


def _weigh(work: Path, weights: str) -> None:
    """int8 in blocks, each with its own scale, also for what flows in: one scale for all costs 2 % of the cosine."""
    if weights == "float32":
        shutil.copy(work / "float32.onnx", work / "model.onnx")
        return
    import onnx
    from onnxruntime.quantization import QuantFormat
    from onnxruntime.quantization.matmul_nbits_quantizer import DefaultWeightOnlyQuantConfig, MatMulNBitsQuantizer

    config = DefaultWeightOnlyQuantConfig(
        block_size=BLOCK, is_symmetric=True, accuracy_level=INT8_ARITHMETIC, bits=8, quant_format=QuantFormat.QOperator
    )
    quantizer = MatMulNBitsQuantizer(onnx.load(work / "float32.onnx"), bits=8, algo_config=config)
    quantizer.process()
    onnx.save(quantizer.model.model, work / "model.onnx")


if __name__ == "__main__":
    export(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
