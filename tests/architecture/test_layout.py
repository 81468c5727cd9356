"""The shape of the tree: where files lie, how long they are, what they avoid."""

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from pathlib import Path
from statistics import median, quantiles

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ("proto/src", "services/*/src", "deploy/*/src")
SKIPPED = {
    ".git",
    ".venv",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".hypothesis",
    ".import_linter_cache",
    ".cache",
    ".bench",
    "__pycache__",
    "node_modules",
    "build",
    "dist",
    "out",
}
MAX_MODULE_LINES = 400
MAX_TEST_LINES = 500
MAX_FUNCTION_LINES = 80
MOST_FUNCTIONS_LINES = 30
MEDIAN_FUNCTION_LINES = 10
MAX_MAIN_LINES = 30
SERVICES = ("ingest", "pose", "mesh", "ergonomics", "gateway")
BROAD = {"Exception", "BaseException"}
BORDERS = {
    "proto/src/ergomesh/runtime/worker.py": "whatever it is, the job must end",
    "services/pose/src/ergomesh/pose/prefetch.py": "handed to the reader's thread",
    "deploy/local/src/ergomesh/local/app.py": "the last line before the user",
}
"""Where everything may be caught, and why; once in each file."""
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def _files(pattern: str) -> tuple[Path, ...]:
    return tuple(
        path
        for path in sorted(ROOT.glob(pattern))
        if path.is_file() and not SKIPPED & set(path.relative_to(ROOT).parts)
    )


def _sources() -> list[Path]:
    return [path for where in SOURCES for path in _files(f"{where}/**/*.py")]


def _programs() -> list[Path]:
    return [*_sources(), *_files("models/*.py"), *_files("proto/schema/*.py")]


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, Function):
            yield node


def _body_lines(function: Function) -> int:
    """Return how many lines the statements after the docstring span."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def _name(path: Path, node: ast.AST | None = None) -> str:
    line = f":{node.lineno}" if isinstance(node, ast.stmt | ast.expr) else ""
    return f"{path.relative_to(ROOT)}{line}"


def test_there_is_something_to_look_at() -> None:
    """The patterns of this file find the sources of all portions."""
    portions = {path.relative_to(ROOT).parts[-2] for path in _sources()}
    assert {"contract", "runtime", *SERVICES, "local"} <= portions
    assert len(_files("tests/**/test_*.py")) > len(SERVICES)


def test_the_namespace_is_no_package() -> None:
    """No ``__init__.py`` lies in a ``src/ergomesh/``: it would hide the others."""
    stray = [_name(p) for s in SOURCES for p in _files(f"{s}/ergomesh/__init__.py")]
    assert stray == []


@pytest.mark.parametrize(
    "pattern",
    [
        "__init__.py",
        "proto/__init__.py",
        "proto/schema/__init__.py",
        "models/**/__init__.py",
        "services/__init__.py",
        "services/*/__init__.py",
        "services/*/src/__init__.py",
        "deploy/__init__.py",
        "deploy/*/__init__.py",
        "tests/**/__init__.py",
    ],
)
def test_a_folder_of_the_workspace_is_no_package(pattern: str) -> None:
    """No folder above the distributions, and none of the tests, can be imported."""
    assert [_name(path) for path in _files(pattern)] == []


def test_every_portion_is_a_package() -> None:
    """Below the namespace every folder has its ``__init__.py`` with a docstring."""
    for path in _sources():
        home = path.parent / "__init__.py"
        assert home.is_file(), f"{_name(path)} lies in no package"
        assert ast.get_docstring(_tree(home)), f"{_name(home)} says nothing"


def test_every_portion_is_typed() -> None:
    """Each portion tells type checkers that its annotations count."""
    for where in SOURCES:
        for folder in ROOT.glob(f"{where}/ergomesh/*/__init__.py"):
            assert (folder.parent / "py.typed").is_file(), _name(folder.parent)


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_the_same_skeleton(service: str) -> None:
    """Wiring, settings, Dockerfile and README have the same names everywhere."""
    home = ROOT / "services" / service
    package = home / "src" / "ergomesh" / service
    wanted = [
        package / "__main__.py",
        package / "settings.py",
        home / "Dockerfile",
        home / "README.md",
    ]
    if service != "gateway":  # it serves HTTP and has no stage
        wanted.append(package / "stage.py")
    assert [_name(path) for path in wanted if not path.is_file()] == []


@pytest.mark.parametrize("service", SERVICES)
def test_the_wiring_is_short(service: str) -> None:
    """``__main__.py`` has at most 30 lines."""
    (path,) = _files(f"services/{service}/src/ergomesh/{service}/__main__.py")
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_MAIN_LINES


@pytest.mark.parametrize(
    ("find", "most"),
    [(_programs, MAX_MODULE_LINES), (partial(_files, "tests/**/*.py"), MAX_TEST_LINES)],
)
def test_modules_are_short(find: Callable[[], Iterable[Path]], most: int) -> None:
    """No program's module has more than 400 lines, no test's more than 500."""
    long = [
        f"{_name(path)}: {lines} lines"
        for path in find()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > most
    ]
    assert long == []


def test_no_function_is_long() -> None:
    """No function spans more than 80 lines after its docstring."""
    long = [
        f"{_name(path, function)} {function.name}: {lines} lines"
        for path in (*_programs(), *_files("tests/**/*.py"))
        for function in _functions(path)
        if (lines := _body_lines(function)) > MAX_FUNCTION_LINES
    ]
    assert long == []


def test_most_functions_are_short() -> None:
    """Nine of ten functions have at most 30 lines, half of them at most 10."""
    lines = [_body_lines(f) for path in _sources() for f in _functions(path)]
    assert median(lines) <= MEDIAN_FUNCTION_LINES
    assert quantiles(lines, n=10)[-1] <= MOST_FUNCTIONS_LINES


def test_nothing_is_printed() -> None:
    """No source calls ``print``: logs go through structlog, pages through Rich."""
    printed = [
        _name(path, node)
        for path in _sources()
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]
    assert printed == []


def _is_broad(node: ast.AST) -> bool:
    match node:
        case ast.ExceptHandler(body=[*_, ast.Raise(exc=None)]):
            return False  # cleans up and raises again
        case ast.ExceptHandler(type=None):
            return True
        case ast.ExceptHandler(type=ast.expr() as caught):
            names = [n.id for n in ast.walk(caught) if isinstance(n, ast.Name)]
            return bool(BROAD & set(names))
        case ast.Call(func=ast.Name(id="suppress") | ast.Attribute(attr="suppress")):
            return any(isinstance(a, ast.Name) and a.id in BROAD for a in node.args)
        case _:
            return False


def test_everything_is_caught_at_the_borders_only() -> None:
    """Broad excepts stand at the borders named above, once at each."""
    broad = [
        path.relative_to(ROOT).as_posix()
        for path in _programs()
        for node in ast.walk(_tree(path))
        if _is_broad(node)
    ]
    assert sorted(broad) == sorted(BORDERS)


@pytest.mark.parametrize(
    "code",
    [
        "try:\n  f()\nexcept:\n  pass",
        "try:\n  f()\nexcept Exception as e:\n  pass",
        "try:\n  f()\nexcept (ValueError, BaseException):\n  pass",
        "with suppress(Exception):\n  f()",
        "with contextlib.suppress(OSError, Exception):\n  f()",
    ],
)
def test_a_broad_except_is_recognised(code: str) -> None:
    """The check above sees every way of writing it, and no narrow one."""
    assert sum(_is_broad(node) for node in ast.walk(ast.parse(code))) == 1
    narrow = code.replace("BaseException", "OSError").replace("Exception", "OSError")
    if "except:" not in code:
        assert not any(_is_broad(node) for node in ast.walk(ast.parse(narrow)))


def _texts() -> Iterator[tuple[Path, str]]:
    for path in _files("**/*"):
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # pictures, fonts and the like


# Written in pieces, so that this file does not find itself.
MACHINE_PATH = re.compile(r"(?<![\w.~$})-])/(?:home|root|work|Users)" + r"/[\w.-]+")
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")


@pytest.mark.parametrize(
    ("pattern", "what"),
    [(MACHINE_PATH, "/ho" + "me/somebody/x"), (UNFINISHED, "# TO" + "DO: later")],
)
def test_no_text_tells_of_a_machine_or_of_things_undone(
    pattern: re.Pattern[str], what: str
) -> None:
    """No file of the tree names a path of somebody's machine, or unfinished work."""
    assert pattern.search(what)
    found = [
        f"{_name(path)}:{number}: {match[0]}"
        for path, text in _texts()
        for number, line in enumerate(text.splitlines(), 1)
        if (match := pattern.search(line))
    ]
    assert found == []


def _tests() -> Iterator[tuple[Path, Function]]:
    for path in _files("tests/**/test_*.py"):
        for function in _functions(path):
            if function.name.startswith("test_"):
                yield path, function


def test_every_test_states_its_law() -> None:
    """Each test function has a docstring that begins with one sentence."""
    silent = [
        f"{_name(path, function)} {function.name}"
        for path, function in _tests()
        if not (ast.get_docstring(function) or "").split("\n\n")[0].endswith(".")
    ]
    assert silent == []


def test_no_test_has_the_name_of_another() -> None:
    """Within a file every test has a name of its own: none hides another."""
    names = Counter((path, function.name) for path, function in _tests())
    assert [f"{_name(p)} {name}" for (p, name), n in names.items() if n > 1] == []


def test_test_files_have_names_of_their_own() -> None:
    """No two test modules share a file name, so a report is never ambiguous.

    The benchmarks are packages, and no tests.
    """
    files = [path for path in _files("tests/**/*.py") if "bench" not in path.parts]
    names = Counter(path.name for path in files)
    names.pop("conftest.py")
    assert [name for name, count in names.items() if count > 1] == []
