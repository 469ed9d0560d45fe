"""The services of this slice, built together."""

from __future__ import annotations

from dataclasses import dataclass

from pilothouse.hub.activity import Activity
from pilothouse.hub.boards.service.approvals import Approvals
from pilothouse.hub.boards.service.approving import Approving
from pilothouse.hub.boards.service.assignees import Assignees
from pilothouse.hub.boards.service.boards import Boards
from pilothouse.hub.boards.service.comments import Comments
from pilothouse.hub.boards.service.consent import Consent
from pilothouse.hub.boards.service.fields import CustomFields
from pilothouse.hub.boards.service.figures import Figures
from pilothouse.hub.boards.service.groups import Groups
from pilothouse.hub.boards.service.leases import Leases
from pilothouse.hub.boards.service.linking import IncidentLinks
from pilothouse.hub.boards.service.moving import Moving
from pilothouse.hub.boards.service.overview import Overview
from pilothouse.hub.boards.service.ports import KnownIncidents, NoMemory
from pilothouse.hub.boards.service.scope import Notes
from pilothouse.hub.boards.service.snapshots import Snapshots
from pilothouse.hub.boards.service.tags import Tags
from pilothouse.hub.boards.service.tasks import Tasks
from pilothouse.hub.db import Database
from pilothouse.hub.identity import Access
from pilothouse.hub.identity.service import AgentRegister
from pilothouse.kit.clock import Clock


@dataclass(frozen=True, slots=True)
class BoardServices:
    """One of each."""

    boards: Boards
    groups: Groups
    tags: Tags
    fields: CustomFields
    tasks: Tasks
    comments: Comments
    approvals: Approvals
    leases: Leases
    snapshots: Snapshots
    consent: Consent
    figures: Figures
    overview: Overview


def build_services(
    database: Database, activity: Activity, access: Access, clock: Clock, incidents: KnownIncidents
) -> BoardServices:
    """Build them all, start nothing. Memory is above, and so is what boards work on: ``snapshots.memory`` and
    ``tasks.incidents.boards`` are set by whoever has it."""
    notes, register = Notes(activity), AgentRegister()
    approving = Approving(notes, clock)
    moving = Moving(notes, approving, register, clock)
    boards, comments = Boards(notes, access, register, clock), Comments(notes, clock)
    groups, tags, fields = Groups(notes, boards, clock), Tags(notes, clock), CustomFields(notes, clock)
    approvals = Approvals(notes, approving)
    snapshots = Snapshots(activity, groups, tags, fields, approvals, register, NoMemory())
    return BoardServices(
        boards=boards,
        groups=groups,
        tags=tags,
        fields=fields,
        tasks=Tasks(notes, moving, comments, Assignees(register, access), IncidentLinks(incidents), clock),
        comments=comments,
        approvals=approvals,
        leases=Leases(database, notes, moving, approving, clock),
        snapshots=snapshots,
        consent=Consent(clock),
        figures=Figures(),
        overview=Overview(access, snapshots, clock),
    )
