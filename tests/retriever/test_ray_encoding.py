"""Encoding on Ray: a real cluster of two machines' worth of processes on this one."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from retriever.catalogue import Catalogue, RoleOverrides
from retriever.encoder import Encoder
from retriever.encoding import encode_missing
from retriever.errors import (
    CatalogueError,
    ClusterError,
    EncoderError,
    FeatureCacheError,
    SettingsError,
)
from retriever.features import FeatureCache
from retriever.picture import Picture
from retriever.ray_encoding import PictureEncoder, encode_on_ray

pytest.importorskip("ray")
PICTURES = 150
"""More than two batches of the encoder."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a head and another node, one CPU each, which this machine belongs to."""
    from ray.cluster_utils import Cluster

    nodes = {"num_cpus": 1, "object_store_memory": 100_000_000}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        head = {**nodes, "include_dashboard": False}
        started = Cluster(initialize_head=True, head_node_args=head)
        try:
            started.add_node(**nodes)
            yield started.address
        finally:
            started.shutdown()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures, one of them twice and another one damaged, named in a CSV file."""
    root = tmp_path_factory.mktemp("catalogue")
    lines = ["id,title,image"]
    for number in range(PICTURES):
        noise = np.random.default_rng(number).integers(0, 256, (3, 2, 3), dtype=np.uint8)
        Image.fromarray(noise).resize((40, 60)).save(root / f"p{number}.png")
        lines.append(f"{number},product {number},p{number}.png")
    (root / "damaged.png").write_bytes((root / "p0.png").read_bytes()[:60])
    lines += ["again,the first again,p0.png", "damaged,cannot be seen,damaged.png"]
    lines += ["gone,has no file,gone.png"]
    (root / "shop.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return root


def catalogue(folder: Path) -> Catalogue:
    return Catalogue.open(
        folder / "shop.csv", overrides=RoleOverrides(aspect=(2, 3)), picture_cache=folder / "none"
    )


def picture(folder: Path, number: int) -> Picture:
    return Picture(folder / f"p{number}.png", aspect=(2, 3))


def test_a_cluster_encodes_what_the_cache_lacks_as_this_process_would(
    cluster: str, folder: Path, tmp_path: Path, tiny_backbone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = Encoder.load(str(tiny_backbone), device="cpu")
    pictures = [picture(folder, number) for number in range(PICTURES)]
    here = FeatureCache(tmp_path / "here", encoder.fingerprint, encoder.dim)
    encode_missing(encoder, here, pictures)
    cache = FeatureCache(tmp_path / "cluster", encoder.fingerprint, encoder.dim)
    # As after an interruption; and rows that stay as they are show that nothing is encoded twice.
    known = [one.key for one in pictures[:5]]
    cache.put(known, np.ones((5, encoder.dim), np.float32))
    monkeypatch.chdir(folder)
    told: list[tuple[int, int]] = []

    report = encode_on_ray(
        Catalogue.open(Path("shop.csv"), overrides=RoleOverrides(aspect=(2, 3))),
        encoder,
        cache,
        cluster,
        on_progress=lambda done, total: told.append((done, total)),
    )

    assert (report.encoded, report.failed) == (PICTURES - 5, 1)
    assert (report.nodes, report.cpus, report.gpus) == (2, 2, 0)
    keys = [one.key for one in pictures]
    assert (cache.get(known) == 1).all()
    cosines = (cache.get(keys[5:]) * here.get(keys[5:])).sum(axis=1)
    assert cosines.min() > 0.999
    assert told[-1] == (PICTURES + 2, PICTURES + 3)
    assert [done for done, _ in told] == sorted(done for done, _ in told)

    again = encode_on_ray(catalogue(folder), encoder, cache, cluster)
    assert (again.encoded, again.failed) == (0, 1)


def test_what_a_machine_said_is_in_the_error(
    cluster: str, folder: Path, tmp_path: Path, tiny_backbone: Path
) -> None:
    encoder = Encoder.load(str(tiny_backbone), device="cpu")
    encoder.spec = f"local-dir:{tmp_path / 'absent'}"
    cache = FeatureCache(tmp_path / "features", encoder.fingerprint, encoder.dim)
    with pytest.raises(ClusterError, match=rf"{cluster} failed: encoder .*absent is not a folder"):
        encode_on_ray(catalogue(folder), encoder, cache, cluster)
    assert len(cache) == 0


def test_what_an_actor_raised_while_encoding_is_in_the_error(
    cluster: str,
    folder: Path,
    tmp_path: Path,
    tiny_backbone: Path,
) -> None:
    damaged = shutil.copytree(tiny_backbone, tmp_path / "damaged")
    weights = damaged / "open_clip_model.safetensors"
    tensors = load_file(weights)
    tensors["visual.proj"] = torch.full_like(tensors["visual.proj"], torch.nan)
    save_file(tensors, weights)
    encoder = Encoder.load(str(damaged), device="cpu")
    cache = FeatureCache(tmp_path / "features", encoder.fingerprint, encoder.dim)
    with pytest.raises(ClusterError, match=r"failed: encoder .* gave vectors that are not finite"):
        encode_on_ray(catalogue(folder), encoder, cache, cluster, runtime="torch")


def test_what_reading_the_catalogue_raises_is_raised_here(
    cluster: str, folder: Path, tmp_path: Path, tiny_encoder: Encoder
) -> None:
    shutil.copy(folder / "shop.csv", tmp_path / "shop.csv")
    opened = Catalogue.open(tmp_path / "shop.csv")
    (tmp_path / "shop.csv").unlink()
    cache = FeatureCache(tmp_path / "features", tiny_encoder.fingerprint, tiny_encoder.dim)
    with pytest.raises(CatalogueError) as caught:
        encode_on_ray(opened, tiny_encoder, cache, cluster)
    assert type(caught.value) is CatalogueError
    assert "Traceback" not in str(caught.value)


def test_another_encoder_under_the_same_name_is_refused(
    tiny_backbone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(EncoderError, match="put the same weights on every machine"):
        PictureEncoder(str(tiny_backbone), "another", 8, "auto")


def test_a_cache_of_another_backbone_is_refused(
    folder: Path, tmp_path: Path, tiny_encoder: Encoder
) -> None:
    cache = FeatureCache(tmp_path, "another", tiny_encoder.dim)
    with pytest.raises(FeatureCacheError, match="is of the backbone another"):
        encode_on_ray(catalogue(folder), tiny_encoder, cache, "local")


@pytest.mark.parametrize(
    ("address", "error", "message"),
    [
        ("127.0.0.1:9", ClusterError, "no Ray cluster answers at 127.0.0.1:9"),
        ("nonsense", SettingsError, "give auto where this machine has joined one"),
        ("head:port", SettingsError, "HOST:PORT of its head"),
        ("ray://127.0.0.1:10001", SettingsError, "join it"),
    ],
)
def test_addresses_that_are_none(
    folder: Path,
    tmp_path: Path,
    tiny_encoder: Encoder,
    address: str,
    error: type[Exception],
    message: str,
) -> None:
    cache = FeatureCache(tmp_path, tiny_encoder.fingerprint, tiny_encoder.dim)
    with pytest.raises(error, match=message):
        encode_on_ray(catalogue(folder), tiny_encoder, cache, address)


def test_what_answers_but_is_no_cluster_is_told(
    folder: Path, tmp_path: Path, tiny_encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise ConnectionError("RPC error\nnot a head.")

    monkeypatch.setattr("ray.init", refused)
    cache = FeatureCache(tmp_path, tiny_encoder.fingerprint, tiny_encoder.dim)
    with pytest.raises(ClusterError, match=r"answers at auto \(not a head\).*Nothing was encoded"):
        encode_on_ray(catalogue(folder), tiny_encoder, cache, "auto")


def test_without_ray_it_says_what_to_install(
    folder: Path, tmp_path: Path, tiny_encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    cache = FeatureCache(tmp_path, tiny_encoder.fingerprint, tiny_encoder.dim)
    with pytest.raises(SettingsError, match=r"shoplens\[ray\]"):
        encode_on_ray(catalogue(folder), tiny_encoder, cache, "local")
