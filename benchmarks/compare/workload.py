"""What every contender is given: one backbone with random weights, pictures, vectors, products, queries."""

import gzip
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from benchmarks.backbone import write_backbone

Vectors = NDArray[np.float32]

COLOURS = ("red", "green", "blue", "orange", "black", "white", "purple", "grey")
KINDS = ("mug", "sofa", "lamp", "shirt", "handbag", "plush toy", "chair", "sneakers")
_CLUSTERS = 64
_SPREAD = 0.4


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many products are searched, pictures encoded, and queries asked of each contender."""

    products: int = 44_000
    pictures: int = 256
    queries: int = 120
    limit: int = 10


@dataclass(frozen=True, slots=True)
class Workload:
    """The folder that a workload was written to; contenders read it in processes of their own."""

    folder: Path
    sizes: Sizes

    @classmethod
    def open(cls, folder: Path) -> "Workload":
        return cls(folder, Sizes(**json.loads((folder / "sizes.json").read_text("utf-8"))))

    @property
    def backbone(self) -> Path:
        """The checkpoint as open_clip keeps one."""
        return self.folder / "open_clip"

    @property
    def hugging_face(self) -> Path:
        """A checkpoint of the same architecture as transformers keeps one, with weights of its own."""
        return self.folder / "hugging_face"

    def pictures(self) -> list[Path]:
        return sorted((self.folder / "pictures").glob("*.jpg"))

    def vectors(self) -> Vectors:
        """Unit vectors [products, dim], in clusters as embeddings are."""
        vectors: Vectors = np.load(self.folder / "vectors.npy", mmap_mode="r")
        return vectors

    def products(self) -> list[dict[str, Any]]:
        """Flat records; the id is that of the vector's row."""
        return [
            {
                "id": f"p{number}",
                "title": f"{_colour(number)} {_kind(number)} model {number}",
                "category": _kind(number),
                "price": float(5 + number % 500),
                "colour": _colour(number),
            }
            for number in range(self.sizes.products)
        ]


def query(number: int) -> str:
    """A shopper's query of about ten tokens; each number gives another one."""
    return f"a {_colour(number)} {_kind(number // 8)} under {number} dollars for a gift"


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


def _kind(number: int) -> str:
    return KINDS[number % len(KINDS)]


def write_workload(folder: Path, sizes: Sizes, architecture: dict[str, Any]) -> Workload:
    """Write all of it; the same arguments write the same. ``architecture`` is open_clip's config of a CLIP."""
    workload = Workload(folder, sizes)
    folder.mkdir(parents=True, exist_ok=True)
    write_backbone(workload.backbone, architecture)
    _write_hugging_face(workload.hugging_face, architecture)
    rng = np.random.default_rng(0)
    (folder / "pictures").mkdir()
    for number in range(sizes.pictures):
        coarse = rng.integers(0, 256, (12, 9, 3), dtype=np.uint8)
        picture = Image.fromarray(coarse).resize((480, 640), Image.Resampling.BICUBIC)
        picture.save(folder / "pictures" / f"{number:05}.jpg", quality=90)
    dim = int(architecture["embed_dim"])
    centres = rng.normal(size=(_CLUSTERS, dim))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    noise = rng.normal(size=(sizes.products, dim)) * _SPREAD / np.sqrt(dim)
    vectors = (centres[rng.integers(0, _CLUSTERS, sizes.products)] + noise).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    np.save(folder / "vectors.npy", vectors)
    (folder / "sizes.json").write_text(json.dumps(asdict(sizes)), "utf-8")
    return workload


def _write_hugging_face(folder: Path, architecture: dict[str, Any]) -> None:
    from transformers import (
        CLIPConfig,
        CLIPImageProcessor,
        CLIPModel,
        CLIPProcessor,
        CLIPTokenizer,
        logging,
    )

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    text, vision = architecture["text_cfg"], architecture["vision_cfg"]
    size = vision["image_size"]
    config = CLIPConfig(
        projection_dim=architecture["embed_dim"],
        text_config={
            "hidden_size": text["width"],
            "intermediate_size": 4 * text["width"],
            "num_hidden_layers": text["layers"],
            "num_attention_heads": text["heads"],
            "bos_token_id": 49406,
            "eos_token_id": 49407,
            "pad_token_id": 49407,
        },
        vision_config={
            "hidden_size": vision["width"],
            "intermediate_size": 4 * vision["width"],
            "num_hidden_layers": vision["layers"],
            "num_attention_heads": vision["width"] // vision.get("head_width", 64),
            "patch_size": vision["patch_size"],
            "image_size": size,
        },
    )
    torch.manual_seed(0)
    CLIPModel(config).save_pretrained(folder)
    vocabulary = _write_vocabulary(folder)
    tokenizer = CLIPTokenizer(vocab=str(vocabulary), merges=str(folder / "merges.txt"))
    tokenizer.model_max_length = 77
    images = CLIPImageProcessor(
        size={"shortest_edge": size}, crop_size={"height": size, "width": size}
    )
    processor: Any = CLIPProcessor
    processor(images, tokenizer).save_pretrained(folder)


def _write_vocabulary(folder: Path) -> Path:
    """CLIP's tokens as transformers reads them, from the merges that open_clip comes with."""
    from open_clip import tokenizer

    with gzip.open(tokenizer.default_bpe(), "rt", encoding="utf-8") as file:
        merges = file.read().split("\n")[1 : 49152 - 256 - 2 + 1]
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges), "utf-8")
    vocabulary = folder / "vocab.json"
    named = {"<start_of_text>": "<|startoftext|>", "<end_of_text>": "<|endoftext|>"}
    tokens = tokenizer.SimpleTokenizer().encoder
    known = {named.get(token, token): number for token, number in tokens.items()}
    vocabulary.write_text(json.dumps(known), "utf-8")
    return vocabulary
