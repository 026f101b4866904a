"""Between zero-shot and a trained adapter: post-hoc interpolation of a head's weights."""

import torch

from retriever.adapter import Adapter
from retriever.adapter.heads import Linear, Residual
from retriever.errors import AdapterError


def interpolated(adapter: Adapter, share: float) -> Adapter:
    """A copy that lies ``share`` of the way, 0 to 1, from zero-shot to the adapter; costs no training.

    WiSE-FT (Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022) on the head alone: a
    residual head gets ``share * alpha``, a linear head ``(1 - share) * I + share * W``. Raises
    `AdapterError` for a naive adapter, whose weights have no zero-shot to go back to, and for a share
    outside 0 to 1.
    """
    if not 0 <= share <= 1:
        raise AdapterError(f"share is {share}; it lies between 0 (zero-shot) and 1 (the adapter)")
    config = adapter.config
    if config.kind == "naive":
        raise AdapterError(
            "a naive adapter begins at random, so there is nothing between it and zero-shot; "
            "interpolate a residual or a linear one"
        )
    if config.kind == "residual":
        config = config.model_copy(update={"alpha": share * config.alpha})
    copy = Adapter(config)
    copy.load_state_dict(adapter.state_dict())
    with torch.no_grad():
        for head in (copy.picture, copy.text):
            if isinstance(head, Linear):
                head.weight.lerp_(torch.eye(len(head.weight)), 1.0 - share)
            if isinstance(head, Residual) and config.mix == "convex":
                head.keep = 1.0 - config.alpha
    return copy.eval()
