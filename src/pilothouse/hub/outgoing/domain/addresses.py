"""Which addresses a destination may have. A hub that posts to whatever somebody typed is a door into its network."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from pydantic import HttpUrl, TypeAdapter, ValidationError

from pilothouse.hub.outgoing.domain.delivering import DestinationUnusable
from pilothouse.kit.errors import Invalid

_URL: TypeAdapter[HttpUrl] = TypeAdapter(HttpUrl)

# Clouds answer machines here with their credentials, and Python calls these public: one address of Azure's, the
# protocol assignments with one of Oracle's, and the relays that once led from IPv4 into IPv6.
_METADATA = tuple(map(IPv4Network, ("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24")))
_UNICAST = IPv6Network("2000::/3")
_TRANSLATED = IPv6Network("64:ff9b::/96")


class AddressForbidden(Invalid):
    """{host} is at {address}, which is not on the public internet; set PILOTHOUSE_NOTIFY_PRIVATE_ADDRESSES=true if
    the hub may post to addresses of its own network."""


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is somebody else's machine on the internet, and not one that only this network reaches."""
    inner = _within(address)
    if inner:
        return all(is_public(one) for one in inner)
    if isinstance(address, IPv6Address) and address not in _UNICAST:
        return False
    is_global = address.is_global and not address.is_multicast and not address.is_reserved
    return is_global and not any(address in network for network in _METADATA)


def _within(address: IPv4Address | IPv6Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that an IPv6 address leads to."""
    if isinstance(address, IPv4Address):
        return ()
    if address in _TRANSLATED:
        return (IPv4Address(int(address) & 0xFFFFFFFF),)
    if address.teredo:
        return address.teredo
    leads_to = address.ipv4_mapped or address.sixtofour
    return (leads_to,) if leads_to else ()


def check_public(host: str, address: str) -> None:
    """Raise AddressForbidden for what is not plainly public."""
    bare = address.partition("%")[0]
    if "%" in address or not is_public(ip_address(bare)):
        raise AddressForbidden(host=host, address=bare)


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """What this hub allows an address to be; names are looked up and checked once more when they are connected to."""

    private_addresses: bool
    plain_http: bool

    def checked(self, url: str) -> str:
        """The URL as it is used; raises DestinationUnusable, AddressForbidden."""
        try:
            parsed = _URL.validate_python(url)
        except ValidationError as error:
            raise DestinationUnusable(reason=f"url: {error.errors(include_input=False)[0]['msg']}") from None
        if parsed.username is not None or parsed.password is not None:
            raise DestinationUnusable(reason="url: leave out the user and the password; webhooks are signed instead.")
        if parsed.scheme != "https" and not self.plain_http:
            reason = "url: use https; for http:// set PILOTHOUSE_NOTIFY_PLAIN_HTTP=true."
            raise DestinationUnusable(reason=reason)
        host = (parsed.host or "").strip("[]")
        if not self.private_addresses and _is_address(host):
            check_public(host, host)
        return str(parsed).partition("#")[0]


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
