"""Scenario ``import``: a meter's own table, in its own columns, units and clock, as readings of the contract.

Parameters of the stage, all but ``scenario`` and ``columns`` optional:

``scenario``
    ``"import"``; the request's ``input_file`` is the meter's ``.csv`` or ``.parquet`` file.
``columns``
    Which of the file's columns hold what: an object with the keys ``timestamp`` (one column, or a list of columns such as
    ``["Date", "Time"]`` whose texts are joined by a blank), ``power_consumption``, ``voltage``, ``current``, and, where the file has
    more than one meter, ``household_id``. Other columns of the file are ignored.
``household``
    Text: id of the one household of a file without such a column. Default ``"household"``.
``units``
    The file's units, where they are not W, V and A: an object with ``power_consumption`` (``"W"``, ``"kW"``, ``"MW"``, ``"mW"``),
    ``voltage`` (``"V"``, ``"kV"``, ``"mV"``), ``current`` (``"A"``, ``"kA"``, ``"mA"``).
``separator``
    What separates the fields of a CSV file: ``","`` (default), ``";"``, ``"\\t"``, ``"|"``.
``decimal``
    The decimal mark: ``"."`` (default) or ``","``.
``missing``
    List of texts that mean that there is no value, such as ``["?", "NA"]``. A blank field always means that.
``timestamp_format``
    How timestamps are written, as ``strftime`` writes it: ``"%d/%m/%Y %H:%M:%S"``. Default: ISO 8601, with ``T`` or a blank.
``time_zone``
    Name of the clock's zone in the tz database, such as ``"Europe/Paris"``: timestamps are converted to UTC and written with ``Z``.
    Local times that do not exist or exist twice (daylight saving) are skipped and counted. Without it the wall clock is kept, and
    timestamps are written without a zone, because nothing says which it is. Timestamps that state their own offset are converted
    to UTC in any case.

The packaged copy of the real data set::

    {"scenario": "import", "household": "sceaux", "units": {"power_consumption": "kW"},
     "columns": {"timestamp": "date_time", "power_consumption": "Global_active_power",
                 "voltage": "Voltage", "current": "Global_intensity"}}

UCI's own file::

    {"scenario": "import", "household": "sceaux", "units": {"power_consumption": "kW"}, "separator": ";", "missing": ["?"],
     "timestamp_format": "%d/%m/%Y %H:%M:%S",
     "columns": {"timestamp": ["Date", "Time"], "power_consumption": "Global_active_power",
                 "voltage": "Voltage", "current": "Global_intensity"}}

Every row of the file is a reading or is counted as skipped, with the reason and its first line.
"""
