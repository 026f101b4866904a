import math

import pytest
import torch
from torch import Tensor

from training.losses import LOSSES, Batch, InfoNce, Margin, MultiPositive, SigLip

RIGHT = torch.eye(3, dtype=torch.bool)


def value(loss: torch.nn.Module, texts: Tensor, pictures: Tensor, positive: Tensor) -> float:
    generator = torch.Generator().manual_seed(0)
    return float(loss(Batch(texts, pictures, positive), generator).detach())


def test_infonce_is_cross_entropy_in_both_directions() -> None:
    found = value(InfoNce(2.0), torch.eye(3), torch.eye(3), RIGHT)
    assert found == pytest.approx(math.log(math.exp(2) + 2) - 2, abs=1e-5)


def test_multi_positive_is_infonce_without_duplicates_and_kinder_with_them() -> None:
    texts = torch.eye(3)
    pictures = torch.nn.functional.normalize(texts + 0.1, dim=1)
    assert value(MultiPositive(5.0), texts, pictures, RIGHT) == pytest.approx(
        value(InfoNce(5.0), texts, pictures, RIGHT), abs=1e-5
    )
    twins = torch.tensor([[1.0, 0, 0], [1, 0, 0], [0, 1, 0]])
    same = torch.tensor([[1, 1, 0], [1, 1, 0], [0, 0, 1]], dtype=torch.bool)
    kind = value(MultiPositive(100.0), twins, twins, same)
    assert kind == pytest.approx(2 / 3 * math.log(2), abs=1e-4)


def test_siglip_judges_each_pair_on_its_own() -> None:
    loss = SigLip()
    found = value(loss, torch.eye(3), torch.eye(3), RIGHT)
    assert found == pytest.approx(math.log(2) + 2 * math.log1p(math.exp(-10)), abs=1e-5)


def test_the_margin_is_met_or_paid() -> None:
    assert value(Margin(), torch.eye(3), torch.eye(3), RIGHT) == 0
    assert value(Margin(), torch.eye(3), torch.ones(3, 3) / math.sqrt(3), RIGHT) == pytest.approx(
        0.2
    )


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_mined_negatives_may_be_more_than_the_texts(name: str) -> None:
    pictures = torch.nn.functional.normalize(torch.randn(5, 4), dim=1)
    positive = torch.eye(3, 5, dtype=torch.bool)
    assert math.isfinite(value(LOSSES[name](), pictures[:3], pictures, positive))


def test_the_logit_scale_stays_within_its_range() -> None:
    loss = InfoNce()
    with torch.no_grad():
        loss.log_scale.add_(3.0)
    loss.clamp()
    assert float(loss.logit_scale.detach()) == pytest.approx(100.0)
