"""What only an operator, or a token with the scope ``admin``, may ask of a hub."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel

from pilothouse.client.connection import Connection
from pilothouse.kit.addresses import part_of
from pilothouse.wire import Enrolment, NewEnrolment, Robot
from pilothouse.wire.robot import OpenEnrolmentList, RobotUpdate
from pilothouse.wire.token import MadeToken, NewToken, TokenList

Answer = TypeVar("Answer", bound=BaseModel)


class Administration:
    """Letting robots in, retiring them, handing out tokens."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def make_token(self, new: NewToken) -> MadeToken:
        """A token for a program; this answer is the only one that holds it."""
        return self._ask(MadeToken, "POST", "/auth/tokens", new)

    def tokens(self, *, limit: int = 50, offset: int = 0) -> TokenList:
        """A page of the tokens of programs, newest first, those that ended included."""
        return self._list(TokenList, "/auth/tokens", limit, offset)

    def revoke_token(self, token_id: str) -> None:
        """It opens nothing from now on."""
        self._connection.request("DELETE", f"/auth/tokens/{part_of(token_id)}")

    def let_in(self, enrolment: NewEnrolment) -> Enrolment:
        """A code with which one robot can enrol; it is shown once."""
        return self._ask(Enrolment, "POST", "/api/v1/robots/enrolments", enrolment)

    def enrolments(self, *, limit: int = 50, offset: int = 0) -> OpenEnrolmentList:
        """A page of the codes that wait for their robot."""
        return self._list(OpenEnrolmentList, "/api/v1/robots/enrolments", limit, offset)

    def revoke_enrolment(self, enrolment_id: str) -> None:
        """The code lets nobody in any more."""
        self._connection.request("DELETE", f"/api/v1/robots/enrolments/{part_of(enrolment_id)}")

    def change_robot(self, robot_id: str, change: RobotUpdate) -> Robot:
        """Name, site and tags, as far as they are given."""
        content = change.model_dump_json(exclude_unset=True).encode()
        headers = {"Content-Type": "application/json"}
        response = self._connection.request("PATCH", _robot(robot_id), content=content, headers=headers)
        return self._connection.read(Robot, response)

    def retire_robot(self, robot_id: str) -> Robot:
        """Its tokens end and its heartbeats are refused; what it recorded stays."""
        return self._ask(Robot, "POST", f"{_robot(robot_id)}/retire")

    def robot_tokens(self, robot_id: str, *, limit: int = 50, offset: int = 0) -> TokenList:
        """A page of one robot's tokens, newest first."""
        return self._list(TokenList, f"{_robot(robot_id)}/tokens", limit, offset)

    def revoke_robot_token(self, robot_id: str, token_id: str) -> None:
        """It opens nothing from now on."""
        self._connection.request("DELETE", f"{_robot(robot_id)}/tokens/{part_of(token_id)}")

    def _ask(self, model: type[Answer], method: str, path: str, message: BaseModel | None = None) -> Answer:
        return self._connection.read(model, self._connection.request(method, path, message=message))

    def _list(self, model: type[Answer], path: str, limit: int, offset: int) -> Answer:
        response = self._connection.request("GET", path, params={"limit": limit, "offset": offset})
        return self._connection.read(model, response)


def _robot(robot_id: str) -> str:
    return f"/api/v1/robots/{part_of(robot_id)}"
