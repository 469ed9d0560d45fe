"""JSON that the database itself writes, in the words of SQLite and of PostgreSQL.

A list that is asked for all the time leaves the database as one text: no row of it is ever made here.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ColumnElement, String, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


class document(GenericFunction[str]):  # noqa: N801 - named as functions of SQL are
    """Names and values, one after the other, as an object."""

    type = String()
    inherit_cache = True


class documents(GenericFunction[str]):  # noqa: N801
    """A value of each row as an array, in the order of the rows."""

    type = String()
    inherit_cache = True


class as_json(GenericFunction[str]):  # noqa: N801
    """Text that is JSON already, or a column of it, to be put into an object as it is."""

    type = JSON()
    inherit_cache = True


class moment(GenericFunction[str]):  # noqa: N801
    """A time as JSON has it."""

    type = String()
    inherit_cache = True


_WORDS = {
    "sqlite": {
        document: "json_object({})",
        documents: "json_group_array({})",
        as_json: "json({})",
        moment: "replace(replace({}, ' ', 'T'), '.000000', '') || 'Z'",
    },
    "postgresql": {
        document: "json_build_object({})",
        documents: "coalesce(json_agg({}), '[]')",
        as_json: "({})::json",
        moment: "replace(to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US'), '.000000', '') || 'Z'",
    },
}


def _written(element: GenericFunction[Any], compiler: SQLCompiler, **how: Any) -> str:
    inner = compiler.process(element.clauses, **how)
    return _WORDS[compiler.dialect.name][type(element)].format(inner)


for _kind in (document, documents, as_json, moment):
    compiles(_kind)(_written)


def object_of(**values: ColumnElement[Any]) -> document:
    """An object of these names and values."""
    return document(*(part for name, value in values.items() for part in (literal_column(f"'{name}'"), value)))
