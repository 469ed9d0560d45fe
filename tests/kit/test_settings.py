from pathlib import Path
from typing import Annotated

import pytest
from pydantic import Field, SecretStr

from pilothouse.kit.errors import BadConfiguration
from pilothouse.kit.settings import Settings, environment_names, load, setting


class Trigger(Settings):
    pre_s: float = setting(3.0, "Seconds before.")
    label: str = setting("", "What it is called.")


class Example(Settings):
    max_disk_mb: int = setting(0, "Most the recordings may take.", names=("MD_MAX_DISK_MB",), ge=0)
    greeting: str = setting("hello", "What is said.")
    address: Annotated[str, Field(min_length=1)] = setting("localhost", "Where.")
    password: SecretStr | None = setting(None, "A secret.", names=("MD_HUB_AUTH_PASSWORD",))
    triggers: list[Trigger] = setting([], "What to look for.")


def read(*, file: Path | None = None, environ: dict[str, str] | None = None, **overrides: object) -> Example:
    return load(Example, file=file, environ=environ or {}, overrides=overrides)


def complaint(**overrides: object) -> str:
    with pytest.raises(BadConfiguration) as caught:
        read(**overrides)
    return caught.value.sentence


def test_flags_win_over_the_environment_and_the_environment_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "example.yaml"
    file.write_text("max_disk_mb: 1\ngreeting: from file\n")
    environ = {"PILOTHOUSE_MAX_DISK_MB": "2", "PILOTHOUSE_GREETING": "from environment"}

    settings = read(file=file, environ=environ, max_disk_mb=3)

    assert settings.max_disk_mb == 3
    assert settings.greeting == "from environment"
    assert read(file=file).greeting == "from file"


@pytest.mark.parametrize("name", ["MD_MAX_DISK_MB", "PILOTHOUSE_MD_MAX_DISK_MB", "PILOTHOUSE_MAX_DISK_MB"])
def test_a_documented_name_works_bare_and_with_the_prefix(name: str) -> None:
    assert read(environ={name: "7"}).max_disk_mb == 7
    assert name in environment_names("max_disk_mb", Example.model_fields["max_disk_mb"])


def test_a_new_setting_has_the_prefixed_name_only() -> None:
    assert environment_names("greeting", Example.model_fields["greeting"]) == ["PILOTHOUSE_GREETING"]


def test_a_flag_that_was_not_given_does_not_hide_the_environment() -> None:
    assert read(environ={"PILOTHOUSE_GREETING": "hi"}, greeting=None).greeting == "hi"


def test_an_empty_variable_blanks_a_text_and_leaves_everything_else_as_it_is() -> None:
    settings = read(environ={"PILOTHOUSE_GREETING": "", "MD_MAX_DISK_MB": "", "PILOTHOUSE_ADDRESS": ""})

    assert settings.greeting == ""
    assert settings.max_disk_mb == 0
    assert settings.address == "localhost"
    assert read(environ={"MD_HUB_AUTH_PASSWORD": ""}).password is None


def test_structured_settings_can_come_from_the_environment() -> None:
    assert read(environ={"PILOTHOUSE_TRIGGERS": '[{"pre_s": 1, "label": "fast"}]'}).triggers[0].label == "fast"


def test_a_password_that_looks_like_a_list_stays_a_password() -> None:
    settings = read(environ={"MD_HUB_AUTH_PASSWORD": "[1, 2]"})

    assert settings.password is not None
    assert settings.password.get_secret_value() == "[1, 2]"


def test_an_unknown_key_is_refused_with_the_nearest_known_one() -> None:
    assert complaint(max_dsk_mb=1) == "unknown setting 'max_dsk_mb'; did you mean 'max_disk_mb'?"


def test_an_unknown_key_inside_a_list_is_named_with_its_path() -> None:
    assert complaint(triggers=[{"pree_s": 1}]) == "unknown setting 'triggers.0.pree_s'; did you mean 'pre_s'?"


def test_an_unknown_key_like_nothing_lists_what_there_is() -> None:
    assert "known here: address, greeting, max_disk_mb, password, triggers" in complaint(zzzz=1)


def test_one_value_where_several_go_is_told_to_be_a_list() -> None:
    class Places(Settings):
        places: tuple[str, ...] = setting((), "Where to look.")

    with pytest.raises(BadConfiguration, match=r"^places must be a list, such as \[ONE, ANOTHER\]$"):
        load(Places, environ={"PILOTHOUSE_PLACES": "here"})


def test_a_wrong_value_is_explained_without_being_echoed() -> None:
    sentence = complaint(max_disk_mb="sekret")

    assert sentence.startswith("max_disk_mb: ")
    assert "sekret" not in sentence


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"- a\n- b\n", "must hold a mapping"),
        (b"a: [\n", "is not valid YAML"),
        (b"\xff\xfe\x00", "is not valid YAML"),
        (b"[" * 5_000, "is not valid YAML"),
        (b"a: 1\nb: 2\n'a': 3\n", "the key 'a' is there twice"),
    ],
)
def test_a_file_that_is_no_mapping_is_one_line_that_names_it(tmp_path: Path, content: bytes, part: str) -> None:
    file = tmp_path / "example.yaml"
    file.write_bytes(content)

    sentence = complaint(file=file)

    assert str(file) in sentence
    assert part in sentence
    assert "\n" not in sentence


def test_an_empty_file_means_defaults(tmp_path: Path) -> None:
    file = tmp_path / "example.yaml"
    file.write_text("")

    assert read(file=file) == Example()


def test_a_missing_file_says_where_to_look() -> None:
    assert "give the path of a file that is there" in complaint(file=Path("/nonexistent/example.yaml"))


def test_a_wrong_flag_is_not_blamed_on_the_file(tmp_path: Path) -> None:
    file = tmp_path / "example.yaml"
    file.write_text("max_disk_mb: -1\n")

    assert str(file) in complaint(file=file)
    assert str(file) not in complaint(file=file, max_disk_mb=-2)
