"""Fingerprints: what vectors were made with, so that only those that belong together are compared."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor, nn

_SIZE = 16
_PROBE_TEXT = "A Photo of 2 cats, striped; they're café-coloured!"


def backbone_fingerprint(
    model: "nn.Module",
    preprocess_cfg: Mapping[str, Any],
    tokenizer: "Callable[[list[str]], Tensor]",
) -> str:
    """Hash (32 hex digits) of everything that decides a backbone's features.

    The weights, whatever type they are stored in (fp16 weights and the same in fp32 are one backbone);
    what weights do not tell of the architecture (activations, heads, mask and pooling of the text
    tower); the tokens of a sample text; the preprocessing of pictures.
    """
    import torch

    digest = hashlib.blake2b(digest_size=_SIZE, person=b"shoplensbackbone")
    for name, tensor in sorted(model.state_dict().items()):
        plain = tensor.detach().to(
            "cpu", torch.float32 if tensor.is_floating_point() else torch.int64
        )
        digest.update(f"{name} {list(plain.shape)} {plain.dtype}\n".encode())
        # flatten: numpy gives no memory view of an array without dimensions.
        digest.update(plain.flatten().numpy().data)
    config = {
        "architecture": sorted(set(_architecture(model))),
        "tokens": tokenizer([_PROBE_TEXT]).tolist(),
        "preprocessing": dict(preprocess_cfg),
    }
    digest.update(json.dumps(config, sort_keys=True).encode())
    return digest.hexdigest()


def fingerprint(backbone: str, adapter: str = "identity", text_template: str = "") -> str:
    """Fingerprint of an index (32 hex digits): the backbone's, the adapter's, and the text template."""
    parts = json.dumps([backbone, adapter, text_template]).encode()
    return hashlib.blake2b(parts, digest_size=_SIZE, person=b"shoplens index").hexdigest()


def _architecture(model: "nn.Module") -> Iterator[str]:
    from torch import nn

    for name, module in model.named_modules():
        if isinstance(heads := getattr(module, "num_heads", None), int):
            yield f"{name} heads {heads}"
        for setting in ("pool_type", "text_pool_type"):
            if isinstance(pooling := getattr(module, setting, None), str):
                yield f"{name} {setting} {pooling}"
        if hasattr(module, "attn_mask"):
            yield f"{name} {'full' if module.attn_mask is None else 'causal'} attention"
        weightless = not any(True for _ in module.parameters())
        if weightless and not isinstance(module, nn.Identity | nn.Dropout):
            yield f"{name} {type(module).__name__}"
