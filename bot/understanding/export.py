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
    model = SentenceTransformer(source, device="cpu")
    wanted = model.encode(SAMPLES, normalize_embeddings=True)
    _write_onnx(model, work)
    for weights in ("int8", "float32"):
        (work / "model.onnx").unlink(missing_ok=True)
        _weigh(work, weights)
        card = _card(name, model, weights)
        (work / "card.json").write_text(json.dumps(asdict(card)))
        faithful = float(np.min(np.sum(Encoder(work, card).encode(SAMPLES) * wanted, axis=1)))
        if faithful >= FAITHFUL:
            break
    (work / "float32.onnx").unlink()
    shutil.rmtree(folder, ignore_errors=True)
    work.rename(folder)


def _card(name: str, model, weights: str) -> Card:  # type: ignore[no-untyped-def]
    pooling = next((part for part in model if type(part).__name__ == "Pooling"), None)
    mode = str(getattr(pooling, "pooling_mode", None) or pooling.get_pooling_mode_str()) if pooling else "mean"
    if mode not in ("mean", "cls"):
        raise SystemExit(f"pooling {mode!r} is not known, only mean and cls are")
    prompt = (getattr(model, "prompts", None) or {}).get("query", "")
    return Card(
        name=name,
        dimension=int(model.get_sentence_embedding_dimension()),
        max_tokens=min(int(model.max_seq_length or 256), 256),
        pooling=mode,
        prefix=prompt,
        normalise=True,
        weights=weights,
    )


def _write_onnx(model, work: Path) -> None:  # type: ignore[no-untyped-def]
    import torch

    transformer = model[0].auto_model.eval().requires_grad_(False)
    model.tokenizer.backend_tokenizer.save(str(work / "tokenizer.json"))
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
    if weights == "float32":
        shutil.copy(work / "float32.onnx", work / "model.onnx")
        return
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(str(work / "float32.onnx"), str(work / "model.onnx"), weight_type=QuantType.QInt8, per_channel=True)


if __name__ == "__main__":
    export(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
