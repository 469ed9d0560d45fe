"""Write the generated pages of docs/ from the code (`make docs`); a test checks that they are current."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import tempfile
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.registry import Collector
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

import pilothouse
from pilothouse.kit.errors import KINDS, Problem
from pilothouse.kit.settings import Settings, environment_names

HERE = Path(__file__).parent
STATUSES = {
    "Invalid": 422,
    "Unauthenticated": 401,
    "Forbidden": 403,
    "NotFound": 404,
    "Conflict": 409,
    "TooLarge": 413,
    "Throttled": 429,
    "Unavailable": 503,
}


def import_everything() -> None:
    """Problems and settings register themselves by being defined."""
    for module in pkgutil.walk_packages(pilothouse.__path__, "pilothouse."):
        if ".migrations" not in module.name and ".inside." not in module.name:  # what runs elsewhere, at once
            importlib.import_module(module.name)


def services() -> Iterator[tuple[str, type[Settings]]]:
    """Every program that reads settings."""
    from pilothouse.guard.settings import GuardSettings
    from pilothouse.hub.settings import HubSettings
    from pilothouse.recorder.settings import RecorderSettings

    yield "pilothouse hub", HubSettings
    yield "pilothouse guard run", GuardSettings
    yield "pilothouse recorder run", RecorderSettings


def shown_default(field: FieldInfo) -> str:
    """A default as a reader would type it."""
    value = field.get_default(call_default_factory=True) if not field.is_required() else PydanticUndefined
    if value is PydanticUndefined:
        return "required"
    if value is None or isinstance(value, SecretStr):
        return "—"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, Settings):
        return "see below"
    return f"`{value}`" if value not in ("", [], (), {}) else "empty"


def table(settings: type[Settings]) -> Iterator[str]:
    """One row per setting: key in a file, variables, default, meaning."""
    yield "| Key | Variables | Default | Meaning |"
    yield "|---|---|---|---|"
    for name, field in settings.model_fields.items():
        variables = ", ".join(f"`{one}`" for one in environment_names(name, field))
        meaning = " ".join((field.description or "").split()).replace("|", "\\|")
        yield f"| `{name}` | {variables} | {shown_default(field)} | {meaning} |"


def configuration() -> str:
    lines = [
        "# Configuration",
        "",
        "Generated from the settings classes by `make docs`. Flags win over the environment, the environment over the",
        "YAML file given with `--config`, the file over the defaults. Unknown keys are errors that name the nearest",
        "known one; lists and mappings in a variable are YAML. An empty variable blanks a text that may be blank; for",
        "everything else it is as if the variable were not there.",
    ]
    for title, settings in services():
        lines += ["", f"## `{title}`", "", *table(settings)]
    return "\n".join(lines) + "\n"


def every_problem(kind: type[Problem] = Problem) -> Iterator[type[Problem]]:
    for one in kind.__subclasses__():
        yield one
        yield from every_problem(one)


def kind_of(problem: type[Problem]) -> str | None:
    return next((kind.__name__ for kind in KINDS if issubclass(problem, kind)), None)


def _row(problem: type[Problem]) -> str:
    kind = kind_of(problem)
    meaning = " ".join(inspect.cleandoc(problem.__doc__ or "").split()).replace("|", "\\|")
    return f"| `{problem.code}` | {STATUSES[kind] if kind else 500} | {meaning} |"


def errors() -> str:
    lines = [
        "# Error codes",
        "",
        "Generated from the code by `make docs`. Every error of every service has this shape, and `code` is stable:",
        "",
        '    {"detail": "…", "request_id": "…", "code": "…"}',
        "",
        "`/api/uploads` answers some of them with the statuses of tus 1.0 instead (400, 408, 412, 415, 423, 460).",
        "",
        "| Code | Status | Meaning |",
        "|---|---|---|",
    ]
    lines += sorted({_row(one) for one in every_problem() if one.__module__.startswith("pilothouse.")})
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def guards() -> str:
    """Every kind of boundary, its layer, what it does and what it can be told."""
    from pilothouse.guard.boundaries import catalog
    from pilothouse.guard.stackfile.catalog import parameters

    lines = [
        "# Boundaries",
        "",
        "Generated from the code by `make docs`; `pilothouse guard catalog` prints the same. A boundary stands in a",
        "Stackfile's `boundaries:` under a name of its own, with its `type`, these parameters and, if it is to have",
        "one of its own, a `fallback`. L0 is out-of-distribution, L1 motion, L2 task, L3 hardware.",
    ]
    for kind in catalog():
        lines += ["", f"## `{kind.type}` ({kind.layer.value})", "", kind.description]
        rows = list(parameters(kind))
        if rows:
            lines += ["", "| Parameter | Type | Default | Meaning |", "|---|---|---|---|"]
        for name, shape, default, meaning in rows:
            lines.append(f"| `{name}` | {_cell(shape)} | {_cell(default)} | {_cell(meaning)} |")
    return "\n".join(lines) + "\n"


def api() -> str:
    """Every operation of mission control: who calls it and with what, when, what it does and what can go wrong."""
    lines = [
        "# Mission control, operation by operation",
        "",
        "Generated from the code by `make docs`; `/openapi.json` holds the same with every field. `Authorization`",
        "takes `Bearer TOKEN` of a person or a program, or the password by Basic; `X-Agent-Token` takes an agent's own",
        "token, which is as good as Bearer. [errors.md](errors.md) says what each code means. Worked examples:",
        "[boards](guides/boards.md), [agents](guides/agents.md).",
    ]
    section = ""
    for method, path, operation in _operations():
        tag = str(operation.get("tags", ["other"])[0])
        if tag != section:
            section = tag
            lines += ["", f"## {tag[0].upper()}{tag[1:]}"]
        lines += ["", f"### `{method.upper()} {path}`", "", *_about(operation)]
    return "\n".join(lines) + "\n"


def _operations() -> list[tuple[str, str, dict[str, Any]]]:
    from pilothouse.hub.agents.service.describing import operations_of
    from pilothouse.hub.app import create_app
    from pilothouse.hub.settings import HubSettings

    with tempfile.TemporaryDirectory() as directory:
        schema = create_app(HubSettings(data=Path(directory))).openapi()
    order: dict[str, int] = {}
    found = list(operations_of(schema))
    for _, _, operation in found:
        order.setdefault(str(operation.get("tags", ["other"])[0]), len(order))
    return sorted(found, key=lambda one: order[str(one[2].get("tags", ["other"])[0])])


def _about(operation: dict[str, Any]) -> Iterator[str]:
    summary = operation.get("summary", "").rstrip(".")
    yield f"{summary}. {' '.join(str(operation.get('description', '')).split())}".strip()
    yield ""
    yield f"* Use it when: {operation.get('x-when-to-use', '')}"
    yield f"* Header: {_headers(operation)}. Actor: {operation.get('x-required-actor')}; role: {_role(operation)}."
    if operation.get("x-side-effects"):
        yield f"* Effects: {'; '.join(operation['x-side-effects'])}."
    if "x-ratelimit-limit" in operation:
        limit, window = operation["x-ratelimit-limit"], operation["x-ratelimit-window-s"]
        yield f"* Limit: {limit} requests in {window} s, {operation['x-ratelimit-scope']}."
    codes = [
        f"{status} {', '.join(f'`{code}`' for code in response['x-codes'])}"
        for status, response in operation.get("responses", {}).items()
        if "x-codes" in response
    ]
    yield f"* Errors: {'; '.join(codes)}."


def _headers(operation: dict[str, Any]) -> str:
    schemes = {name for one in operation.get("security", ()) for name in one}
    named = {"password": "`Authorization`", "token": "`Authorization`", "agent": "`X-Agent-Token`"}
    found = sorted({named.get(scheme, f"`{scheme}`") for scheme in schemes})
    return " or ".join(found) or "none"


def _role(operation: dict[str, Any]) -> str:
    scope = operation.get("x-required-scope")
    role = str(operation.get("x-required-role"))
    return role if scope is None else f"{role} (a program: scope `{scope}`)"


def metrics() -> str:
    """Everything that `/metrics` shows, by service."""
    lines = [
        "# Metrics",
        "",
        "Generated from the code by `make docs`. Each service shows at `GET /metrics` what it counts, as Prometheus",
        "reads it; no credential is asked for. Counters begin at 0 with each start. A histogram `NAME` is read as",
        "`NAME_bucket`, `NAME_sum` and `NAME_count`. `deploy/prometheus.yml` is a configuration to begin with.",
    ]
    counted = _counted()
    everywhere = set.intersection(*(set(families) for families in counted.values()))
    sections = {"Every service": {name: counted["pilothouse hub"][name] for name in everywhere}, **counted}
    for title, families in sections.items():
        shown = [name for name in sorted(families) if title == "Every service" or name not in everywhere]
        lines += ["", f"## {title if title == 'Every service' else f'`{title}`'}", ""]
        lines += ["| Name | Kind | Unit | Labels | Meaning |", "|---|---|---|---|---|"]
        lines += [_metric(*families[name]) for name in shown]
    return "\n".join(lines) + "\n"


def _counted() -> dict[str, dict[str, tuple[Metric, tuple[str, ...]]]]:
    """By service and name: each family that is shown, and its labels. Nothing is started."""
    from pilothouse.guard import api as guard
    from pilothouse.guard.runtime import GuardCollector, assemble
    from pilothouse.guard.settings import GuardSettings
    from pilothouse.hub.app import create_app as create_hub
    from pilothouse.hub.settings import HubSettings
    from pilothouse.kit.clock import SystemClock
    from pilothouse.recorder.api import app as recorder
    from pilothouse.recorder.counters import RecorderCollector
    from pilothouse.recorder.recorder import Recorder
    from pilothouse.recorder.settings import RecorderSettings

    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        recording = RecorderSettings(data=place / "recorder", robot_id="robot")
        guarding = GuardSettings(data=place / "guard", stackfile=place / "stack.yaml")
        template = files("pilothouse.guard.stackfile").joinpath("template.yaml")
        (place / "stack.yaml").write_bytes(template.read_bytes())
        runtime = assemble(guarding, clock=SystemClock())
        found = {
            "pilothouse hub": _families(create_hub(HubSettings(data=place)).state.metrics),
            "pilothouse recorder run": _families(
                recorder.create_app(recording).state.metrics, RecorderCollector(Recorder.open(recording).answers)
            ),
            "pilothouse guard run": _families(guard.create_app(guarding).state.metrics, GuardCollector(runtime)),
        }
        runtime.stop()
    return found


def _families(registry: CollectorRegistry, *more: Collector) -> dict[str, tuple[Metric, tuple[str, ...]]]:
    # The library keeps the names of labels to itself until something has been counted under them.
    registered = [(family, one) for one in registry._collector_to_names for family in one.collect()]
    read = [(family, family) for one in more for family in one.collect()]
    return {family.name: (family, tuple(getattr(source, "_labelnames", ()))) for family, source in [*registered, *read]}


def _metric(family: Metric, labels: tuple[str, ...]) -> str:
    name = f"{family.name}_total" if family.type == "counter" else family.name
    unit = {"seconds": "s", "bytes": "bytes"}.get(family.name.rpartition("_")[2], "count")
    named = ", ".join(f"`{one}`" for one in labels) or "—"
    return f"| `{name}` | {family.type} | {unit} | {named} | {_cell(family.documentation)} |"


def pages() -> dict[Path, str]:
    """Every generated page and what it should say."""
    import_everything()
    return {
        HERE / "configuration.md": configuration(),
        HERE / "errors.md": errors(),
        HERE / "guards.md": guards(),
        HERE / "api.md": api(),
        HERE / "metrics.md": metrics(),
    }


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
