"""From what a user writes to what open_clip's factory is given, before anything is loaded."""

import difflib
from dataclasses import dataclass
from pathlib import Path

from retriever.errors import EncoderError

BUNDLED = "mini"
"""The spec of the backbone that comes with shoplens."""

_FOLDER_PREFIX = "local-dir:"
_HUB_PREFIX = "hf-hub:"
_CONFIG = "open_clip_config.json"
_FORMS = (
    f"give {BUNDLED} (bundled), name:pretrained (such as ViT-B-32:laion2b_s34b_b79k), name:checkpoint "
    f"file, {_HUB_PREFIX}owner/model, or a folder with {_CONFIG} and the weights"
)


@dataclass(frozen=True, slots=True)
class Source:
    """What open_clip loads: ``model`` and ``pretrained`` as its factory takes them.

    ``spec`` names the same weights from any working folder. ``quick_gelu`` says that the weights were
    trained with OpenAI's approximation of GELU, whatever the config of that name says; ``online`` that
    they may have to be fetched. ``folder`` is that of config and weights, where there is one.
    """

    spec: str
    model: str
    pretrained: str | None = None
    quick_gelu: bool = False
    online: bool = False
    folder: Path | None = None


def locate(spec: str) -> Source:
    """Understand a spec; see `Encoder.load` for its forms. Raises `EncoderError` for an unknown one."""
    spec = spec.strip()
    if spec == BUNDLED:
        folder = bundled_folder()
        return Source(spec, f"{_FOLDER_PREFIX}{folder}", folder=folder)
    if spec.startswith(_HUB_PREFIX):
        if "/" not in spec:
            raise EncoderError(f"encoder {spec!r} names no model; write {_HUB_PREFIX}owner/model")
        return Source(spec, spec, online=True)
    if spec.startswith(_FOLDER_PREFIX):
        return _folder(spec, Path(spec.removeprefix(_FOLDER_PREFIX)))
    if spec and (given := Path(spec).expanduser()).is_dir():
        return _folder(spec, given)
    name, _, pretrained = spec.partition(":")
    return _named(spec, name.replace("/", "-"), pretrained)


def bundled_folder() -> Path:
    """The folder of the bundled backbone: in the repository, or inside the installed package.

    Raises `EncoderError` where it is in neither.
    """
    package = Path(__file__).resolve().parents[1]
    places = [parent / "models" / BUNDLED for parent in (package.parent, package)]
    for place in places:
        if (place / _CONFIG).is_file():
            return place
    raise EncoderError(
        f"the bundled encoder {BUNDLED!r} is missing: neither {places[0]} nor {places[1]} holds "
        f"{_CONFIG}; install shoplens again, or choose another encoder: {_FORMS}"
    )


def _folder(spec: str, folder: Path) -> Source:
    folder = folder.expanduser().resolve()
    if not (folder / _CONFIG).is_file():
        problem = f"has no {_CONFIG}" if folder.is_dir() else "is not a folder"
        raise EncoderError(
            f"encoder {spec!r}: {folder} {problem}; give a folder that open_clip saved, with {_CONFIG} "
            "and the weights (open_clip_model.safetensors) in it"
        )
    return Source(f"{_FOLDER_PREFIX}{folder}", f"{_FOLDER_PREFIX}{folder}", folder=folder)


def _named(spec: str, name: str, pretrained: str) -> Source:
    import open_clip  # seconds, which the other forms do without

    if name not in open_clip.list_models():
        raise EncoderError(
            f"encoder {spec!r}: there is no folder and no open_clip model {name!r}"
            f"{_near(spec, name)}; {_FORMS}"
        )
    tags = open_clip.list_pretrained_tags_by_model(name)
    # open_clip looks tags up in lower case and with underscores; its own lookup decides.
    config = open_clip.get_pretrained_cfg(name, pretrained) if pretrained else {}
    if config:
        quick_gelu = bool(config.get("quick_gelu"))
        return Source(f"{name}:{pretrained}", name, pretrained, quick_gelu, online=True)
    file = Path(pretrained).expanduser()
    if pretrained and file.is_file():
        return Source(f"{name}:{file.resolve()}", name, str(file.resolve()))
    problem = (
        f"{pretrained!r} is no pretrained tag and no file" if pretrained else "names no weights"
    )
    known = f"its tags: {', '.join(tags)}" if tags else "open_clip knows no tags for it"
    raise EncoderError(
        f"encoder {spec!r}: {problem}{_near(spec, name)}; {known}; or write {name}:FILE with a "
        "checkpoint of it"
    )


def _near(spec: str, name: str) -> str:
    """Known specs that the given one may have meant, as the end of a sentence."""
    import open_clip

    known = open_clip.list_pretrained(as_str=True)
    # The name alone first: a right name with a wrong tag should give that name's tags.
    same = [one for one in known if one.startswith(f"{name}:")]
    found = difflib.get_close_matches(spec, same or known, n=3, cutoff=0.5)
    return f" (near: {', '.join(found)})" if found else ""
