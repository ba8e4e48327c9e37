"""Documents that a transformer classifies in a second on one core: the cost of a filter of another kind.

    TORCH_PYTHON benchmarks/transformer_filter.py ../shared/data [--texts 64] [--rounds 2] [--json FILE]

TORCH_PYTHON is an environment outside the project: `pip install torch transformers tokenizers pyarrow`. It imports
nothing of malmoi. The models have the sizes of well-known ones and random weights, as none is downloaded: the speed
does not depend on the weights, and accuracy is not measured. The tokenizer is WordPiece with 30,522 tokens, trained on
the reviews of `imdb-train.parquet`; the texts are reviews of `imdb-test.parquet`, truncated. Texts are sorted by length
and padded to the longest of their batch, as is usual. Timed are tokenizing and the model, not the reading of files.
Megabytes are those of the whole texts, also where they are truncated. One thread, float32 and bfloat16.
"""

import argparse
import json
import os
import platform
import statistics
import time
from pathlib import Path
from typing import Any

VOCABULARY = 30_522
BATCH = 16
WARM = 16
SIZES = {
    "MiniLM, 6 layers": {"hidden_size": 384, "num_hidden_layers": 6, "intermediate_size": 1536},
    "DistilBERT": {"hidden_size": 768, "num_hidden_layers": 6, "intermediate_size": 3072},
    "BERT base": {"hidden_size": 768, "num_hidden_layers": 12, "intermediate_size": 3072},
}
TOKENS = (256, 512)
KINDS = ("float32", "bfloat16")


def read_texts(path: Path) -> list[str]:
    import pyarrow.parquet as pq

    return [text for text in pq.read_table(path, columns=["text"])["text"].to_pylist() if text]


def trained_tokenizer(texts: list[str]) -> Any:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    trainer = trainers.WordPieceTrainer(vocab_size=VOCABULARY, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    ends = [(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    tokenizer.enable_padding(pad_id=0, pad_token="[PAD]")
    return tokenizer


def classify(model: Any, tokenizer: Any, texts: list[str], tokens: int) -> tuple[list[int], int]:
    """Return the label of each text, and the number of tokens that the model saw, without padding."""
    import torch

    tokenizer.enable_truncation(tokens)
    order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
    labels, seen = [0] * len(texts), 0
    for first in range(0, len(order), BATCH):
        chosen = order[first : first + BATCH]
        encoded = tokenizer.encode_batch([texts[index] for index in chosen])
        ids = torch.tensor([one.ids for one in encoded])
        mask = torch.tensor([one.attention_mask for one in encoded])
        seen += int(mask.sum())
        with torch.inference_mode():
            found = model(input_ids=ids, attention_mask=mask).logits.argmax(1).tolist()
        for index, label in zip(chosen, found, strict=True):
            labels[index] = label
    return labels, seen


def measured(size: str, kind: str, tokens: int, tokenizer: Any, texts: list[str], rounds: int) -> dict[str, Any]:
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    heads = SIZES[size]["hidden_size"] // (32 if SIZES[size]["hidden_size"] < 768 else 64)
    config = BertConfig(num_labels=2, vocab_size=VOCABULARY, num_attention_heads=heads, **SIZES[size])
    torch.manual_seed(0)
    model = BertForSequenceClassification(config).eval().to(getattr(torch, kind))
    classify(model, tokenizer, texts[:WARM], tokens)
    times, seen = [], 0
    for _ in range(rounds):
        start = time.perf_counter()
        _, seen = classify(model, tokenizer, texts, tokens)
        times.append(time.perf_counter() - start)
    seconds = statistics.median(times)
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    return {
        "model": size,
        "parameters": sum(one.numel() for one in model.parameters()),
        "type": kind,
        "tokens": tokens,
        "mean_tokens": seen / len(texts),
        "texts": len(texts),
        "texts_per_second": len(texts) / seconds,
        "megabytes_per_second": megabytes / seconds,
        "core_hours_per_terabyte": 1e6 / (megabytes / seconds) / 3600,
    }


def table(rows: list[dict[str, Any]]) -> list[str]:
    heads = ["model", "parameters", "type", "tokens at most", "mean tokens", "texts/s", "MB/s", "core-hours per TB"]
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    for row in rows:
        cells = [
            row["model"],
            f"{row['parameters'] / 1e6:.0f} million",
            row["type"],
            str(row["tokens"]),
            f"{row['mean_tokens']:.0f}",
            f"{row['texts_per_second']:.1f}",
            f"{row['megabytes_per_second']:.4f}",
            f"{row['core_hours_per_terabyte']:,.0f}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--texts", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--sizes", nargs="+", choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--json", type=Path, help="put the measurements into this file, such as distributed.json")
    given = parser.parse_args()
    os.environ.update(TOKENIZERS_PARALLELISM="false", HF_HUB_OFFLINE="1")  # before the imports
    import torch
    import transformers

    torch.set_num_threads(1)
    tokenizer = trained_tokenizer(read_texts(given.data / "imdb-train.parquet"))
    texts = read_texts(given.data / "imdb-test.parquet")[: given.texts]
    versions = (
        f"PyTorch {torch.__version__}, transformers {transformers.__version__}, Python {platform.python_version()}"
    )
    amx = "amx_bf16" in Path("/proc/cpuinfo").read_text(encoding="ascii")
    environment = f"{versions}; {platform.machine()}{', with AMX for bfloat16' if amx else ''}"
    cases = [(size, kind, tokens) for size in given.sizes for kind in KINDS for tokens in TOKENS]
    rows = []
    for size, kind, tokens in cases:
        rows.append(measured(size, kind, tokens, tokenizer, texts, given.rounds))
        print(json.dumps(rows[-1]), flush=True)
    print("\n".join([environment, "", *table(rows)]))
    if given.json:
        whole = json.loads(given.json.read_text(encoding="utf-8")) if given.json.exists() else {}
        whole["transformer"] = {"environment": environment, "rows": rows}
        given.json.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
