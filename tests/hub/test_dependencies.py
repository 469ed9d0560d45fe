from fastapi.dependencies.models import Dependant, _is_async_gen_callable, _is_coroutine_callable
from fastapi.routing import APIRoute, iter_route_contexts

from pilothouse.hub.slices import ROUTES


def test_no_dependency_of_a_route_waits_for_a_thread() -> None:
    found = {
        f"{one.call} for {context.path_format}"
        for context in iter_route_contexts(ROUTES)
        if isinstance(context.original_route, APIRoute)
        for one in _all(context.original_route.dependant)
        if not (_is_coroutine_callable(one.call) or _is_async_gen_callable(one.call))
    }

    assert not found


def _all(dependant: Dependant) -> list[Dependant]:
    return [one for inner in dependant.dependencies for one in (inner, *_all(inner))]
