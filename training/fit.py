"""Training an adapter on cached features: the backbone is never touched."""

import hashlib
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from retriever.adapter import Adapter
from retriever.adapter.heads import Linear
from retriever.errors import SettingsError
from training.losses import LOSSES, Batch, Loss
from training.negatives import hard_negatives
from training.pairs import PairFeatures

Score = Callable[[Adapter], float]
"""How good an adapter is on the validation products; higher is better."""


@dataclass(frozen=True, slots=True)
class FitSettings:
    """How an adapter is trained.

    ``loss``: a name in `training.losses.LOSSES`. ``rate`` falls along a cosine over ``epochs``; training
    stops after ``patience`` epochs without a better score. ``hard_negatives`` pictures are mined for each
    text every epoch (0: those of the batch alone). ``pull`` weighs the distance of a linear head from the
    identity. ``word_dropout``: probability with which a word of a text is left out of an adapter's word vectors,
    so that no single one carries it (Iyyer et al., "Deep unordered composition rivals syntactic methods",
    ACL 2015). ``logit_scale`` is where the learnable factor on similarities begins (None: as the loss has it).
    """

    loss: str = "infonce"
    rate: float = 1e-3
    weight_decay: float = 1e-2
    epochs: int = 60
    batch: int = 512
    patience: int = 10
    hard_negatives: int = 0
    pull: float = 0.0
    word_dropout: float = 0.2
    logit_scale: float | None = None
    seed: int = 0


@dataclass(slots=True)
class Fit:
    """What came of it: the best epoch (0 is before any step) and, for each epoch, its figures."""

    best_epoch: int = 0
    best_score: float = -math.inf
    history: list[dict[str, float]] = field(default_factory=list)


def fit(
    adapter: Adapter,
    features: PairFeatures,
    positives: NDArray[np.int64],
    score: Score,
    settings: FitSettings,
    *,
    checkpoint: Path | None = None,
    on_epoch: Callable[[int, dict[str, float]], None] | None = None,
) -> Fit:
    """Train in place; the adapter ends with the weights of its best epoch.

    Where ``features`` has further wordings, each text is replaced by any one of them, or kept, at random.

    ``positives`` [n, 2] numbers each pair's text and picture: pairs with an equal number in either column
    are positives of each other. With a ``checkpoint`` file an interrupted run goes on after its last
    epoch, to the same result; a finished one is removed. Raises `SettingsError` for an unknown loss, too
    few pairs, and for a checkpoint of other settings.
    """
    if settings.loss not in LOSSES:
        raise SettingsError(f"no loss {settings.loss!r}; choose from {', '.join(LOSSES)}")
    count = len(positives)
    if count < 2:
        raise SettingsError(f"{count} pairs to train on; contrastive training needs at least 2")
    run = _Run(adapter, features, positives, settings)
    if checkpoint is not None and checkpoint.exists():
        run.restore(checkpoint)
    else:
        run.keep_if_best(score(adapter.eval()))
    while run.epoch < settings.epochs and run.epoch - run.result.best_epoch < settings.patience:
        figures = run.train_epoch()
        figures["score"] = score(adapter.eval())
        run.result.history.append(figures)
        run.keep_if_best(figures["score"])
        if checkpoint is not None:
            run.save(checkpoint)
        if on_epoch is not None:
            on_epoch(run.epoch, figures)
    adapter.load_state_dict(run.best)
    adapter.eval()
    if checkpoint is not None:
        checkpoint.unlink(missing_ok=True)
    return run.result


class _Run:
    """The state of one training run, which is what a checkpoint holds."""

    def __init__(
        self,
        adapter: Adapter,
        features: PairFeatures,
        positives: NDArray[np.int64],
        settings: FitSettings,
    ) -> None:
        self.adapter, self.settings = adapter, settings
        wordings = [features.texts, *(wording.features for wording in features.wordings)]
        self.texts = torch.from_numpy(np.stack(wordings))  # [wordings, n, dim]
        self.words = self._word_ids(features)
        self.pictures = torch.from_numpy(np.ascontiguousarray(features.pictures))
        self.positives = torch.from_numpy(np.ascontiguousarray(positives))
        self.data = _digest(self.texts, self.pictures, self.positives)
        self.loss: Loss = LOSSES[settings.loss](settings.logit_scale)
        self.optimiser = torch.optim.AdamW(self._groups(), lr=settings.rate)
        self.generator = torch.Generator().manual_seed(settings.seed)
        self.epoch = 0
        self.result = Fit()
        self.best = _copied(adapter)

    def train_epoch(self) -> dict[str, float]:
        """One pass over the pairs; returns the mean loss and the logit scale at its end."""
        self.adapter.train()
        order = torch.randperm(len(self.pictures), generator=self.generator)
        mined = self._mined()
        # A last batch of one pair has no negatives; it waits for another epoch's shuffle.
        batches = [rows for rows in torch.split(order, self.settings.batch) if len(rows) > 1]
        total = 0.0
        for number, rows in enumerate(batches):
            way = (self.epoch + number / len(batches)) / self.settings.epochs
            for group in self.optimiser.param_groups:
                group["lr"] = self.settings.rate * 0.5 * (1 + math.cos(math.pi * way))
            value = self._value(rows, mined)
            self.optimiser.zero_grad(set_to_none=True)
            torch.autograd.backward(value)
            self.optimiser.step()
            self.loss.clamp()
            total += float(value.detach())
        self.epoch += 1
        return {"loss": total / len(batches), "logit_scale": float(self.loss.logit_scale.detach())}

    def keep_if_best(self, score: float) -> None:
        """Remember the weights when no earlier ones scored as high."""
        if score > self.result.best_score:
            self.result.best_epoch, self.result.best_score = self.epoch, score
            self.best = _copied(self.adapter)

    def save(self, path: Path) -> None:
        """Write the checkpoint whole or not at all."""
        state = {
            "data": self.data,
            "settings": asdict(self.settings),
            "config": self.adapter.config.model_dump(),
            "adapter": self.adapter.state_dict(),
            "loss": self.loss.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "generator": self.generator.get_state(),
            "epoch": self.epoch,
            "result": asdict(self.result),
            "best": self.best,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(state, path.with_suffix(".new"))
        path.with_suffix(".new").replace(path)

    def restore(self, path: Path) -> None:
        """Go on from a checkpoint. Raises `SettingsError` when it is of another run."""
        try:
            state: dict[str, Any] = torch.load(path, weights_only=True)
        except (OSError, EOFError, RuntimeError, UnpicklingError) as error:
            raise SettingsError(
                f"the checkpoint {path} cannot be read ({error}); remove it to begin anew"
            ) from error
        if (state["settings"], state["config"], state["data"]) != (
            asdict(self.settings),
            self.adapter.config.model_dump(),
            self.data,
        ):
            raise SettingsError(
                f"the checkpoint {path} is of a run with other settings or pairs; remove it to begin anew"
            )
        self.adapter.load_state_dict(state["adapter"])
        self.loss.load_state_dict(state["loss"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.generator.set_state(state["generator"])
        self.epoch, self.best = state["epoch"], state["best"]
        self.result = Fit(**state["result"])

    def _value(self, rows: Tensor, mined: Tensor | None) -> Tensor:
        columns = rows
        if mined is not None:
            extra = torch.unique(mined[rows])
            columns = torch.cat([rows, extra[~torch.isin(extra, rows)]])
        wording = torch.zeros_like(rows)
        if len(self.texts) > 1:
            wording = torch.randint(len(self.texts), rows.shape, generator=self.generator)
        left, right = self.positives[rows], self.positives[columns]
        batch = Batch(
            texts=self.adapter(self.texts[wording, rows], "text", self._words_of(wording, rows)),
            pictures=self.adapter(self.pictures[columns], "picture"),
            positive=(left[:, None] == right[None]).any(dim=2),
        )
        value: Tensor = self.loss(batch, self.generator)
        if self.settings.pull:
            for head in (self.adapter.picture, self.adapter.text):
                if isinstance(head, Linear):
                    value = value + self.settings.pull * head.pull()
        return value

    def _word_ids(self, features: PairFeatures) -> Tensor | None:
        """Ids [wordings, n, words] for an adapter that reads words."""
        if self.adapter.words is None:
            return None
        wordings = [features.words, *(wording.words for wording in features.wordings)]
        ids = [self.adapter.words.ids(words) for words in wordings]
        longest = max(row.shape[1] for row in ids)
        return torch.stack([functional.pad(row, (0, longest - row.shape[1])) for row in ids])

    def _words_of(self, wording: Tensor, rows: Tensor) -> Tensor | None:
        if self.words is None:
            return None
        ids = self.words[wording, rows]
        kept = torch.rand(ids.shape, generator=self.generator) >= self.settings.word_dropout
        return ids * kept

    def _mined(self) -> Tensor | None:
        if not self.settings.hard_negatives:
            return None
        with torch.inference_mode():
            words = None if self.words is None else self.words[0]
            texts = self.adapter(self.texts[0], "text", words)
            pictures = self.adapter(self.pictures, "picture")
        found = hard_negatives(texts, pictures, self.positives, self.settings.hard_negatives)
        return found.clone()

    def _groups(self) -> list[dict[str, Any]]:
        """Weight decay on the heads' matrices alone: not on biases, nor on the logit scale.

        A linear head is held by `FitSettings.pull` instead; decay would draw it to zero.
        """
        heads = [self.adapter.picture, self.adapter.text, self.adapter.words]
        decayed = [
            parameter
            for head in heads
            if head is not None and not isinstance(head, Linear)
            for parameter in head.parameters()
            if parameter.ndim >= 2
        ]
        chosen = {id(parameter) for parameter in decayed}
        every = [*self.adapter.parameters(), *self.loss.parameters()]
        free = [parameter for parameter in every if id(parameter) not in chosen]
        return [
            {"params": decayed, "weight_decay": self.settings.weight_decay},
            {"params": free, "weight_decay": 0.0},
        ]


def _copied(adapter: Adapter) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in adapter.state_dict().items()}


def _digest(*tensors: Tensor) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for tensor in tensors:
        digest.update(tensor.contiguous().numpy().data)
    return digest.hexdigest()
