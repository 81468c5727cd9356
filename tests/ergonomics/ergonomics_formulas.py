"""A calculator for the few forms of formula that a workbook holds.

It reads the file through openpyxl, so neither the writer nor the values it put beside
the formulas take part.
"""

import io
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from openpyxl import Workbook, load_workbook
from openpyxl.utils.cell import range_boundaries

Value = float | str | None
Values = list[Value]

_TOKEN: Final = re.compile(
    r'\s*(?:(?P<text>"[^"]*")|(?P<number>\d+\.?\d*(?:e-?\d+)?)'
    r"|(?P<range>\$?[A-Z]+\$?\d+(?::\$?[A-Z]+\$?\d+)?(?![\w(]))"
    r"|(?P<name>[A-Za-z_]\w*)|(?P<sign>>=|<=|<>|[-+*/&(),><=]))"
)
_TEST: Final = re.compile(r"(>=|<=|<>|>|<|=)?(.*)")
_COMPARE: Final[dict[str, Callable[[float, float], bool]]] = {
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    "=": lambda a, b: a == b,
}


class Calculator:
    """Works out the formulas of a workbook."""

    def __init__(self, raw: bytes) -> None:
        self.formulas: Workbook = load_workbook(io.BytesIO(raw))
        self.shown: Workbook = load_workbook(io.BytesIO(raw), data_only=True)
        self._names = {
            name: self._named(entry.attr_text)
            for name, entry in self.formulas.defined_names.items()
        }

    def _named(self, where: str) -> Values:
        sheet, _, cells = where.rpartition("!")
        return self._cells(sheet.strip("'"), cells)

    def _cells(self, sheet: str, cells: str) -> Values:
        first, top, last, bottom = range_boundaries(cells)
        page = self.formulas[sheet]
        rows = page.iter_rows(top, bottom, first, last)
        return [self.value(sheet, cell.value) for row in rows for cell in row]

    def value(self, sheet: str, content: Any) -> Value:
        """Return what a cell's content comes to."""
        if isinstance(content, str) and content.startswith("="):
            return _Parser(self, sheet, content[1:]).whole()
        if content is None or isinstance(content, str):
            return content
        return float(content)

    def every_formula(self) -> Iterator[tuple[str, str, Value, Value]]:
        """Yield sheet, formula, what it comes to, and what stands beside it."""
        for page in self.formulas:
            for row in page.iter_rows():
                for cell in row:
                    if cell.data_type == "f":
                        shown: Any = self.shown[page.title][cell.coordinate].value
                        formula = str(cell.value)
                        yield (
                            page.title,
                            formula,
                            self.value(page.title, formula),
                            shown,
                        )

    def numbers(self, name: str) -> list[float]:
        """Return a named range; NaN for an empty cell."""
        return [v if isinstance(v, float) else float("nan") for v in self.name(name)]

    def range(self, sheet: str, cells: str) -> Values:
        """Return the values of a range or a single cell."""
        return self._cells(sheet, cells.replace("$", ""))

    def name(self, name: str) -> Values:
        """Return the values of a named range."""
        return self._names[name]


class _Parser:
    """One formula, read from left to right."""

    def __init__(self, book: Calculator, sheet: str, text: str) -> None:
        self._book, self._sheet = book, sheet
        self._tokens = list(_TOKEN.finditer(text))
        assert "".join(t.group().strip() for t in self._tokens) == text
        self._at = 0

    def whole(self) -> Value:
        found: Value = _single(self._comparison())
        assert self._at == len(self._tokens)
        return found

    def _peek(self) -> str:
        more = self._at < len(self._tokens)
        return self._tokens[self._at].group().strip() if more else ""

    def _next(self) -> re.Match[str]:
        self._at += 1
        return self._tokens[self._at - 1]

    def _comparison(self) -> Any:
        left = self._joined()
        while self._peek() in _COMPARE:
            sign = self._next().group().strip()
            left = _COMPARE[sign](_number(left), _number(self._joined()))
        return left

    def _joined(self) -> Any:
        left = self._sum()
        while self._peek() == "&":
            self._next()
            left = f"{_text(left)}{_text(self._sum())}"
        return left

    def _sum(self) -> Any:
        left = self._product()
        while self._peek() in {"+", "-"}:
            sign = 1 if self._next().group().strip() == "+" else -1
            left = _number(left) + sign * _number(self._product())
        return left

    def _product(self) -> Any:
        left = self._atom()
        while self._peek() in {"*", "/"}:
            times = self._next().group().strip() == "*"
            right = self._atom()
            if times:
                left = _number(left) * _number(right)
            else:  # IF works out both branches: the unused one may divide by zero
                left = _number(left) / (_number(right) or float("nan"))
        return left

    def _atom(self) -> Any:
        token = self._next()
        if token["text"] is not None:
            return token["text"][1:-1]
        if token["number"] is not None:
            return float(token["number"])
        if token["range"] is not None:
            return self._book.range(self._sheet, token["range"])
        if token["name"] is not None:
            return self._named(token["name"])
        assert token["sign"] == "(", token
        inner = self._comparison()
        self._next()
        return inner

    def _named(self, name: str) -> Any:
        if self._peek() != "(":
            return self._book.name(name)
        self._next()
        arguments = [self._comparison()]
        while self._peek() == ",":
            self._next()
            arguments.append(self._comparison())
        assert self._next().group().strip() == ")"
        return _FUNCTIONS[name](*arguments)


def _single(value: Any) -> Any:
    return value[0] if isinstance(value, list) else value


def _number(value: Any) -> float:
    return float(_single(value) or 0.0)


def _text(value: Any) -> str:
    value = _single(value)
    return value if isinstance(value, str) else f"{value:.15g}"


def _numbers(values: Values) -> list[float]:
    return [v for v in values if isinstance(v, float)]


def _matches(value: Value, test: Any) -> bool:
    found = _TEST.fullmatch(_text(test))
    assert found is not None
    return isinstance(value, float) and _COMPARE[found[1] or "="](
        value, float(found[2])
    )


def _where(values: Values, *tests: Any) -> list[float]:
    ranges, wanted = tests[::2], tests[1::2]
    return [
        value
        for k, value in enumerate(values)
        if isinstance(value, float)
        and all(_matches(r[k], t) for r, t in zip(ranges, wanted, strict=True))
    ]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "SUM": lambda values: sum(_numbers(values)),
    "MIN": lambda values: min(_numbers(values)),
    "MAX": lambda values: max(_numbers(values)),
    "COUNT": lambda values: float(len(_numbers(values))),
    "AVERAGE": lambda values: _mean(_numbers(values)) if _numbers(values) else 0.0,
    "SUMIFS": lambda values, *tests: sum(_where(values, *tests)),
    "AVERAGEIFS": lambda values, *tests: _mean(_where(values, *tests)),
    "IF": lambda test, yes, no: yes if test else no,
    "ISNUMBER": lambda value: isinstance(_single(value), float),
    "ROUND": lambda value, digits: float(int(_number(value) + 0.5)),
}
