from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RawEnergyData(_message.Message):
    __slots__ = ("timestamp", "household_id", "power_consumption", "voltage", "current", "interval_s", "power_export")
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    HOUSEHOLD_ID_FIELD_NUMBER: _ClassVar[int]
    POWER_CONSUMPTION_FIELD_NUMBER: _ClassVar[int]
    VOLTAGE_FIELD_NUMBER: _ClassVar[int]
    CURRENT_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_S_FIELD_NUMBER: _ClassVar[int]
    POWER_EXPORT_FIELD_NUMBER: _ClassVar[int]
    timestamp: str
    household_id: str
    power_consumption: str
    voltage: str
    current: str
    interval_s: float
    power_export: float
    def __init__(self, timestamp: _Optional[str] = ..., household_id: _Optional[str] = ..., power_consumption: _Optional[str] = ..., voltage: _Optional[str] = ..., current: _Optional[str] = ..., interval_s: _Optional[float] = ..., power_export: _Optional[float] = ...) -> None: ...

class ProcessedEnergyReport(_message.Message):
    __slots__ = ("timestamp", "household_id", "power", "efficiency", "status", "anomaly_detected", "reasons", "interval_s", "power_export")
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    HOUSEHOLD_ID_FIELD_NUMBER: _ClassVar[int]
    POWER_FIELD_NUMBER: _ClassVar[int]
    EFFICIENCY_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    ANOMALY_DETECTED_FIELD_NUMBER: _ClassVar[int]
    REASONS_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_S_FIELD_NUMBER: _ClassVar[int]
    POWER_EXPORT_FIELD_NUMBER: _ClassVar[int]
    timestamp: str
    household_id: str
    power: float
    efficiency: float
    status: str
    anomaly_detected: bool
    reasons: _containers.RepeatedScalarFieldContainer[str]
    interval_s: float
    power_export: float
    def __init__(self, timestamp: _Optional[str] = ..., household_id: _Optional[str] = ..., power: _Optional[float] = ..., efficiency: _Optional[float] = ..., status: _Optional[str] = ..., anomaly_detected: bool = ..., reasons: _Optional[_Iterable[str]] = ..., interval_s: _Optional[float] = ..., power_export: _Optional[float] = ...) -> None: ...

class ProcessedDataReport(_message.Message):
    __slots__ = ("processed", "skipped_rows")
    PROCESSED_FIELD_NUMBER: _ClassVar[int]
    SKIPPED_ROWS_FIELD_NUMBER: _ClassVar[int]
    processed: _containers.RepeatedCompositeFieldContainer[ProcessedEnergyReport]
    skipped_rows: int
    def __init__(self, processed: _Optional[_Iterable[_Union[ProcessedEnergyReport, _Mapping]]] = ..., skipped_rows: _Optional[int] = ...) -> None: ...

class GenerateRequest(_message.Message):
    __slots__ = ("rows",)
    ROWS_FIELD_NUMBER: _ClassVar[int]
    rows: int
    def __init__(self, rows: _Optional[int] = ...) -> None: ...

class GenerateResponse(_message.Message):
    __slots__ = ("data",)
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: _containers.RepeatedCompositeFieldContainer[RawEnergyData]
    def __init__(self, data: _Optional[_Iterable[_Union[RawEnergyData, _Mapping]]] = ...) -> None: ...

class AnalyzeRequest(_message.Message):
    __slots__ = ("data",)
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: _containers.RepeatedCompositeFieldContainer[RawEnergyData]
    def __init__(self, data: _Optional[_Iterable[_Union[RawEnergyData, _Mapping]]] = ...) -> None: ...

class AnalyzeResponse(_message.Message):
    __slots__ = ("report",)
    REPORT_FIELD_NUMBER: _ClassVar[int]
    report: ProcessedDataReport
    def __init__(self, report: _Optional[_Union[ProcessedDataReport, _Mapping]] = ...) -> None: ...

class ReportRequest(_message.Message):
    __slots__ = ("report",)
    REPORT_FIELD_NUMBER: _ClassVar[int]
    report: ProcessedDataReport
    def __init__(self, report: _Optional[_Union[ProcessedDataReport, _Mapping]] = ...) -> None: ...

class ReportResponse(_message.Message):
    __slots__ = ("html_path",)
    HTML_PATH_FIELD_NUMBER: _ClassVar[int]
    html_path: str
    def __init__(self, html_path: _Optional[str] = ...) -> None: ...
