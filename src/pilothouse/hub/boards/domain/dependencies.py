"""What waits for what; never for itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pilothouse.hub.boards.domain.problems import DependencyCycle

# Of a cycle's path, in its sentence.
_SHOWN = 10


def check_acyclic(graph: Mapping[str, Collection[str]], task_id: str, wanted: Collection[str]) -> None:
    """Raise DependencyCycle when a task that depends on ``wanted`` would depend on itself; ``graph`` has what each of
    the other tasks of the board depends on."""
    came_from: dict[str, str] = {}
    stack = []
    for one in wanted:
        came_from[one] = task_id
        stack.append(one)
    while stack:
        here = stack.pop()
        if here == task_id:
            raise DependencyCycle(path=_path(came_from, task_id))
        for following in graph.get(here, ()):
            if following not in came_from:
                came_from[following] = here
                stack.append(following)


def _path(came_from: Mapping[str, str], task_id: str) -> str:
    path = [task_id]
    here = came_from[task_id]
    while here != task_id:
        path.append(here)
        here = came_from[here]
    path.append(task_id)
    path.reverse()
    if len(path) > _SHOWN:
        path = [*path[: _SHOWN - 1], "…", path[-1]]
    return " → ".join(path)
