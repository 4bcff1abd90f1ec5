"""The arguments `image` and `columns` of tables: which of their columns become inputs, and by what names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

from numpy.typing import NDArray

from fastseq.arguments import check_ordered, shown
from fastseq.samples.class_labels import listed
from fastseq.samples.column_values import side_by_side
from fastseq.samples.inputs import Inputs

Images: TypeAlias = str | Iterable[str] | Mapping[str, str]
Columns: TypeAlias = Iterable[str] | Mapping[str, str | Iterable[str]]


class TableInputs(NamedTuple):
    """Which columns of a table are read, by the names of the inputs.

    Attributes:
        images: the column of each image.
        columns: the column of each other input, or the list of its columns.
        is_named: whether x is a dict.
    """

    images: dict[str, str]
    columns: dict[str, str | list[str]]
    is_named: bool

    @classmethod
    def from_arguments(cls, image: Images, columns: Columns | None) -> TableInputs:
        """Check the arguments; see `Samples.from_dataframe`.

        Raises:
            TypeError: if one of them is no name, list or dict of names.
            ValueError: if one is empty, or if a list names a column twice.
        """
        several = not isinstance(image, str) and isinstance(image, Iterable)
        images: dict[Any, Any] = _named("image", image) if several else {image: image}
        for name, column in images.items():
            if not isinstance(column, str) and isinstance(column, Iterable):
                raise TypeError(
                    f"image: {name!r} must be one column, not {shown(column)}; give each image its own name"
                )
        others = {} if columns is None else _named("columns", columns)
        is_named = several or columns is not None
        if is_named:
            check_names("image", images)
            check_names("columns", others)
        return cls(images, {name: _column_or_list(name, column) for name, column in others.items()}, is_named)

    @property
    def values(self) -> list[str]:
        """The columns of values, one after the other."""
        return [each for column in self.columns.values() for each in (column if isinstance(column, list) else [column])]

    def read(
        self, samples: int, values_of: Callable[[str], NDArray[Any]], what: Callable[[str], str] = "column {!r}".format
    ) -> Inputs:
        """Read the columns.

        Args:
            samples: how many rows the table has.
            values_of: reads the values of a column.
            what: the name of a column in messages.

        Raises:
            ValueError: if two inputs have the same name, or if a list of columns has one that holds no numbers.
        """
        if not self.is_named:
            return Inputs()
        arrays: dict[str, NDArray[Any]] = {}
        for name, column in self.columns.items():
            if isinstance(column, list):
                arrays[name] = side_by_side(list(map(values_of, column)), list(map(what, column)))
            else:
                arrays[name] = values_of(column)
        return Inputs.in_blocks(self.images, arrays, samples)


def check_names(argument: str, names: Iterable[object]) -> None:
    """Raise a TypeError for an input whose name is not text: Keras knows them by name."""
    for name in names:
        if not isinstance(name, str) or not name:
            raise TypeError(f"{argument}: the name of an input must be text, not {name!r}; pass {{'name': ...}}")


def _named(argument: str, given: Any) -> dict[str, Any]:
    """The columns by the names of the inputs."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise TypeError(f"{argument} must be a list of columns or a dict of them, not {shown(given)}")
    check_ordered(argument, given)
    names = list(given)
    if not names:
        raise ValueError(f"{argument} is empty; name a column, or leave it out")
    if isinstance(given, Mapping):
        return dict(given)
    if twice := [name for place, name in enumerate(names) if name in names[:place]]:
        raise ValueError(f"{argument} has {twice[0]!r} twice: {listed(names)}; name each column once")
    return {name: name for name in names}


def _column_or_list(name: str, column: Any) -> str | list[str]:
    if isinstance(column, str) or not isinstance(column, Iterable):
        return column
    check_ordered(f"columns[{name!r}]", column)
    columns = list(column)
    if not columns:
        raise ValueError(f"columns: {name!r} is an empty list; name a column")
    return columns
