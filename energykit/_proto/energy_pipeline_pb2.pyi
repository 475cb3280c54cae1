from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ExecuteRequest(_message.Message):
    __slots__ = ("input_file", "output_file", "parameters", "run_id", "input_files")
    INPUT_FILE_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FILE_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    INPUT_FILES_FIELD_NUMBER: _ClassVar[int]
    input_file: str
    output_file: str
    parameters: _struct_pb2.Struct
    run_id: str
    input_files: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, input_file: _Optional[str] = ..., output_file: _Optional[str] = ..., parameters: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., run_id: _Optional[str] = ..., input_files: _Optional[_Iterable[str]] = ...) -> None: ...

class ExecuteResponse(_message.Message):
    __slots__ = ("success", "message", "error", "metrics", "stage_version")
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    STAGE_VERSION_FIELD_NUMBER: _ClassVar[int]
    success: bool
    message: str
    error: StageError
    metrics: StageMetrics
    stage_version: str
    def __init__(self, success: bool = ..., message: _Optional[str] = ..., error: _Optional[_Union[StageError, _Mapping]] = ..., metrics: _Optional[_Union[StageMetrics, _Mapping]] = ..., stage_version: _Optional[str] = ...) -> None: ...

class StageError(_message.Message):
    __slots__ = ("code", "where", "hint")
    CODE_FIELD_NUMBER: _ClassVar[int]
    WHERE_FIELD_NUMBER: _ClassVar[int]
    HINT_FIELD_NUMBER: _ClassVar[int]
    code: str
    where: str
    hint: str
    def __init__(self, code: _Optional[str] = ..., where: _Optional[str] = ..., hint: _Optional[str] = ...) -> None: ...

class StageMetrics(_message.Message):
    __slots__ = ("rows_in", "rows_out", "rows_skipped", "skipped", "bytes_in", "bytes_out", "seconds", "output_sha256", "outputs", "inputs", "output_digests", "adjustments")
    ROWS_IN_FIELD_NUMBER: _ClassVar[int]
    ROWS_OUT_FIELD_NUMBER: _ClassVar[int]
    ROWS_SKIPPED_FIELD_NUMBER: _ClassVar[int]
    SKIPPED_FIELD_NUMBER: _ClassVar[int]
    BYTES_IN_FIELD_NUMBER: _ClassVar[int]
    BYTES_OUT_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_SHA256_FIELD_NUMBER: _ClassVar[int]
    OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    INPUTS_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_DIGESTS_FIELD_NUMBER: _ClassVar[int]
    ADJUSTMENTS_FIELD_NUMBER: _ClassVar[int]
    rows_in: int
    rows_out: int
    rows_skipped: int
    skipped: _containers.RepeatedCompositeFieldContainer[SkippedRows]
    bytes_in: int
    bytes_out: int
    seconds: float
    output_sha256: str
    outputs: _containers.RepeatedScalarFieldContainer[str]
    inputs: _containers.RepeatedCompositeFieldContainer[FileDigest]
    output_digests: _containers.RepeatedCompositeFieldContainer[FileDigest]
    adjustments: _containers.RepeatedCompositeFieldContainer[Adjustment]
    def __init__(self, rows_in: _Optional[int] = ..., rows_out: _Optional[int] = ..., rows_skipped: _Optional[int] = ..., skipped: _Optional[_Iterable[_Union[SkippedRows, _Mapping]]] = ..., bytes_in: _Optional[int] = ..., bytes_out: _Optional[int] = ..., seconds: _Optional[float] = ..., output_sha256: _Optional[str] = ..., outputs: _Optional[_Iterable[str]] = ..., inputs: _Optional[_Iterable[_Union[FileDigest, _Mapping]]] = ..., output_digests: _Optional[_Iterable[_Union[FileDigest, _Mapping]]] = ..., adjustments: _Optional[_Iterable[_Union[Adjustment, _Mapping]]] = ...) -> None: ...

class FileDigest(_message.Message):
    __slots__ = ("path", "sha256", "bytes")
    PATH_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    path: str
    sha256: str
    bytes: int
    def __init__(self, path: _Optional[str] = ..., sha256: _Optional[str] = ..., bytes: _Optional[int] = ...) -> None: ...

class Adjustment(_message.Message):
    __slots__ = ("what", "rows", "first_line")
    WHAT_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    FIRST_LINE_FIELD_NUMBER: _ClassVar[int]
    what: str
    rows: int
    first_line: int
    def __init__(self, what: _Optional[str] = ..., rows: _Optional[int] = ..., first_line: _Optional[int] = ...) -> None: ...

class SkippedRows(_message.Message):
    __slots__ = ("reason", "rows", "first_line")
    REASON_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    FIRST_LINE_FIELD_NUMBER: _ClassVar[int]
    reason: str
    rows: int
    first_line: int
    def __init__(self, reason: _Optional[str] = ..., rows: _Optional[int] = ..., first_line: _Optional[int] = ...) -> None: ...

class ExecuteEvent(_message.Message):
    __slots__ = ("progress", "response")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    progress: Progress
    response: ExecuteResponse
    def __init__(self, progress: _Optional[_Union[Progress, _Mapping]] = ..., response: _Optional[_Union[ExecuteResponse, _Mapping]] = ...) -> None: ...

class Progress(_message.Message):
    __slots__ = ("phase", "done", "total", "unit")
    PHASE_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    phase: str
    done: int
    total: int
    unit: str
    def __init__(self, phase: _Optional[str] = ..., done: _Optional[int] = ..., total: _Optional[int] = ..., unit: _Optional[str] = ...) -> None: ...

class DescribeRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ServiceDescription(_message.Message):
    __slots__ = ("stage", "stage_version", "parameters_schema", "versions", "data_root_id", "serves_artifacts")
    class VersionsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    STAGE_FIELD_NUMBER: _ClassVar[int]
    STAGE_VERSION_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_SCHEMA_FIELD_NUMBER: _ClassVar[int]
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    DATA_ROOT_ID_FIELD_NUMBER: _ClassVar[int]
    SERVES_ARTIFACTS_FIELD_NUMBER: _ClassVar[int]
    stage: str
    stage_version: str
    parameters_schema: str
    versions: _containers.ScalarMap[str, str]
    data_root_id: str
    serves_artifacts: bool
    def __init__(self, stage: _Optional[str] = ..., stage_version: _Optional[str] = ..., parameters_schema: _Optional[str] = ..., versions: _Optional[_Mapping[str, str]] = ..., data_root_id: _Optional[str] = ..., serves_artifacts: bool = ...) -> None: ...

class ReadArtifactRequest(_message.Message):
    __slots__ = ("path", "offset", "sha256")
    PATH_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    path: str
    offset: int
    sha256: str
    def __init__(self, path: _Optional[str] = ..., offset: _Optional[int] = ..., sha256: _Optional[str] = ...) -> None: ...

class ArtifactPiece(_message.Message):
    __slots__ = ("path", "offset", "data", "crc32", "bytes", "sha256", "is_last")
    PATH_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    CRC32_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    IS_LAST_FIELD_NUMBER: _ClassVar[int]
    path: str
    offset: int
    data: bytes
    crc32: int
    bytes: int
    sha256: str
    is_last: bool
    def __init__(self, path: _Optional[str] = ..., offset: _Optional[int] = ..., data: _Optional[bytes] = ..., crc32: _Optional[int] = ..., bytes: _Optional[int] = ..., sha256: _Optional[str] = ..., is_last: bool = ...) -> None: ...

class WriteArtifactResponse(_message.Message):
    __slots__ = ("written", "bytes_kept")
    WRITTEN_FIELD_NUMBER: _ClassVar[int]
    BYTES_KEPT_FIELD_NUMBER: _ClassVar[int]
    written: FileDigest
    bytes_kept: int
    def __init__(self, written: _Optional[_Union[FileDigest, _Mapping]] = ..., bytes_kept: _Optional[int] = ...) -> None: ...
