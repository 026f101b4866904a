"""Stage B: the last blocks of either tower trained too, starting from a trained adapter.

It costs what adapters avoid: the backbone runs forward and backward in every step, and every picture of
every index must be encoded anew afterwards. What it gains, and what it forgets, is in docs/results.md.
"""

import math
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from retriever.adapter import Adapter, Towers
from retriever.encoder import Encoder
from retriever.encoder.threads import map_in_threads
from retriever.errors import SettingsError
from training.losses import Batch, MultiPositive
from training.pairs import Pairs, positives_of


@dataclass(frozen=True, slots=True)
class UnfreezeSettings:
    """How much is trained and how.

    The last ``blocks`` blocks of each of the ``towers``, with the norm and projection behind them, at
    ``rate``; the adapter goes on at ten times that. Rates fall along a cosine. Pictures are mirrored at
    random. Batch norms keep their statistics.
    """

    towers: Towers = "both"
    blocks: int = 1
    rate: float = 1e-4
    epochs: int = 4
    batch: int = 128
    weight_decay: float = 0.05
    seed: int = 0


def unfreeze(
    encoder: Encoder,
    adapter: Adapter,
    pairs: Pairs,
    settings: UnfreezeSettings,
    *,
    on_step: Callable[[int, int], None] | None = None,
) -> tuple[Encoder, Adapter]:
    """A copy of the encoder and of the adapter, trained on; those given stay as they are.

    There is no early stopping: every epoch would need the validation pictures encoded. Raises
    `SettingsError` for a tower whose blocks cannot be told apart and for fewer pairs than a batch. The encoder
    must be on the CPU.
    """
    torch.manual_seed(settings.seed)
    model, head, loss = deepcopy(encoder.model), deepcopy(adapter), MultiPositive()
    trained = _trained(model, settings)
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    for parameter in trained:
        parameter.requires_grad_(True)
    images = (p.picture.open() for p in pairs.products if p.picture is not None)
    pictures = torch.stack([tensor.half() for tensor in map_in_threads(encoder.preprocess, images)])
    tokens = encoder.tokenizer(pairs.texts)
    ids = None if head.words is None else head.words.ids(pairs.texts)
    positives = torch.from_numpy(positives_of(pairs))
    matrices = [p for p in trained if p.ndim >= 2]
    others = [p for p in trained if p.ndim < 2]
    optimiser = torch.optim.AdamW(
        [
            {"params": matrices, "weight_decay": settings.weight_decay, "scale": 1.0},
            {"params": others, "weight_decay": 0.0, "scale": 1.0},
            {"params": [*head.parameters()], "weight_decay": 1e-2, "scale": 10.0},
            {"params": [*loss.parameters()], "weight_decay": 0.0, "scale": 10.0},
        ],
        lr=settings.rate,
    )
    generator = torch.Generator().manual_seed(settings.seed)
    steps = settings.epochs * (len(pairs) // settings.batch)
    if not steps:
        raise SettingsError(
            f"{len(pairs)} pairs do not fill a batch of {settings.batch}; give a smaller batch"
        )
    for step, rows in enumerate(_batches(len(pairs), settings, generator)):
        for group in optimiser.param_groups:
            way = 0.5 * (1 + math.cos(math.pi * step / steps))
            group["lr"] = settings.rate * group["scale"] * way
        shown = pictures[rows].float()
        mirrored = torch.rand(len(rows), generator=generator) < 0.5
        shown[mirrored] = shown[mirrored].flip(-1)
        words = None if ids is None else ids[rows]
        left = positives[rows]
        batch = Batch(
            texts=head(
                functional.normalize(model.encode_text(tokens[rows]), dim=-1), "text", words
            ),
            pictures=head(functional.normalize(model.encode_image(shown), dim=-1), "picture"),
            positive=(left[:, None] == left[None]).any(dim=2),
        )
        value = loss(batch, generator)
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(value)
        optimiser.step()
        loss.clamp()
        if on_step is not None:
            on_step(step + 1, steps)
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    copy = Encoder(f"{encoder.spec} unfrozen", model, encoder.preprocess, encoder.tokenizer)
    head.backbone = copy.fingerprint
    return copy, head.eval()


def _batches(
    count: int, settings: UnfreezeSettings, generator: torch.Generator
) -> Iterator[Tensor]:
    for _ in range(settings.epochs):
        order = torch.randperm(count, generator=generator)
        # A last, smaller batch waits for another epoch's shuffle.
        yield from torch.split(order, settings.batch)[: count // settings.batch]


def _trained(model: nn.Module, settings: UnfreezeSettings) -> list[nn.Parameter]:
    """Parameters of the last blocks of the towers and of what comes after them."""
    found: list[nn.Parameter] = []
    if settings.towers in ("both", "text"):
        found += _after(getattr(model, "text", model), settings.blocks, "text")
        found += [p for name, p in model.named_parameters() if "text_projection" in name]
    if settings.towers in ("both", "picture"):
        found += _after(model.get_submodule("visual"), settings.blocks, "picture")
    return list({id(parameter): parameter for parameter in found}.values())


def _after(tower: nn.Module, blocks: int, name: str) -> list[nn.Parameter]:
    """Of a transformer the last blocks and its final norm; of a timm network the last stages and its head."""
    parts = dict(tower.named_children())
    if "transformer" in parts:
        stages = list(parts["transformer"].get_submodule("resblocks").children())
        behind = [parts[key] for key in ("ln_final", "ln_post") if key in parts]
    elif "trunk" in parts:
        stages = [
            part for part in parts["trunk"].children() if any(True for _ in part.parameters())
        ]
        behind = [parts["head"]]
    else:
        raise SettingsError(
            f"the {name} tower has neither a transformer nor a trunk, so its last blocks are unknown; "
            "unfreeze the other tower"
        )
    if blocks >= len(stages):
        raise SettingsError(
            f"blocks is {blocks}, but the {name} tower has {len(stages)}; unfreeze fewer"
        )
    return [p for part in (*stages[-blocks:], *behind) for p in part.parameters()]
