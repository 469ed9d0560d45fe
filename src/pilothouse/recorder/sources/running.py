"""The sources that run, and how others take their place while the rest go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pilothouse.recorder.sources.base import Source
from pilothouse.recorder.sources.config import SourceConfig
from pilothouse.recorder.sources.runner import SourceRunner, SourceState
from pilothouse.recorder.sources.topics import TopicRules

# A source that has not ended by then is left to itself; its successor starts.
END_S = 3.0


@dataclass(frozen=True, slots=True)
class Prepared:
    """Every source there will be: those that stay as their runners, new ones opened. Nothing has happened yet."""

    configs: tuple[SourceConfig, ...]
    sources: tuple[SourceRunner | Source, ...]


class RunningSources:
    """``runners`` is the same list for ever; whoever shows it shows what runs now."""

    def __init__(self, open_source: Callable[[SourceConfig], Source], run: Callable[[Source], SourceRunner]) -> None:
        self._open = open_source
        self._run = run
        self._configs: tuple[SourceConfig, ...] = ()
        self.runners: list[SourceRunner] = []

    def prepare(self, configs: Sequence[SourceConfig]) -> Prepared:
        """Look at sources that are to run; raises what `open_source` does, and has then changed nothing."""
        # One that has failed for good gets another chance.
        pairs = zip(self._configs, self.runners, strict=True)
        free = [(config, runner) for config, runner in pairs if runner.state is not SourceState.FAILED]
        sources: list[SourceRunner | Source] = []
        for config in configs:
            same = next((pair for pair in free if pair[0] == config), None)
            if same is not None:
                free.remove(same)
            sources.append(self._open(config) if same is None else same[1])
        return Prepared(tuple(configs), tuple(sources))

    def switch(self, prepared: Prepared, rules: TopicRules) -> tuple[list[SourceRunner], list[SourceRunner]]:
        """End those that go. Answers those that come, which the caller starts, and those that have gone."""
        runners = [one if isinstance(one, SourceRunner) else self._run(one) for one in prepared.sources]
        new = [one for one in runners if one not in self.runners]
        old = [one for one in self.runners if one not in runners]
        self._configs = prepared.configs
        # New ones are in before old ones end: there is no moment in which none is left to speak.
        self.runners[:] = runners
        for one in runners:
            one.use(rules)
        for one in old:
            one.ask_to_stop()
        for one in old:
            one.join(END_S)
        return new, old
