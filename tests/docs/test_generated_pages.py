import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_generated_pages_are_current(generate: ModuleType) -> None:
    for path, text in generate.pages().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name} is stale: make docs"


def test_every_error_sentence_is_one_line_that_ends(generate: ModuleType) -> None:
    generate.import_everything()

    for problem in generate.every_problem():
        assert problem.__doc__, problem
        sentence = " ".join(problem.__doc__.split())
        assert sentence, problem


def test_every_setting_says_what_it_means(generate: ModuleType) -> None:
    for _, settings in generate.services():
        for name, field in settings.model_fields.items():
            assert field.description, f"{settings.__name__}.{name}"
