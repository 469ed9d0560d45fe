"""Topics of an MQTT broker."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from time import monotonic
from traceback import clear_frames
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pilothouse.kit.clock import Clock
from pilothouse.mcap import Channel
from pilothouse.recorder.losses import NO_TOPIC
from pilothouse.recorder.problems import ExtraMissing, PeerLost
from pilothouse.recorder.sources.base import Content, LiveSource, SourceSink
from pilothouse.recorder.sources.config import MqttConfig
from pilothouse.recorder.sources.mqtt_packets import Packets
from pilothouse.recorder.text import is_utf8

if TYPE_CHECKING:
    from paho.mqtt.client import Client, MQTTMessage

# How long after `stop` a quiet connection notices.
LISTEN_S = 0.2
# A broker that answers no ping for one and a half times this long is gone.
KEEPALIVE_S = 15
CONNECT_S = 10.0
PORTS = {"mqtt": 1883, "mqtts": 8883}
JSON_BEGINNINGS = b'{["-0123456789tfn \t\r\n'


class Mqtt(LiveSource):
    """Subscribes to topic filters. A message is acknowledged when the recorder has it."""

    def __init__(self, config: MqttConfig, clock: Clock) -> None:
        super().__init__(f"mqtt:{config.url}", config.selection)
        # Its messages bear no numbers.
        self._uncounted = {"*"}
        self._config = config
        self._clock = clock
        self._channel_ids: dict[tuple[str, str], int] = {}
        self._refusal: str | None = None

    @classmethod
    def open(cls, config: MqttConfig, clock: Clock) -> Mqtt:
        """Raises ExtraMissing."""
        if find_spec("paho") is None:
            raise ExtraMissing(source="mqtt", package="paho-mqtt", extra="mqtt")
        return cls(config, clock)

    def _listen(self, sink: SourceSink, stop: threading.Event) -> None:
        from paho.mqtt.client import error_string
        from paho.mqtt.enums import MQTTErrorCode

        self._channel_ids.clear()
        self._refusal = None
        client = self._client(sink)
        url = urlsplit(self._config.url)
        assert url.hostname is not None
        try:
            _connect(client, url.hostname, url.port or PORTS[url.scheme])
            while not stop.is_set():
                code = client.loop(LISTEN_S)
                if self._refusal is not None:
                    raise PeerLost(peer=self._config.url, reason=self._refusal)
                if code != MQTTErrorCode.MQTT_ERR_SUCCESS:
                    raise PeerLost(peer=self._config.url, reason=error_string(code).rstrip("."))
        except (OSError, ValueError) as error:
            raise PeerLost(peer=self._config.url, reason=" ".join(str(error).split())) from None
        finally:
            client.disconnect()

    def _client(self, sink: SourceSink) -> Any:
        from paho.mqtt.enums import CallbackAPIVersion

        config = self._config
        client = _sifting_client()(
            CallbackAPIVersion.VERSION2, client_id=config.client_id or "", clean_session=config.client_id is None
        )
        packets = Packets(client.read_socket, most_bytes=lambda: sink.most_bytes, hold=sink.hold)
        client.receive = packets.receive
        client.connect_timeout = CONNECT_S
        if config.username is not None:
            client.username_pw_set(config.username, os.environ.get(config.password_variable))
        if config.url.startswith("mqtts:"):
            files = (config.ca_file, config.certificate_file, config.key_file)
            ca, certificate, key = (str(one) if one else None for one in files)
            client.tls_set(ca_certs=ca, certfile=certificate, keyfile=key)
        client.on_connect = self._on_connect
        client.on_subscribe = lambda client, userdata, mid, codes, properties: self._on_subscribe(codes, sink)
        client.on_message = lambda client, userdata, message: self._on_message(message, packets, sink)
        return client

    def _on_connect(self, client: Client, userdata: Any, flags: Any, code: Any, properties: Any) -> None:
        if code.is_failure:
            self._refusal = f"the broker says {str(code).lower()}"
        else:
            wanted: list[tuple[str, int]] = [(one, self._config.qos) for one in self._config.filters]
            client.subscribe(wanted)

    def _on_subscribe(self, codes: list[Any], sink: SourceSink) -> None:
        for one, code in zip(self._config.filters, codes, strict=False):
            if code.is_failure:
                sink.refuse(one, f"the broker refuses the subscription: {code}")
        self._has_connected()

    def _on_message(self, message: MQTTMessage, packets: Packets, sink: SourceSink) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError as error:
            sink.refuse("?", f"its name is not UTF-8 ({error})")
            packets.take(message.mid, message.payload)
            packets.let_go()
            sink.reject(NO_TOPIC, self._clock.now_ns())
            return
        content: Content = message.payload
        large = packets.take(message.mid, message.payload)
        if large is not None and large.content is None:
            sink.turn_away(topic, large.size, self._clock.now_ns())
            return
        if large is not None and large.content is not None:
            content = large.content
        key = (topic, "json" if is_json(content) else "bytes")
        channel_id = self._channel_ids.get(key)
        if channel_id is None:
            channel_id = self._channel_ids[key] = sink.channel(Channel(*key))
        self._messages += 1
        sink.message(channel_id, self._clock.now_ns(), content)
        if large is not None:
            packets.let_go()


@cache
def _sifting_client() -> type[Any]:
    """Paho's, reading through :class:`Packets`."""
    from paho.mqtt.client import Client

    class Sifting(Client):
        receive: Callable[[int], bytes]

        def read_socket(self, size: int) -> bytes:
            part = super()._sock_recv(size)
            # A large message may take longer than a broker may be silent.
            self._last_bytes_received = monotonic()
            return part

        def _sock_recv(self, bufsize: int) -> bytes:
            return self.receive(bufsize)

    return Sifting


def is_json(content: Content) -> bool:
    """Whether a payload is one JSON value."""
    import msgspec

    if content[:1] not in JSON_BEGINNINGS or not content:
        return False
    try:
        # Looked through, not made into objects: of a large message they would take ten times its bytes.
        msgspec.json.decode(content, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return is_utf8(content)


def _connect(client: Client, host: str, port: int) -> None:
    try:
        client.connect(host, port, keepalive=KEEPALIVE_S)
    except OSError as error:
        # paho forgets the socket of a failed handshake in the frames of the error; free it now, not when it is found.
        clear_frames(error.__traceback__)
        raise
