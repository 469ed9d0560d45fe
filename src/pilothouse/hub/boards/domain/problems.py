"""What can be wrong; the code of each is its name and stable."""

from __future__ import annotations

from pilothouse.kit.errors import Conflict, Forbidden, Invalid, NotFound


class UnknownBoard(NotFound):
    """No board with this id is visible to you."""


class UnknownBoardGroup(NotFound):
    """No board group with this id is visible to you."""


class UnknownTask(NotFound):
    """No task with this id is on this board."""


class UnknownComment(NotFound):
    """No comment with this id is on this task."""


class UnknownApproval(NotFound):
    """No approval with this id is on this board."""


class UnknownTag(NotFound):
    """No tag with this id is known in this organization."""


class UnknownCustomField(NotFound):
    """No custom field with this id is known in this organization."""


class BoardNotWritable(Forbidden):
    """You may look at this board and not change it; ask an admin of the organization for access."""


class BoardAdminsOnly(Forbidden):
    """Only an admin or owner of the organization may do this: it decides what others may do."""


class OnlyPeopleSetPolicy(Forbidden):
    """Only a person may change what needs an approval and who gives it; sign in instead of using a token."""


class NameTaken(Conflict):
    """There is another {thing} with the slug '{slug}'; give another name or slug."""


class Changed(Conflict):
    """It was changed since you read it and is at version {version} now; read it again before you write."""


class BadVersion(Invalid):
    """If-Match must be the number of a version, such as "3"."""


class NothingToChange(Invalid):
    """Nothing is to be changed; give at least one field."""


class BoardHasAgents(Conflict):
    """This board still has {count} agents; remove them first."""


class UnknownAssignee(Invalid):
    """assigned_id: nobody with this id works on this board; take the id of an agent of the board or of a member."""


class UnknownTagOnTask(Invalid):
    """tag_ids: there is no tag {tag_id} in this organization."""


class UnknownIncidentOnTask(Invalid):
    """incident_id: there is no incident {incident_id} that belongs to this organization."""


class IncidentNotOnBoard(Forbidden):
    """This board does not work on incident {incident_id}; a person has to bring it here first."""


class OnlyPeopleUnlink(Forbidden):
    """This task is about incident {incident_id}; only a person can say that it is not."""


class UnknownField(Invalid):
    """custom_fields: this board has no field '{key}'."""


class FieldUnusable(Invalid):
    """custom_fields.{key}: {reason}."""


class FieldMissing(Invalid):
    """custom_fields: this board needs the field '{key}'."""


class FieldDefinitionUnusable(Invalid):
    """{reason}."""


class UnknownDependency(Invalid):
    """depends_on_ids: there is no other task {task_id} on this board; a task depends on tasks of its own board."""


class DependencyCycle(Conflict):
    """This would make the task wait for itself: {path}."""


class TaskStepNotAllowed(Conflict):
    """A task that is {status} cannot become {wanted}; it can become {possible}."""


class TaskBlocked(Conflict):
    """This task waits for tasks that are not done ({count}, first {first}); finish them or remove the dependency."""


class NotYourTask(Forbidden):
    """A worker changes the tasks it has claimed; claim this one first, or leave a comment."""


class OnlyLeadsPlan(Forbidden):
    """A worker does not change {fields} of a task that somebody else made; leave a comment, or ask the lead."""


class OnlyLeadsAssign(Forbidden):
    """Only the lead and people assign tasks; a worker claims."""


class OnlyLeadsChangeStatus(Forbidden):
    """On this board only the lead and people change the status of tasks."""


class MayNotDelete(Forbidden):
    """{reason}."""


class ApprovalPending(Conflict):
    """An approval of this task is pending ({approval_id}), and this board lets no task move meanwhile."""


class CommentRequired(Conflict):
    """This board wants a comment before review: post one, or send `comment` with the change."""


class ReviewRequired(Conflict):
    """On this board a task is reviewed before it is done: set the status to review first."""


class ReviewByAnother(Forbidden):
    """An agent does not finish the review of its own work, nor of that of a worker it made or of the lead that made it;
    a person does, or another lead."""


class ApprovalRequired(Conflict):
    """This board wants an approval before a task is done, and none is valid for what the task is now: ask for one with
    POST /api/v1/boards/{board_id}/approvals, action_type "task.done" and this task in task_ids."""


class TaskClaimed(Conflict):
    """{winner} has claimed this task."""


class TaskAssigned(Conflict):
    """This task is assigned to {assigned}."""


class TaskNotClaimable(Conflict):
    """A task that is {status} cannot be claimed; only those in the inbox can."""


class ProgramsDoNotClaim(Forbidden):
    """An API token belongs to nobody who could do the work; people and agents claim tasks."""


class TaskNotHeld(Conflict):
    """Nobody works on this task; there is nothing to release."""


class NotYoursToRelease(Forbidden):
    """{holder} has this task; who has it, the lead and people release it."""


class NotYourComment(Forbidden):
    """A comment is changed by who wrote it; people with admin rights may delete it."""


class OnlyPeopleDecide(Forbidden):
    """Approvals are decided by people, or by a policy that people have set for the board; never by agents or tokens."""


class OwnRequest(Forbidden):
    """You asked for this approval yourself; somebody else decides it, unless the board allows otherwise."""


class NotYourRequest(Forbidden):
    """Only who has asked for an approval withdraws it."""


class AlreadyDecided(Conflict):
    """This approval is {status} already, by {actor}; ask for a new one."""


class ApprovalExpired(Conflict):
    """This approval has expired; ask for a new one."""


class ApprovalVoided(Conflict):
    """This approval is void: {reason}; ask for a new one."""


class ApprovalIsPending(Conflict):
    """An approval of the task {task_id} is pending already ({approval_id}); a task has one at a time."""


class UnknownTaskToApprove(Invalid):
    """task_ids: there is no task {task_id} on this board."""


class PayloadTooLarge(Invalid):
    """{name} takes {length} characters as JSON, and {most} at most are kept; put the rest into an artifact."""


class IncidentNotApproved(Conflict):
    """The task {task_id} of this incident is not approved, and its board wants that before the incident is resolved."""
