"""The catalogue: opened once to understand its columns, then read into checked products."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import ValidationError

from retriever.catalogue.config import CONFIG_NAME, Role, RoleOverrides, load_config
from retriever.catalogue.fetch import PictureFetcher
from retriever.catalogue.formats import reader_for
from retriever.catalogue.pictures import picture_of
from retriever.catalogue.prices import currency_in_name, known_currency, parse_price
from retriever.catalogue.profile import FieldProfile, typed_value
from retriever.catalogue.reader import RawRow, Reader
from retriever.catalogue.report import CatalogueReport, CheckReport, FieldSummary, SetAside
from retriever.catalogue.roles import Roles, assign_roles
from retriever.catalogue.values import Cell, as_text, is_missing
from retriever.errors import CatalogueError, PictureError
from retriever.product import NO_CURRENCY, Price, Product
from retriever.where import FieldType

Progress = Callable[[int, int], None]
"""Called with (rows read so far, rows in all)."""


@dataclass(frozen=True, slots=True)
class CatalogueRow:
    """A product and the number of its row (see `CheckReport.row_word`)."""

    row: int
    product: Product


class Catalogue:
    """A source of products; make one with `Catalogue.open`.

    ``roles``: what each column is taken for. ``summaries``: every field's type and figures.
    ``rows``: rows in all, unusable ones included. ``notes``: what a person should know of the columns.
    ``report``: of the latest pass over the products, filled while it runs.
    """

    def __init__(self, reader: Reader, settings: RoleOverrides, picture_cache: Path) -> None:
        self.path = reader.path
        self.format = reader.format
        self.row_word = reader.row_word
        self.roles: Roles = assign_roles(reader.columns(), settings, reader.binary_columns())
        self.report = CatalogueReport()
        self._reader = reader
        self._settings = settings
        self._picture_cache = picture_cache
        self._base = reader.folder / (settings.base or "")
        self.rows, self.summaries = self._profile()
        names = set(self.roles.attributes.values())
        self._attributes = [summary for summary in self.summaries if summary.name in names]
        self.notes: tuple[str, ...] = (*reader.notes(), *self.roles.notes, *self._price_notes())

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        config: Path | None = None,
        overrides: RoleOverrides | None = None,
        picture_cache: Path | None = None,
    ) -> Self:
        """Understand a catalogue file or a folder of pictures; reads it once, without its pictures.

        ``config`` is the ``catalogue.toml`` (by default the one beside the catalogue, where there is
        one); ``overrides`` win over it. ``picture_cache`` keeps pictures that are fetched by address.
        Raises `CatalogueError` when no products can be read from it.
        """
        reader = reader_for(path)
        beside = reader.folder / CONFIG_NAME
        if config is None and beside.is_file():
            config = beside
        settings = load_config(config) if config is not None else RoleOverrides()
        if overrides is not None:
            settings = overrides.over(settings)
        try:
            return cls(reader, settings, picture_cache or _default_picture_cache())
        except CatalogueError as error:
            if str(path) in str(error):
                raise
            raise CatalogueError(f"catalogue {path}: {error}") from error

    @property
    def fields(self) -> dict[str, FieldType]:
        """The fields that one can filter by: normalised name -> type."""
        return {
            summary.name: summary.type
            for summary in self.summaries
            if summary.type != "text" and summary.filled
        }

    def products(
        self, *, check_pictures: bool = True, on_progress: Progress | None = None
    ) -> Iterator[Product]:
        """The usable products; see `rows_with_products`."""
        rows = self.rows_with_products(check_pictures=check_pictures, on_progress=on_progress)
        return (row.product for row in rows)

    def rows_with_products(
        self, *, check_pictures: bool = True, on_progress: Progress | None = None
    ) -> Iterator[CatalogueRow]:
        """A fresh pass over the catalogue: the usable products in order, with their row numbers.

        Unusable rows go to a new ``report``. With ``check_pictures`` every picture is decoded once and
        those that fail are set aside. Without it the caller, who decodes them anyway, does that with
        ``catalogue.report.set_aside_row(...)``. Pictures at addresses are fetched (where that is
        allowed) in either case. Raises `CatalogueError` when the file itself fails.
        """
        self.report = report = CatalogueReport()
        return self._pass(report, check_pictures, on_progress)

    def check(self, *, on_progress: Progress | None = None) -> CheckReport:
        """Read everything, decode every picture, and say what was understood."""
        sizes: list[tuple[int, int]] = []
        for row in self.rows_with_products(check_pictures=False, on_progress=on_progress):
            size = _decoded_size(row, self.report)
            if size is not None:
                sizes = sorted([*sizes, size], key=lambda size: size[0] * size[1])
                sizes = [sizes[0], sizes[-1]]
        return CheckReport(
            source=str(self.path),
            format=self.format,
            row_word=self.row_word,
            rows=self.report.read,
            kept=self.report.kept,
            roles={str(role): column for role, column in self.roles.columns.items()},
            unused=self.roles.unused,
            fields=self.summaries,
            set_aside=tuple(sorted(self.report.set_aside, key=lambda item: item.row)),
            warnings=(*self.notes, *self.report.warnings),
            smallest_picture=sizes[0] if sizes else None,
            largest_picture=sizes[-1] if sizes else None,
        )

    def _pass(
        self, report: CatalogueReport, check_pictures: bool, on_progress: Progress | None
    ) -> Iterator[CatalogueRow]:
        first_rows: dict[str, int] = {}
        fetcher = PictureFetcher(self._picture_cache) if self._settings.allow_urls else None
        try:
            for raw in self._reader.rows(skip=self.roles.unused):
                report.read += 1
                product = self._product(raw, first_rows, fetcher, report)
                if isinstance(product, SetAside):
                    report.set_aside.append(product)
                else:
                    report.kept += 1
                    # An unusable row claims no id: a good row after it may have the same.
                    first_rows[product.id] = raw.number
                    row = CatalogueRow(raw.number, product)
                    if not check_pictures or _decoded_size(row, report) is not None:
                        yield row
                if on_progress is not None:
                    on_progress(report.read, self.rows)
        finally:
            if fetcher is not None:
                fetcher.close()

    def _product(
        self,
        raw: RawRow,
        first_rows: dict[str, int],
        fetcher: PictureFetcher | None,
        report: CatalogueReport,
    ) -> Product | SetAside:
        if raw.problem:
            return SetAside(raw.number, None, "malformed row", raw.problem)
        product_id = as_text(self._cell(raw, "id"))
        if not product_id:
            return SetAside(raw.number, None, "no id", "has no id")
        if (first := first_rows.get(product_id)) is not None:
            reason = f"has the id of {self.row_word} {first}"
            return SetAside(raw.number, product_id, "duplicate id", reason)
        try:
            picture = picture_of(
                self._cell(raw, "picture"),
                base=self._base,
                aspect=self._settings.aspect,
                fetcher=fetcher,
            )
        except PictureError as error:
            return SetAside(raw.number, product_id, "unusable picture", str(error))
        if picture is None:
            return SetAside(raw.number, product_id, "no picture", "has no picture")
        price, complaint = self._price(raw.cells)
        if complaint:
            report.warnings.append(f"{self.row_word} {raw.number}: {complaint}, left out")
        try:
            return Product(
                id=product_id,
                title=as_text(self._cell(raw, "title")),
                description=as_text(self._cell(raw, "description")),
                brand=as_text(self._cell(raw, "brand")) or None,
                category=as_text(self._cell(raw, "category")) or None,
                price=price,
                attributes={
                    summary.name: value
                    for summary in self._attributes
                    if (value := typed_value(raw.cells.get(summary.column), summary)) is not None
                },
                picture=picture,
            )
        except ValidationError as error:
            reasons = "; ".join(f"{e['loc'][0]}: {e['msg']}" for e in error.errors())
            return SetAside(raw.number, product_id[:80], "not valid", reasons)

    def _cell(self, raw: RawRow, role: Role) -> Cell:
        column = self.roles.columns.get(role)
        return None if column is None else raw.cells.get(column)

    def _price(self, cells: Mapping[str, Cell]) -> tuple[Price | None, str]:
        """The row's price, and what is wrong with it where it cannot be understood."""
        column = self.roles.columns.get("price")
        cell = cells.get(column) if column is not None else None
        if column is None or is_missing(cell):
            return None, ""
        try:
            said = as_text(cells.get(self.roles.columns.get("currency", "")))
            currency = known_currency(said) if said else self._settings.currency
            return parse_price(cell, currency or currency_in_name(column)), ""
        except ValueError as error:
            return None, f'price "{as_text(cell)}" {error}'

    def _profile(self) -> tuple[int, tuple[FieldSummary, ...]]:
        """Count the rows and type every field over all of them, without reading the pictures."""
        columns = self.roles.columns
        profiles = [
            FieldProfile(role, columns[role], keyword_only=True)
            for role in ("brand", "category")
            if role in columns
        ]
        amounts = FieldProfile("price", columns.get("price", ""))
        currencies = FieldProfile("currency", columns.get("currency", ""), keyword_only=True)
        profiles += [FieldProfile(name, column) for column, name in self.roles.attributes.items()]
        rows = 0
        for raw in self._reader.rows(skip={*self.roles.unused, columns["picture"]}):
            rows += 1
            for profile in profiles:
                profile.add(raw.cells.get(profile.column))
            price, _ = self._price(raw.cells)
            if price is not None:
                amounts.add(price.amount)
                currencies.add(price.currency)
        if not rows:
            raise CatalogueError("it has columns but no rows")
        if "price" in columns:
            at = sum(profile.keyword_only for profile in profiles)
            profiles[at:at] = [amounts, currencies]
        return rows, tuple(profile.summary() for profile in profiles)

    def _price_notes(self) -> Iterator[str]:
        for summary in self.summaries:
            if summary.name == "currency" and NO_CURRENCY in summary.examples:
                yield (
                    "prices are without a currency; say which one they are in with "
                    '--currency EUR, or currency = "EUR" under [price]'
                )


def _decoded_size(row: CatalogueRow, report: CatalogueReport) -> tuple[int, int] | None:
    """(width, height) of the row's picture in pixels; a row whose picture fails is set aside."""
    picture = row.product.picture
    try:
        return picture.open().size if picture is not None else None
    except PictureError as error:
        report.set_aside_row(row.row, row.product.id, str(error))
        return None


def _default_picture_cache() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "shoplens" / "pictures"
