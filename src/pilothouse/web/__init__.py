"""What every HTTP service here does the same way."""

from pilothouse.web.addresses import client_address, is_trusted_proxy
from pilothouse.web.auth import (
    Credentials,
    CredentialsMissing,
    CredentialsWrong,
    TokenRecord,
    hash_secret,
    mint_token,
    require_local_token,
    same,
    split_token,
)
from pilothouse.web.errors import ErrorDocument, Refused, error_response, problem_response
from pilothouse.web.hosts import is_loopback, local_hosts
from pilothouse.web.openapi import public_routes
from pilothouse.web.paging import Page, Paging, RowId
from pilothouse.web.probes import Check
from pilothouse.web.process import run_service, run_unserved, serve
from pilothouse.web.ratelimits import RateLimits
from pilothouse.web.service import Service, body_limit, create_service, resolved
from pilothouse.web.settings import ServiceSettings

__all__ = [
    "Check",
    "Credentials",
    "CredentialsMissing",
    "CredentialsWrong",
    "ErrorDocument",
    "Page",
    "Paging",
    "RateLimits",
    "Refused",
    "RowId",
    "Service",
    "ServiceSettings",
    "TokenRecord",
    "body_limit",
    "client_address",
    "create_service",
    "error_response",
    "hash_secret",
    "is_loopback",
    "is_trusted_proxy",
    "local_hosts",
    "mint_token",
    "problem_response",
    "public_routes",
    "require_local_token",
    "resolved",
    "run_service",
    "run_unserved",
    "same",
    "serve",
    "split_token",
]
