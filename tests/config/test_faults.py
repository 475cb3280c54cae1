"""Every kind of fault, where it is said to be, and in which words."""

import json
from pathlib import Path

import pytest

from energykit.config import load_config, parse_config
from energykit.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
VALID = (ROOT / "config/energy-pipeline.json").read_text(encoding="utf-8")


def faults(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, file="p.json")
    return [f"{one.line}:{one.column}: {one.what}" for one in caught.value.faults]


def changed(old: str, new: str, count: int = 1) -> str:
    assert old in VALID
    return VALID.replace(old, new, count)


CASES = {
    "unknown key": (
        changed('"start_node"', '"strat_node"'),
        [
            "1:1: the configuration lacks 'start_node'",
            "4:3: the configuration has an unknown key 'strat_node'",
        ],
    ),
    "wrong type": (
        changed('"energy-pipeline",', "7,"),
        ["3:20: workflow_name of the configuration is a number, not text"],
    ),
    "empty": (
        changed('"energy-pipeline",', '" ",'),
        ["3:20: workflow_name of the configuration is empty"],
    ),
    "duplicate key": (
        changed(
            '"execution_mode": "sequential",',
            '"execution_mode": "parallel",\n  "execution_mode": "b",',
        ),
        ["6:3: the configuration has the key 'execution_mode' twice"],
    ),
    "container twice": (
        changed('"containers": {', '"containers": {\n    "report-generator": {},'),
        [
            "12:25: container 'report-generator' lacks 'id'",
            "12:25: container 'report-generator' lacks 'output_file'",
            "27:5: containers has the key 'report-generator' twice",
        ],
    ),
    "parameters that do not travel": (
        changed(
            '"timeout_seconds": 30',
            '"parameters": {"a": 1, "a": 2,\n"b": [{"c": 1,\n"c": 1}],\n'
            '"d": 1e999,\n"e": 9007199254740993}',
        ),
        [
            "17:30: parameters of container 'energy-generator' has the key 'a' twice",
            "19:1: parameters.b[0] of container 'energy-generator' has the key 'c' twice",
            "20:6: parameters.d of container 'energy-generator' is not a finite number",
            (
                "21:6: parameters.e of container 'energy-generator' is 9007199254740993, "
                "beyond what arrives exactly"
            ),
        ],
    ),
    "NUL in a path": (
        changed("/data/energy_report.csv", "/data/\\u0000.csv"),
        ["29:22: output_file of container 'report-generator' holds a NUL character"],
    ),
    "half a character": (
        changed('"energy-pipeline",', '"\\ud800",'),
        ["3:20: the text in quotes holds half of a character"],
    ),
    "id differs from its key": (
        changed('"id": "energy-analyzer"', '"id": "analyzer"'),
        ["20:13: the id 'analyzer' differs from its key 'energy-analyzer'"],
    ),
    "dangling next_node": (
        changed('"next_node": "energy-analyzer"', '"next_node": "energy-analyser"'),
        ["16:20: next_node 'energy-analyser' of 'energy-generator' is not a container"],
    ),
    "cycle": (
        changed('"next_node": ""', '"next_node": "energy-generator"'),
        [
            (
                "30:20: a cycle: "
                "energy-generator → energy-analyzer → report-generator → energy-generator"
            )
        ],
    ),
    "missing address": (
        changed('    "energy-analyzer": "127.0.0.1:50052",\n', ""),
        ["18:24: container 'energy-analyzer' has no address"],
    ),
    "malformed address": (
        changed('"127.0.0.1:50052"', '"127.0.0.1"'),
        ["8:24: the address of 'energy-analyzer' is '127.0.0.1', not host:port"],
    ),
    "port out of range": (
        changed("127.0.0.1:50052", "127.0.0.1:70000"),
        ["8:24: the address of 'energy-analyzer' has port 70000, not one from 1 to 65535"],
    ),
    "boolean timeout": (
        changed('"timeout_seconds": 30', '"timeout_seconds": true'),
        ["17:26: timeout_seconds of container 'energy-generator' is a boolean, not a number"],
    ),
    "null timeout": (
        changed('"timeout_seconds": 30', '"timeout_seconds": null'),
        ["17:26: timeout_seconds of container 'energy-generator' is null, not a number"],
    ),
    "negative timeout": (
        changed('"timeout_seconds": 30', '"timeout_seconds": -1'),
        [
            (
                "17:26: timeout_seconds of container 'energy-generator' is -1, "
                "not a positive finite number"
            )
        ],
    ),
    "infinite timeout": (
        changed('"timeout_seconds": 30', '"timeout_seconds": 1e999'),
        [
            (
                "17:26: timeout_seconds of container 'energy-generator' is inf, "
                "not a positive finite number"
            )
        ],
    ),
    "missing output": (
        changed('      "output_file": "/data/energy_data.csv",\n', ""),
        ["12:25: container 'energy-generator' lacks 'output_file'"],
    ),
    "same output twice": (
        changed(
            '"output_file": "/data/energy_report.csv"', '"output_file": "/data/energy_data.csv"'
        ),
        ["29:22: 'report-generator' and 'energy-generator' both write '/data/energy_data.csv'"],
    ),
    "output over its own input": (
        changed('"output_file": "/data/analysis_output.pb"', '"output_file": "energy_data.csv"')
        .replace('"input_file": "/data/energy_data.csv"', '"input_file": "/data/.//x/../a.csv"')
        .replace('"energy_data.csv"', '"/data/../data/a.csv"'),
        [
            (
                "22:22: output_file '/data/../data/a.csv' of 'energy-analyzer' would replace its"
                " own input, '/data/.//x/../a.csv'"
            )
        ],
    ),
    "output over an input of a stage before": (
        changed('"input_file": ""', '"input_file": "/data/meter.csv"').replace(
            "/data/energy_report.csv", "./meter.csv"
        ),
        [
            (
                "29:22: output_file './meter.csv' of 'report-generator' would replace an input of"
                " 'energy-generator', '/data/meter.csv'"
            )
        ],
    ),
    "nothing to read": (
        changed('"input_file": "/data/energy_data.csv"', '"input_file": ""'),
        ["21:21: container 'energy-analyzer' follows 'energy-generator' and has no input_file"],
    ),
    "no input at all": (
        changed('      "input_file": "/data/energy_data.csv",\n', ""),
        ["19:24: container 'energy-analyzer' follows 'energy-generator' and has no input_file"],
    ),
    "service without an address": (
        changed('"id": "energy-analyzer",', '"id": "energy-analyzer", "service": "analyzer",'),
        [
            "8:5: no container uses the service 'energy-analyzer'",
            "20:43: service 'analyzer' of container 'energy-analyzer' is not in service_registry",
        ],
    ),
    "empty list of inputs": (
        changed('"input_file": "/data/energy_data.csv"', '"input_files": []'),
        [
            "19:24: container 'energy-analyzer' follows 'energy-generator' and has no input_file",
            "21:22: input_files of container 'energy-analyzer' is an empty list",
        ],
    ),
    "two first inputs": (
        changed(
            '"input_file": "/data/energy_data.csv"',
            '"input_file": "/data/energy_data.csv", "input_files": ["/data/a.csv"]',
        ),
        [
            (
                "21:21: container 'energy-analyzer' has an input_file that is not the first of its"
                " input_files"
            )
        ],
    ),
    "time zone": (
        changed('"execution_mode"', '"time_zone": "Europe/Berln",\n  "execution_mode"'),
        [
            (
                "5:16: time_zone of the configuration is 'Europe/Berln', not a time zone; did you"
                " mean 'Europe/Berlin'?"
            )
        ],
    ),
    "time zone that is a folder": (
        changed('"execution_mode"', '"time_zone": "Europe",\n  "execution_mode"'),
        [
            (
                "5:16: time_zone of the configuration is 'Europe', not a time zone; "
                "did you mean 'Europe/Rome'?"
            )
        ],
    ),
    "secret in the file": (
        changed('"127.0.0.1:50052"', '{"address": "127.0.0.1:50052", "token": "s3cret"}'),
        ["8:64: token of 'energy-analyzer' is text, not an object that says where it is found"],
    ),
    "secret in place of a variable": (
        changed('"127.0.0.1:50052"', '{"address": "127.0.0.1:50052", "token": {"env": "s3-cret"}}'),
        ["8:72: env of token of 'energy-analyzer' is not the name of an environment variable"],
    ),
    "half a certificate": (
        changed(
            '"127.0.0.1:50052"', '{"adress": "127.0.0.1:50052", "tls": {"certificate": "c.pem"}}'
        ),
        [
            "8:24: the entry of 'energy-analyzer' has no address",
            "8:25: the entry of 'energy-analyzer' has an unknown key 'adress'",
            "8:61: tls of 'energy-analyzer' has a certificate and lacks its key",
        ],
    ),
    "start node": (
        changed('"start_node": "energy-generator"', '"start_node": "energy-generatr"'),
        ["4:17: start_node 'energy-generatr' is not a container"],
    ),
    "retry": (
        changed(
            '"timeout_seconds": 30', '"timeout_seconds": 30, "retry": {"attempts": 0, "atempts": 1}'
        ),
        [
            (
                "17:52: attempts of retry of container 'energy-generator' is 0, "
                "not a whole number from 1"
            ),
            "17:55: retry of container 'energy-generator' has an unknown key 'atempts'",
        ],
    ),
    "trailing comma": (changed(": 30\n", ": 30,\n"), ["18:5: expected a key, found '}'"]),
    "comment": (
        changed('  "start_node"', '  // first\n  "start_node"'),
        ["4:3: JSON has no comments"],
    ),
    "not a number": (changed(": 30", ": NaN"), ["17:26: expected a value, found 'NaN'"]),
    "leading zero": (changed(": 30", ": 030"), ["17:26: expected a number, found '030'"]),
    "minus infinity": (
        changed(": 30", ": -Infinity"),
        ["17:26: expected a value, found '-Infinity'"],
    ),
    "line break in a text": (
        changed("energy-pipeline", "energy\npipeline"),
        ["3:27: the text in quotes is broken: invalid control character"],
    ),
    "cut off": (VALID[:200], ["7:25: the text in quotes is broken: unterminated string"]),
    "empty file": ("", ["1:1: the file is empty"]),
    "no object": ("[1]", ["1:1: a configuration is an object, this is a list"]),
    "text after the end": (VALID + "x", ["35:1: nothing may follow the last brace, but 'x' does"]),
    "deep": ("[" * 5000, ["1:102: nested deeper than 100 levels"]),
}


@pytest.mark.parametrize("name", CASES)
def test_a_fault_is_named_where_it_is(name):
    text, expected = CASES[name]
    assert faults(text) == expected


def test_all_faults_come_at_once_in_the_order_of_the_file():
    text = (
        VALID.replace('"energy-pipeline",', '"",')
        .replace(": 30", ": false")
        .replace("50053", "99999")
    )
    found = faults(text)
    assert len(found) == 5
    assert [int(one.split(":")[0]) for one in found] == [3, 9, 17, 24, 31]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("unknown key", "did you mean 'start_node'?"),
        ("dangling next_node", "did you mean 'energy-analyzer'?"),
        ("cycle", "a pipeline ends: cut one of these links"),
        ("not a number", "JSON does not know NaN: it has numbers, true, false and null"),
        ("trailing comma", "remove the comma before it"),
    ],
)
def test_a_hint_says_what_to_do(name, hint):
    with pytest.raises(ConfigError) as caught:
        parse_config(CASES[name][0])
    assert hint in [one.hint for one in caught.value.faults]


def test_a_secret_is_never_repeated():
    for name in ("secret in the file", "secret in place of a variable"):
        with pytest.raises(ConfigError) as caught:
            parse_config(CASES[name][0])
        assert "cret" not in str(caught.value).replace("secrets do not belong", "")
        assert "s3" not in str(caught.value)


def test_the_error_reads_file_line_column_and_hint():
    with pytest.raises(ConfigError) as caught:
        parse_config(CASES["cycle"][0], file="config/x.json")
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("config/x.json:30:20: a cycle: ")
    assert lines[1] == "  → a pipeline ends: cut one of these links"


OLDER = {
    "workflow_name": "energy_data_pipeline",
    "containers": [
        {
            "id": "a",
            "name": "A",
            "command": "run a",
            "input_file": "x.csv",
            "output_file": "y.csv",
            "depends_on": [],
        },
        {
            "id": "b",
            "name": "B",
            "command": "run b",
            "input_file": "y.csv",
            "output_file": "z.csv",
            "depends_on": ["a"],
        },
    ],
}


def test_the_older_list_form_is_recognised_and_its_migration_is_valid():
    with pytest.raises(ConfigError) as caught:
        parse_config(json.dumps(OLDER, indent=1))
    (fault,) = caught.value.faults
    assert (fault.line, fault.what) == (
        3,
        "containers is a list: this is the older form of a configuration",
    )
    migrated = parse_config(fault.hint.split("This file becomes:\n")[1])
    assert migrated.order == ("a", "b")


def test_a_broken_list_form_still_gets_the_rule():
    assert faults('{"containers": [1]}') == [
        "1:16: containers is a list: this is the older form of a configuration"
    ]


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda path: None, "there is no such file"),
        (lambda path: path.mkdir(), "is a folder, not a file"),
        (lambda path: path.write_bytes(b'{\n "a": "\xff"}'), "is not UTF-8 text"),
        (lambda path: path.write_bytes(b""), "the file is empty"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_fault_like_others(make, what, tmp_path):
    make(tmp_path / "p.json")
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path / "p.json")
    assert [one.what for one in caught.value.faults] == [what]


def test_a_wrong_name_of_a_file_gets_the_nearest_one_beside_it(tmp_path):
    (tmp_path / "household-pipeline.json").touch()
    (tmp_path / "household-pipelines.txt").touch()
    for name, hint in {
        "houshold-pipeline.json": f"did you mean {str(tmp_path / 'household-pipeline.json')!r}?",
        "other.json": "check the path",
        "missing/household-pipeline.json": "check the path",
    }.items():
        with pytest.raises(ConfigError) as caught:
            load_config(tmp_path / name)
        assert [one.hint for one in caught.value.faults] == [hint]


def test_a_byte_that_is_not_utf8_is_found_by_line_and_column(tmp_path):
    (tmp_path / "p.json").write_bytes('{\n "ä": "'.encode() + b"\xff")
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path / "p.json")
    assert (caught.value.faults[0].line, caught.value.faults[0].column) == (2, 8)
