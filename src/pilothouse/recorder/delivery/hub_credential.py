"""Which token the hub is shown, and when it is replaced: at no moment is there none that works."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from pilothouse.kit.clock import NS_PER_S, Clock, at
from pilothouse.kit.errors import BadConfiguration, NotFound, Problem
from pilothouse.kit.logs import get_logger
from pilothouse.recorder.delivery.hub_link import Hub, HubLink
from pilothouse.recorder.delivery.hub_token import Enrolled, HubToken, TokenUnreadable, read_enrolment, write_enrolment
from pilothouse.recorder.settings import RecorderSettings

# A token that expires is replaced when a quarter of its life is left: time enough for weeks offline.
LIFE_LEFT = 0.25
RETRY_S = 3_600.0

log = get_logger("pilothouse.recorder")


class EnrolledAsAnother(BadConfiguration):
    """This robot is enrolled at {hub} as {enrolled}, but robot_id is {robot_id}: change robot_id, or enrol again with
    pilothouse robot enroll --again --robot-id {robot_id}"""


class HubCredential:
    """The robot's own token if it is enrolled at this hub, else the one from the settings. Thread-safe."""

    def __init__(self, settings: RecorderSettings, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._retry_at_ns = 0
        self.use(settings)

    def use(self, settings: RecorderSettings) -> None:
        """Take over what the settings say, and what is in the data directory; raises TokenUnreadable."""
        self._data = settings.data
        self._hub_url = settings.hub_url
        self._shared = settings.hub_token.get_secret_value() if settings.hub_token else None
        self._every = timedelta(days=settings.delivery.rotate_token_days)
        self._enrolled = self._for_this_hub(read_enrolment(settings.data))

    @property
    def token(self) -> str | None:
        """What to show now."""
        enrolled = self._enrolled
        return enrolled.current.token if enrolled else self._shared

    @property
    def own(self) -> HubToken | None:
        """The robot's own token, if it has one."""
        return self._enrolled.current if self._enrolled else None

    def renew_if_due(self, link: HubLink) -> None:
        """Have the hub replace a token that has become old. The new one is on disk before it is first shown."""
        enrolled, now_ns = self._enrolled, self._clock.monotonic_ns()
        if enrolled is None or enrolled.previous is not None or now_ns < self._retry_at_ns:
            return
        if not is_due(enrolled.current, at(self._clock.now_ns()), self._every):
            return
        self._retry_at_ns = now_ns + round(RETRY_S * NS_PER_S)
        try:
            issued = link.hub.rotate_token(enrolled.robot_id)
        except NotFound:
            return  # a hub that cannot do it yet
        except Problem as problem:
            log.warning("the hub token cannot be replaced yet; the old one goes on", problem=problem.sentence)
            return
        if self._keep(enrolled.rotated(issued)):
            link.renew()
            log.info("hub token replaced", token_id=issued.token_id)

    def proven(self) -> None:
        """The hub has taken the current token: the one before is no longer needed."""
        enrolled = self._enrolled
        if enrolled is not None and enrolled.previous is not None:
            self._keep(enrolled.proven())

    def rejected(self, link: HubLink, hub: Hub) -> None:
        """The hub does not take the token it was shown: try what was enrolled meanwhile, or the one before."""
        found = self._reread()
        with self._lock:
            if not link.is_current(hub):
                return  # another thread was told so, and has changed it
            if found is not None and self._is_news(found):
                self._enrolled = found
                log.info("enrolled anew", robot_id=found.robot_id)
            elif self._enrolled is not None and self._enrolled.previous is not None:
                self._enrolled = self._enrolled.swapped()
            else:
                return
            link.renew()

    def _is_news(self, found: Enrolled) -> bool:
        known = self._enrolled
        held = {one.token for one in (known.current, known.previous) if one is not None} if known else set()
        return found.current.token not in held

    def _reread(self) -> Enrolled | None:
        try:
            return self._for_this_hub(read_enrolment(self._data))
        except TokenUnreadable:
            return None

    def _for_this_hub(self, enrolled: Enrolled | None) -> Enrolled | None:
        """A token is shown to the hub that gave it, and to no other."""
        if enrolled is None or self._hub_url is None or same_hub(enrolled.hub_url, self._hub_url):
            return enrolled
        log.warning("the robot is enrolled at another hub; that token is not shown here", enrolled=enrolled.hub_url)
        return None

    def _keep(self, enrolled: Enrolled) -> bool:
        try:
            write_enrolment(self._data, enrolled)
        except OSError as error:
            log.warning("the hub token cannot be written; the old one goes on", problem=error.strerror)
            return False
        with self._lock:
            self._enrolled = enrolled
        return True


def is_due(token: HubToken, now: datetime, every: timedelta) -> bool:
    """Whether it is time to replace a token."""
    if now >= token.created_at + every:
        return True
    if token.expires_at is None:
        return False
    return now >= token.expires_at - (token.expires_at - token.created_at) * LIFE_LEFT


def same_hub(one: str, other: str) -> bool:
    return one.rstrip("/") == other.rstrip("/")


def with_enrolment(settings: RecorderSettings) -> RecorderSettings:
    """Settings completed by what the robot was told when it enrolled; raises EnrolledAsAnother, TokenUnreadable."""
    enrolled = read_enrolment(settings.data)
    if enrolled is None:
        return settings
    if settings.hub_url is not None and not same_hub(settings.hub_url, enrolled.hub_url):
        return settings
    if "robot_id" in settings.model_fields_set and settings.robot_id != enrolled.robot_id:
        raise EnrolledAsAnother(hub=enrolled.hub_url, enrolled=enrolled.robot_id, robot_id=settings.robot_id)
    return settings.model_copy(update={"hub_url": enrolled.hub_url, "robot_id": enrolled.robot_id})
