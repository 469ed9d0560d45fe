"""What people read of a route at /docs is written by somebody, not made of a function's name."""

from __future__ import annotations

import ast

from tests.support.sources import Module, modules

METHODS = {"get", "post", "put", "patch", "delete", "head", "options", "api_route"}


def untold(module: Module) -> list[str]:
    calls = [
        decorator
        for node in ast.walk(module.tree)
        if isinstance(node, ast.AsyncFunctionDef)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute)
        if decorator.func.attr in METHODS and ast.unparse(decorator.func.value).endswith("router")
    ]
    return [
        f"{module.name}: {ast.unparse(call)}"
        for call in calls
        if not {"summary", "include_in_schema"} & {keyword.arg for keyword in call.keywords}
    ]


def test_every_route_says_in_words_what_it_does() -> None:
    described = [module for module in modules() if "APIRouter(include_in_schema=False)" not in module.text]
    found = [route for module in described for route in untold(module)]

    assert found == []
