"""Writing a drawn shop to disk: a catalogue that can be indexed like any other."""

import csv
import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from retriever.drawn.plan import DrawnProduct, plan_shop
from retriever.drawn.scene import render_all
from retriever.errors import CatalogueError

# Raise it whenever pictures or fields change, so that finished folders are drawn anew.
VERSION: Final = 2
_COLUMNS: Final = (
    "id",
    "title",
    "description",
    "brand",
    "category",
    "price",
    "currency",
    "colour",
    "material",
    "size",
    "image",
)
_STAMP: Final = "drawn.json"


def _write_catalogue(folder: Path, products: Sequence[DrawnProduct]) -> None:
    with (folder / "catalogue.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for product in products:
            fields = product.attributes
            writer.writerow(
                (
                    product.id,
                    product.title,
                    product.description,
                    product.brand,
                    product.category,
                    f"{product.price:.2f}",
                    product.currency,
                    fields.get("colour", ""),
                    fields.get("material", ""),
                    fields.get("size", ""),
                    f"pictures/{product.id}.png",
                )
            )
    with (folder / "visual.jsonl").open("w", encoding="utf-8") as file:
        for product in products:
            exact = {"id": product.id, "split": product.split, "group": product.visual.group}
            file.write(json.dumps(exact | asdict(product.visual)) + "\n")


def _finished(folder: Path, stamp: dict[str, int]) -> bool:
    """Whether the folder holds exactly the shop that the stamp stands for."""
    try:
        found: object = json.loads((folder / _STAMP).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return False  # no stamp, or a damaged one: the folder is drawn again
    return found == stamp


def draw_shop(
    folder: Path,
    seed: int = 0,
    per_type: int = 24,
    size: int = 224,
    jobs: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Draw a shop into ``folder`` and return the path of its ``catalogue.csv``.

    Besides the catalogue there are ``pictures/<id>.png`` (``size`` pixels square) and
    ``visual.jsonl`` with what each picture exactly shows. ``on_progress`` is called with (pictures
    drawn, pictures in all). A folder that already holds this very shop is left as it is; an
    interrupted run leaves nothing behind, a killed one a hidden draft beside ``folder``.

    Raises:
        CatalogueError: ``folder`` exists and is not a drawn shop, so replacing it could lose data.
    """
    stamp = {"version": VERSION, "seed": seed, "per_type": per_type, "size": size}
    catalogue = folder / "catalogue.csv"
    if _finished(folder, stamp):
        return catalogue
    if folder.exists() and not (folder / _STAMP).is_file() and any(folder.iterdir()):
        raise CatalogueError(
            f"{folder} already holds other files; choose an empty folder for the drawn shop"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        products = plan_shop(seed, per_type)
        pictures = draft / "pictures"
        pictures.mkdir()
        drawn = render_all(products, size, jobs)
        for done, (product, png) in enumerate(zip(products, drawn, strict=True), start=1):
            (pictures / f"{product.id}.png").write_bytes(png)
            if on_progress is not None:
                on_progress(done, len(products))
        _write_catalogue(draft, products)
        (draft / _STAMP).write_text(json.dumps(stamp), encoding="utf-8")
        draft.chmod(0o755)  # mkdtemp makes it private
        if folder.exists():
            shutil.rmtree(folder)
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft)
        raise
    return catalogue
