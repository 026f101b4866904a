"""Train the bundled backbone ``mini`` from scratch: ``python -m training.pretrain``.

A convolutional picture tower (RegNetY-400MF, Radosavovic et al., CVPR 2020) and a small causal text
transformer, both built by open_clip from ``models/mini/open_clip_config.json``'s own format. The loss is
InfoNCE over the batch with several positives (as in SupCon, Khosla et al., NeurIPS 2020): a caption is
positive for every picture whose facts include what it says. Pictures grow from 48 to 80 pixels over
the epochs (progressive resizing), which saves about a third of the time on a CPU.

Interrupted runs continue from the last checkpoint, which is written every few minutes.
"""

import argparse
import json
import math
import random
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the name everybody knows it by

from training.captions import make_caption
from training.losses import MAX_LOGIT_SCALE, multi_positive
from training.pretrain_data import (
    PretrainData,
    batches,
    epoch_order,
    join,
    prepare_drawn,
    prepare_real,
)
from training.schedule import CYCLES, schedule

MODEL_CONFIG: dict[str, Any] = {
    "embed_dim": 256,
    "vision_cfg": {
        "timm_model_name": "regnety_004",
        "timm_model_pretrained": False,
        "timm_pool": "",
        "timm_proj": "linear",
        "image_size": 64,
    },
    "text_cfg": {
        "context_length": 77,
        "vocab_size": 49408,
        "width": 192,
        "heads": 3,
        "layers": 4,
    },
}
PREPROCESS_CONFIG: dict[str, Any] = {
    "mean": [0.5, 0.5, 0.5],
    "std": [0.5, 0.5, 0.5],
    "interpolation": "bicubic",
    "resize_mode": "longest",
    "fill_color": 255,
}
AUX_SLOTS = ("type", "colour", "gender")
SAVE_SECONDS = 180.0


class Objective(nn.Module):
    """The two towers with classifier heads on the picture side that exist during training only.

    The heads name type, colour and gender directly from the picture embedding. They speed the picture
    tower up in the first epochs and are thrown away afterwards.
    """

    def __init__(self, clip: nn.Module, classes: dict[str, list[str]]) -> None:
        super().__init__()
        self.clip: Any = clip  # open_clip has no type hints
        width = MODEL_CONFIG["embed_dim"]
        self.heads = nn.ModuleList(nn.Linear(width, len(names)) for names in classes.values())

    def forward(self, pictures: Tensor, tokens: Tensor, positive: Tensor, labels: Tensor) -> Tensor:
        """Loss for pictures [b, 3, s, s], tokens [b, t], positive [b, b] bool (picture, caption).

        ``labels`` [b, slots] int64 holds the class of each slot, -1 where it is unknown.
        """
        raw = self.clip.encode_image(pictures)
        image, text = (
            F.normalize(raw, dim=-1),
            F.normalize(encode_tokens(self.clip, tokens), dim=-1),
        )
        logits = self.clip.logit_scale.exp() * image @ text.T
        loss = multi_positive(logits, positive) + multi_positive(logits.T, positive.T)
        for column, head in enumerate(self.heads):
            target = labels[:, column]
            loss = loss + 0.3 * F.cross_entropy(head(raw), target, ignore_index=-1)
        return loss


def encode_tokens(clip: Any, tokens: Tensor) -> Tensor:
    """Text embeddings [b, dim] of tokens [b, t]; t may be shorter than the context (exact: causal)."""
    length = tokens.shape[1]
    hidden = clip.token_embedding(tokens) + clip.positional_embedding[:length]
    hidden = clip.transformer(hidden, attn_mask=clip.attn_mask[:length, :length])
    ends = clip.ln_final(hidden)[torch.arange(len(tokens)), tokens.argmax(dim=1)]
    projected: Tensor = ends @ clip.text_projection
    return projected


def augment(pictures: Tensor, size: int, generator: torch.Generator) -> Tensor:
    """Random flip, shift, zoom and change of aspect; uint8 [b, h, w, 3] -> float [b, 3, size, size].

    The change of aspect reaches from 3:4 to a square: catalogues exist whose pictures were squashed.
    """
    count = len(pictures)
    flat = pictures.permute(0, 3, 1, 2).float().div_(127.5).sub_(1.0)

    def uniform(low: float, high: float) -> Tensor:
        return torch.rand(count, generator=generator) * (high - low) + low

    # Theta maps the output to the input, so values below 1 zoom in.
    zoom = uniform(0.8, 1.12)
    squash = torch.exp(uniform(-0.29, 0.12)) * (torch.rand(count, generator=generator) < 0.5)
    squash = torch.where(squash == 0, torch.ones(count), squash)
    flip = torch.where(torch.rand(count, generator=generator) < 0.5, -1.0, 1.0)
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0] = zoom * squash * flip
    theta[:, 1, 1] = zoom
    theta[:, 0, 2] = uniform(-0.1, 0.1)
    theta[:, 1, 2] = uniform(-0.1, 0.1)
    grid = F.affine_grid(theta, [count, 3, size, size], align_corners=False)
    # Pictures stand on white: shifting white to zero makes zero padding continue the background.
    moved = F.grid_sample(flat - 1.0, grid, padding_mode="zeros", align_corners=False) + 1.0
    contrast, light = uniform(0.85, 1.1), uniform(-0.08, 0.05)
    moved = (moved - 1.0) * contrast.view(-1, 1, 1, 1) + 1.0 + light.view(-1, 1, 1, 1)
    return moved.contiguous(memory_format=torch.channels_last)


class Batches:
    """Turns indices into what `Objective` takes; deterministic in (seed, step)."""

    def __init__(self, data: PretrainData, classes: dict[str, list[str]], seed: int) -> None:
        self.data, self.seed = data, seed
        self.tokenizer = open_clip.SimpleTokenizer(context_length=77)
        self.vocabulary = {f: i for i, f in enumerate(sorted({f for p in data.facts for f in p}))}
        self._class_of = {f: i for names in classes.values() for i, f in enumerate(names)}

    def _multi_hot(self, facts: list[tuple[str, ...]]) -> Tensor:
        hot = torch.zeros(len(facts), len(self.vocabulary))
        for row, known in enumerate(facts):
            hot[row, [self.vocabulary[f] for f in known]] = 1.0
        return hot

    def make(self, indices: Any, step: int, size: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        rng = random.Random(f"{self.seed}-{step}")
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + step)
        facts = [self.data.facts[i] for i in indices]
        captions = [make_caption(f, rng) for f in facts]
        tokens = self.tokenizer([c.text for c in captions])
        tokens = tokens[:, : int(tokens.argmax(dim=1).max()) + 1]
        said = self._multi_hot([c.facts for c in captions])
        positive = (self._multi_hot(facts) @ said.T) >= said.sum(dim=1) - 0.5
        labels = torch.full((len(indices), len(AUX_SLOTS)), -1)
        for row, known in enumerate(facts):
            for fact in known:
                slot = fact.partition(":")[0]
                if fact in self._class_of:
                    labels[row, AUX_SLOTS.index(slot)] = self._class_of[fact]
        pictures = augment(torch.from_numpy(self.data.pictures[np.sort(indices)]), size, generator)
        return pictures[np.argsort(np.argsort(indices))], tokens, positive, labels


def aux_classes(data: PretrainData) -> dict[str, list[str]]:
    """Classes of each training-only head: every value that its slot has."""
    facts = sorted({fact for known in data.facts for fact in known})
    return {slot: [f for f in facts if f.startswith(f"{slot}:")] for slot in AUX_SLOTS}


def optimiser_for(model: nn.Module, rate: float) -> torch.optim.AdamW:
    """AdamW without weight decay on biases, gains, norms and the logit scale, as open_clip has it."""
    decayed = [p for p in model.parameters() if p.ndim >= 2]
    free = [p for p in model.parameters() if p.ndim < 2]
    groups = [{"params": decayed, "weight_decay": 0.05}, {"params": free, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), eps=1e-6)


def export(clip: nn.Module, folder: Path) -> None:
    """Write the model as open_clip's ``local-dir:`` wants it: config, preprocessing, fp16 weights."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {"model_cfg": MODEL_CONFIG, "preprocess_cfg": PREPROCESS_CONFIG}
    (folder / "open_clip_config.json").write_text(json.dumps(config, indent=2) + "\n")
    weights = {
        name: value.half().contiguous() if value.is_floating_point() else value.contiguous()
        for name, value in clip.state_dict().items()
    }
    save_file(weights, folder / "open_clip_model.safetensors")


def mixed(start: Mapping[str, Tensor], end: Mapping[str, Tensor], mix: float) -> dict[str, Tensor]:
    """Weights ``mix`` of the way from ``start`` to ``end``; integer buffers are those of ``end``."""
    return {
        name: torch.lerp(start[name], value, mix) if value.is_floating_point() else value
        for name, value in end.items()
    }


def train(options: argparse.Namespace) -> None:
    """Run the schedule, from the last checkpoint if there is one, and export the weights."""
    work: Path = options.work
    torch.manual_seed(options.seed)
    real = prepare_real(options.catalogues, work / "real")
    every = join(real, prepare_drawn(work / "drawn"))
    classes = aux_classes(every)
    clip = open_clip.CLIP(**MODEL_CONFIG)
    model = Objective(clip, classes).to(memory_format=torch.channels_last)
    epochs = schedule(CYCLES)
    optimiser = optimiser_for(model, epochs[0].cycle.rate)
    step, first_epoch, first_batch = 0, 0, 0
    checkpoint, cycle_start = work / "checkpoint.pt", work / "cycle-start.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        step, first_epoch, first_batch = state["position"]

    def save(epoch: int, done: int) -> None:
        state = {
            "model": model.state_dict(),
            "optimiser": optimiser.state_dict(),
            "position": (step, epoch, done),
        }
        torch.save(state, checkpoint.with_suffix(".new"))
        checkpoint.with_suffix(".new").replace(checkpoint)
        export(clip, work / "latest")

    model.train()
    columns = (
        TextColumn("epoch {task.fields[epoch]} of {task.fields[epochs]} at {task.fields[size]} px"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("loss {task.fields[loss]}"),
    )
    saved_at = time.monotonic()
    with (work / "log.jsonl").open("a") as log, Progress(*columns) as progress:
        for number in range(first_epoch, len(epochs)):
            epoch, phase = epochs[number], epochs[number].phase
            data = every if phase.drawn else real
            feed = Batches(data, classes, options.seed)
            order = epoch_order(data, number, options.seed, phase.share, len(real.facts))
            todo = batches(order, options.batch)
            start = first_batch if number == first_epoch else 0
            if epoch.is_first and start == 0:
                optimiser = optimiser_for(model, epoch.cycle.rate)
                torch.save(clip.state_dict(), cycle_start)
            fields: dict[str, Any] = {
                "epoch": number + 1,
                "epochs": len(epochs),
                "size": phase.size,
                "loss": "-",
            }
            task = progress.add_task("", total=len(todo), completed=start, **fields)
            recent: list[float] = []
            for done in range(start, len(todo)):
                for group in optimiser.param_groups:
                    group["lr"] = epoch.rate(done / len(todo))
                loss = model(*feed.make(todo[done], step, phase.size))
                optimiser.zero_grad(set_to_none=True)
                loss.backward()
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimiser.step()
                with torch.no_grad():
                    # Above 100 the softmax is so sharp that training turns unstable (CLIP, section 2.5).
                    clip.logit_scale.clamp_(0, math.log(MAX_LOGIT_SCALE))
                step += 1
                recent = [*recent[-49:], loss.item()]
                mean = round(sum(recent) / len(recent), 4)
                progress.update(task, completed=done + 1, loss=f"{mean:.3f}")
                if step % 25 == 0:
                    record = {"step": step, "epoch": number + 1, "loss": mean}
                    log.write(json.dumps(record | {"at": round(time.time())}) + "\n")
                    log.flush()
                if time.monotonic() - saved_at > SAVE_SECONDS:
                    save(number, done + 1)
                    saved_at = time.monotonic()
            if epoch.is_last:
                begun = torch.load(cycle_start, weights_only=True)
                clip.load_state_dict(mixed(begun, clip.state_dict(), epoch.cycle.mix))
            save(number + 1, 0)
    export(clip, options.out)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Train the bundled backbone from scratch.")
    parser.add_argument("--catalogues", type=Path, default=Path("../shared/catalogues"))
    parser.add_argument("--work", type=Path, default=Path(".shoplens/pretrain"))
    parser.add_argument("--out", type=Path, default=Path("models/mini"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--batch", type=int, default=192)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
