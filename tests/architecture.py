"""The rules of the layout, read from the source with ``ast``: ``check`` gives the offences.

    app.py -> lesson7.ui.* -> <package>.predict -> <package>.model, .data -> lesson7.core.*
                              <package>.train   -> <package>.*             -> lesson7.core.*

Each offence is reported with its file, its line and a sentence that says what to do.
"""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

# Packages that only some files may import, and why they are the only ones.
DOORS = {
    "gradio": (("app.py", "lesson7/ui/"), "the networks are usable without Gradio"),
    "gradio_client": (("app.py", "lesson7/ui/"), "the networks are usable without Gradio"),
    "torchvision": (
        ("lesson7/core/vision.py",),
        "beside a CPU-only torch it opens through lesson7.core.vision alone",
    ),
    "safetensors": (
        ("lesson7/core/weights.py", "lesson7/core/weight_file.py"),
        "weights are read and written in one place, which checks them",
    ),
    "huggingface_hub": (
        ("lesson7/core/weights.py", "lesson7/core/hub.py", "lesson7/core/publish.py"),
        "the Hub is asked in one place, which can do without it",
    ),
}
# All that the file of a network needs; everything else is somebody else's work.
PURE = (
    *("abc", "torch", "math", "typing", "dataclasses", "functools", "itertools", "collections"),
    *("__future__", "lesson7.core.layers", "lesson7.core.errors", "lesson7.core.vision"),
)
IMPURE_CALLS = {
    **dict.fromkeys(("open", "read_text", "read_bytes", "write_text"), "touches a file"),
    **dict.fromkeys(("load", "save", "load_state_dict_from_url"), "touches a file"),
    **dict.fromkeys(("cuda", "cpu", "device"), "chooses a device"),
    **dict.fromkeys(
        ("rand", "randn", "randint", "randperm", "rand_like", "randn_like", "multinomial",
         "bernoulli", "manual_seed"),
        "draws random numbers",
    ),
}  # fmt: skip

# What a tab may import: what a package does, and the list that the page has switches for.
ASKED = {"predict", "degradations"}

Offence = tuple[int, str]
Rule = Callable[[str, ast.Module], Iterator[Offence]]


def check(path: str, source: str) -> list[str]:
    """All offences in one file, as ``file:line: sentence``.

    Args:
        path: relative to the repository, with slashes; it decides which rules apply.
        source: the file's text, in the syntax of the oldest Python that is supported.
    """
    tree = ast.parse(source, filename=path, feature_version=(3, 10))
    offences = sorted({offence for rule in RULES for offence in rule(path, tree)})
    return [f"{path}:{line}: {sentence}" for line, sentence in offences]


# ------------------------------------------------------------------------------ the imports


def imports(path: str, tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything imported: anywhere, relatively, or by a literal name."""
    package = path.removesuffix(".py").removesuffix("/__init__").split("/")
    if not path.endswith("__init__.py"):
        package.pop()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and called(node) in ("import_module", "__import__"):
            match node.args:
                case [ast.Constant(value=str(name)), *_]:
                    yield node.lineno, name


def called(node: ast.Call) -> str:
    """The last part of what is called: ``load`` of ``torch.load(...)``."""
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def within(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def layer(parts: list[str]) -> str:
    """core, ui, or the name of a model's package; ``app`` for what is in none."""
    return parts[1] if parts[0] == "lesson7" and len(parts) > 1 else "app"


def arrows_point_one_way(path: str, tree: ast.Module) -> Iterator[Offence]:
    if path.startswith("tests/"):
        return
    here = path.removesuffix(".py").split("/")
    mine = layer(here)
    for line, name in imports(path, tree):
        if not within(name, "lesson7"):
            continue
        parts = name.split(".")
        theirs = layer(parts)
        module = parts[2] if len(parts) > 2 else ""
        if module == "train" and theirs not in ("core", "ui"):
            yield line, "nobody imports train.py; move what is shared to another file."
        elif theirs == "app":
            continue
        elif mine == "core" and theirs != "core":
            yield line, f"core serves everyone and must not know {theirs}."
        elif mine == "app" and theirs not in ("ui", "core"):
            yield line, f"app.py is a list of tabs; let lesson7.ui import {theirs}."
        elif mine == "ui" and theirs not in ("ui", "core") and module not in ASKED:
            yield line, f"a tab asks lesson7.{theirs}.predict and nothing else of that package."
        elif mine not in ("core", "ui", "app") and theirs == "ui":
            yield line, "a network must not know the page."
        elif mine not in ("core", "ui", "app") and theirs not in (mine, "core"):
            yield line, f"{mine} must not import {theirs}; what both need belongs in core."
        elif theirs == mine and module == "predict" and here[-1] != "train" and mine != "core":
            yield line, "predict.py is the end of the line; only the tab and train.py import it."


def packages_have_their_doors(path: str, tree: ast.Module) -> Iterator[Offence]:
    for line, name in imports(path, tree):
        package = name.split(".")[0]
        if package not in DOORS or (path.startswith("tests/") and package != "torchvision"):
            continue
        allowed, reason = DOORS[package]
        if not path.startswith(allowed):
            yield line, f"{package} is imported by {' and '.join(allowed)} alone: {reason}."


def networks_are_pure(path: str, tree: ast.Module) -> Iterator[Offence]:
    if not (path.startswith("lesson7/") and path.endswith("/model.py")):
        return
    package = ".".join(path.split("/")[:2])
    for line, name in imports(path, tree):
        if not within(name, *PURE, package):
            yield line, f"model.py is pure: {name} belongs in another file."
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                reason = IMPURE_CALLS.get(called(node)) if isinstance(node, ast.Call) else None
                if reason and not (reason.startswith("draws") and "init" in function.name):
                    yield node.lineno, f"model.py is pure: {called(node)}() {reason}."


def pictures_come_in_one_way(path: str, tree: ast.Module) -> Iterator[Offence]:
    if not path.startswith(("app.py", "lesson7/ui/")) and not path.endswith("/predict.py"):
        return
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="Image"), attr="open")):
                yield node.lineno, "a stranger's picture comes in through core.images.open_image."


# -------------------------------------------------------------------------------- the habits


def names_say_something(path: str, tree: ast.Module) -> Iterator[Offence]:
    if Path(path).stem in ("utils", "util", "helpers", "misc", "common"):
        yield 1, "there is no utils: name the file after what it holds."


def nothing_is_hidden(path: str, tree: ast.Module) -> Iterator[Offence]:
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(names=[ast.alias(name="*")]):
                yield node.lineno, "no star imports: name what is used."
            case ast.ExceptHandler(type=None):
                yield node.lineno, "no bare except: name the errors that are expected."
            case ast.ExceptHandler(body=[ast.Pass()]):
                yield node.lineno, "an error is swallowed: answer it, or let it through."


def everything_is_explained(path: str, tree: ast.Module) -> Iterator[Offence]:
    if not ast.get_docstring(tree):
        yield 1, "a module begins with a docstring that says what it is for."
    if path.startswith("tests/"):
        return
    pending = list(tree.body)
    for node in pending:
        if isinstance(node, ast.If | ast.Try):
            pending += node.body
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        decorators = {ast.unparse(decorator) for decorator in node.decorator_list}
        if node.name.startswith("_") or decorators & {"overload", "typing.overload"}:
            continue
        if not ast.get_docstring(node):
            yield node.lineno, f"{node.name} is public and has no docstring."
        if isinstance(node, ast.ClassDef):
            pending += node.body


RULES: list[Rule] = [
    arrows_point_one_way,
    packages_have_their_doors,
    networks_are_pure,
    pictures_come_in_one_way,
    names_say_something,
    nothing_is_hidden,
    everything_is_explained,
]
