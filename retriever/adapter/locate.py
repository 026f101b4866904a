"""Finding adapters: by name in the data folder or among the bundled ones, or by path."""

from pathlib import Path
from typing import TYPE_CHECKING

from retriever.adapter.config import IDENTITY
from retriever.adapter.files import CONFIG, load_adapter, load_frozen_adapter
from retriever.adapter.frozen import FrozenAdapter
from retriever.errors import AdapterError

if TYPE_CHECKING:
    from retriever.adapter.adapter import Adapter
    from retriever.embedding import SearchAdapter, SearchEncoder


def find_adapters(folder: Path | None = None) -> dict[str, Path]:
    """Every adapter that has a name, and where it is: those in ``folder``, then the bundled ones.

    A name that both have is the folder's.
    """
    package = Path(__file__).resolve().parents[1]
    places = [package / "models", package.parent / "models", *([] if folder is None else [folder])]
    found = {file.parent.name: file.parent for at in places for file in at.glob(f"*/{CONFIG}")}
    return dict(sorted(found.items()))


def locate_adapter(spec: str, folder: Path | None = None) -> Path:
    """The folder of an adapter that is given by name or path.

    Raises `AdapterError` for one that is neither, with the names there are.
    """
    named = find_adapters(folder)
    if spec in named:
        return named[spec]
    path = Path(spec).expanduser()
    if spec and (path / CONFIG).is_file():
        return path.resolve()
    if not spec:
        problem = "one that was never saved cannot be found again"
    else:
        problem = f"{path} holds no {CONFIG}" if path.is_dir() else "there is none of that name"
    raise AdapterError(
        f"adapter {spec!r}: {problem}; there are {', '.join([IDENTITY, *named])}; give one of them, "
        "or the folder of an adapter that `shoplens train` saved"
    )


def open_adapter(spec: str, encoder: "SearchEncoder", folder: Path | None = None) -> "Adapter":
    """Load an adapter for an encoder: ``identity``, a name (see `find_adapters`), or a path.

    Its ``spec`` names it again, from any working folder. Raises `AdapterError` when it is not there, is
    damaged, or is of another backbone.
    """
    if spec == IDENTITY:
        from retriever.adapter.adapter import Adapter

        return Adapter.identity(encoder.dim)
    path = locate_adapter(spec, folder)
    adapter, _ = load_adapter(path)
    if find_adapters(folder).get(spec) == path:
        adapter.spec = spec
    check_backbone(adapter, encoder)
    return adapter


def open_frozen_adapter(
    spec: str, encoder: "SearchEncoder", folder: Path | None = None
) -> FrozenAdapter:
    """As `open_adapter`, to be applied only and without PyTorch."""
    if spec == IDENTITY:
        return FrozenAdapter.identity(encoder.dim)
    path = locate_adapter(spec, folder)
    adapter = load_frozen_adapter(path)
    if find_adapters(folder).get(spec) == path:
        adapter.spec = spec
    check_backbone(adapter, encoder)
    return adapter


def check_backbone(adapter: "SearchAdapter", encoder: "SearchEncoder") -> None:
    """Raises `AdapterError` unless the adapter maps features of this encoder."""
    if adapter.backbone not in (None, encoder.fingerprint):
        raise AdapterError(
            f"adapter {adapter.spec or '(unnamed)'} was trained on the backbone {adapter.backbone}, but "
            f"encoder {encoder.spec} is {encoder.fingerprint}; load the encoder that it was trained on, "
            "or train an adapter for this one"
        )
    if adapter.config.dim != encoder.dim:
        raise AdapterError(
            f"adapter {adapter.spec or '(unnamed)'} maps vectors of [{adapter.config.dim}], but encoder "
            f"{encoder.spec} gives [{encoder.dim}]; use an adapter of this backbone"
        )
