"""Every message that crosses between robot, hub and client. Versioned; no I/O, no clock.

A reader ignores fields it does not know, so that a newer robot can speak to an older hub and the other way round.
"""

from pilothouse.wire.alert import DeliveryAlert, DeliveryAlertKind
from pilothouse.wire.announcement import RecordingAnnouncement
from pilothouse.wire.direct import DirectUpload, DirectUploadOffer, DirectUploadRequest
from pilothouse.wire.enrolment import Enrolment, EnrolRequest, NewEnrolment, RobotToken
from pilothouse.wire.heartbeat import Heartbeat, HeartbeatAccepted, NoRecording, Robot, RobotList, TopicHealth
from pilothouse.wire.preview import PreviewSeries
from pilothouse.wire.recording import (
    Annotation,
    AnnotationList,
    AnnotationUpdate,
    NewAnnotation,
    Recording,
    RecordingList,
    RecordingState,
    SavedRecording,
    SaveRequest,
    TopicSummary,
)
from pilothouse.wire.risk_event import RiskEvent, RiskEventBatch, RiskEventList, RiskEventsAccepted, RiskLevel
from pilothouse.wire.trigger import RECORDING_METADATA, CaptureFacts, MergedTrigger, TriggerFired
from pilothouse.wire.upload import UploadMetadata

__all__ = [
    "RECORDING_METADATA",
    "Annotation",
    "AnnotationList",
    "AnnotationUpdate",
    "CaptureFacts",
    "DeliveryAlert",
    "DeliveryAlertKind",
    "DirectUpload",
    "DirectUploadOffer",
    "DirectUploadRequest",
    "EnrolRequest",
    "Enrolment",
    "Heartbeat",
    "HeartbeatAccepted",
    "MergedTrigger",
    "NewAnnotation",
    "NewEnrolment",
    "NoRecording",
    "PreviewSeries",
    "Recording",
    "RecordingAnnouncement",
    "RecordingList",
    "RecordingState",
    "RiskEvent",
    "RiskEventBatch",
    "RiskEventList",
    "RiskEventsAccepted",
    "RiskLevel",
    "Robot",
    "RobotList",
    "RobotToken",
    "SaveRequest",
    "SavedRecording",
    "TopicHealth",
    "TopicSummary",
    "TriggerFired",
    "UploadMetadata",
]
