import io

import numpy as np
import pytest
from PIL import Image

from retriever.adapter import Adapter
from retriever.encoder import Encoder
from retriever.errors import SettingsError
from retriever.picture import Picture
from retriever.product import Product
from training.pairs import Pairs
from training.unfreeze import UnfreezeSettings, unfreeze


def coloured(count: int) -> Pairs:
    products: list[Product] = []
    for number in range(count):
        buffer = io.BytesIO()
        Image.new("RGB", (32, 32), (8 * number, 250 - 8 * number, 90)).save(buffer, "PNG")
        picture = Picture(buffer.getvalue())
        products.append(Product(id=str(number), title=f"shade {number}", picture=picture))
    texts = [product.title for product in products]
    keys = [product.picture.key for product in products if product.picture is not None]
    return Pairs(products, texts, keys, np.arange(count))


def test_only_the_last_blocks_move(tiny_encoder: Encoder) -> None:
    before = {name: value.clone() for name, value in tiny_encoder.model.state_dict().items()}
    steps: list[tuple[int, int]] = []
    encoder, adapter = unfreeze(
        tiny_encoder,
        Adapter.identity(tiny_encoder.dim),
        coloured(24),
        UnfreezeSettings(epochs=2, batch=8, rate=1e-3),
        on_step=lambda done, total: steps.append((done, total)),
    )
    assert steps[-1] == (6, 6)
    after = encoder.model.state_dict()
    moved = {name for name, value in after.items() if not value.equal(before[name])}
    assert any("resblocks.1." in name for name in moved)
    assert not any("resblocks.0." in name or "token_embedding" in name for name in moved)
    assert encoder.fingerprint == adapter.backbone != tiny_encoder.fingerprint
    unchanged = tiny_encoder.model.state_dict()
    assert all(value.equal(before[name]) for name, value in unchanged.items())


def test_more_blocks_than_there_are_is_refused(tiny_encoder: Encoder) -> None:
    with pytest.raises(SettingsError, match="unfreeze fewer"):
        unfreeze(
            tiny_encoder,
            Adapter.identity(tiny_encoder.dim),
            coloured(8),
            UnfreezeSettings(blocks=2, batch=4),
        )
