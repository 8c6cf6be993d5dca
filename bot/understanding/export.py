"""Exports a sentence-transformers model to ONNX, once: ``python -m bot.understanding.export NAME SOURCE FOLDER``.

Runs in a process of its own, because torch and its libraries would stay in the memory of whoever imports them.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import onnx

from bot.understanding import int8, packed_e5
from bot.understanding.encoder import FAITHFUL, MODEL, Card, Encoder

#: From this length of the mean of all samples on (each is 1 long) a model's vectors crowd in a cone.
CROWDED = 0.5

#: By these a model is judged, and its vectors' centre is found: customers' sentences of many kinds in both languages.
SAMPLES = [
    "Where is my parcel?",
    "Wo bleibt mein Paket?",
    "I would like to return the lamp I bought last week because it does not fit my room.",
    "Kann ich die Rechnung noch einmal per E-Mail bekommen? Ich finde sie in meinem Konto nicht.",
    "This is the third time I am asking and nobody answers me.",
    "Das ist jetzt das dritte Mal, dass ich frage, und niemand antwortet mir.",
    "Danke, das hat geholfen!",
    "Thanks, that helped a lot.",
    "hi",
    "Guten Morgen",
    "Can I pay in instalments?",
    "Welche Zahlungsarten gibt es bei euch?",
    "My password does not work any more and the reset mail never comes.",
    "Die App stürzt ab, sobald ich auf Bestellungen tippe.",
    "What are your opening hours on Saturdays?",
    "Wie lange habe ich Garantie auf den Akku?",
    "I want to talk to a real person, please.",
    "Ich möchte bitte mit einem Menschen sprechen.",
    "Cancel my order, I ordered the wrong size.",
    "Bitte meine Adresse ändern, ich bin umgezogen.",
    "What is the weather like today?",
    "Erzähl mir einen Witz.",
    "no, that is not what I meant",
    "ja genau",
]


def export(name: str, source: str, folder: Path) -> None:
    """Writes network, weights, tokenizer.json and card.json. int8 is kept only where vectors stay what they were."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1" if Path(source).is_dir() else "0")
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        model = _opened(source)
        prefix = _prefix(name, model)
        wanted = model.encode([prefix + sample.lower() for sample in SAMPLES], normalize_embeddings=True, prompt="")
        centre = wanted.mean(axis=0)
        if np.linalg.norm(centre) < CROWDED:
            centre = np.zeros(0)
        _write_onnx(model, source, work)
        exact = Encoder(work, _card(name, model, "float32", prefix), "float32.onnx")
        int8.convert(work / "float32.onnx", work / "int8.onnx", [exact.feed([sample.lower()]) for sample in SAMPLES])
        for weights in ("int8", "float32"):
            card = _card(name, model, weights, prefix)
            made = Encoder(work, card, f"{weights}.onnx").encode(SAMPLES)
            faithful = float(np.min(np.sum(made * wanted, axis=1)))
            if faithful >= FAITHFUL:
                break
        else:
            raise SystemExit(f"its ONNX form gives other vectors than the model (cosine {faithful:.3f})")
        card = replace(card, centre=tuple(round(float(one), 6) for one in centre))
        (work / "card.json").write_text(json.dumps(asdict(card)))
        # Weights in a file beside the model are mapped, not read: of words that nobody writes none are in memory.
        network = onnx.load(work / f"{card.weights}.onnx")
        onnx.save(network, work / MODEL, save_as_external_data=True, location="weights")
        for left in ("int8.onnx", "float32.onnx"):
            (work / left).unlink()
        shutil.rmtree(folder, ignore_errors=True)
        work.rename(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _opened(source: str):  # type: ignore[no-untyped-def]
    if packed_e5.is_packed(Path(source)):
        return packed_e5.unpack(Path(source))
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(source, device="cpu", backend="onnx" if _only_onnx(source) else "torch")


def _only_onnx(source: str) -> bool:
    """Whether a folder holds a model as ONNX and no weights for torch."""
    folder = Path(source)
    return any(folder.glob("**/*.onnx")) and not any(
        [*folder.glob("*.safetensors"), *folder.glob("pytorch_model*.bin")]
    )


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


if __name__ == "__main__":
    export(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
