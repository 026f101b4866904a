"""The encoder against open_clip itself, run plainly: one text at a time, over the whole context."""

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import huggingface_hub.constants
import numpy as np
import open_clip
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import load_file, save_file

from retriever.encoder import Encoder, bundled_folder, locate
from retriever.encoder.locate import locate as source_of
from retriever.encoder.text import TextTower
from retriever.encoder.threads import map_in_threads
from retriever.errors import EncoderError

MakeBackbone = Callable[..., Path]
TEXTS = ["red shoes", "", "a small orange plush toy with big eyes", "5-inch", "striped polo " * 60]

CAUSAL = [
    pytest.param({}, id="clip"),
    pytest.param({"model": {"custom_text": True}}, id="custom text"),
    pytest.param({"text": {"pool_type": "eos", "eos_id": 49407}}, id="pooled at a given end token"),
    pytest.param(
        {"model": {"custom_text": True}, "text": {"proj_bias": True}}, id="projection with bias"
    ),
    pytest.param({"text": {"context_length": 16}}, id="short context"),
]
NOT_CAUSAL = [
    pytest.param({"text": {"no_causal_mask": True}}, id="bidirectional"),
    pytest.param({"text": {"pool_type": "last"}}, id="pooled at the last position"),
    pytest.param({"model": {"custom_text": True}, "text": {"embed_cls": True}}, id="class token"),
]


def plain_text(folder: Path, texts: list[str]) -> NDArray[np.float32]:
    """What open_clip gives for each text on its own, over the whole context."""
    model = open_clip.create_model(f"local-dir:{folder}").eval()
    tokenizer = open_clip.get_tokenizer(f"local-dir:{folder}")
    with torch.inference_mode():
        rows = [model.encode_text(tokenizer([text]), normalize=True) for text in texts]
    result: NDArray[np.float32] = torch.cat(rows).numpy()
    return result


def picture(number: int, size: tuple[int, int] = (24, 40)) -> Image.Image:
    noise = np.random.default_rng(number).integers(0, 256, (*size, 3), dtype=np.uint8)
    return Image.fromarray(noise)


@pytest.mark.parametrize("changes", CAUSAL)
def test_texts_without_padding_are_as_with_it(
    make_backbone: MakeBackbone, changes: dict[str, Any]
) -> None:
    folder = make_backbone(**changes)
    encoder = Encoder.load(str(folder))
    assert encoder.trims_text
    np.testing.assert_allclose(encoder.encode_texts(TEXTS), plain_text(folder, TEXTS), atol=2e-6)


@pytest.mark.parametrize("changes", NOT_CAUSAL)
def test_texts_keep_their_padding_where_it_matters(
    make_backbone: MakeBackbone, changes: dict[str, Any]
) -> None:
    folder = make_backbone(**changes)
    encoder = Encoder.load(str(folder))
    assert not encoder.trims_text
    np.testing.assert_allclose(encoder.encode_texts(TEXTS), plain_text(folder, TEXTS), atol=2e-6)


def test_trimming_is_checked_not_assumed(tiny_backbone: Path) -> None:
    """A tower that looks causal, with a mask that hides nothing."""
    model, preprocess = open_clip.create_model_from_pretrained(f"local-dir:{tiny_backbone}")
    model.attn_mask.zero_()
    encoder = Encoder("open", model, preprocess, open_clip.SimpleTokenizer())
    assert not encoder.trims_text


def test_a_short_text_runs_over_few_positions(tiny_backbone: Path) -> None:
    model, preprocess = open_clip.create_model_from_pretrained(f"local-dir:{tiny_backbone}")
    encoder = Encoder("counted", model, preprocess, open_clip.SimpleTokenizer(), batch_size=2)
    lengths: list[int] = []
    model.token_embedding.register_forward_hook(
        lambda _module, inputs, _output: lengths.append(inputs[0].shape[1])
    )
    encoder.encode_texts(["striped polo " * 60, "red shoes", "blue", "green bag"])
    # Start, one or two words, end; the long text shares its batch with no more than it must.
    assert lengths == [4, 77]


def test_the_text_tower_of_vit_b_32_is_exact_without_padding() -> None:
    config = open_clip.get_model_config("ViT-B-32")
    config["vision_cfg"] = {"image_size": 32, "patch_size": 32, "layers": 1, "width": 64}
    torch.manual_seed(0)
    model = open_clip.CLIP(**config).eval()
    tokenizer = open_clip.get_tokenizer("ViT-B-32")
    with torch.inference_mode():
        tower = TextTower(model, tokenizer, torch.device("cpu"))
        full = model.encode_text(tokenizer(TEXTS[:4]), normalize=True)
        assert tower.trims
        assert tower.lengths(tokenizer(TEXTS)).tolist() == [4, 2, 10, 5, 77]
        torch.testing.assert_close(tower.encode(tokenizer(TEXTS[:4])), full, rtol=0, atol=1e-5)


def test_pictures_are_as_open_clip_sees_them(tiny_backbone: Path, tiny_encoder: Encoder) -> None:
    model, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{tiny_backbone}")
    pictures = [picture(number, (20 + number, 40)) for number in range(11)]
    with torch.inference_mode():
        plain = [
            model.eval().encode_image(preprocess(one)[None], normalize=True) for one in pictures
        ]
    expected = torch.cat(plain).numpy()
    own = [tiny_encoder.preprocess(one) for one in pictures]
    np.testing.assert_allclose(tiny_encoder.encode_prepared(own), expected, atol=1e-6)
    np.testing.assert_allclose(tiny_encoder.encode_prepared(own[:1]), expected[:1], atol=1e-6)
    # Shrunk by PyTorch, a few pixels are rounded otherwise.
    found = tiny_encoder.encode_pictures(pictures)
    assert (found * expected).sum(axis=1).min() > 0.9999
    np.testing.assert_allclose(tiny_encoder.encode_pictures(pictures[:1]), found[:1], atol=1e-6)


def test_the_models_own_preprocessing_is_used(make_backbone: MakeBackbone) -> None:
    squashed = make_backbone(preprocess={"resize_mode": "squash"})
    other = Encoder.load(str(squashed)).encode_pictures([picture(1)])
    whole = Encoder.load(str(make_backbone())).encode_pictures([picture(1)])
    assert np.abs(other - whole).max() > 1e-3


def test_rows_are_unit_float32_and_in_order(tiny_encoder: Encoder) -> None:
    texts = [f"{'very ' * (number % 7)}nice thing {number}" for number in range(30)]
    together = tiny_encoder.encode_texts(texts)
    assert together.shape == (30, tiny_encoder.dim) == (30, 32)
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)
    alone = np.concatenate([tiny_encoder.encode_texts([text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-6)
    np.testing.assert_array_equal(together, tiny_encoder.encode_texts(texts))


def test_nothing_gives_no_rows(tiny_encoder: Encoder) -> None:
    for rows in (tiny_encoder.encode_texts([]), tiny_encoder.encode_pictures([])):
        assert rows.shape == (0, 32)
        assert rows.dtype == np.float32


def test_tokens_beyond_the_context_are_cut_off(tiny_encoder: Encoder) -> None:
    assert tiny_encoder.context_length == 77
    long = "shoe " * 75
    same, other = tiny_encoder.encode_texts([long + "red", long + "blue"])
    np.testing.assert_allclose(same, other, atol=1e-6)
    inside, outside = tiny_encoder.encode_texts(["shoe " * 70 + "red", "shoe " * 70 + "blue"])
    assert np.abs(inside - outside).max() > 1e-4


def test_logit_scale_is_the_factor_on_similarities(tiny_encoder: Encoder) -> None:
    assert tiny_encoder.logit_scale == pytest.approx(1 / 0.07)


def test_weights_stored_in_half_precision_run_in_fp32(make_backbone: MakeBackbone) -> None:
    half = make_backbone(dtype=torch.float16)
    rounded = make_backbone()
    weights = load_file(half / "open_clip_model.safetensors")
    assert {value.dtype for value in weights.values()} == {torch.float16}
    save_file(
        {name: value.float() for name, value in weights.items()},
        rounded / "open_clip_model.safetensors",
    )
    np.testing.assert_array_equal(
        Encoder.load(str(half)).encode_texts(TEXTS), Encoder.load(str(rounded)).encode_texts(TEXTS)
    )


def test_a_folder_may_be_named_in_several_ways(
    tiny_backbone: Path, tiny_encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tiny_backbone.parent)
    for spec in (f"local-dir:{tiny_backbone}", f"./{tiny_backbone.name}", tiny_backbone.name):
        loaded = Encoder.load(spec)
        assert loaded.fingerprint == tiny_encoder.fingerprint
        # Whatever the working folder is when it is loaded again.
        assert loaded.spec == f"local-dir:{tiny_backbone.resolve()}"


def test_a_name_with_a_checkpoint_file(
    tiny_backbone: Path, tiny_encoder: Encoder, tmp_path: Path
) -> None:
    config = json.loads((tiny_backbone / "open_clip_config.json").read_text())["model_cfg"]
    (tmp_path / "tiny-for-tests.json").write_text(json.dumps(config))
    open_clip.add_model_config(tmp_path)
    checkpoint = tmp_path / "weights.pt"
    torch.save(load_file(tiny_backbone / "open_clip_model.safetensors"), checkpoint)
    loaded = Encoder.load(f"tiny-for-tests:{checkpoint}")
    assert loaded.spec == f"tiny-for-tests:{checkpoint}"
    np.testing.assert_allclose(
        loaded.encode_texts(TEXTS), tiny_encoder.encode_texts(TEXTS), atol=1e-6
    )
    checkpoint.write_bytes(b"damaged")
    with pytest.raises(EncoderError, match=r"weights\.pt cannot be loaded.*damaged, or holds more"):
        Encoder.load(f"tiny-for-tests:{checkpoint}")


def test_the_bundled_backbone_is_found_in_the_repository_and_in_the_package(
    tiny_backbone: Path, tiny_encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locate, "__file__", str(tmp_path / "retriever" / "encoder" / "locate.py"))
    with pytest.raises(EncoderError, match="bundled encoder 'mini' is missing"):
        Encoder.load("mini")
    for place in (tmp_path / "models" / "mini", tmp_path / "retriever" / "models" / "mini"):
        shutil.copytree(tiny_backbone, place)
        assert bundled_folder() == place
        loaded = Encoder.load("mini")
        assert (loaded.spec, loaded.fingerprint) == ("mini", tiny_encoder.fingerprint)
        shutil.rmtree(place)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("ViT-B-23:openai", r"no open_clip model 'ViT-B-23' \(near: .*ViT-B-32:openai"),
        ("ViT-B-32:laion2b_s34b_b97k", r"no pretrained tag and no file \(near: .*s34b_b79k"),
        ("ViT-B-32", r"names no weights.*its tags: openai.*ViT-B-32:FILE"),
        ("no/such/folder", "no folder and no open_clip model"),
        ("", "bundled"),
        ("local-dir:no/such/folder", "no/such/folder is not a folder"),
        ("hf-hub:model", "hf-hub:owner/model"),
    ],
)
def test_an_unknown_spec_says_what_would_do(spec: str, message: str) -> None:
    with pytest.raises(EncoderError, match=message):
        Encoder.load(spec)


def test_tags_are_found_as_open_clip_spells_them() -> None:
    openai = source_of("ViT-B/32:openai")
    assert (openai.model, openai.pretrained) == ("ViT-B-32", "openai")
    # Those weights were trained with another activation than the config of that name has.
    assert openai.quick_gelu
    assert not source_of("ViT-B-32:laion2b_s34b_b79k").quick_gelu


def test_without_network_the_error_names_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(EncoderError, match=r"hf-hub:nobody/nothing cannot.*give the folder"):
        Encoder.load("hf-hub:nobody/nothing")


def test_a_folder_must_hold_config_and_sound_weights(
    make_backbone: MakeBackbone, tmp_path: Path
) -> None:
    with pytest.raises(EncoderError, match=r"has no open_clip_config\.json"):
        Encoder.load(str(tmp_path))
    folder = make_backbone()
    weights = folder / "open_clip_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(EncoderError, match="complete and belong together"):
        Encoder.load(str(folder))
    weights.unlink()
    with pytest.raises(EncoderError, match="Required pretrained weights"):
        Encoder.load(str(folder))


def test_damaged_weights_are_not_searched_with(make_backbone: MakeBackbone) -> None:
    folder = make_backbone()
    weights = load_file(folder / "open_clip_model.safetensors")
    weights["visual.proj"][0, 0] = float("nan")
    save_file(weights, folder / "open_clip_model.safetensors")
    encoder = Encoder.load(str(folder))
    assert np.isfinite(encoder.encode_texts(["red"])).all()
    with pytest.raises(EncoderError, match="not finite"):
        encoder.encode_pictures([picture(0)])


def test_threads_keep_order_and_take_only_a_few_items_ahead() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    def slow_when_even(number: int) -> int:
        time.sleep(0.002 * (number % 2 == 0))
        return -number

    results = map_in_threads(slow_when_even, items())
    assert [next(results) for _ in range(50)] == [-number for number in range(50)]
    assert len(taken) < 50 + 20
    results.close()  # type: ignore[attr-defined]
    assert len(taken) < 50 + 20


def test_threads_pass_errors_on_and_leave_a_single_item_where_it_is() -> None:
    with pytest.raises(ZeroDivisionError):
        list(map_in_threads(lambda number: 1 // number, [2, 1, 0, 1]))
    here = threading.get_ident()
    assert list(map_in_threads(lambda _: threading.get_ident(), [1])) == [here]
    assert here not in map_in_threads(lambda _: threading.get_ident(), [1, 2])
