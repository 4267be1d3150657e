"""Every error Sotto can answer with, and the code each has on the wire.

SottoError
├── ParseError                -32700  the bytes are not one of our messages
├── InvalidRequestError       -32600  a message, but not a request we accept
├── UnknownMethodError        -32601  no such method
├── InvalidParamsError        -32602  wrong parameters; says where
├── InternalError             -32603  our fault; the log has the same id
├── CancelledError            -32800  the caller asked us to stop
├── DeadlineError             -32801  the caller's time limit passed
├── NotReadyError             -32002  something came before sys.hello
├── VersionError              -32003  the two ends speak different major versions
├── UnauthorizedError         -32004  this key may not call this method
├── BusyError                   1001  a queue is full; try again later
├── TooLargeError               1002  over one of the published limits
├── OverrunError                1003  more audio than credit
├── GapError                    1004  a part of an upload or stream is missing
├── NoSessionError              1005  no such upload, file, stream or recording
├── SidecarRestartedError       1006  the sidecar died before it answered
├── EngineError
│   ├── EngineMissingError      1101  no such engine or model is installed
│   ├── ModelCorruptError       1102  a file of the model is not what it was; says which
│   ├── LoadFailedError         1103  the engine's model did not load
│   ├── OutOfMemoryError        1104  the model needs more memory than there is
│   ├── WorkerCrashedError      1201  the worker process died
│   ├── WorkerHungError         1202  the worker stopped making progress
│   └── QuarantinedError        1203  this audio has crashed the engine before
├── DownloadError               1301  a model's files cannot be had from where they were sought
├── ChecksumError               1302  what was downloaded is not what it should be; says which
├── DiskFullError               1303  no room for the audio, or for the model
├── LicenceError                1304  the source wants its terms to be accepted first
├── HistoryDamagedError         1305  the history was damaged; what could be read is kept
├── LlmError
│   ├── LlmAuthError            1401  the service of the language model does not accept the key
│   ├── LlmRateError            1402  it answers no more calls for now
│   ├── LlmTimeoutError         1403  it cannot be reached, or does not answer in time
│   ├── LlmRefusedError         1404  it refused: wrong address, wrong model, or not this text
│   └── LlmBadOutputError       1405  what it wrote is not the cleaned text; says why
└── BadAudioError               1501  not audio we can decode; says why

Messages are whole sentences that say what to do next. They never carry paths,
recognised text or keys, because they travel to clients and into logs.
`ipc-schema/protocol.json` lists the same codes; a test holds the two equal.
"""

from __future__ import annotations

from typing import ClassVar


class SottoError(Exception):
    """Base of every error that may cross the wire.

    Attributes:
        code: the JSON-RPC error code, stable for ever.
        kind: the stable name clients match on and localise by.
        retryable: whether the same call may succeed later, unchanged.
        detail: the one fact worth telling apart within a kind, or None.
    """

    code: ClassVar[int]
    kind: ClassVar[str]
    retryable: ClassVar[bool] = False

    def __init__(
        self, message: str, *, detail: str | None = None, retry_after_ms: int | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail
        self.retry_after_ms = retry_after_ms


class ParseError(SottoError):
    """The frames are not a message of this protocol."""

    code = -32700
    kind = "PARSE"


class InvalidRequestError(SottoError):
    """A well-formed message that is not an acceptable request."""

    code = -32600
    kind = "INVALID_REQUEST"


class UnknownMethodError(SottoError):
    """The method does not exist in this version."""

    code = -32601
    kind = "NO_METHOD"


class InvalidParamsError(SottoError):
    """The parameters do not fit the method; `detail` is a JSON pointer to the first misfit."""

    code = -32602
    kind = "INVALID_PARAMS"


class InternalError(SottoError):
    """A fault of ours; `detail` is the id under which the log holds the traceback."""

    code = -32603
    kind = "INTERNAL"


class CancelledError(SottoError):
    """The caller cancelled the request."""

    code = -32800
    kind = "CANCELLED"


class DeadlineError(SottoError):
    """The request's own time limit passed before the answer was ready."""

    code = -32801
    kind = "DEADLINE"
    retryable = True


class NotReadyError(SottoError):
    """A request came before `sys.hello`."""

    code = -32002
    kind = "NOT_READY"
    retryable = True


class VersionError(SottoError):
    """The two ends speak different major versions of the protocol."""

    code = -32003
    kind = "VERSION"


class UnauthorizedError(SottoError):
    """The client's key does not carry the right to call this method."""

    code = -32004
    kind = "UNAUTHORIZED"


class BusyError(SottoError):
    """A queue or quota is full; `retry_after_ms` says when to try again."""

    code = 1001
    kind = "BUSY"
    retryable = True


class TooLargeError(SottoError):
    """Larger than one of the limits that `sys.hello` announces."""

    code = 1002
    kind = "TOO_LARGE"


class OverrunError(SottoError):
    """More audio was pushed than there was credit for; what was accepted before is kept."""

    code = 1003
    kind = "OVERRUN"


class GapError(SottoError):
    """A part of an upload or stream is missing or came twice; an upload is dropped by it."""

    code = 1004
    kind = "GAP"


class NoSessionError(SottoError):
    """No such upload, file, stream or recording: it is another client's, or over already."""

    code = 1005
    kind = "NO_SESSION"


class SidecarRestartedError(SottoError):
    """The sidecar ended before it answered (raised by clients, never sent)."""

    code = 1006
    kind = "SIDECAR_RESTARTED"
    retryable = True


class EngineError(SottoError):
    """Base of what can go wrong with a speech engine. The engine stays usable."""


class EngineMissingError(EngineError):
    """No engine or model of that name is installed."""

    code = 1101
    kind = "MODEL_MISSING"


class ModelCorruptError(EngineError):
    """An installed model is not as it was installed; `detail` is the file that differs."""

    code = 1102
    kind = "MODEL_CORRUPT"


class LoadFailedError(EngineError):
    """The engine was found but its model could not be loaded."""

    code = 1103
    kind = "LOAD_FAILED"


class OutOfMemoryError(EngineError):
    """The model needs more memory than this machine has free."""

    code = 1104
    kind = "OUT_OF_MEMORY"
    retryable = True


class WorkerCrashedError(EngineError):
    """The worker process died during this request, twice."""

    code = 1201
    kind = "WORKER_CRASHED"
    retryable = True


class WorkerHungError(EngineError):
    """The worker made no progress for too long and was killed."""

    code = 1202
    kind = "WORKER_HUNG"
    retryable = True


class QuarantinedError(EngineError):
    """This very audio has just crashed the engine twice and is not tried again for a while."""

    code = 1203
    kind = "QUARANTINED"
    retryable = True


class DownloadError(SottoError):
    """A model's files cannot be had from their source; what came of them is kept."""

    code = 1301
    kind = "DOWNLOAD_NET"
    retryable = True


class ChecksumError(SottoError):
    """What a source gave is not what it should be; `detail` is the file that differs."""

    code = 1302
    kind = "CHECKSUM"


class DiskFullError(SottoError):
    """There is no room on disk for the audio, or for the model."""

    code = 1303
    kind = "DISK_FULL"
    retryable = True


class LicenceError(SottoError):
    """The source gives the model only to who has accepted its terms, and says who they are."""

    code = 1304
    kind = "LICENSE"


class HistoryDamagedError(SottoError):
    """The history was damaged, and begun anew with what could be read of it.

    `detail` is the name of the damaged file, which is kept beside the new one.
    """

    code = 1305
    kind = "HISTORY_DAMAGED"
    retryable = True


class LlmError(SottoError):
    """Base of what can go wrong while a language model cleans a text. The text stays as it is."""


class LlmAuthError(LlmError):
    """The language model's service does not accept the key, or wants one."""

    code = 1401
    kind = "LLM_AUTH"


class LlmRateError(LlmError):
    """The service answers no more calls for now; `retry_after_ms` says for how long, if it did."""

    code = 1402
    kind = "LLM_RATE"
    retryable = True


class LlmTimeoutError(LlmError):
    """The service cannot be reached, breaks off, or did not answer in time."""

    code = 1403
    kind = "LLM_TIMEOUT"
    retryable = True


class LlmRefusedError(LlmError):
    """The service refused: its address or model is wrong, or it would not work on this text."""

    code = 1404
    kind = "LLM_REFUSED"


class LlmBadOutputError(LlmError):
    """What the model wrote is not the cleaned text; `detail` is a short stable reason."""

    code = 1405
    kind = "LLM_BAD_OUTPUT"
    retryable = True


class BadAudioError(SottoError):
    """The bytes are not audio that can be decoded; `detail` is a short stable reason."""

    code = 1501
    kind = "BAD_AUDIO"


BY_KIND: dict[str, type[SottoError]] = {
    error.kind: error
    for error in list(globals().values())
    if isinstance(error, type) and issubclass(error, SottoError) and hasattr(error, "kind")
}
"""The classes by the name that clients and workers call them."""
