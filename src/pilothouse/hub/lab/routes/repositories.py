"""Repositories and their secrets."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from pilothouse.hub.identity.auth import Reading, Writing
from pilothouse.hub.lab.auth import Admin, LabReader
from pilothouse.hub.lab.routes.services import RepositoryPath, TheLab
from pilothouse.web import Paging
from pilothouse.wire.lab import LabRepository, LabRepositoryList, LabSecret, NewLabRepository

router = APIRouter(prefix="/repository", tags=["debug sessions"])

SecretPath = Annotated[str, Path(pattern="^[A-Za-z_][A-Za-z0-9_]{0,99}$")]


@router.post("/init", status_code=201, summary="Make a repository known")
async def init_repository(caller: Admin, lab: TheLab, session: Writing, new: NewLabRepository) -> LabRepository:
    """Sessions are made from it. Sent again with the same name it says anew where the code comes from. Credentials are
    settings of the hub (`PILOTHOUSE_LAB_GIT_CREDENTIALS`); an address that holds some is refused."""
    return await lab.repositories.init(session, caller, new)


@router.get("", summary="List repositories by name")
async def list_repositories(caller: LabReader, lab: TheLab, session: Reading, page: Paging) -> LabRepositoryList:
    return await lab.repositories.page(session, caller, page.limit, page.offset)


@router.get("/{name}", summary="Get a repository")
async def get_repository(caller: LabReader, lab: TheLab, session: Reading, name: RepositoryPath) -> LabRepository:
    return await lab.repositories.get(session, caller, name)


@router.put("/{name}/secrets/{secret}", status_code=204, summary="Keep a secret for sessions that ask for it")
async def put_repository_secret(
    caller: Admin, lab: TheLab, session: Writing, name: RepositoryPath, secret: SecretPath, new: LabSecret
) -> None:
    """It enters a command as a variable of this name, and is blotted out of output and artifacts. It is never shown."""
    await lab.repositories.put_secret(session, caller, name, secret, new)


@router.delete("/{name}/secrets/{secret}", status_code=204, summary="Forget a secret")
async def delete_repository_secret(
    _caller: Admin, lab: TheLab, session: Writing, name: RepositoryPath, secret: SecretPath
) -> None:
    await lab.repositories.remove_secret(session, name, secret)
